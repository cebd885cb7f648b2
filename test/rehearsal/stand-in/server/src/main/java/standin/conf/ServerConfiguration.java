package standin.conf;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.w3c.dom.Element;
import standin.StartupFailure;
import standin.log.CarbonLog;

/**
 * carbon.xml: every element with text becomes a property named by the local names on its path, the first one wins.
 * Namespaces are not looked at here (bytecode 4.4.26: org.wso2.carbon.base.ServerConfiguration), but other readers of
 * the file do ask for Carbon's (carbon.md 8.1), so an element outside it is warned about.
 */
public final class ServerConfiguration {
    private static final String LOGGER = "org.wso2.carbon.base.ServerConfiguration";
    private static final String NAMESPACE = "http://wso2.org/projects/carbon/carbon.xml";

    private final Map<String, String> properties = new HashMap<>();

    public static ServerConfiguration read(Path confDir) throws StartupFailure {
        ServerConfiguration result = new ServerConfiguration();
        result.add(Xml.read(confDir.resolve("carbon.xml"), LOGGER), "");
        return result;
    }

    private void add(Element parent, String prefix) {
        for (Element child : Xml.children(parent)) {
            String key = prefix + child.getLocalName();
            String text = Xml.text(child);
            if (!NAMESPACE.equals(child.getNamespaceURI())) {
                CarbonLog.standIn("carbon.xml: " + key + " is not in the namespace " + NAMESPACE);
            }
            if (!text.trim().isEmpty()) {
                properties.putIfAbsent(key, Xml.resolveVariables(text));
            }
            add(child, key + ".");
        }
    }

    /** The property, or null. */
    public String get(String key) {
        return properties.get(key);
    }

    /** -DportOffset wins over Ports/Offset. carbon.md 8.3 */
    public int portOffset() throws StartupFailure {
        String offset = System.getProperty("portOffset", properties.getOrDefault("Ports.Offset", "0")).trim();
        try {
            return Integer.parseInt(offset);
        } catch (NumberFormatException e) {
            throw new StartupFailure(LOGGER, "The port offset '" + offset + "' is not a number", e);
        }
    }

    /** The kernel makes its trust store that of the whole process. carbon.md 12, pitfall 9 */
    public void applyTrustStore() {
        setSystemProperty("javax.net.ssl.trustStore", "Security.TrustStore.Location");
        setSystemProperty("javax.net.ssl.trustStoreType", "Security.TrustStore.Type");
        setSystemProperty("javax.net.ssl.trustStorePassword", "Security.TrustStore.Password");
    }

    private void setSystemProperty(String name, String key) {
        if (get(key) != null) {
            System.setProperty(name, get(key));
        }
    }
}
