package standin.web;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.w3c.dom.Element;
import standin.conf.Parameter;
import standin.conf.Xml;

/** The key store and trust store of a transport of axis2.xml. */
public final class TransportStores {
    private final Map<String, Parameter> parameters;
    private final Path home;

    public TransportStores(Map<String, Parameter> parameters, Path home) {
        this.parameters = parameters;
        this.home = home;
    }

    /** The keys, or null without a key store. */
    public KeyManagerFactory keys() throws IOException, GeneralSecurityException {
        Element element = store("keystore", "KeyStore");
        if (element == null) {
            return null;
        }
        String keyPassword = Xml.childText(element, "KeyPassword");
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(load(element), (keyPassword == null ? Xml.childText(element, "Password") : keyPassword).toCharArray());
        return factory;
    }

    /** Who is trusted; null, which is Java's own list, without a trust store. */
    public TrustManager[] trust() throws IOException, GeneralSecurityException {
        Element element = store("truststore", "TrustStore");
        if (element == null) {
            return null;
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(load(element));
        return factory.getTrustManagers();
    }

    private Element store(String parameter, String name) {
        Parameter found = parameters.get(parameter);
        return found == null ? null : Xml.child(found.element(), name);
    }

    /** A relative location is one in the home, which is the working directory. */
    private KeyStore load(Element element) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(Xml.childText(element, "Type"));
        try (InputStream in = Files.newInputStream(home.resolve(Xml.resolveVariables(Xml.childText(element, "Location"))))) {
            store.load(in, Xml.childText(element, "Password").toCharArray());
        }
        return store;
    }
}
