package standin.web;

/** The bodies of pages that both Tomcat and the pass-through listeners serve. */
final class Pages {
    private Pages() {
    }

    static String version(NodeStatus status) {
        return "<ns:getVersionResponse xmlns:ns=\"http://version.services.core.carbon.wso2.org\"><return>"
            + escape(status.serverVersion()) + "</return></ns:getVersionResponse>\n";
    }

    static String login(NodeStatus status) {
        return "<!DOCTYPE html><html><head><title>Stand-in Carbon</title></head><body><h1>Sign-in page of a stand-in for "
            + escape(status.pack().toString()) + "</h1><p>Nobody can sign in here.</p></body></html>\n";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
