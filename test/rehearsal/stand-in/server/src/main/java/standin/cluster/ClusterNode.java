package standin.cluster;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A running Hazelcast member: what Carbon's clustering agent does with it. */
public interface ClusterNode {
    ClusterPeer localPeer();

    /** All members, the oldest first. */
    List<ClusterPeer> peers();

    /** The cluster's common clock, in milliseconds. */
    long clusterTime();

    /** The distributed map of members. */
    Map<String, CarbonMember> memberMap(String name);

    /** A distributed map as the kernel's caches use them: with nothing configured but its name. carbon-kernel: HazelcastDistributedMapProvider */
    Map<String, String> textMap(String name);

    void onMemberEntry(String mapName, Consumer<CarbonMember> added);

    void onMembership(Consumer<ClusterPeer> joined, Consumer<ClusterPeer> left);

    /** Runs under the cluster-wide lock of that name. */
    void locked(String lockName, Runnable action);

    /** Adds a tcp-ip member, "host:port", unless it is listed; returns whether it was added. */
    boolean addTcpIpMember(String member);

    void shutdown();
}
