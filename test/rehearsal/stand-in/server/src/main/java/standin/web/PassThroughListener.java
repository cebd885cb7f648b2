package standin.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import standin.StartupFailure;
import standin.conf.Axis2Configuration.TransportReceiver;
import standin.log.CarbonLog;

/**
 * A pass-through transport of axis2.xml: a listener of its own, straight on the JDK's TLS as the real one is, so that
 * its ciphers are the JDK's and not Tomcat's. carbon.md 8.2, node.md 2.7
 */
public final class PassThroughListener {
    private static final int THREADS = 16;

    private final TransportReceiver receiver;
    private final Path home;
    private final NodeStatus status;
    private final HttpHandler handler;
    private final String logger;
    private ExecutorService threads;
    private HttpServer server;

    /** Without a handler the listener has pages of its own. */
    public PassThroughListener(TransportReceiver receiver, Path home, NodeStatus status, HttpHandler handler) {
        this.receiver = receiver;
        this.home = home;
        this.status = status;
        this.handler = handler == null ? this::answer : handler;
        this.logger = receiver.className;
    }

    private boolean isTls() {
        return receiver.className.contains("SSL");
    }

    public void start(int portOffset) throws StartupFailure {
        String name = isTls() ? "HTTPS" : "HTTP";
        CarbonLog.of(logger).info("Starting Pass-through " + name + " Listener...");
        String bind = receiver.text("bind-address");
        int port = receiver.port() + portOffset;
        InetSocketAddress address = bind == null ? new InetSocketAddress(port) : new InetSocketAddress(bind, port);
        try {
            server = isTls() ? tlsServer(address) : HttpServer.create(address, 0);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new StartupFailure(logger, "Pass-through " + name + " Listener could not start on port " + port, e);
        }
        threads = Executors.newFixedThreadPool(THREADS);
        server.setExecutor(threads);
        server.createContext("/", handler);
        server.start();
        CarbonLog.of("org.apache.synapse.transport.passthru.core.PassThroughListeningIOReactorManager")
            .info("Pass-through " + name + " Listener started on " + (bind == null ? "0.0.0.0" : bind) + ":" + port);
    }

    private HttpServer tlsServer(InetSocketAddress address) throws IOException, GeneralSecurityException, StartupFailure {
        TransportStores stores = new TransportStores(receiver.parameters, home);
        KeyManagerFactory keys = stores.keys();
        if (keys == null) {
            throw new StartupFailure(logger, "The transport " + receiver.name + " has no keystore");
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), stores.trust(), null);
        SSLParameters parameters = context.getDefaultSSLParameters();
        String[] protocols = list("HttpsProtocols");
        String[] ciphers = list("PreferredCiphers");
        if (protocols != null) {
            parameters.setProtocols(protocols);
        }
        if (ciphers != null) {
            parameters.setCipherSuites(ciphers);
        }
        verifyClient(parameters);
        // The JDK itself says here which name it does not know, before any client comes.
        context.createSSLEngine().setSSLParameters(parameters);
        HttpsServer result = HttpsServer.create(address, 0);
        result.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters client) {
                client.setSSLParameters(parameters);
            }
        });
        return result;
    }

    private void verifyClient(SSLParameters parameters) throws StartupFailure {
        String verify = receiver.text("SSLVerifyClient");
        if ("require".equals(verify)) {
            parameters.setNeedClientAuth(true);
        } else if ("optional".equals(verify)) {
            parameters.setWantClientAuth(true);
        }
    }

    private String[] list(String parameter) throws StartupFailure {
        String text = receiver.text(parameter);
        return text == null || text.isEmpty() ? null : text.split("\\s*,\\s*");
    }

    private void answer(HttpExchange exchange) throws IOException {
        switch (exchange.getRequestURI().getPath()) {
            case "/services/Version":
                send(exchange, 200, "text/xml", Pages.version(status));
                break;
            case "/stand-in":
                send(exchange, 200, "application/json", Json.of(describe(exchange)));
                break;
            case "/stand-in/databases":
                String problems = status.databaseProblems();
                send(exchange, problems.isEmpty() ? 200 : 500, "text/plain", problems);
                break;
            case "/":
                send(exchange, 200, "text/plain", "A stand-in's pass-through transport\n");
                break;
            default:
                send(exchange, 404, "text/plain", "The stand-in has no such service\n");
        }
    }

    private Map<String, Object> describe(HttpExchange exchange) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("scheme", isTls() ? "https" : "http");
        request.put("localPort", exchange.getLocalAddress().getPort());
        request.put("remoteAddress", exchange.getRemoteAddress().getAddress().getHostAddress());
        if (exchange instanceof HttpsExchange) {
            request.put("cipherSuite", ((HttpsExchange) exchange).getSSLSession().getCipherSuite());
        }
        request.put("headers", exchange.getRequestHeaders());
        Map<String, Object> result = status.describe();
        result.put("request", request);
        return result;
    }

    private static void send(HttpExchange exchange, int code, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type + ";charset=UTF-8");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(code, head ? -1 : bytes.length);
        if (!head) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    public void stop() {
        if (server != null) {
            server.stop(0);
            threads.shutdown();
        }
    }
}
