package standin.web;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.IntrospectionUtils;
import standin.StartupFailure;
import standin.conf.CatalinaConfiguration.ConnectorElement;
import standin.log.CarbonLog;

/** A Tomcat with one web application at the root, and the connectors of catalina-server.xml. carbon.md 8.4 */
public final class WebServer {
    private static final String LOGGER = "org.wso2.carbon.tomcat.internal.CarbonTomcat";

    private final Tomcat tomcat = new Tomcat();
    private final List<Connector> connectors = new ArrayList<>();

    /** Starts everything but the connectors, which Carbon starts last (bytecode 4.4.26: StartupFinalizerServiceComponent). */
    public void start(Path home, NodeStatus status) throws StartupFailure {
        try {
            Path base = Files.createDirectories(home.resolve("tmp").resolve("stand-in"));
            tomcat.setBaseDir(base.toString());
            Context context = tomcat.addContext("", new File(base.toString()).getAbsolutePath());
            context.addServletContainerInitializer(
                (classes, servlets) -> servlets.addServlet("carbon", new CarbonServlet(status)).addMapping("/"), null);
            tomcat.getServer().start();
        } catch (IOException | LifecycleException e) {
            throw new StartupFailure(LOGGER, "tomcat life-cycle exception", e);
        }
    }

    /**
     * Connectors are started by hand and not by Tomcat's service, which would log a failure and go on. Carbon, too,
     * only logs it and goes on without the port; a rehearsal should end there.
     */
    public void startConnectors(List<ConnectorElement> elements, int portOffset) throws StartupFailure {
        for (ConnectorElement element : elements) {
            Connector connector = connector(element, portOffset);
            start(connector);
            connectors.add(connector);
        }
    }

    /** Tomcat 7 throws; Tomcat 9 writes the reason to the log and leaves the connector in another state. */
    private static void start(Connector connector) throws StartupFailure {
        String message = "LifeCycleException while starting tomcat connector " + connector;
        try {
            connector.start();
        } catch (LifecycleException | RuntimeException e) {
            throw new StartupFailure(LOGGER, message, e);
        }
        if (connector.getState() != LifecycleState.STARTED) {
            throw new StartupFailure(LOGGER, message);
        }
    }

    /** Every attribute goes to the connector verbatim, as by Tomcat's digester. */
    private Connector connector(ConnectorElement element, int portOffset) throws StartupFailure {
        String protocol = element.attributes.get("protocol");
        Connector connector = protocol == null ? new Connector() : new Connector(protocol);
        for (Map.Entry<String, String> attribute : element.attributes.entrySet()) {
            if (attribute.getKey().equals("protocol")) {
                continue;
            }
            if (!IntrospectionUtils.setProperty(connector, attribute.getKey(), attribute.getValue())) {
                CarbonLog.of("org.apache.tomcat.util.digester.Digester").warn("[SetAllPropertiesRule]{Server/Service/Connector} Setting property '"
                    + attribute.getKey() + "' to '" + attribute.getValue() + "' did not find a matching property.");
            }
        }
        connector.setPort(connector.getPort() + portOffset);
        applyNestedTls(connector, element);
        connector.setService(tomcat.getService());
        return connector;
    }

    private static void applyNestedTls(Connector connector, ConnectorElement element) {
        Iterator<NestedTls> nested = ServiceLoader.load(NestedTls.class).iterator();
        if (element.tls.isEmpty()) {
            return;
        }
        if (nested.hasNext()) {
            nested.next().apply(connector, element.tls);
        } else {
            CarbonLog.of("org.apache.tomcat.util.digester.Digester").warn("No rules found matching 'Server/Service/Connector/SSLHostConfig'.");
        }
    }

    /** The first connector of that scheme, or null. */
    private Connector find(String scheme) {
        for (Connector connector : connectors) {
            if (connector.getScheme().equals(scheme)) {
                return connector;
            }
        }
        return null;
    }

    /** Where the outside reaches the scheme: the proxy's port, else the connector's own, or -1. */
    public int publicPort(String scheme) {
        Connector connector = find(scheme);
        if (connector == null) {
            return -1;
        }
        return connector.getProxyPort() > 0 ? connector.getProxyPort() : connector.getPort();
    }

    public void stopConnectors() {
        for (Connector connector : connectors) {
            try {
                connector.stop();
            } catch (LifecycleException e) {
                CarbonLog.of(LOGGER).error("LifeCycleException while stopping tomcat connector", e);
            }
        }
    }
}
