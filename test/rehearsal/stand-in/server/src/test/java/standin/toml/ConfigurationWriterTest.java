package standin.toml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import standin.Pack;
import standin.StartupFailure;
import standin.conf.Axis2Configuration;
import standin.conf.CatalinaConfiguration;
import standin.conf.CatalinaConfiguration.ConnectorElement;
import standin.conf.DatasourceElement;
import standin.conf.RegistryConfiguration;
import standin.conf.ServerConfiguration;

/** deployment.toml to XML and back through the readers, as at each start. */
class ConfigurationWriterTest {
    private static final String BASE = "[server]\nhostname = \"h\"\nnode_ip = \"10.0.0.9\"\n"
        + "[super_admin]\nusername = \"admin\"\npassword = \"admin\"\n"
        + "[database.shared_db]\ntype = \"mysql\"\nusername = \"u\"\npassword = \"p\"\nurl = \"jdbc:mysql://d/s?a=1&amp;b=2\"\n";

    @TempDir
    Path home;
    private Path conf;

    @BeforeEach
    void prepare() throws IOException {
        conf = Files.createDirectories(home.resolve("repository/conf"));
        write("stand-in.properties", "product=wso2am\ntitle=API Manager\nversion=4.4.0\nkernel=4.9.27\nhazelcast=4.2.6\nconfiguration=toml\n");
        System.setProperty("carbon.home", home.toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("carbon.home");
        System.clearProperty("smoke.host");
    }

    private void write(String name, String content) throws IOException {
        Files.write(home.resolve(name), content.getBytes(StandardCharsets.UTF_8));
    }

    private void apply(String toml) throws IOException, StartupFailure {
        write("repository/conf/deployment.toml", toml);
        ConfigurationWriter.write(Pack.open());
    }

    @Test
    void turnsClusteringOnByThePresenceOfAScheme() throws Exception {
        apply(BASE);
        assertFalse(Axis2Configuration.read(conf).isClusteringEnabled());
        apply(BASE + "[clustering]\nmembership_scheme = \"aws\"\n[clustering.properties]\n\"tag-key\" = \"t\"\nregion = \"r\"\n");
        Axis2Configuration axis2 = Axis2Configuration.read(conf);
        assertTrue(axis2.isClusteringEnabled());
        assertEquals("t", axis2.clusteringParameters().get("tag-key").value(""));
        assertEquals("r", axis2.clusteringParameters().get("region").value(""));
        // The default of local_member_host is server.node_ip.
        assertEquals("10.0.0.9", axis2.clusteringParameters().get("localMemberHost").value(""));
    }

    @Test
    void splitsMembersAtTheColon() throws Exception {
        apply(BASE + "[clustering]\nmembership_scheme = \"wka\"\nmembers = [\"10.0.0.1:4000\", \"b:4001\"]\n");
        List<Axis2Configuration.WellKnownMember> members = Axis2Configuration.read(conf).wellKnownMembers();
        assertEquals("b", members.get(1).host);
        assertEquals(4001, members.get(1).port);
    }

    @Test
    void unescapesWhatTheTemplatesDidNotEscape() throws Exception {
        apply(BASE);
        DatasourceElement shared = DatasourceElement.readAll(conf).get(1);
        assertEquals("jdbc/SHARED_DB", shared.jndiName);
        assertEquals("jdbc:mysql://d/s?a=1&b=2", shared.get("url"));
        assertEquals("com.mysql.jdbc.Driver", shared.get("driverClassName"));
        assertEquals("u@jdbc:mysql://d/s?a=1&b=2", RegistryConfiguration.read(conf).remoteInstances.get("gov").cacheId);
    }

    @Test
    void writesAFileThatCannotBeReadForABareAmpersand() throws Exception {
        apply(BASE.replace("&amp;", "&"));
        assertThrows(StartupFailure.class, () -> DatasourceElement.readAll(conf));
    }

    @Test
    void infersAUrlFromItsParts() throws Exception {
        apply(BASE + "[database.apim_db]\ntype = \"mysql\"\nhostname = \"d\"\nport = 3306\nname = \"am\"\nusername = \"u\"\npassword = \"p\"\n");
        assertEquals("jdbc:mysql://d:3306/am", DatasourceElement.readAll(conf).get(2).get("url"));
    }

    @Test
    void ignoresADatabaseThatNoTemplateKnows() throws Exception {
        apply(BASE + "[database.reg_db]\ntype = \"mysql\"\nurl = \"x\"\n");
        assertEquals(2, DatasourceElement.readAll(conf).size());
    }

    @Test
    void redirectsTlsKeysOfTheConnector() throws Exception {
        apply(BASE + "[transport.https.properties]\nprotocols = \"+TLSv1.2\"\nproxyPort = 443\n"
            + "[transport.https.sslHostConfig.properties]\nciphers = \"A,B\"\n");
        ConnectorElement https = CatalinaConfiguration.read(conf).get(1);
        assertEquals("443", https.attributes.get("proxyPort"));
        assertFalse(https.attributes.containsKey("protocols"));
        assertEquals("+TLSv1.2", https.tls.get(0).attributes.get("protocols"));
        assertEquals("A,B", https.tls.get(0).attributes.get("ciphers"));
        String keystore = https.tls.get(0).certificates.get(0).get("certificateKeystoreFile");
        assertEquals(home + "/repository/resources/security/wso2carbon.jks", keystore);
    }

    @Test
    void writesHazelcastProperties() throws Exception {
        apply(BASE + "[hazelcast]\n'hazelcast.max.no.heartbeat.seconds' = 30\n[clustering]\nshutdown_hook_enable = false\n");
        String written = new String(Files.readAllBytes(conf.resolve("hazelcast.properties")), StandardCharsets.UTF_8);
        assertTrue(written.contains("hazelcast.max.no.heartbeat.seconds=30\n"), written);
        assertTrue(written.contains("hazelcast.shutdownhook.enabled=false\n"), written);
    }

    @Test
    void resolvesSystemPropertiesAndDemandsThem() throws Exception {
        System.setProperty("smoke.host", "s");
        apply(BASE.replace("hostname = \"h\"", "hostname = \"$sys{smoke.host}\""));
        assertEquals("s", ServerConfiguration.read(conf).get("HostName"));
        String undefined = BASE.replace("hostname = \"h\"", "hostname = \"$env{SMOKE_NOT_DEFINED}\"");
        assertEquals("Environment variable SMOKE_NOT_DEFINED not defined in system",
            assertThrows(StartupFailure.class, () -> apply(undefined)).getMessage());
    }

    @Test
    void refusesWhatIsNotToml() {
        assertThrows(StartupFailure.class, () -> apply(BASE + "[broken\n"));
    }
}
