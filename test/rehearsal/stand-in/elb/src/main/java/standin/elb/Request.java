package standin.elb;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.List;

/** A request of a client, its body included: a request that fails over is sent again. */
final class Request {
    final String method;
    final String pathAndQuery;
    final Headers headers;
    final byte[] body;
    final boolean tls;
    /** The name in the Host header, without a port. */
    final String host;
    /** The port in the Host header, else that of the scheme; this and not the listener's is what port.mapping goes by. */
    final int port;
    final String client;

    private Request(HttpExchange exchange) throws IOException {
        method = exchange.getRequestMethod();
        String query = exchange.getRequestURI().getRawQuery();
        pathAndQuery = exchange.getRequestURI().getRawPath() + (query == null ? "" : "?" + query);
        headers = exchange.getRequestHeaders();
        body = read(exchange.getRequestBody());
        tls = exchange instanceof HttpsExchange;
        String[] parts = String.valueOf(headers.getFirst("Host")).split(":", 2);
        host = parts[0];
        port = parts.length > 1 ? Integer.parseInt(parts[1]) : tls ? 443 : 80;
        client = exchange.getRemoteAddress().getAddress().getHostAddress();
    }

    static Request of(HttpExchange exchange) throws IOException {
        return new Request(exchange);
    }

    static byte[] read(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            out.write(buffer, 0, count);
        }
        return out.toByteArray();
    }

    List<String> cookies() {
        return headers.getOrDefault("Cookie", Collections.emptyList());
    }
}
