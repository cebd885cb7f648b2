package standin.cluster;

import java.io.Serializable;
import java.util.Properties;

/** What nodes tell one another in the map $domain.members; Carbon puts Axis2's Member there. carbon.md 4 and 7 */
public final class CarbonMember implements Serializable {
    private static final long serialVersionUID = 1L;

    public final String host;
    public final int port;
    public int httpPort = -1;
    public int httpsPort = -1;
    public String domain;
    public final Properties properties = new Properties();

    public CarbonMember(String host, int port) {
        this.host = host;
        this.port = port;
    }

    @Override
    public String toString() {
        return "Host:" + host + ", Remote Host:null, Port: " + port + ", HTTP:" + httpPort + ", HTTPS:" + httpsPort
            + ", Domain: " + domain + ", Sub-domain:" + properties.getProperty("subDomain") + ", Active:true";
    }
}
