package standin.conf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.w3c.dom.Attr;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import standin.StartupFailure;

/** tomcat/catalina-server.xml: the connectors, all attributes verbatim, ${...} resolved as Tomcat's digester does. carbon.md 8.4 */
public final class CatalinaConfiguration {
    private static final String LOGGER = "org.wso2.carbon.tomcat.internal.ServerManager";

    private CatalinaConfiguration() {
    }

    public static List<ConnectorElement> read(Path confDir) throws StartupFailure {
        Element server = Xml.read(confDir.resolve("tomcat").resolve("catalina-server.xml"), LOGGER);
        List<ConnectorElement> result = new ArrayList<>();
        for (Element service : Xml.children(server, "Service")) {
            for (Element connector : Xml.children(service, "Connector")) {
                result.add(new ConnectorElement(connector));
            }
        }
        return result;
    }

    private static Map<String, String> attributes(Element element) {
        Map<String, String> result = new LinkedHashMap<>();
        NamedNodeMap nodes = element.getAttributes();
        for (int i = 0; i < nodes.getLength(); i++) {
            Attr attribute = (Attr) nodes.item(i);
            if (attribute.getNamespaceURI() == null) {
                result.put(attribute.getName(), Xml.resolveVariables(attribute.getValue()));
            }
        }
        return result;
    }

    /** A Connector and the SSLHostConfig elements in it (Tomcat 8.5 and later). */
    public static final class ConnectorElement {
        public final Map<String, String> attributes;
        public final List<TlsElement> tls = new ArrayList<>();

        ConnectorElement(Element element) {
            attributes = attributes(element);
            for (Element host : Xml.children(element, "SSLHostConfig")) {
                tls.add(new TlsElement(host));
            }
        }
    }

    /** An SSLHostConfig and its certificates. */
    public static final class TlsElement {
        public final Map<String, String> attributes;
        public final List<Map<String, String>> certificates = new ArrayList<>();

        TlsElement(Element element) {
            attributes = attributes(element);
            for (Element certificate : Xml.children(element, "Certificate")) {
                certificates.add(attributes(certificate));
            }
        }
    }
}
