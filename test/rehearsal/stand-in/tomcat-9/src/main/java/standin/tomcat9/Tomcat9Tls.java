package standin.tomcat9;

import java.util.List;
import java.util.Map;
import org.apache.catalina.connector.Connector;
import org.apache.tomcat.util.IntrospectionUtils;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import standin.conf.CatalinaConfiguration.TlsElement;
import standin.log.CarbonLog;
import standin.web.NestedTls;

/** The SSLHostConfig and Certificate elements of Tomcat 8.5 and later: the form that kernels 4.5 and later write. carbon.md 8.4 */
public final class Tomcat9Tls implements NestedTls {
    @Override
    public void apply(Connector connector, List<TlsElement> elements) {
        for (TlsElement element : elements) {
            SSLHostConfig host = new SSLHostConfig();
            set(host, element.attributes, "SSLHostConfig");
            for (Map<String, String> attributes : element.certificates) {
                String type = attributes.get("type");
                SSLHostConfigCertificate.Type known = type == null
                    ? SSLHostConfigCertificate.Type.UNDEFINED : SSLHostConfigCertificate.Type.valueOf(type);
                SSLHostConfigCertificate certificate = new SSLHostConfigCertificate(host, known);
                set(certificate, attributes, "Certificate");
                host.addCertificate(certificate);
            }
            connector.addSslHostConfig(host);
        }
    }

    private static void set(Object target, Map<String, String> attributes, String element) {
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            if (!attribute.getKey().equals("type") && !IntrospectionUtils.setProperty(target, attribute.getKey(), attribute.getValue())) {
                CarbonLog.of("org.apache.tomcat.util.digester.Digester").warn("[SetPropertiesRule]{Server/Service/Connector/" + element
                    + "} Setting property '" + attribute.getKey() + "' to '" + attribute.getValue() + "' did not find a matching property.");
            }
        }
    }
}
