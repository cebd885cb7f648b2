package standin.elb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import standin.StartupFailure;
import standin.log.CarbonLog;

/**
 * loadbalancer.conf as version 2.1 reads it: mgt and worker inside a domain, hosts in each, group_mgt_port and members of the
 * domain. Sources, and how sure they are: lib/load-balancing/WSO2-ELB.md
 */
final class LoadBalancerConf {
    private static final String LOGGER = "org.wso2.carbon.lb.common.conf.LoadBalancerConfiguration";
    private static final String DEFAULT_SUB_DOMAIN = "__$default";
    /** A key without a setter ends the real start. */
    private static final Set<String> BALANCER_KEYS = new HashSet<>(Arrays.asList("instances", "enable_autoscaler", "use_embedded_autoscaler",
        "autoscaler_task", "autoscaler_service_epr", "autoscaler_task_interval", "server_startup_delay", "session_timeout", "fail_over",
        "size_of_cache", "mb_server_url", "algorithm", "group_mgt_agent"));
    private static final Set<String> SERVICE_KEYS = new HashSet<>(Arrays.asList("hosts", "url_suffix", "tenant_range", "sub_domain",
        "group_mgt_port", "members", "min_app_instances", "max_app_instances", "max_requests_per_second", "alarming_upper_rate",
        "alarming_lower_rate", "scale_down_factor", "rounds_to_average", "instances_per_scale_up", "message_expiry_time", "public_ip",
        "payload", "availability_zone", "security_groups", "instance_type"));

    /** Milliseconds; -1: never. */
    final long sessionTimeout;
    final List<BalancedService> services = new ArrayList<>();

    private final Map<String, BalancedService> byHost = new HashMap<>();

    private LoadBalancerConf(ConfNode root) throws StartupFailure {
        ConfNode balancer = root.child("loadbalancer");
        if (balancer != null) {
            checkKeys(balancer, BALANCER_KEYS);
        }
        sessionTimeout = balancer == null ? -1 : number(balancer, "session_timeout", -1);
        ConfNode blocks = root.child("services");
        if (blocks == null) {
            throw new StartupFailure(LOGGER, "Mandatory services element can not be found in the configuration file.");
        }
        for (ConfNode block : blocks.children) {
            if (block.name.equals("defaults")) {
                checkKeys(block, SERVICE_KEYS);
            } else {
                addService(block);
            }
        }
    }

    static LoadBalancerConf read(Path file) throws StartupFailure {
        try {
            return parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new StartupFailure(LOGGER, "Cannot read configuration file from " + file, e);
        }
    }

    static LoadBalancerConf parse(String text) throws StartupFailure {
        return new LoadBalancerConf(ConfNode.parse(text));
    }

    private void addService(ConfNode service) throws StartupFailure {
        ConfNode domains = service.children.isEmpty() ? null : service.children.get(0);
        if (domains == null || !domains.name.equals("domains")) {
            throw new StartupFailure(LOGGER, "The mandatory domains element, child of the " + service.name
                + " element is not specified in the configuration file.");
        }
        if (domains.children.isEmpty()) {
            throw new StartupFailure(LOGGER, "No domain is specified under domains of " + service.name + " element.");
        }
        checkKeys(service, SERVICE_KEYS);
        for (ConfNode domain : domains.children) {
            addDomain(service, domain);
        }
    }

    /** Inner blocks win over outer ones. Without mgt and worker the domain itself is the only, default sub-domain. */
    private void addDomain(ConfNode service, ConfNode domain) throws StartupFailure {
        checkKeys(domain, SERVICE_KEYS);
        Map<String, String> known = new LinkedHashMap<>(service.properties);
        known.putAll(domain.properties);
        if (domain.children.isEmpty()) {
            add(service.name, domain.name, known.getOrDefault("sub_domain", DEFAULT_SUB_DOMAIN), known);
        }
        for (ConfNode subDomain : domain.children) {
            checkKeys(subDomain, SERVICE_KEYS);
            Map<String, String> inner = new LinkedHashMap<>(known);
            inner.putAll(subDomain.properties);
            add(service.name, domain.name, subDomain.name, inner);
        }
    }

    private void add(String service, String domain, String subDomain, Map<String, String> known) throws StartupFailure {
        checkTenants(domain, known.get("tenant_range"));
        String port = known.get("group_mgt_port");
        if (port == null) {
            throw new StartupFailure(LOGGER, "group_mgt_port of the domain " + domain + " is not set");
        }
        BalancedService added = new BalancedService(service, domain, subDomain, list(known.get("hosts")), number("group_mgt_port", port),
            list(known.get("members")));
        for (String host : added.hosts) {
            BalancedService other = byHost.put(host, added);
            if (other != null && !other.service.equals(service)) {
                throw new StartupFailure(LOGGER, "Duplicated host names detected for different service domains.");
            }
        }
        services.add(added);
    }

    private static void checkTenants(String domain, String range) throws StartupFailure {
        if (range == null) {
            throw new StartupFailure(LOGGER, "tenant_range of the domain " + domain + " is not set");
        }
        if (!range.equals("*")) {
            CarbonLog.standIn("the stand-in knows no tenants: tenant_range " + range + " of " + domain + " is taken for *");
        }
    }

    private static List<String> list(String text) {
        return text == null || text.isEmpty() ? Collections.emptyList() : Arrays.asList(text.split("\\s*,\\s*"));
    }

    private static void checkKeys(ConfNode node, Set<String> known) throws StartupFailure {
        for (String key : node.properties.keySet()) {
            if (!known.contains(key)) {
                throw new StartupFailure(LOGGER, "Error setting values: " + node.name + " has no property " + key);
            }
        }
    }

    private static long number(ConfNode node, String key, long otherwise) throws StartupFailure {
        return node.properties.containsKey(key) ? number(key, node.properties.get(key)) : otherwise;
    }

    private static int number(String key, String text) throws StartupFailure {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new StartupFailure(LOGGER, key + " is not a number", e);
        }
    }

    /** The service of a host name, or of the nearest name above it that has one; null where none has. */
    BalancedService serviceOf(String host) {
        for (String name = host; ; name = name.substring(name.indexOf('.') + 1)) {
            if (byHost.containsKey(name) || name.indexOf('.') < 0) {
                return byHost.get(name);
            }
        }
    }
}
