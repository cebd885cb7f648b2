package standin.elb;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import standin.LoadBalancing;
import standin.Pack;
import standin.StartupFailure;
import standin.cluster.ClusterPlan;
import standin.cluster.HazelcastGeneration;
import standin.cluster.LocalMember;
import standin.conf.Axis2Configuration;
import standin.log.CarbonLog;
import standin.web.TransportStores;

/** A stand-in for WSO2 Elastic Load Balancer: loadbalancer.conf, a member in each service's group, and requests by host name. */
public final class ElasticLoadBalancer implements LoadBalancing {
    private static final String ENDPOINT = "org.wso2.carbon.lb.endpoint.endpoint.TenantAwareLoadBalanceEndpoint";
    private static final long FAIL_OVER_PAUSE_MILLIS = 1000;

    private final Map<String, Group> groups = new LinkedHashMap<>();
    private final Map<BalancedService, Members> members = new LinkedHashMap<>();
    private LoadBalancerConf conf;
    private HttpHandler handler;

    @Override
    public void open(Pack pack, Axis2Configuration axis2) throws StartupFailure {
        conf = LoadBalancerConf.read(pack.confDir().resolve("loadbalancer.conf"));
        CarbonLog agent = CarbonLog.of("org.wso2.carbon.core.clustering.hazelcast.HazelcastClusteringAgent");
        for (BalancedService service : conf.services) {
            agent.info("Managing group application domain:" + service.domain + ", sub-domain:" + service.subDomain
                + " using agent class org.wso2.carbon.core.clustering.hazelcast.HazelcastGroupManagementAgent");
            members.put(service, groups.computeIfAbsent(service.domain, Group::new).add(service));
        }
        try {
            Forwarder forwarder = new Forwarder(new TransportStores(axis2.transportSender("https"), pack.home()).trust());
            Sessions sessions = new Sessions(conf.sessionTimeout, System::currentTimeMillis);
            handler = new BalancingHandler(host -> members.get(conf.serviceOf(host)), sessions, forwarder, FAIL_OVER_PAUSE_MILLIS);
        } catch (IOException | GeneralSecurityException e) {
            throw new StartupFailure("org.apache.synapse.transport.passthru.PassThroughHttpSSLSender", "Error loading the trust store", e);
        }
        CarbonLog.of(ENDPOINT).info("Tenant Aware Load Balance Endpoint is initialized.");
    }

    @Override
    public void join(ClusterPlan own, LocalMember local) throws StartupFailure {
        HazelcastGeneration hazelcast = HazelcastGeneration.ofThisPack();
        for (Group group : groups.values()) {
            group.join(hazelcast, own, local);
        }
    }

    @Override
    public HttpHandler handler() {
        return handler;
    }

    @Override
    public List<Object> describe() {
        List<Object> result = new ArrayList<>();
        for (Members each : members.values()) {
            Map<String, Object> described = new LinkedHashMap<>();
            described.put("service", each.service().service);
            described.put("domain", each.service().domain);
            described.put("subDomain", each.service().subDomain);
            described.put("hosts", each.service().hosts);
            described.put("members", each.connected().stream().map(Members::address).sorted().collect(Collectors.toList()));
            result.add(described);
        }
        return result;
    }

    @Override
    public void leave() {
        groups.values().forEach(Group::leave);
    }
}
