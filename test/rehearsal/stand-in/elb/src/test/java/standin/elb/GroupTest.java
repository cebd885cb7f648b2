package standin.elb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import standin.StartupFailure;
import standin.cluster.AwsParameter;
import standin.cluster.CarbonMember;
import standin.cluster.ClusterNode;
import standin.cluster.ClusterPeer;
import standin.cluster.ClusterPlan;
import standin.cluster.LocalMember;
import standin.conf.Axis2Configuration;

/** The load balancer's part in a group, with a Hazelcast that only remembers. A real one is in smoke.py. */
class GroupTest {
    private static final String DOMAIN = "wso2.governance.domain";

    @TempDir
    Path conf;

    private final Remembering hazelcast = new Remembering();
    private final ClusterPlan own = new ClusterPlan();
    private final Group group = new Group(DOMAIN);
    private ClusterPlan started;
    private LocalMember local;

    @BeforeEach
    void configure() throws Exception {
        Files.createDirectories(conf.resolve("axis2"));
        Files.write(conf.resolve("axis2/axis2.xml"), ("<axisconfig><transportReceiver name='http' class='x'><parameter name='port'>8280</parameter>"
            + "</transportReceiver><clustering><parameter name='properties'><property name='a' value='${hostName}'/></parameter></clustering>"
            + "</axisconfig>").getBytes(StandardCharsets.UTF_8));
        Axis2Configuration axis2 = Axis2Configuration.read(conf);
        local = new LocalMember(axis2, axis2.clusteringParameters(), 7);
        own.domain = "wso2.carbon.lb.domain";
        own.scheme = ClusterPlan.WKA;
        own.publicAddress = "10.0.1.5";
        own.port = 4000;
        own.groupPassword = "secret";
        own.tcpIpMembers.add("10.0.2.5:4000");
        own.aws.put(AwsParameter.SECURITY_GROUP, "sg");
        own.properties.setProperty("hazelcast.shutdownhook.enabled", "false");
    }

    private Members subDomain(String name) {
        return group.add(new BalancedService("governance", DOMAIN, name, Collections.emptyList(), 4321, Collections.singletonList("10.0.1.11:4100")));
    }

    private void join() throws StartupFailure {
        group.join(plan -> {
            started = plan;
            return hazelcast;
        }, own, local);
    }

    @Test
    void oneMemberForTheDomainOnItsPortWithoutPasswordAndSecurityGroup() throws Exception {
        subDomain("mgt");
        subDomain("worker");
        join();
        assertEquals(DOMAIN, started.domain);
        assertEquals(4321, started.port);
        assertEquals("10.0.1.5", started.publicAddress);
        assertEquals(Collections.singletonList("10.0.1.11:4100"), started.tcpIpMembers);
        assertNull(started.groupPassword);
        assertTrue(started.aws.isEmpty());
        assertEquals("false", started.properties.getProperty("hazelcast.shutdownhook.enabled"));
    }

    @Test
    void tellsOfItselfAndIsNobodyToSendTo() throws Exception {
        Members mgt = subDomain("mgt");
        join();
        CarbonMember self = hazelcast.map.get("self");
        assertEquals(4321, self.port);
        assertEquals(8287, self.httpPort);
        assertEquals("10.0.1.5", self.properties.getProperty("a"));
        assertTrue(mgt.connected().isEmpty());
    }

    @Test
    void thePortOfItsOwnGroupIsRefused() {
        own.port = 4321;
        subDomain("mgt");
        StartupFailure failure = assertThrows(StartupFailure.class, this::join);
        assertTrue(failure.getCause().getMessage().contains("same as the primary localMemberPort"), failure.getCause().getMessage());
    }

    @Test
    void membersComeAndGo() throws Exception {
        Members mgt = subDomain("mgt");
        try (ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            hazelcast.map.put("early", node(4100, listening.getLocalPort()));
            join();
            assertEquals("127.0.0.1:4100", hazelcast.tcpIp.poll(10, TimeUnit.SECONDS));
            hazelcast.added.accept(node(4200, listening.getLocalPort()));
            assertEquals("127.0.0.1:4200", hazelcast.tcpIp.poll(10, TimeUnit.SECONDS));
            assertEquals(2, mgt.connected().size());
            hazelcast.left.accept(new ClusterPeer("early", new InetSocketAddress("127.0.0.1", 4100), false));
            assertEquals(4200, mgt.connected().get(0).port);
            assertEquals(1, mgt.connected().size());
            assertNull(hazelcast.map.get("early"));
        }
    }

    private static CarbonMember node(int port, int httpPort) {
        CarbonMember member = new CarbonMember("127.0.0.1", port);
        member.domain = DOMAIN;
        member.httpPort = httpPort;
        member.properties.setProperty("subDomain", "mgt");
        return member;
    }

    private static final class Remembering implements ClusterNode {
        final Map<String, CarbonMember> map = new HashMap<>();
        final BlockingQueue<String> tcpIp = new LinkedBlockingQueue<>();
        Consumer<CarbonMember> added;
        Consumer<ClusterPeer> left;

        @Override
        public ClusterPeer localPeer() {
            return new ClusterPeer("self", new InetSocketAddress("10.0.1.5", 4321), true);
        }

        @Override
        public List<ClusterPeer> peers() {
            return new ArrayList<>();
        }

        @Override
        public long clusterTime() {
            return 0;
        }

        @Override
        public Map<String, CarbonMember> memberMap(String name) {
            assertEquals("$" + DOMAIN + ".members", name);
            return map;
        }

        @Override
        public Map<String, String> textMap(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onMemberEntry(String mapName, Consumer<CarbonMember> listener) {
            added = listener;
        }

        @Override
        public void onMembership(Consumer<ClusterPeer> joined, Consumer<ClusterPeer> gone) {
            left = gone;
        }

        @Override
        public void locked(String lockName, Runnable action) {
            action.run();
        }

        @Override
        public boolean addTcpIpMember(String member) {
            return tcpIp.add(member);
        }

        @Override
        public void shutdown() {
            // Nothing runs.
        }
    }
}
