package standin.conf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.w3c.dom.Element;
import standin.StartupFailure;

/** axis2.xml: the clustering element and the transport receivers. carbon.md 8.2; Axis2: ClusterBuilder, DescriptionBuilder */
public final class Axis2Configuration {
    private static final String LOGGER = "org.apache.axis2.deployment.DeploymentEngine";

    private final Element root;

    private Axis2Configuration(Element root) {
        this.root = root;
    }

    public static Axis2Configuration read(Path confDir) throws StartupFailure {
        return new Axis2Configuration(Xml.read(confDir.resolve("axis2").resolve("axis2.xml"), LOGGER));
    }

    /** The first clustering element, or null. */
    private Element clustering() {
        return Xml.child(root, "clustering");
    }

    /** Without the attribute clustering is on; any text but "true" turns it off. */
    public boolean isClusteringEnabled() {
        Element clustering = clustering();
        if (clustering == null) {
            return false;
        }
        String enable = Xml.attribute(clustering, "enable");
        return enable == null || Boolean.parseBoolean(enable.trim());
    }

    public String clusteringClass() throws StartupFailure {
        String name = Xml.attribute(clustering(), "class");
        if (name == null) {
            throw new StartupFailure(LOGGER, "The clustering element has no attribute class");
        }
        return name;
    }

    public Map<String, Parameter> clusteringParameters() throws StartupFailure {
        return parameters(clustering());
    }

    /** The last of several parameters of one name wins: Axis2 keeps them in a map. */
    private static Map<String, Parameter> parameters(Element parent) throws StartupFailure {
        Map<String, Parameter> result = new HashMap<>();
        for (Element element : Xml.children(parent, "parameter")) {
            Parameter parameter = new Parameter(element);
            if (parameter.name() == null) {
                throw new StartupFailure(LOGGER, "axis2.xml: a parameter without a name");
            }
            result.put(parameter.name(), parameter);
        }
        return result;
    }

    /** The well-known members, "host:port" each. Read for the wka scheme only. */
    public List<WellKnownMember> wellKnownMembers() throws StartupFailure {
        List<WellKnownMember> result = new ArrayList<>();
        Element members = Xml.child(clustering(), "members");
        if (members == null) {
            return result;
        }
        for (Element member : Xml.children(members, "member")) {
            String host = Xml.childText(member, "hostName");
            String port = Xml.childText(member, "port");
            if (host == null || port == null) {
                throw new StartupFailure(LOGGER, "axis2.xml: a member without hostName or port");
            }
            result.add(new WellKnownMember(Xml.resolveVariables(host.trim()), port(Xml.resolveVariables(port.trim()))));
        }
        return result;
    }

    private static int port(String text) throws StartupFailure {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new StartupFailure(LOGGER, "axis2.xml: the port of a member is not a number", e);
        }
    }

    /** The parameters of the first sender of that name. */
    public Map<String, Parameter> transportSender(String name) throws StartupFailure {
        for (Element element : Xml.children(root, "transportSender")) {
            if (name.equals(Xml.attribute(element, "name"))) {
                return parameters(element);
            }
        }
        throw new StartupFailure(LOGGER, "axis2.xml has no transportSender " + name);
    }

    public List<TransportReceiver> transportReceivers() throws StartupFailure {
        List<TransportReceiver> result = new ArrayList<>();
        for (Element element : Xml.children(root, "transportReceiver")) {
            result.add(new TransportReceiver(Xml.attribute(element, "name"), Xml.attribute(element, "class"), parameters(element)));
        }
        return result;
    }

    /** A member of the wka list. */
    public static final class WellKnownMember {
        public final String host;
        public final int port;

        WellKnownMember(String host, int port) {
            this.host = host;
            this.port = port;
        }
    }

    /** A way in for messages. Those of class ...passthru... are listeners of their own, the rest stands for Tomcat. */
    public static final class TransportReceiver {
        public final String name;
        public final String className;
        public final Map<String, Parameter> parameters;

        TransportReceiver(String name, String className, Map<String, Parameter> parameters) {
            this.name = name;
            this.className = className == null ? "" : className;
            this.parameters = parameters;
        }

        public boolean isPassThrough() {
            return className.startsWith("org.apache.synapse.transport.passthru.");
        }

        /** The port as it stands in the file, or -1. */
        public int port() throws StartupFailure {
            Parameter port = parameters.get("port");
            return port == null ? -1 : port.number(LOGGER);
        }

        /** The trimmed text of a parameter, or null. */
        public String text(String parameter) throws StartupFailure {
            return parameters.containsKey(parameter) ? parameters.get(parameter).value(LOGGER).trim() : null;
        }
    }
}
