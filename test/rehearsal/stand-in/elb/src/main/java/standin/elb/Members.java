package standin.elb;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.Map;
import java.util.function.Consumer;
import standin.cluster.CarbonMember;
import standin.log.CarbonLog;

/**
 * The members of one sub-domain that requests can be sent to: those whose published ports accept a connection. Kernel 4.4:
 * HazelcastGroupManagementAgent
 */
final class Members {
    private static final CarbonLog LOG = CarbonLog.of("org.wso2.carbon.core.clustering.hazelcast.HazelcastGroupManagementAgent");
    private static final String PORT_MAPPING = "port.mapping.";
    private static final int TRIES = 30;
    private static final int CONNECT_MILLIS = 10_000;
    private static final long SUSPENSION_MILLIS = 10_000;

    private final BalancedService service;
    private final Consumer<CarbonMember> added;
    private final long pauseMillis;
    private final List<CarbonMember> connected = new CopyOnWriteArrayList<>();
    private final Map<String, Long> suspendedUntil = new ConcurrentHashMap<>();
    private int next;

    Members(BalancedService service, Consumer<CarbonMember> added) {
        this(service, added, 1000);
    }

    /** `added` hears of each member that requests can be sent to; `pauseMillis` lies between two tries to connect. */
    Members(BalancedService service, Consumer<CarbonMember> added, long pauseMillis) {
        this.service = service;
        this.added = added;
        this.pauseMillis = pauseMillis;
    }

    BalancedService service() {
        return service;
    }

    List<CarbonMember> connected() {
        return new ArrayList<>(connected);
    }

    /** Takes a member of this domain and sub-domain, as soon as it can be connected to. */
    void offer(CarbonMember member) {
        if (!service.domain.equals(member.domain) || !service.subDomain.equals(member.properties.getProperty("subDomain"))) {
            return;
        }
        Thread thread = new Thread(() -> connect(member), "MemberAdder-" + address(member));
        thread.setDaemon(true);
        thread.start();
    }

    private void connect(CarbonMember member) {
        for (int tries = 0; tries < TRIES; tries++) {
            if (isConnected(member)) {
                return;
            }
            if (canConnect(member)) {
                take(member);
                return;
            }
            try {
                Thread.sleep(pauseMillis);
            } catch (InterruptedException e) {
                return;
            }
        }
        LOG.error("Could not add application member " + member, null);
    }

    private synchronized void take(CarbonMember member) {
        if (!isConnected(member)) {
            connected.add(member);
            added.accept(member);
            LOG.info("Application member " + member + " joined application cluster");
        }
    }

    private boolean isConnected(CarbonMember member) {
        return connected.stream().anyMatch(each -> address(each).equals(address(member)));
    }

    /** Every mapped port, HTTP and HTTPS; a member with neither HTTP nor HTTPS is none. */
    private static boolean canConnect(CarbonMember member) {
        List<Integer> ports = new ArrayList<>();
        for (String name : member.properties.stringPropertyNames()) {
            if (name.contains(PORT_MAPPING)) {
                ports.add(Integer.parseInt(member.properties.getProperty(name)));
            }
        }
        if (member.httpPort == -1 && member.httpsPort == -1) {
            return false;
        }
        ports.add(member.httpPort);
        ports.add(member.httpsPort);
        return ports.stream().filter(port -> port != -1).allMatch(port -> accepts(member.host, port));
    }

    private static boolean accepts(String host, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** A member of Hazelcast at that address left. */
    void remove(String host, int port) {
        connected.removeIf(each -> each.host.equals(host) && each.port == port);
    }

    /** Round robin over those that are not suspended; null where there is none. Synapse: RoundRobin */
    synchronized CarbonMember next() {
        List<CarbonMember> now = connected();
        for (int tried = 0; tried < now.size(); tried++) {
            CarbonMember member = now.get(Math.floorMod(next++, now.size()));
            if (!isSuspended(member)) {
                return member;
            }
        }
        return null;
    }

    private boolean isSuspended(CarbonMember member) {
        return suspendedUntil.getOrDefault(address(member), 0L) > System.currentTimeMillis();
    }

    void suspend(CarbonMember member) {
        suspendedUntil.put(address(member), System.currentTimeMillis() + SUSPENSION_MILLIS);
    }

    static String address(CarbonMember member) {
        return member.host + ":" + member.port;
    }

    /** The port of a member for requests that came in at this one: by port.mapping, else by the scheme. Synapse: DynamicLoadbalanceEndpoint */
    static int portOf(CarbonMember member, int incomingPort, boolean tls) {
        String mapped = member.properties.getProperty(PORT_MAPPING + incomingPort);
        if (mapped != null) {
            return Integer.parseInt(mapped);
        }
        return tls ? member.httpsPort : member.httpPort;
    }
}
