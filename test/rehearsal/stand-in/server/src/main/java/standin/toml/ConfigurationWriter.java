package standin.toml;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.StringJoiner;
import standin.Pack;
import standin.StartupFailure;
import standin.log.CarbonLog;

/**
 * Writes the XML files from deployment.toml at each start, as Carbon's config-mapper does with its templates. Values
 * go in as they stand: the templates escape nothing, so a url needs &amp;amp; in TOML, and a bare &amp; makes a file that
 * cannot be read (carbon.md 9). The files are the stand-in's own and hold no more than its readers look at.
 */
public final class ConfigurationWriter {
    private static final String LOGGER = "org.wso2.config.mapper.ConfigParser";
    private static final String SECURITY = "${carbon.home}/repository/resources/security/";

    private final Pack pack;
    private final Path confDir;
    private final Tree tree;

    private ConfigurationWriter(Pack pack, Tree tree) {
        this.pack = pack;
        this.confDir = pack.confDir();
        this.tree = tree;
    }

    public static void write(Pack pack) throws StartupFailure {
        CarbonLog.of(LOGGER).info("Initializing configurations with deployment configurations");
        ConfigurationWriter writer = new ConfigurationWriter(pack, Deployment.read(pack.confDir().resolve("deployment.toml")));
        writer.write("carbon.xml", writer.carbon());
        writer.write("axis2/axis2.xml", writer.axis2());
        writer.write("tomcat/catalina-server.xml", writer.catalina());
        writer.write("datasources/master-datasources.xml", writer.datasources());
        writer.write("registry.xml", writer.registry());
        writer.write("user-mgt.xml", writer.users());
        writer.write("hazelcast.properties", writer.hazelcast());
    }

    private void write(String name, String content) throws StartupFailure {
        Path file = confDir.resolve(name);
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, content.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new StartupFailure(LOGGER, "Error while store new configurations", e);
        }
    }

    private String carbon() {
        StringBuilder xml = new StringBuilder("<Server xmlns=\"http://wso2.org/projects/carbon/carbon.xml\">\n");
        element(xml, "Name", pack.title());
        element(xml, "Version", pack.version());
        element(xml, "HostName", tree.text("server.hostname"));
        element(xml, "MgtHostName", tree.text("server.mgt_console_hostname"));
        xml.append("<Ports>\n");
        element(xml, "Offset", tree.text("server.offset"));
        xml.append("</Ports>\n<Security>\n");
        store(xml, "KeyStore", "keystore.primary");
        store(xml, "InternalKeyStore", "keystore.internal");
        store(xml, "TLSKeyStore", "keystore.tls");
        store(xml, "TrustStore", "truststore");
        return xml.append("</Security>\n</Server>\n").toString();
    }

    private void store(StringBuilder xml, String name, String path) {
        xml.append('<').append(name).append(">\n");
        element(xml, "Location", SECURITY + tree.text(path + ".file_name"));
        element(xml, "Type", tree.text(path + ".type"));
        element(xml, "Password", tree.text(path + ".password"));
        element(xml, "KeyAlias", tree.text(path + ".alias"));
        element(xml, "KeyPassword", tree.text(path + ".key_password"));
        xml.append("</").append(name).append(">\n");
    }

    private static void element(StringBuilder xml, String name, String value) {
        xml.append('<').append(name).append('>').append(value).append("</").append(name).append(">\n");
    }

    private String axis2() {
        StringBuilder xml = new StringBuilder("<axisconfig name=\"AxisJava2.0\">\n");
        if (pack.product().startsWith("wso2am")) {
            passThrough(xml, "http", "PassThroughHttpListener", "transport.passthru_http.listener.parameters");
            passThrough(xml, "https", "PassThroughHttpSSLListener", "transport.passthru_https.listener.parameters");
        } else {
            kernelTransport(xml, "http", "HttpTransportListener", "9763");
            kernelTransport(xml, "https", "HttpsTransportListener", "9443");
        }
        clustering(xml);
        return xml.append("</axisconfig>\n").toString();
    }

    private void passThrough(StringBuilder xml, String name, String className, String path) {
        xml.append("<transportReceiver name=\"").append(name).append("\" class=\"org.apache.synapse.transport.passthru.")
            .append(className).append("\">\n");
        tree.table(path).forEach((key, value) -> parameter(xml, key, value));
        if (name.equals("https")) {
            xml.append("<parameter name=\"keystore\">\n");
            store(xml, "KeyStore", "keystore.tls");
            xml.append("</parameter>\n<parameter name=\"truststore\">\n");
            store(xml, "TrustStore", "truststore");
            xml.append("</parameter>\n");
        }
        xml.append("</transportReceiver>\n");
    }

    private static void kernelTransport(StringBuilder xml, String name, String className, String port) {
        xml.append("<transportReceiver name=\"").append(name).append("\" class=\"org.wso2.carbon.core.transports.http.")
            .append(className).append("\">\n");
        parameter(xml, "port", port);
        xml.append("</transportReceiver>\n");
    }

    private static void parameter(StringBuilder xml, String name, Object value) {
        xml.append("<parameter name=\"").append(name).append("\">").append(value).append("</parameter>\n");
    }

    /** The presence of membership_scheme is what turns clustering on. carbon.md 9 */
    private void clustering(StringBuilder xml) {
        String agent = pack.kernel().clusteringPackage() + ".HazelcastClusteringAgent";
        xml.append("<clustering class=\"").append(agent).append("\" enable=\"")
            .append(tree.get("clustering.membership_scheme") != null).append("\">\n");
        parameter(xml, "AvoidInitiation", "true");
        Object scheme = tree.get("clustering.membership_scheme");
        parameter(xml, "membershipScheme", scheme == null ? "multicast" : scheme);
        parameter(xml, "domain", tree.text("clustering.domain"));
        parameter(xml, "mcastPort", "45564");
        parameter(xml, "mcastTTL", "100");
        parameter(xml, "mcastTimeout", "60");
        parameter(xml, "localMemberHost", tree.text("clustering.local_member_host"));
        parameter(xml, "localMemberPort", tree.text("clustering.local_member_port"));
        tree.table("clustering.properties").forEach((key, value) -> parameter(xml, key, value));
        xml.append("<parameter name=\"properties\">\n"
            + "<property name=\"backendServerURL\" value=\"https://${hostName}:${httpsPort}/services/\"/>\n"
            + "<property name=\"mgtConsoleURL\" value=\"https://${hostName}:${httpsPort}/\"/>\n"
            + "<property name=\"subDomain\" value=\"worker\"/>\n</parameter>\n<members>\n");
        for (Object member : tree.list("clustering.members")) {
            // Split at the colon: IPv4 addresses and host names only. carbon.md 9
            String[] parts = member.toString().split(":");
            xml.append("<member>\n");
            element(xml, "hostName", parts[0]);
            element(xml, "port", parts.length > 1 ? parts[1] : "");
            xml.append("</member>\n");
        }
        xml.append("</members>\n</clustering>\n");
    }

    private String catalina() {
        StringBuilder xml = new StringBuilder("<Server port=\"8005\" shutdown=\"SHUTDOWN\">\n<Service name=\"Catalina\">\n");
        connector(xml, "transport.http.properties");
        xml.append("</Connector>\n");
        connector(xml, "transport.https.properties");
        xml.append("<SSLHostConfig").append(attributes("transport.https.sslHostConfig.properties")).append(">\n<Certificate")
            .append(attributes("transport.https.sslHostConfig.certificate.properties")).append("/>\n</SSLHostConfig>\n</Connector>\n");
        return xml.append("</Service>\n</Server>\n").toString();
    }

    private void connector(StringBuilder xml, String path) {
        xml.append("<Connector protocol=\"org.apache.coyote.http11.Http11NioProtocol\"").append(attributes(path)).append(">\n");
    }

    private String attributes(String path) {
        StringBuilder text = new StringBuilder();
        tree.table(path).forEach((key, value) -> text.append(' ').append(key).append("=\"").append(value).append('"'));
        return text.toString();
    }

    /** The databases that the templates know; any other table under [database] has no effect. carbon.md 9 */
    private String datasources() {
        StringBuilder xml = new StringBuilder("<datasources-configuration>\n<datasources>\n");
        database(xml, "local", "WSO2_CARBON_DB", "jdbc/WSO2CarbonDB");
        database(xml, "shared_db", "WSO2_SHARED_DB", "jdbc/SHARED_DB");
        database(xml, "apim_db", "WSO2AM_DB", "jdbc/WSO2AM_DB");
        database(xml, "identity_db", "WSO2_IDENTITY_DB", "jdbc/WSO2IdentityDB");
        database(xml, "user", "WSO2USER_DB", "jdbc/WSO2USER_DB");
        database(xml, "config", "WSO2CONFIG_DB", "jdbc/WSO2CONFIG_DB");
        for (Object item : tree.list("datasource")) {
            Map<?, ?> datasource = (Map<?, ?>) item;
            datasource(xml, datasource, String.valueOf(datasource.get("id")), "jdbc/" + datasource.get("id"));
        }
        return xml.append("</datasources>\n</datasources-configuration>\n").toString();
    }

    private void database(StringBuilder xml, String key, String name, String jndiName) {
        if (tree.get("database." + key) != null) {
            datasource(xml, tree.table("database." + key), name, jndiName);
        }
    }

    private static void datasource(StringBuilder xml, Map<?, ?> values, String name, String jndiName) {
        xml.append("<datasource>\n");
        element(xml, "name", name);
        xml.append("<jndiConfig>\n");
        element(xml, "name", jndiName);
        xml.append("</jndiConfig>\n<definition type=\"RDBMS\">\n<configuration>\n");
        element(xml, "url", text(values, "url"));
        element(xml, "username", text(values, "username"));
        element(xml, "password", text(values, "password"));
        element(xml, "driverClassName", text(values, "driver"));
        if (values.get("validationQuery") != null) {
            element(xml, "validationQuery", text(values, "validationQuery"));
        }
        Object options = values.get("pool_options");
        if (options instanceof Map) {
            ((Map<?, ?>) options).forEach((key, value) -> element(xml, key.toString(), String.valueOf(value)));
        }
        xml.append("</configuration>\n</definition>\n</datasource>\n");
    }

    private static String text(Map<?, ?> values, String key) {
        return values.get(key) == null ? "" : values.get(key).toString();
    }

    private String registry() {
        StringBuilder xml = new StringBuilder("<wso2registry>\n");
        element(xml, "currentDBConfig", "wso2registry");
        xml.append("<dbConfig name=\"wso2registry\"><dataSource>jdbc/WSO2CarbonDB</dataSource></dbConfig>\n");
        xml.append("<dbConfig name=\"govregistry\"><dataSource>").append(jndi("governance_data.data_source")).append("</dataSource></dbConfig>\n");
        xml.append("<remoteInstance url=\"https://").append(tree.text("server.hostname")).append("\">\n");
        element(xml, "id", "gov");
        element(xml, "cacheId", tree.text("governance_data.cache_id"));
        element(xml, "dbConfig", "govregistry");
        element(xml, "readOnly", "false");
        element(xml, "registryRoot", "/");
        xml.append("</remoteInstance>\n");
        for (String path : new String[] {"/_system/governance", "/_system/config"}) {
            xml.append("<mount path=\"").append(path).append("\" overwrite=\"true\">\n");
            element(xml, "instanceId", "gov");
            element(xml, "targetPath", path);
            xml.append("</mount>\n");
        }
        return xml.append("</wso2registry>\n").toString();
    }

    /** Kernels differ in whether the value has the prefix; both forms are taken. */
    private String jndi(String path) {
        String name = tree.text(path);
        return name.startsWith("jdbc/") ? name : "jdbc/" + name;
    }

    private String users() {
        StringBuilder xml = new StringBuilder("<UserManager>\n<Realm>\n<Configuration>\n");
        element(xml, "AddAdmin", tree.text("super_admin.create_admin_account"));
        element(xml, "AdminRole", "admin");
        xml.append("<AdminUser>\n");
        element(xml, "UserName", tree.text("super_admin.username"));
        element(xml, "Password", tree.text("super_admin.password"));
        xml.append("</AdminUser>\n<Property name=\"dataSource\">").append(jndi("realm_manager.data_source"))
            .append("</Property>\n</Configuration>\n");
        String store = tree.text("user_store.type").startsWith("database")
            ? "org.wso2.carbon.user.core.jdbc.JDBCUserStoreManager" : tree.text("user_store.type");
        return xml.append("<UserStoreManager class=\"").append(store).append("\"/>\n</Realm>\n</UserManager>\n").toString();
    }

    private String hazelcast() {
        StringJoiner lines = new StringJoiner("\n", "", "\n");
        tree.table("hazelcast").forEach((key, value) -> lines.add(key + "=" + value));
        return lines.toString();
    }
}
