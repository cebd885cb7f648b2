package standin.elb;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import standin.cluster.CarbonMember;

class SessionsTest {
    private final CarbonMember member = new CarbonMember("10.0.1.11", 4100);
    private long now;
    private final Sessions sessions = new Sessions(1000, () -> now);

    private static List<String> cookie(String text) {
        return Collections.singletonList(text);
    }

    @Test
    void aSessionStaysWithTheMemberThatBeganIt() {
        sessions.begin("a.example.com", "JSESSIONID=1; Path=/; Secure; HttpOnly", member);
        assertSame(member, sessions.memberOf("a.example.com", cookie("JSESSIONID=1")));
        assertSame(member, sessions.memberOf("a.example.com", cookie("x=y; JSESSIONID=1")));
        assertSame(member, sessions.memberOf("a.example.com", Arrays.asList("x=y", "JSESSIONID=1")));
    }

    @Test
    void anotherIdAnotherHostAndAnotherCookieAreNoSession() {
        sessions.begin("a.example.com", "JSESSIONID=1", member);
        sessions.begin("a.example.com", "theme=dark", member);
        assertNull(sessions.memberOf("a.example.com", cookie("JSESSIONID=2")));
        assertNull(sessions.memberOf("b.example.com", cookie("JSESSIONID=1")));
        assertNull(sessions.memberOf("a.example.com", cookie("theme=dark")));
        assertNull(sessions.memberOf("a.example.com", Collections.emptyList()));
    }

    @Test
    void useKeepsASessionAndIdlenessEndsIt() {
        sessions.begin("a.example.com", "JSESSIONID=1", member);
        now = 900;
        assertSame(member, sessions.memberOf("a.example.com", cookie("JSESSIONID=1")));
        now = 1900;
        assertSame(member, sessions.memberOf("a.example.com", cookie("JSESSIONID=1")));
        now = 2901;
        assertNull(sessions.memberOf("a.example.com", cookie("JSESSIONID=1")));
    }

    @Test
    void withoutATimeoutASessionNeverEnds() {
        Sessions endless = new Sessions(-1, () -> now);
        endless.begin("a.example.com", "JSESSIONID=1", member);
        now = Long.MAX_VALUE;
        assertSame(member, endless.memberOf("a.example.com", cookie("JSESSIONID=1")));
    }
}
