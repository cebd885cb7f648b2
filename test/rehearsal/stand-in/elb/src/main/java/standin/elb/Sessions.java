package standin.elb;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import standin.cluster.CarbonMember;

/**
 * Which member a session belongs to, by the cookie with which a member began it, for the host name it was begun under.
 * Synapse: HttpSessionDispatcher, SALSessions
 */
final class Sessions {
    private static final List<String> COOKIES = Arrays.asList("JSESSIONID", "PHPSESSID", "phpMyAdmin", "wordpress_test_cookie");

    private final long timeout;
    private final LongSupplier clock;
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();

    /** After `timeout` idle milliseconds a session is forgotten; never where it is negative. */
    Sessions(long timeout, LongSupplier clock) {
        this.timeout = timeout;
        this.clock = clock;
    }

    /** The member of the first known session among the request's cookies, or null. Using a session keeps it. */
    CarbonMember memberOf(String host, List<String> cookieHeaders) {
        forgetIdle();
        for (String header : cookieHeaders) {
            for (String cookie : header.split(";")) {
                Session session = sessions.get(key(host, cookie.trim()));
                if (session != null) {
                    session.lastUse = clock.getAsLong();
                    return session.member;
                }
            }
        }
        return null;
    }

    /** A Set-Cookie header of a response. Its first pair is the session, if it is one. */
    void begin(String host, String setCookie, CarbonMember member) {
        String pair = setCookie.split(";")[0].trim();
        if (COOKIES.stream().anyMatch(pair::contains)) {
            sessions.put(key(host, pair), new Session(member, clock.getAsLong()));
        }
    }

    private static String key(String host, String cookie) {
        return host + " " + cookie;
    }

    private void forgetIdle() {
        if (timeout >= 0) {
            sessions.values().removeIf(session -> clock.getAsLong() - session.lastUse > timeout);
        }
    }

    private static final class Session {
        final CarbonMember member;
        volatile long lastUse;

        Session(CarbonMember member, long lastUse) {
            this.member = member;
            this.lastUse = lastUse;
        }
    }
}
