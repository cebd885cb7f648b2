import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;

/**
 * Listeners as the pass-through transport of an axis2.xml opens them: straight on the JDK, with its HttpsProtocols and
 * PreferredCiphers as they stand there (ServerSSLSetupHandler of wso2-synapse). Not WSO2's transport.
 *
 * Usage: java PassThrough KEYSTORE PASSWORD PORT AXIS2_XML [PORT AXIS2_XML ...]
 */
public final class PassThrough {
    private static final byte[] ANSWER = "HTTP/1.0 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private PassThrough() {
    }

    public static void main(String[] arguments) throws Exception {
        SSLContext context = context(arguments[0], arguments[1].toCharArray());
        for (int i = 2; i < arguments.length; i += 2) {
            SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
                .createServerSocket(Integer.parseInt(arguments[i]), 50, InetAddress.getByName("127.0.0.1"));
            Document axis2 = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new File(arguments[i + 1]));
            String[] protocols = parameter(axis2, "HttpsProtocols");
            String[] ciphers = parameter(axis2, "PreferredCiphers");
            new Thread(() -> accept(server, protocols, ciphers)).start();
        }
        System.out.println("Server startup");
    }

    private static SSLContext context(String file, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        try (InputStream in = new FileInputStream(file)) {
            store.load(in, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    private static String[] parameter(Document axis2, String name) throws Exception {
        XPath xpath = XPathFactory.newInstance().newXPath();
        String path = "/axisconfig/transportReceiver[@name='https']/parameter[@name='" + name + "']";
        return xpath.evaluate(path, axis2).trim().split("\\s*,\\s*");
    }

    private static void accept(SSLServerSocket server, String[] protocols, String[] ciphers) {
        while (true) {
            try (SSLSocket client = (SSLSocket) server.accept()) {
                client.setEnabledProtocols(protocols);
                client.setEnabledCipherSuites(ciphers);
                client.startHandshake();
                client.getOutputStream().write(ANSWER);
            } catch (IOException | IllegalArgumentException e) {
                // This client was refused; the next one may not be.
            }
        }
    }
}
