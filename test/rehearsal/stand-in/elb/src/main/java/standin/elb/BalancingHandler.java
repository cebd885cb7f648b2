package standin.elb;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import standin.cluster.CarbonMember;
import standin.log.CarbonLog;

/**
 * Sends a request to the member of its session, else to the next one of the sub-domain that its host name leads to. A member that
 * takes no connection is left alone for ten seconds, and another gets the request. wso2 lb.endpoint: TenantAwareLoadBalanceEndpoint
 */
final class BalancingHandler implements HttpHandler {
    private static final CarbonLog LOG = CarbonLog.of("org.wso2.carbon.lb.endpoint.endpoint.TenantAwareLoadBalanceEndpoint");
    private static final int MOST_TRIES = 5;

    private final Function<String, Members> membersOf;
    private final Sessions sessions;
    private final Forwarder forwarder;
    private final long pauseMillis;

    /** `membersOf` gives the members behind a host name, or null; `pauseMillis` lies before a request is sent again. */
    BalancingHandler(Function<String, Members> membersOf, Sessions sessions, Forwarder forwarder, long pauseMillis) {
        this.membersOf = membersOf;
        this.sessions = sessions;
        this.forwarder = forwarder;
        this.pauseMillis = pauseMillis;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try {
            answer(exchange);
        } catch (RuntimeException e) {
            LOG.error("A request could not be balanced", e);
            refuse(exchange, 500, "The load balancer failed");
        } finally {
            exchange.close();
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        Request request = Request.of(exchange);
        Members members = membersOf.apply(request.host);
        if (members == null) {
            LOG.error("Invalid host name : " + request.host, null);
            refuse(exchange, 404, "Invalid host name : " + request.host);
            return;
        }
        CarbonMember bound = sessions.memberOf(request.host, request.cookies());
        CarbonMember member = bound == null ? members.next() : bound;
        for (int tries = 1; member != null; tries++) {
            try {
                relay(exchange, request, member);
                return;
            } catch (ConnectException | NoRouteToHostException | SocketTimeoutException e) {
                members.suspend(member);
                LOG.info("Suspended member " + member + " for 10s due to connection failure to that member");
                member = tries < MOST_TRIES ? failOver(members) : null;
            } catch (IOException e) {
                // The member may have seen the request: sent again it could be done twice.
                LOG.error("Error sending request! Connection to host " + request.host + " might be closed.", e);
                refuse(exchange, 502, "A member closed the connection");
                return;
            }
        }
        LOG.error("No application members available", null);
        refuse(exchange, 503, "No application members available");
    }

    private CarbonMember failOver(Members members) {
        try {
            Thread.sleep(pauseMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
        CarbonMember next = members.next();
        if (next != null) {
            LOG.info("Failed over to " + next);
        }
        return next;
    }

    private void relay(HttpExchange exchange, Request request, CarbonMember member) throws IOException {
        int port = Members.portOf(member, request.port, request.tls);
        Forwarder.Response response = forwarder.send(request, member.properties.getProperty("remoteHost", member.host), port);
        byte[] body = response.body();
        for (Map.Entry<String, List<String>> header : response.headers.entrySet()) {
            String name = header.getKey();
            if (name != null && !Forwarder.HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT))) {
                header.getValue().forEach(value -> exchange.getResponseHeaders().add(name, value));
            }
        }
        exchange.getResponseHeaders().getOrDefault("Set-Cookie", Collections.emptyList())
            .forEach(cookie -> sessions.begin(request.host, cookie, member));
        respond(exchange, response.status, body);
    }

    private static void refuse(HttpExchange exchange, int status, String message) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/plain;charset=UTF-8");
        respond(exchange, status, (message + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void respond(HttpExchange exchange, int status, byte[] body) throws IOException {
        boolean empty = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, empty ? -1 : body.length);
        if (!empty) {
            exchange.getResponseBody().write(body);
        }
    }
}
