package standin.web;

import java.util.List;
import org.apache.catalina.connector.Connector;
import standin.conf.CatalinaConfiguration.TlsElement;

/** Applies SSLHostConfig elements. Only packs with Tomcat 9 have one; Tomcat 7 knows no such element. */
public interface NestedTls {
    void apply(Connector connector, List<TlsElement> elements);
}
