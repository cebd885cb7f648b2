package standin.elb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import standin.cluster.CarbonMember;

/** Requests of a client through the handler to servers of this test, all over real sockets. */
class BalancingTest {
    private static final String HOST = "governance.example.com";

    private final List<HttpServer> servers = new ArrayList<>();
    private final BlockingQueue<CarbonMember> added = new LinkedBlockingQueue<>();
    private final Members members = new Members(new BalancedService("governance", "d", "mgt", Collections.singletonList(HOST), 4321,
        Collections.emptyList()), added::add, 50);
    private HttpServer balancer;

    @BeforeEach
    void start() throws Exception {
        BalancingHandler handler = new BalancingHandler(host -> host.equals(HOST) ? members : null,
            new Sessions(-1, System::currentTimeMillis), new Forwarder(null), 1);
        balancer = serve(handler::handle);
    }

    @AfterEach
    void stop() {
        servers.forEach(server -> server.stop(0));
    }

    private HttpServer serve(com.sun.net.httpserver.HttpHandler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", handler);
        server.start();
        servers.add(server);
        return server;
    }

    /** A server that tells who it is and what it was asked, and begins a session where asked to. */
    private HttpServer node(String name) throws IOException {
        return serve(exchange -> {
            String asked = exchange.getRequestMethod() + " " + exchange.getRequestURI() + " Host=" + exchange.getRequestHeaders().getFirst("Host")
                + " For=" + exchange.getRequestHeaders().getFirst("X-Forwarded-For")
                + " " + new String(Request.read(exchange.getRequestBody()), StandardCharsets.UTF_8);
            if (exchange.getRequestURI().getPath().equals("/login")) {
                exchange.getResponseHeaders().add("Set-Cookie", "JSESSIONID=" + name + "; Path=/");
            }
            send(exchange, exchange.getRequestURI().getPath().equals("/missing") ? 404 : 200, name + ": " + asked);
        });
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, exchange.getRequestMethod().equals("HEAD") ? -1 : body.length);
        if (!exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    private static CarbonMember member(int memberPort, int httpPort) {
        CarbonMember member = new CarbonMember("127.0.0.1", memberPort);
        member.domain = "d";
        member.httpPort = httpPort;
        member.properties.setProperty("subDomain", "mgt");
        return member;
    }

    private CarbonMember join(int memberPort, HttpServer server) throws InterruptedException {
        CarbonMember member = member(memberPort, server.getAddress().getPort());
        members.offer(member);
        assertEquals(member, added.poll(10, TimeUnit.SECONDS));
        return member;
    }

    /** The whole answer to a request written out as it goes over the wire. */
    private String ask(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), balancer.getAddress().getPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            InputStream in = socket.getInputStream();
            for (int each = in.read(); each >= 0; each = in.read()) {
                answer.write(each);
            }
            return answer.toString("UTF-8");
        }
    }

    private String get(String path, String... headers) throws IOException {
        String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        return ask("GET " + path + " HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n" + more + "\r\n");
    }

    private static String nameIn(String answer) {
        return answer.substring(answer.indexOf("\r\n\r\n") + 4).split(":")[0];
    }

    @Test
    void requestsGoRoundAndKeepTheirHost() throws Exception {
        join(1, node("a"));
        join(2, node("b"));
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            String answer = get("/x?y=%20z", "X-Forwarded-For: 192.0.2.7");
            assertTrue(answer.contains("GET /x?y=%20z Host=" + HOST + " For=192.0.2.7,127.0.0.1 "), answer);
            names.add(nameIn(answer));
        }
        assertEquals(2, names.size());
        assertTrue(get("/missing").startsWith("HTTP/1.1 404"));
    }

    @Test
    void aBodyIsSentOnAndAHeadHasNone() throws Exception {
        join(1, node("a"));
        String post = ask("POST /p HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
        assertTrue(post.contains("a: POST /p") && post.endsWith("body"), post);
        String head = ask("HEAD /p HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n");
        assertTrue(head.startsWith("HTTP/1.1 200") && head.endsWith("\r\n\r\n"), head);
    }

    @Test
    void aSessionSticksAndMovesOnlyWhenItsMemberIsGone() throws Exception {
        HttpServer first = node("a");
        HttpServer second = node("b");
        join(1, first);
        join(2, second);
        String began = nameIn(get("/login"));
        for (int i = 0; i < 4; i++) {
            assertEquals(began, nameIn(get("/x", "Cookie: JSESSIONID=" + began)));
        }
        (began.equals("a") ? first : second).stop(0);
        for (int i = 0; i < 4; i++) {
            String answer = get("/x", "Cookie: JSESSIONID=" + began);
            assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
            assertNotEquals(began, nameIn(answer));
        }
    }

    @Test
    void aMemberThatLeftGetsNothing() throws Exception {
        join(1, node("a"));
        join(2, node("b"));
        members.remove("127.0.0.1", 1);
        for (int i = 0; i < 3; i++) {
            assertEquals("b", nameIn(get("/")));
        }
    }

    @Test
    void withoutMembersAndWithoutSuchAHostThereIsNoAnswer() throws Exception {
        assertTrue(get("/").startsWith("HTTP/1.1 503"));
        String other = ask("GET / HTTP/1.1\r\nHost: other.example.com\r\nConnection: close\r\n\r\n");
        assertTrue(other.startsWith("HTTP/1.1 404") && other.contains("Invalid host name : other.example.com"), other);
    }

    @Test
    void aMappedPortWinsForThePortInTheHostHeader() {
        CarbonMember member = member(1, 9763);
        member.httpsPort = 9443;
        member.properties.setProperty("port.mapping.443", "8243");
        assertEquals(8243, Members.portOf(member, 443, true));
        assertEquals(9443, Members.portOf(member, 8243, true));
        assertEquals(9763, Members.portOf(member, 80, false));
    }

    @Test
    void onlyMembersOfTheSubDomainAreTakenAndOnlyWhenTheirPortsAnswer() throws Exception {
        CarbonMember worker = member(1, node("w").getAddress().getPort());
        worker.properties.setProperty("subDomain", "worker");
        members.offer(worker);
        CarbonMember elsewhere = member(2, worker.httpPort);
        elsewhere.domain = "other";
        members.offer(elsewhere);
        CarbonMember mapped = member(3, node("m").getAddress().getPort());
        int late;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            late = free.getLocalPort();
        }
        mapped.properties.setProperty("port.mapping.443", String.valueOf(late));
        members.offer(mapped);
        join(4, node("n"));
        assertEquals(Collections.singletonList("127.0.0.1:4"), addresses());
        try (ServerSocket listening = new ServerSocket(late, 50, InetAddress.getLoopbackAddress())) {
            assertFalse(listening.isClosed());
            assertEquals(mapped, added.poll(10, TimeUnit.SECONDS));
        }
    }

    private List<String> addresses() {
        List<String> result = new ArrayList<>();
        members.connected().forEach(each -> result.add(Members.address(each)));
        return result;
    }
}
