package standin.toml;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.tomlj.Toml;
import org.tomlj.TomlParseResult;
import standin.StartupFailure;
import standin.log.CarbonLog;

/**
 * deployment.toml, taken through the steps of Carbon's config-mapper: parse, map keys, infer, add defaults, resolve.
 * carbon.md 9; carbon-kernel: key-mappings.json, infer.json, default.json, those entries that the stand-in needs.
 */
final class Deployment {
    private static final String LOGGER = "org.wso2.config.mapper.ConfigParser";
    private static final String[] STORE_KEYS = {"file_name", "type", "password", "alias", "key_password"};

    private Deployment() {
    }

    static Tree read(Path file) throws StartupFailure {
        Tree tree = parse(file);
        mapKeys(tree);
        infer(tree);
        addDefaults(tree);
        new References(tree).resolve();
        return tree;
    }

    private static Tree parse(Path file) throws StartupFailure {
        if (!Files.isRegularFile(file)) {
            throw new StartupFailure(LOGGER, "deployment.toml not found at " + file);
        }
        TomlParseResult result;
        try {
            result = Toml.parse(file);
        } catch (IOException e) {
            throw new StartupFailure(LOGGER, "Error parsing file " + file, e);
        }
        if (result.hasErrors()) {
            result.errors().forEach(error -> CarbonLog.of(LOGGER).error(error.toString(), null));
            throw new StartupFailure(LOGGER, "Error parsing deployment configuration");
        }
        return Tree.of(result);
    }

    private static void mapKeys(Tree tree) {
        move(tree, "transport.https.properties.certificate_verification", "transport.https.sslHostConfig.properties.certificateVerification");
        move(tree, "transport.https.properties.protocols", "transport.https.sslHostConfig.properties.protocols");
        move(tree, "transport.https.properties.ssl_protocol", "transport.https.sslHostConfig.properties.sslProtocol");
        moveToHazelcast(tree, "clustering.shutdown_hook_enable", "hazelcast.shutdownhook.enabled");
        moveToHazelcast(tree, "clustering.logging_type", "hazelcast.logging.type");
    }

    private static void move(Tree tree, String from, String to) {
        Object value = tree.remove(from);
        if (value != null) {
            tree.set(to, value);
        }
    }

    private static void moveToHazelcast(Tree tree, String from, String property) {
        Object value = tree.remove(from);
        if (value != null) {
            tree.put("hazelcast", property, value);
        }
    }

    private static void infer(Tree tree) {
        for (Map.Entry<String, Object> database : tree.table("database").entrySet()) {
            String path = "database." + database.getKey();
            inferDatabase(tree, path, tree.text(path + ".type"));
        }
        if (tree.text("clustering.membership_scheme").equals("aws-ecs")) {
            tree.setDefault("clustering.local_member_port", "5701");
            tree.setDefault("clustering.properties.tagKey", "aws:cloudformation:stack-name");
            tree.setDefault("clustering.properties.tagValue", "EC2ContainerService-$ref{clustering.properties.clusterName}");
        }
    }

    private static void inferDatabase(Tree tree, String path, String type) {
        if (type.equals("mysql") || type.equals("mariadb")) {
            tree.setDefault(path + ".driver", type.equals("mysql") ? "com.mysql.jdbc.Driver" : "org.mariadb.jdbc.Driver");
            tree.setDefault(path + ".url", "jdbc:" + type + "://$ref{" + path + ".hostname}:$ref{" + path + ".port}/$ref{" + path + ".name}");
        } else if (type.equals("h2")) {
            tree.setDefault(path + ".driver", "org.h2.Driver");
        } else {
            return;
        }
        tree.setDefault(path + ".validationQuery", "SELECT 1");
    }

    private static void addDefaults(Tree tree) {
        clusteringDefaults(tree);
        databaseDefaults(tree);
        storeDefaults(tree);
        transportDefaults(tree);
        tree.setDefault("server.offset", "0");
        tree.setDefault("super_admin.create_admin_account", true);
        tree.setDefault("user_store.type", "database");
        tree.setDefault("realm_manager.data_source", "SHARED_DB");
        tree.setDefault("governance_data.data_source", "SHARED_DB");
        tree.setDefault("governance_data.cache_id", "$ref{database.shared_db.username}@$ref{database.shared_db.url}");
    }

    private static void clusteringDefaults(Tree tree) {
        tree.setDefault("clustering.domain", "wso2.carbon.domain");
        tree.setDefault("clustering.local_member_host", "$ref{server.node_ip}");
        tree.setDefault("clustering.members", Arrays.asList("127.0.0.1:4000"));
        tree.setDefault("clustering.local_member_port", "4000");
    }

    /** One database stays with the node: an embedded one. carbon.md 9 */
    private static void databaseDefaults(Tree tree) {
        tree.setDefault("database.local.url", "jdbc:h2:./repository/database/WSO2CARBON_DB;DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=60000");
        tree.setDefault("database.local.username", "wso2carbon");
        tree.setDefault("database.local.password", "wso2carbon");
        tree.setDefault("database.local.driver", "org.h2.Driver");
        tree.setDefault("database.local.validationQuery", "SELECT 1");
        for (String name : tree.table("database").keySet()) {
            String options = "database." + name + ".pool_options.";
            tree.setDefault(options + "maxActive", "50");
            tree.setDefault(options + "maxWait", "60000");
            tree.setDefault(options + "testOnBorrow", "true");
            tree.setDefault(options + "validationInterval", "30000");
            tree.setDefault(options + "defaultAutoCommit", "true");
        }
    }

    /** The internal and the TLS key store are the primary one until told otherwise. */
    private static void storeDefaults(Tree tree) {
        tree.setDefault("keystore.primary.file_name", "wso2carbon.jks");
        tree.setDefault("keystore.primary.type", "JKS");
        tree.setDefault("keystore.primary.password", "wso2carbon");
        tree.setDefault("keystore.primary.alias", "wso2carbon");
        tree.setDefault("keystore.primary.key_password", "wso2carbon");
        for (String key : STORE_KEYS) {
            tree.setDefault("keystore.tls." + key, "$ref{keystore.primary." + key + "}");
            tree.setDefault("keystore.internal." + key, "$ref{keystore.primary." + key + "}");
        }
        tree.setDefault("truststore.file_name", "client-truststore.jks");
        tree.setDefault("truststore.type", "JKS");
        tree.setDefault("truststore.password", "wso2carbon");
    }

    private static void transportDefaults(Tree tree) {
        tree.setDefault("transport.http.properties.port", "9763");
        tree.setDefault("transport.https.properties.port", "9443");
        tree.setDefault("transport.https.properties.scheme", "https");
        tree.setDefault("transport.https.properties.secure", "true");
        tree.setDefault("transport.https.properties.SSLEnabled", "true");
        for (String scheme : new String[] {"http", "https"}) {
            String properties = "transport." + scheme + ".properties.";
            tree.setDefault(properties + "bindOnInit", "false");
            tree.setDefault(properties + "maxHttpHeaderSize", "8192");
            tree.setDefault(properties + "maxThreads", "250");
            tree.setDefault(properties + "minSpareThreads", "50");
            tree.setDefault(properties + "acceptCount", "200");
            tree.setDefault(properties + "server", "WSO2 Carbon Server");
            tree.setDefault(properties + "URIEncoding", "UTF-8");
        }
        String host = "transport.https.sslHostConfig.properties.";
        tree.setDefault(host + "protocols", "+TLSv1,+TLSv1.1,+TLSv1.2");
        tree.setDefault(host + "sslProtocol", "TLS");
        tree.setDefault(host + "certificateVerification", "false");
        tree.setDefault(host + "truststoreFile", "${carbon.home}/repository/resources/security/$ref{truststore.file_name}");
        tree.setDefault(host + "truststorePassword", "$ref{truststore.password}");
        tree.setDefault(host + "truststoreType", "$ref{truststore.type}");
        String certificate = "transport.https.sslHostConfig.certificate.properties.";
        tree.setDefault(certificate + "certificateKeystoreFile", "${carbon.home}/repository/resources/security/$ref{keystore.tls.file_name}");
        tree.setDefault(certificate + "certificateKeystorePassword", "$ref{keystore.tls.password}");
        tree.setDefault(certificate + "certificateKeystoreType", "$ref{keystore.tls.type}");
        tree.setDefault(certificate + "certificateKeyAlias", "$ref{keystore.tls.alias}");
        tree.setDefault(certificate + "certificateKeyPassword", "$ref{keystore.tls.key_password}");
        tree.setDefault("transport.passthru_http.listener.parameters.port", "8280");
        tree.setDefault("transport.passthru_https.listener.parameters.port", "8243");
    }
}
