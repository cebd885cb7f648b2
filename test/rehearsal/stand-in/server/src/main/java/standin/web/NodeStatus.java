package standin.web;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import standin.LoadBalancing;
import standin.Pack;
import standin.cluster.ClusterPeer;
import standin.cluster.ClusteringAgent;
import standin.conf.ServerConfiguration;
import standin.data.Datasources;
import standin.data.OpenDatasource;

/** What the diagnostic page tells of this node. */
public final class NodeStatus {
    private final Pack pack;
    private final ServerConfiguration server;
    private final Datasources datasources;
    private final AtomicInteger sessions = new AtomicInteger();
    private volatile ClusteringAgent cluster;
    private volatile LoadBalancing balancing;

    public NodeStatus(Pack pack, ServerConfiguration server, Datasources datasources) {
        this.pack = pack;
        this.server = server;
        this.datasources = datasources;
    }

    public void clustered(ClusteringAgent agent) {
        cluster = agent;
    }

    public void balanced(LoadBalancing balancer) {
        balancing = balancer;
    }

    Pack pack() {
        return pack;
    }

    Map<String, String> cache(String name) {
        return cluster.cache(name);
    }

    void countSession() {
        sessions.incrementAndGet();
    }

    /** Name and version as carbon.xml has them: the answer of the Version service. */
    String serverVersion() {
        return server.get("Name") + "-" + server.get("Version");
    }

    /** Asks every database: what went wrong, one line each. */
    String databaseProblems() {
        StringBuilder result = new StringBuilder();
        for (OpenDatasource datasource : datasources.all()) {
            String problem = datasource.problem();
            if (problem != null) {
                result.append(problem.replaceAll("\\s+", " ")).append('\n');
            }
        }
        return result.toString();
    }

    Map<String, Object> describe() {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("standIn", true);
        result.put("product", pack.product() + "-" + pack.version());
        result.put("kernel", pack.kernel().toString());
        result.put("hazelcast", pack.hazelcast());
        result.put("profile", pack.profile());
        result.put("console", pack.hasConsole());
        result.put("hostName", server.get("HostName"));
        result.put("mgtHostName", server.get("MgtHostName"));
        result.put("cluster", describeCluster());
        if (balancing != null) {
            result.put("balancing", balancing.describe());
        }
        List<Object> opened = new ArrayList<>();
        for (OpenDatasource datasource : datasources.all()) {
            opened.add(datasource.describe());
        }
        result.put("datasources", opened);
        result.put("sessionsCreated", sessions.get());
        return result;
    }

    private Object describeCluster() {
        ClusteringAgent agent = cluster;
        if (agent == null) {
            return null;
        }
        Map<String, Object> result = new LinkedHashMap<>();
        List<Object> members = new ArrayList<>();
        for (ClusterPeer peer : agent.peers()) {
            String address = peer.address.getAddress().getHostAddress() + ":" + peer.address.getPort();
            members.add(address);
            if (peer.local) {
                result.put("localMember", address);
            }
        }
        result.put("domain", agent.domain());
        result.put("members", members);
        result.put("coordinator", agent.isCoordinator());
        result.put("time", agent.clusterTime());
        return result;
    }
}
