package standin.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import standin.KernelRules;
import standin.StartupFailure;
import standin.conf.Axis2Configuration;
import standin.conf.Parameter;
import standin.log.CarbonLog;

/**
 * Turns the clustering element into a ClusterPlan the way that kernel does: only what it reads is read, all else in
 * the file is without effect. carbon.md 3 to 5; bytecode 4.4.26 to 4.9.0: HazelcastClusteringAgent and the schemes
 */
public final class ClusterPlanner {
    private static final String DEFAULT_DOMAIN = "wso2.carbon.domain";
    private static final int DEFAULT_PORT = 4000;

    private final KernelRules kernel;
    private final Path confDir;
    private final Axis2Configuration axis2;
    private final Map<String, Parameter> parameters;
    private final String agent;
    private final CarbonLog log;

    public ClusterPlanner(KernelRules kernel, Path confDir, Axis2Configuration axis2) throws StartupFailure {
        this.kernel = kernel;
        this.confDir = confDir;
        this.axis2 = axis2;
        this.parameters = axis2.clusteringParameters();
        this.agent = kernel.clusteringPackage() + ".HazelcastClusteringAgent";
        this.log = CarbonLog.of(agent);
    }

    public Map<String, Parameter> parameters() {
        return parameters;
    }

    /** Plans, logging the lines that Carbon logs meanwhile. carbon.md 7 */
    public ClusterPlan plan() throws StartupFailure {
        checkAgentClass();
        ClusterPlan plan = new ClusterPlan();
        // The domain alone is not trimmed. carbon.md 4
        plan.domain = text("domain", DEFAULT_DOMAIN);
        log.info("Cluster domain: " + plan.domain);
        plan.hazelcastXml = hazelcastXml();
        if (plan.hazelcastXml == null) {
            planFromAxis2(plan);
        }
        if (kernel.readsLocalMemberIdentifier()) {
            plan.memberIdentifier = text("localMemberIdentifier", null);
        }
        refuseSerializers();
        return plan;
    }

    /** Axis2 loads the class by the name in the file; a name of another kernel is not found. carbon.md 3 */
    private void checkAgentClass() throws StartupFailure {
        if (!axis2.clusteringClass().equals(agent)) {
            throw new StartupFailure("org.apache.axis2.deployment.DeploymentEngine",
                "Clustering implementation class " + axis2.clusteringClass() + " not found (kernel " + kernel + " has " + agent + ")");
        }
    }

    /** carbon.md 4: the file in the configuration folder wins over the system property; both win over axis2.xml. */
    private String hazelcastXml() {
        if (!kernel.readsHazelcastXml()) {
            return null;
        }
        Path file = confDir.resolve("etc").resolve("hazelcast.xml");
        if (Files.exists(file)) {
            log.info("Loading hazelcast configuration from default path: " + file);
            return file.toString();
        }
        String configured = System.getProperty("hazelcast.config");
        if (configured != null) {
            log.info("Loading hazelcast configuration from system property, path: " + configured);
            return configured;
        }
        log.info("Loading hazelcast configuration from axis2 clustering configuration");
        return null;
    }

    private void planFromAxis2(ClusterPlan plan) throws StartupFailure {
        planProperties(plan);
        warnIgnored("mgtCenterURL");
        warnIgnored("licenseKey");
        if (kernel.usesGroupPassword()) {
            plan.groupPassword = text("groupPassword", null);
        }
        plan.publicAddress = localMemberHost();
        plan.port = number("localMemberPort", DEFAULT_PORT);
        planScheme(plan);
    }

    /** The kernel's own defaults, and hazelcast.properties over them. carbon.md 4 */
    private void planProperties(ClusterPlan plan) throws StartupFailure {
        plan.properties.setProperty("hazelcast.max.no.heartbeat.seconds", "600");
        plan.properties.setProperty("hazelcast.max.no.master.confirmation.seconds", "900");
        plan.properties.setProperty("hazelcast.merge.first.run.delay.seconds", "60");
        plan.properties.setProperty("hazelcast.merge.next.run.delay.seconds", "30");
        Path file = confDir.resolve("hazelcast.properties");
        if (!Files.exists(file)) {
            return;
        }
        try (InputStream in = Files.newInputStream(file)) {
            plan.properties.load(in);
        } catch (IOException e) {
            throw new StartupFailure(agent, "Cannot load properties from file " + file, e);
        }
    }

    private String localMemberHost() throws StartupFailure {
        String host = text("localMemberHost", null);
        if (host == null) {
            return firstAddress();
        }
        host = host.trim();
        if (host.equals("127.0.0.1") || host.equals("localhost")) {
            log.warn("localMemberHost is configured to use the loopback address. "
                + "Hazelcast Clustering needs ip addresses for localMemberHost and well-known members.");
        }
        return host;
    }

    /** Axis2's Utils.getIpAddress: the first IPv4 address that is not loopback, else 127.0.0.1. */
    private String firstAddress() {
        try {
            for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                for (InetAddress address : Collections.list(network.getInetAddresses())) {
                    if (address instanceof Inet4Address && !address.isLoopbackAddress()) {
                        return address.getHostAddress();
                    }
                }
            }
        } catch (SocketException e) {
            log.error("Could not set local member host", e);
            return "";
        }
        return "127.0.0.1";
    }

    /** A case-sensitive comparison after trim. carbon.md 3 */
    private void planScheme(ClusterPlan plan) throws StartupFailure {
        String scheme = text("membershipScheme", ClusterPlan.MULTICAST).trim();
        boolean known = isKnown(scheme);
        if (!known && !(kernel.knowsSchemeClassName() && parameters.containsKey("membershipSchemeClassName"))) {
            throw new StartupFailure(agent, "Invalid membership scheme '" + scheme + "'. Supported schemes are multicast, wka & aws");
        }
        plan.scheme = scheme;
        log.info("Using " + scheme + " based membership management scheme");
        if (!known) {
            throw new StartupFailure(agent, "Membership scheme class not found: " + text("membershipSchemeClassName", null));
        }
        switch (scheme) {
            case ClusterPlan.WKA:
                planWka(plan);
                break;
            case ClusterPlan.AWS:
                planAws(plan);
                break;
            case ClusterPlan.AWS_ECS:
                planAws(plan);
                planEcs(plan);
                break;
            case ClusterPlan.MULTICAST:
                planMulticast(plan);
                break;
            default:
                throw new StartupFailure(agent, "The stand-in does not imitate the membership scheme '" + scheme + "'");
        }
    }

    private boolean isKnown(String scheme) {
        switch (scheme) {
            case ClusterPlan.MULTICAST:
            case ClusterPlan.WKA:
            case ClusterPlan.AWS:
                return true;
            case ClusterPlan.AWS_ECS:
                return kernel.knowsAwsEcs();
            case "kubernetes":
                return kernel.knowsKubernetes();
            default:
                return false;
        }
    }

    private void planWka(ClusterPlan plan) throws StartupFailure {
        if (parameters.containsKey("connTimeout")) {
            plan.connectionTimeoutSeconds = number("connTimeout", 0);
        }
        CarbonLog memberUtils = CarbonLog.of(kernel.clusteringPackage() + ".util.MemberUtils");
        for (Axis2Configuration.WellKnownMember member : axis2.wellKnownMembers()) {
            String address = member.host + ":" + member.port;
            if (!plan.tcpIpMembers.contains(address)) {
                plan.tcpIpMembers.add(address);
                memberUtils.info("Added member: " + new CarbonMember(member.host, member.port));
            }
        }
    }

    /** carbon.md 5: by the kernel's spelling; every one is optional and trimmed; an unknown name is never looked at. */
    private void planAws(ClusterPlan plan) throws StartupFailure {
        for (AwsParameter parameter : AwsParameter.values()) {
            String name = parameter.name(kernel.spellsAwsWithHyphens());
            if (!parameters.containsKey(name) || parameter == AwsParameter.IAM_ROLE && !kernel.readsIamRole()) {
                continue;
            }
            String value = text(name, null);
            if (parameter.isKey() && kernel.skipsEmptyAwsKeys() && value.isEmpty()) {
                continue;
            }
            plan.aws.put(parameter, parameter.isKey() && !kernel.trimsAwsKeys() ? value : value.trim());
        }
    }

    private void planEcs(ClusterPlan plan) throws StartupFailure {
        String networkInterface = text("networkInterface", null);
        if (networkInterface == null) {
            throw new StartupFailure(agent, "Required parameter for AWS ECS membership scheme: networkInterface is not defined");
        }
        plan.networkInterface = networkInterface.trim();
        plan.publicAddress = null;
    }

    private void planMulticast(ClusterPlan plan) throws StartupFailure {
        plan.multicastGroup = text("mcastAddress", null);
        plan.multicastPort = parameters.containsKey("mcastPort") ? number("mcastPort", 0) : null;
        plan.multicastTimeoutSeconds = parameters.containsKey("mcastTimeout") ? number("mcastTimeout", 0) : null;
        plan.multicastTimeToLive = parameters.containsKey("mcastTTL") ? number("mcastTTL", 0) : null;
    }

    private void warnIgnored(String name) {
        if (parameters.containsKey(name)) {
            CarbonLog.standIn("the stand-in ignores the parameter " + name);
        }
    }

    private void refuseSerializers() throws StartupFailure {
        if (parameters.containsKey("hazelcastSerializers")) {
            throw new StartupFailure(agent, "The stand-in does not imitate the parameter hazelcastSerializers");
        }
    }

    private String text(String name, String otherwise) throws StartupFailure {
        Parameter parameter = parameters.get(name);
        return parameter == null ? otherwise : parameter.value(agent);
    }

    private int number(String name, int otherwise) throws StartupFailure {
        Parameter parameter = parameters.get(name);
        return parameter == null ? otherwise : parameter.number(agent);
    }
}
