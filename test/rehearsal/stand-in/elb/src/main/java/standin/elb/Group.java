package standin.elb;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import standin.StartupFailure;
import standin.cluster.AwsParameter;
import standin.cluster.CarbonMember;
import standin.cluster.ClusterNode;
import standin.cluster.ClusterPeer;
import standin.cluster.ClusterPlan;
import standin.cluster.HazelcastGeneration;
import standin.cluster.LocalMember;
import standin.log.CarbonLog;

/**
 * The load balancer as a member of a service's Hazelcast group: one member for the domain, whatever its sub-domains are.
 * Kernel 4.4: HazelcastGroupManagementAgent
 */
final class Group {
    private static final CarbonLog LOG = CarbonLog.of("org.wso2.carbon.core.clustering.hazelcast.HazelcastGroupManagementAgent");
    private static final CarbonLog MEMBER_UTILS = CarbonLog.of("org.wso2.carbon.core.clustering.hazelcast.util.MemberUtils");

    private final String domain;
    private final List<Members> subDomains = new ArrayList<>();
    private ClusterNode node;

    Group(String domain) {
        this.domain = domain;
    }

    Members add(BalancedService service) {
        Members members = new Members(service, this::remember);
        subDomains.add(members);
        return members;
    }

    void join(HazelcastGeneration hazelcast, ClusterPlan own, LocalMember local) throws StartupFailure {
        ClusterPlan plan = plan(own, subDomains.get(0).service());
        if (plan.port == own.port) {
            throw new StartupFailure("org.wso2.carbon.core.internal.StartupFinalizerServiceComponent", "Cannot initialize cluster",
                new IllegalArgumentException("group_mgt_port for the " + domain + " is the same as the primary localMemberPort. "
                    + "Please set a different value"));
        }
        try {
            node = hazelcast.start(plan);
        } catch (Exception e) {
            throw new StartupFailure("org.wso2.carbon.core.internal.StartupFinalizerServiceComponent", "Cannot initialize cluster", e);
        }
        node.onMembership(this::joined, this::left);
        CarbonMember self = local.in(domain, own.publicAddress, plan.port);
        for (Members each : subDomains) {
            LOG.info("Group management local member for domain [" + domain + "],sub-domain [" + each.service().subDomain + "] UUID: "
                + node.localPeer().uuid + ". " + self);
        }
        members().put(node.localPeer().uuid, self);
        node.onMemberEntry(mapName(), this::offer);
        members().values().forEach(this::offer);
    }

    /** What the agent takes from the plan of the load balancer's own group, which is neither password nor security group. */
    private static ClusterPlan plan(ClusterPlan own, BalancedService service) {
        ClusterPlan plan = new ClusterPlan();
        plan.domain = service.domain;
        plan.scheme = own.scheme;
        plan.publicAddress = own.publicAddress;
        plan.port = service.groupManagementPort;
        plan.connectionTimeoutSeconds = own.connectionTimeoutSeconds;
        plan.tcpIpMembers.addAll(service.members);
        plan.aws.putAll(own.aws);
        plan.aws.remove(AwsParameter.SECURITY_GROUP);
        plan.multicastGroup = own.multicastGroup;
        plan.multicastPort = own.multicastPort;
        plan.multicastTimeoutSeconds = own.multicastTimeoutSeconds;
        plan.multicastTimeToLive = own.multicastTimeToLive;
        plan.properties.putAll(own.properties);
        plan.memberIdentifier = own.memberIdentifier;
        return plan;
    }

    private String mapName() {
        return "$" + domain + ".members";
    }

    private Map<String, CarbonMember> members() {
        return node.memberMap(mapName());
    }

    private void offer(CarbonMember member) {
        subDomains.forEach(each -> each.offer(member));
    }

    private void remember(CarbonMember member) {
        if (node.addTcpIpMember(Members.address(member))) {
            MEMBER_UTILS.info("Added member: " + member);
        }
    }

    private void joined(ClusterPeer peer) {
        LOG.info("Member joined [" + peer.uuid + "]: " + peer.address);
    }

    private void left(ClusterPeer peer) {
        LOG.info("Member left [" + peer.uuid + "]: " + peer.address);
        members().remove(peer.uuid);
        subDomains.forEach(each -> each.remove(peer.address.getAddress().getHostAddress(), peer.address.getPort()));
    }

    void leave() {
        if (node != null) {
            node.shutdown();
        }
    }
}
