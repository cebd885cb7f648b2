package standin.hazelcast;

import com.hazelcast.config.AwsConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MemberAttributeConfig;
import com.hazelcast.config.MulticastConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.config.TcpIpConfig;
import com.hazelcast.config.XmlConfigBuilder;
import com.hazelcast.core.Hazelcast;
import java.util.Map;
import standin.StartupFailure;
import standin.cluster.AwsParameter;
import standin.cluster.ClusterNode;
import standin.cluster.ClusterPlan;
import standin.cluster.HazelcastGeneration;

/** Hazelcast 3.5 to 3.12: kernels 4.4, 4.5, 4.6. bytecode 4.4.26 and 4.6.1: HazelcastClusteringAgent, AWSBasedMembershipScheme */
public final class Hazelcast3 implements HazelcastGeneration {
    @Override
    public ClusterNode start(ClusterPlan plan) throws Exception {
        Config config = plan.hazelcastXml == null ? config(plan) : new XmlConfigBuilder(plan.hazelcastXml).build();
        if (plan.memberIdentifier != null) {
            config.setMemberAttributeConfig(new MemberAttributeConfig());
            config.getMemberAttributeConfig().setStringAttribute("localMemberIdentifier", plan.memberIdentifier);
        }
        return new Hazelcast3Node(Hazelcast.newHazelcastInstance(config), config.getNetworkConfig().getJoin().getTcpIpConfig());
    }

    private static Config config(ClusterPlan plan) throws StartupFailure {
        Config config = new Config();
        config.setProperties(plan.properties);
        config.setInstanceName(plan.instanceName());
        config.getGroupConfig().setName(plan.domain);
        if (plan.groupPassword != null) {
            config.getGroupConfig().setPassword(plan.groupPassword);
        }
        NetworkConfig network = config.getNetworkConfig();
        network.setPublicAddress(plan.publicAddress);
        network.setPort(plan.port);
        join(network, plan);
        return config;
    }

    private static void join(NetworkConfig network, ClusterPlan plan) throws StartupFailure {
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

    /** The setters refuse an empty text; that is how an empty parameter fails. carbon.md 5 */
    private static void aws(AwsConfig aws, ClusterPlan plan) throws StartupFailure {
        aws.setEnabled(true);
        for (Map.Entry<AwsParameter, String> entry : plan.aws.entrySet()) {
            String value = entry.getValue();
            switch (entry.getKey()) {
                case ACCESS_KEY:
                    aws.setAccessKey(value);
                    break;
                case SECRET_KEY:
                    aws.setSecretKey(value);
                    break;
                case IAM_ROLE:
                    aws.setIamRole(value);
                    break;
                case SECURITY_GROUP:
                    aws.setSecurityGroupName(value);
                    break;
                case CONNECTION_TIMEOUT:
                    // Integer.parseInt in the kernel: a NumberFormatException ends the start. carbon.md 5
                    aws.setConnectionTimeoutSeconds(Integer.parseInt(value));
                    break;
                case HOST_HEADER:
                    aws.setHostHeader(value);
                    break;
                case REGION:
                    aws.setRegion(value);
                    break;
                case TAG_KEY:
                    aws.setTagKey(value);
                    break;
                case TAG_VALUE:
                    aws.setTagValue(value);
                    break;
                default:
                    throw new StartupFailure(Hazelcast3.class.getName(), "no setter for " + entry.getKey());
            }
        }
    }
}
