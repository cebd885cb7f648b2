package standin.cluster;

import java.util.List;
import java.util.Map;
import standin.KernelRules;
import standin.StartupFailure;
import standin.log.CarbonLog;

/**
 * Starts Hazelcast and does around it what Carbon's agent and membership schemes do, in their order and with their
 * lines. carbon.md 7; bytecode 4.4.26 to 4.9.0
 */
public final class ClusteringAgent {
    private static final String COORDINATOR_LOCK = "$coordinator#@lock";
    /** The listeners of all schemes but wka sleep this long in the event thread after a join: the next line waits. */
    private static final long REPLAY_PAUSE_MILLIS = 5000;

    private final KernelRules kernel;
    private final LocalMember local;
    private final ClusterPlan plan;
    private final CarbonLog log;
    private final CarbonLog schemeLog;
    private final CarbonLog memberUtils;
    private ClusterNode node;
    private volatile boolean coordinator;

    public ClusteringAgent(KernelRules kernel, LocalMember local, ClusterPlan plan) {
        this.kernel = kernel;
        this.local = local;
        this.plan = plan;
        this.log = CarbonLog.of(kernel.clusteringPackage() + ".HazelcastClusteringAgent");
        this.schemeLog = CarbonLog.of(kernel.clusteringPackage() + schemeClass());
        this.memberUtils = CarbonLog.of(kernel.clusteringPackage() + ".util.MemberUtils");
    }

    private String schemeClass() {
        if (plan.hazelcastXml != null) {
            return ".general.GeneralMembershipScheme";
        }
        switch (plan.scheme) {
            case ClusterPlan.WKA: return ".wka.WKABasedMembershipScheme";
            case ClusterPlan.MULTICAST: return ".multicast.MulticastBasedMembershipScheme";
            default: return ".aws.AWSBasedMembershipScheme";
        }
    }

    private boolean isWka() {
        return plan.hazelcastXml == null && plan.scheme.equals(ClusterPlan.WKA);
    }

    public void start() throws StartupFailure {
        long begun = System.currentTimeMillis();
        if (kernel.logsInitializing()) {
            log.info("Hazelcast cluster is initializing...");
        }
        node = startHazelcast();
        log.info("Hazelcast initialized in " + (System.currentTimeMillis() - begun) + "ms");
        joinGroup();
        CarbonMember member = localMember();
        log.info("Local member: [" + node.localPeer().uuid + "] - " + member);
        member.properties.putIfAbsent("subDomain", "__$default");
        members().put(node.localPeer().uuid, member);
        node.onMembership(joined -> checkStillCoordinator(), left -> checkNowCoordinator());
        node.locked(COORDINATOR_LOCK, this::checkNowCoordinator);
        log.info("Cluster initialization completed");
    }

    private ClusterNode startHazelcast() throws StartupFailure {
        try {
            return HazelcastGeneration.ofThisPack().start(plan);
        } catch (Exception e) {
            throw new StartupFailure("org.wso2.carbon.core.internal.StartupFinalizerServiceComponent", "Cannot initialize cluster", e);
        }
    }

    private Map<String, CarbonMember> members() {
        return node.memberMap("$" + plan.domain + ".members");
    }

    /** The listeners come after the start: a node logs no "Member joined" for those who were there before it. */
    private void joinGroup() {
        node.onMembership(this::memberJoined, this::memberLeft);
        if (!isWka()) {
            return;
        }
        node.onMemberEntry("$" + plan.domain + ".members", this::addMember);
        ClusterPeer self = node.localPeer();
        for (CarbonMember member : members().values()) {
            // "And" where "or" was meant, so a member on the same port is never added here. bytecode 4.4.26 to 4.9.0
            if (!member.host.equals(self.address.getHostName()) && member.port != self.address.getPort()) {
                addMember(member);
            }
        }
    }

    private void addMember(CarbonMember member) {
        if (node.addTcpIpMember(member.host + ":" + member.port)) {
            memberUtils.info("Added member: " + member);
        }
    }

    private void memberJoined(ClusterPeer peer) {
        if (isWka() && peer.local) {
            return;
        }
        schemeLog.info("Member joined [" + peer.uuid + "]: " + peer.address);
        if (!isWka()) {
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(REPLAY_PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void memberLeft(ClusterPeer peer) {
        schemeLog.info("Member left [" + peer.uuid + "]: " + peer.address);
        if (isWka() && kernel.findsMembersThatLeft()) {
            forget(peer);
        }
    }

    /** A well-known member stays in the map, so that Hazelcast keeps trying it; any other is removed. */
    private void forget(ClusterPeer peer) {
        CarbonMember member = members().get(peer.uuid);
        if (member == null) {
            return;
        }
        if (isWellKnown(member)) {
            schemeLog.info("WKA member " + member + " left cluster.");
        } else {
            members().remove(peer.uuid);
        }
    }

    private boolean isWellKnown(CarbonMember member) {
        return plan.tcpIpMembers.contains(member.host + ":" + member.port);
    }

    private CarbonMember localMember() throws StartupFailure {
        ClusterPeer peer = node.localPeer();
        return local.in(plan.domain, peer.address.getAddress().getHostAddress(), peer.address.getPort());
    }

    private void checkNowCoordinator() {
        if (!coordinator && node.peers().get(0).local) {
            coordinator = true;
            log.info("Elected this member [" + node.localPeer().uuid + "] as the Coordinator node");
        }
    }

    private void checkStillCoordinator() {
        if (coordinator && !node.peers().get(0).local) {
            coordinator = false;
        }
    }

    public boolean isCoordinator() {
        return coordinator;
    }

    public String domain() {
        return plan.domain;
    }

    public Map<String, String> cache(String name) {
        return node.textMap(name);
    }

    public List<ClusterPeer> peers() {
        return node.peers();
    }

    public long clusterTime() {
        return node.clusterTime();
    }

    public void stop() {
        if (node != null) {
            node.shutdown();
        }
    }
}
