package standin.hazelcast;

import com.hazelcast.config.TcpIpConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.ILock;
import com.hazelcast.core.IMap;
import com.hazelcast.core.Member;
import com.hazelcast.core.MemberAttributeEvent;
import com.hazelcast.core.MembershipEvent;
import com.hazelcast.core.MembershipListener;
import com.hazelcast.map.listener.EntryAddedListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import standin.cluster.CarbonMember;
import standin.cluster.ClusterNode;
import standin.cluster.ClusterPeer;

final class Hazelcast3Node implements ClusterNode {
    private final HazelcastInstance hazelcast;
    private final TcpIpConfig tcpIp;

    Hazelcast3Node(HazelcastInstance hazelcast, TcpIpConfig tcpIp) {
        this.hazelcast = hazelcast;
        this.tcpIp = tcpIp;
    }

    private static ClusterPeer peer(Member member) {
        return new ClusterPeer(member.getUuid(), member.getInetSocketAddress(), member.localMember());
    }

    @Override
    public ClusterPeer localPeer() {
        return peer(hazelcast.getCluster().getLocalMember());
    }

    @Override
    public List<ClusterPeer> peers() {
        List<ClusterPeer> result = new ArrayList<>();
        for (Member member : hazelcast.getCluster().getMembers()) {
            result.add(peer(member));
        }
        return result;
    }

    @Override
    public long clusterTime() {
        return hazelcast.getCluster().getClusterTime();
    }

    @Override
    public Map<String, CarbonMember> memberMap(String name) {
        return hazelcast.getMap(name);
    }

    @Override
    public Map<String, String> textMap(String name) {
        return hazelcast.getMap(name);
    }

    @Override
    public void onMemberEntry(String mapName, Consumer<CarbonMember> added) {
        IMap<String, CarbonMember> map = hazelcast.getMap(mapName);
        EntryAddedListener<String, CarbonMember> listener = event -> added.accept(event.getValue());
        map.addEntryListener(listener, true);
    }

    @Override
    public void onMembership(Consumer<ClusterPeer> joined, Consumer<ClusterPeer> left) {
        hazelcast.getCluster().addMembershipListener(new MembershipListener() {
            @Override
            public void memberAdded(MembershipEvent event) {
                joined.accept(peer(event.getMember()));
            }

            @Override
            public void memberRemoved(MembershipEvent event) {
                left.accept(peer(event.getMember()));
            }

            @Override
            public void memberAttributeChanged(MemberAttributeEvent event) {
                // Carbon ignores it too.
            }
        });
    }

    @Override
    public void locked(String lockName, Runnable action) {
        ILock lock = hazelcast.getLock(lockName);
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean addTcpIpMember(String member) {
        if (tcpIp.getMembers().contains(member)) {
            return false;
        }
        tcpIp.addMember(member);
        return true;
    }

    @Override
    public void shutdown() {
        hazelcast.shutdown();
    }
}
