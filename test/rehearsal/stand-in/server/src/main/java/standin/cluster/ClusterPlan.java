package standin.cluster;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** What the kernel hands to Hazelcast, as plain data. A Hazelcast generation applies exactly this, and no default of its own. */
public final class ClusterPlan {
    public static final String MULTICAST = "multicast";
    public static final String WKA = "wka";
    public static final String AWS = "aws";
    public static final String AWS_ECS = "aws-ecs";

    /** When set, this file is the whole configuration and all else but domain is void. carbon.md 4 */
    public String hazelcastXml;

    public String domain;
    public String scheme;
    /** Null: Hazelcast's own default. */
    public String groupPassword;
    /** Null: none (aws-ecs). Empty: Axis2 found no address. */
    public String publicAddress;
    public int port;

    /** wka. */
    public final List<String> tcpIpMembers = new ArrayList<>();
    public Integer connectionTimeoutSeconds;

    /** aws and aws-ecs: what was configured, nothing else. */
    public final Map<AwsParameter, String> aws = new EnumMap<>(AwsParameter.class);
    /** aws-ecs. */
    public String networkInterface;

    /** multicast. */
    public String multicastGroup;
    public Integer multicastPort;
    public Integer multicastTimeoutSeconds;
    public Integer multicastTimeToLive;

    public final Properties properties = new Properties();
    /** Null: none. */
    public String memberIdentifier;

    public String instanceName() {
        return domain + ".instance";
    }
}
