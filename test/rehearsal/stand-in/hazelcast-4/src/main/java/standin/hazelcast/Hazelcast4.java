package standin.hazelcast;

import com.hazelcast.config.AwsConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MulticastConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.TcpIpConfig;
import com.hazelcast.config.XmlConfigBuilder;
import com.hazelcast.core.Hazelcast;
import java.util.Map;
import standin.cluster.AwsParameter;
import standin.cluster.ClusterNode;
import standin.cluster.ClusterPlan;
import standin.cluster.HazelcastGeneration;

/** Hazelcast 4 and 5: kernels 4.7 and later. bytecode 4.9.0: HazelcastClusteringAgent, AWSBasedMembershipScheme */
public final class Hazelcast4 implements HazelcastGeneration {
    @Override
    public ClusterNode start(ClusterPlan plan) throws Exception {
        Config config = plan.hazelcastXml == null ? config(plan) : new XmlConfigBuilder(plan.hazelcastXml).build();
        if (plan.memberIdentifier != null) {
            config.getMemberAttributeConfig().setAttribute("localMemberIdentifier", plan.memberIdentifier);
        }
        return new Hazelcast4Node(Hazelcast.newHazelcastInstance(config), config.getNetworkConfig().getJoin().getTcpIpConfig());
    }

    private static Config config(ClusterPlan plan) {
        Config config = new Config();
        config.setProperties(plan.properties);
        config.setInstanceName(plan.instanceName());
        config.setClusterName(plan.domain);
        NetworkConfig network = config.getNetworkConfig();
        network.setPublicAddress(plan.publicAddress);
        network.setPort(plan.port);
        join(network, plan);
        return config;
    }

    private static void join(NetworkConfig network, ClusterPlan plan) {
        JoinConfig join = network.getJoin();
        if (plan.scheme.equals(ClusterPlan.MULTICAST)) {
            multicast(join.getMulticastConfig(), plan);
            return;
        }
        join.getMulticastConfig().setEnabled(false);
        if (plan.scheme.equals(ClusterPlan.WKA)) {
            wka(join.getTcpIpConfig(), plan);
            return;
        }
        join.getTcpIpConfig().setEnabled(false);
        aws(join.getAwsConfig(), plan);
        if (plan.networkInterface != null) {
            network.getInterfaces().setEnabled(true).addInterface(plan.networkInterface);
        }
    }

    private static void multicast(MulticastConfig multicast, ClusterPlan plan) {
        multicast.setEnabled(true);
        if (plan.multicastGroup != null) {
            multicast.setMulticastGroup(plan.multicastGroup);
        }
        if (plan.multicastPort != null) {
            multicast.setMulticastPort(plan.multicastPort);
        }
        if (plan.multicastTimeoutSeconds != null) {
            multicast.setMulticastTimeoutSeconds(plan.multicastTimeoutSeconds);
        }
        if (plan.multicastTimeToLive != null) {
            multicast.setMulticastTimeToLive(plan.multicastTimeToLive);
        }
    }

    private static void wka(TcpIpConfig tcpIp, ClusterPlan plan) {
        tcpIp.setEnabled(true);
        if (plan.connectionTimeoutSeconds != null) {
            tcpIp.setConnectionTimeoutSeconds(plan.connectionTimeoutSeconds);
        }
        for (String member : plan.tcpIpMembers) {
            tcpIp.addMember(member);
        }
    }

    /** Every parameter becomes a property of the discovery plugin, as text; Hazelcast itself checks it. */
    private static void aws(AwsConfig aws, ClusterPlan plan) {
        aws.setEnabled(true);
        for (Map.Entry<AwsParameter, String> entry : plan.aws.entrySet()) {
            aws.setProperty(entry.getKey().hazelcastProperty(), entry.getValue());
        }
    }
}
