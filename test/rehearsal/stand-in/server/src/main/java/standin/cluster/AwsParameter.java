package standin.cluster;

/** What the aws schemes read: the axis2 name in both spellings, and Hazelcast's property, which is the second. carbon.md 5 */
public enum AwsParameter {
    ACCESS_KEY("accessKey", "access-key"),
    SECRET_KEY("secretKey", "secret-key"),
    IAM_ROLE("iamRole", "iam-role"),
    SECURITY_GROUP("securityGroup", "security-group-name"),
    CONNECTION_TIMEOUT("connTimeout", "connection-timeout-seconds"),
    HOST_HEADER("hostHeader", "host-header"),
    REGION("region", "region"),
    TAG_KEY("tagKey", "tag-key"),
    TAG_VALUE("tagValue", "tag-value");

    private final String camelCase;
    private final String hyphenated;

    AwsParameter(String camelCase, String hyphenated) {
        this.camelCase = camelCase;
        this.hyphenated = hyphenated;
    }

    /** The name of the parameter in axis2.xml. */
    public String name(boolean withHyphens) {
        return withHyphens ? hyphenated : camelCase;
    }

    /** The name of the property of Hazelcast 4 and 5. */
    public String hazelcastProperty() {
        return hyphenated;
    }

    boolean isKey() {
        return this == ACCESS_KEY || this == SECRET_KEY;
    }
}
