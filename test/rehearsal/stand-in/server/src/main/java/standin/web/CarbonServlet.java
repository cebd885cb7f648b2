package standin.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;

/** The pages that load balancers and rehearsals ask for. carbon.md 10.5 */
final class CarbonServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final String LOGIN = "/carbon/admin/login.jsp";
    private static final String REQUESTS = "standin.requests";

    private final transient NodeStatus status;

    CarbonServlet(NodeStatus status) {
        this.status = status;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        switch (request.getRequestURI()) {
            case "/services/Version":
                send(response, "text/xml", Pages.version(status));
                break;
            case "/stand-in":
                send(response, "application/json", Json.of(describe(request)));
                break;
            case "/stand-in/databases":
                databases(response);
                break;
            case "/stand-in/exhaust-memory":
                new Thread(CarbonServlet::exhaustMemory, "exhaust-memory").start();
                send(response, "text/plain", "the heap is being filled\n");
                break;
            case "/stand-in/cache":
                send(response, "application/json", Json.of(cache(request)));
                break;
            case "/stand-in/redirect":
                redirect(request, response);
                break;
            case "/api/health-check/v1.0/health":
                health(response);
                break;
            default:
                console(request, response);
        }
    }

    /** Until the heap is full. What the JVM does then is decided by its options. */
    private static void exhaustMemory() {
        List<byte[]> kept = new ArrayList<>();
        while (true) {
            kept.add(new byte[1 << 20]);
        }
    }

    /** The entries of a cache that all members share, after that of the request is in it. */
    private Map<String, Object> cache(HttpServletRequest request) {
        Map<String, String> cache = status.cache("$cache.stand-in");
        if (request.getParameter("key") != null) {
            cache.put(request.getParameter("key"), request.getParameter("value"));
        }
        return new TreeMap<>(cache);
    }

    private void databases(HttpServletResponse response) throws IOException {
        String problems = status.databaseProblems();
        response.setStatus(problems.isEmpty() ? HttpServletResponse.SC_OK : HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
        send(response, "text/plain", problems);
    }

    private void health(HttpServletResponse response) throws IOException {
        if (status.pack().hasHealthCheck()) {
            send(response, "application/json", "{\"health\": []}\n");
        } else {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    /** The console, on nodes that have one; a worker answers 404. */
    private void console(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String uri = request.getRequestURI();
        if (!status.pack().hasConsole()) {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
        } else if (uri.equals(LOGIN)) {
            countRequest(session(request));
            send(response, "text/html", Pages.login(status));
        } else if (uri.equals("/") || uri.equals("/carbon") || uri.equals("/carbon/") || uri.equals("/carbon/admin/index.jsp")) {
            session(request);
            response.sendRedirect(LOGIN);
        } else {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    private HttpSession session(HttpServletRequest request) {
        HttpSession session = request.getSession(true);
        if (session.isNew() && session.getAttribute(REQUESTS) == null) {
            status.countSession();
            session.setAttribute(REQUESTS, 0);
        }
        return session;
    }

    private static int countRequest(HttpSession session) {
        Integer before = (Integer) session.getAttribute(REQUESTS);
        int now = before == null ? 1 : before + 1;
        session.setAttribute(REQUESTS, now);
        return now;
    }

    /** An absolute redirect to where the server believes to be: shows whether proxyPort and proxyName work. */
    private static void redirect(HttpServletRequest request, HttpServletResponse response) {
        int port = request.getServerPort();
        boolean standard = port == (request.isSecure() ? 443 : 80);
        response.setStatus(HttpServletResponse.SC_FOUND);
        response.setHeader("Location", request.getScheme() + "://" + request.getServerName() + (standard ? "" : ":" + port) + "/stand-in");
    }

    private Map<String, Object> describe(HttpServletRequest request) {
        Map<String, Object> result = status.describe();
        HttpSession session = request.getSession(false);
        Map<String, Object> described = new LinkedHashMap<>();
        // A cookie of another node names no session here: that is how a rehearsal sees a client change nodes.
        described.put("asked", request.getRequestedSessionId());
        described.put("known", session != null);
        described.put("requests", session == null ? 0 : countRequest(session));
        result.put("session", described);
        result.put("request", describeRequest(request));
        return result;
    }

    private static Map<String, Object> describeRequest(HttpServletRequest request) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("scheme", request.getScheme());
        result.put("serverName", request.getServerName());
        result.put("serverPort", request.getServerPort());
        result.put("localPort", request.getLocalPort());
        result.put("remoteAddress", request.getRemoteAddr());
        result.put("cipherSuite", request.getAttribute("javax.servlet.request.cipher_suite"));
        Map<String, List<String>> headers = new LinkedHashMap<>();
        for (String name : Collections.list(request.getHeaderNames())) {
            headers.put(name, new ArrayList<>(Collections.list(request.getHeaders(name))));
        }
        result.put("headers", headers);
        return result;
    }

    private static void send(HttpServletResponse response, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        response.setContentType(type + ";charset=UTF-8");
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }
}
