package standin.cluster;

import java.util.Map;
import org.w3c.dom.Element;
import standin.StartupFailure;
import standin.conf.Axis2Configuration;
import standin.conf.Axis2Configuration.TransportReceiver;
import standin.conf.Parameter;
import standin.conf.Xml;

/** What this node tells of itself in a group. carbon.md 4; bytecode 4.4.26: MemberUtils */
public final class LocalMember {
    private final Axis2Configuration axis2;
    private final Map<String, Parameter> parameters;
    private final int portOffset;

    public LocalMember(Axis2Configuration axis2, Map<String, Parameter> parameters, int portOffset) {
        this.axis2 = axis2;
        this.parameters = parameters;
        this.portOffset = portOffset;
    }

    public CarbonMember in(String domain, String host, int port) throws StartupFailure {
        CarbonMember member = new CarbonMember(host, port);
        for (TransportReceiver receiver : axis2.transportReceivers()) {
            if ("http".equals(receiver.name)) {
                member.httpPort = published(receiver);
            } else if ("https".equals(receiver.name)) {
                member.httpsPort = published(receiver);
            }
        }
        member.domain = domain;
        addProperties(member);
        return member;
    }

    /** A pass-through listener writes port and offset back to its parameter (wso2-synapse); that the servlet transports do is inferred. */
    private int published(TransportReceiver receiver) throws StartupFailure {
        int port = receiver.port();
        return port == -1 ? -1 : port + portOffset;
    }

    /** ${x} from the member's properties (hostName only), then from the system's. */
    private void addProperties(CarbonMember member) {
        Parameter parameter = parameters.get("properties");
        if (parameter == null) {
            return;
        }
        for (Element property : Xml.children(parameter.element(), "property")) {
            String name = Xml.attribute(property, "name");
            String value = Xml.attribute(property, "value");
            if (name != null && value != null) {
                String resolved = Xml.resolveVariables(value.replace("${hostName}", member.host));
                member.properties.setProperty(name, resolved);
            }
        }
    }
}
