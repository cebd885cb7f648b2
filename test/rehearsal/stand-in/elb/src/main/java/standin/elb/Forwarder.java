package standin.elb;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/** Sends a request to a member as the pass-through senders do: the client's Host stays, certificates are trusted under any name. */
final class Forwarder {
    /** Of one connection, and not of the message. */
    static final Set<String> HOP_BY_HOP = new HashSet<>(Arrays.asList("connection", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "te", "trailer", "transfer-encoding", "upgrade", "content-length"));
    private static final int CONNECT_MILLIS = 10_000;

    static {
        // Or the JDK would keep the client's Host header to itself, and send a request with a body twice.
        System.setProperty("sun.net.http.allowRestrictedHeaders", "true");
        System.setProperty("sun.net.http.retryPost", "false");
    }

    private final SSLSocketFactory sockets;

    /** Without trust managers the JDK's own list is asked. */
    Forwarder(TrustManager[] trust) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust, null);
        sockets = context.getSocketFactory();
    }

    Response send(Request request, String host, int port) throws IOException {
        URL url = new URL((request.tls ? "https" : "http") + "://" + host + ":" + port + request.pathAndQuery);
        HttpURLConnection connection = (HttpURLConnection) url.openConnection(java.net.Proxy.NO_PROXY);
        if (connection instanceof HttpsURLConnection) {
            ((HttpsURLConnection) connection).setSSLSocketFactory(sockets);
            ((HttpsURLConnection) connection).setHostnameVerifier((name, session) -> true);
        }
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestMethod(request.method);
        copyHeaders(request, connection);
        if (request.body.length > 0) {
            connection.setDoOutput(true);
            connection.getOutputStream().write(request.body);
        }
        return new Response(connection);
    }

    private static void copyHeaders(Request request, HttpURLConnection connection) {
        for (Map.Entry<String, List<String>> header : request.headers.entrySet()) {
            if (!HOP_BY_HOP.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                header.getValue().forEach(value -> connection.addRequestProperty(header.getKey(), value));
            }
        }
        String before = request.headers.getFirst("X-Forwarded-For");
        connection.setRequestProperty("X-Forwarded-For", before == null || before.isEmpty() ? request.client : before + "," + request.client);
    }

    /** What a member answered. */
    static final class Response {
        final int status;
        final Map<String, List<String>> headers;
        private final HttpURLConnection connection;

        private Response(HttpURLConnection connection) throws IOException {
            this.connection = connection;
            status = connection.getResponseCode();
            headers = connection.getHeaderFields();
        }

        byte[] body() throws IOException {
            try (InputStream in = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
                return in == null ? new byte[0] : Request.read(in);
            }
        }
    }
}
