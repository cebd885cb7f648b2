package standin.conf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import standin.StartupFailure;

class ConfigurationFilesTest {
    private static final String CARBON = "<Server xmlns='http://wso2.org/projects/carbon/carbon.xml'>";

    @TempDir
    Path conf;

    private void write(String name, String content) throws IOException {
        Path file = conf.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, content.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void takesTheFirstOfTwoHostNames() throws Exception {
        write("carbon.xml", CARBON + "<!--HostName>commented</HostName--><HostName>first</HostName><HostName>second</HostName></Server>");
        assertEquals("first", ServerConfiguration.read(conf).get("HostName"));
    }

    @Test
    void treatsAnEmptyElementOfCarbonXmlAsAbsent() throws Exception {
        write("carbon.xml", CARBON + "<HostName> </HostName></Server>");
        assertNull(ServerConfiguration.read(conf).get("HostName"));
    }

    @Test
    void trimsThePortOffset() throws Exception {
        write("carbon.xml", CARBON + "<Ports><Offset> 3 </Offset></Ports></Server>");
        assertEquals(3, ServerConfiguration.read(conf).portOffset());
    }

    @Test
    void namesFileAndLineOfWhatIsNotXml() throws Exception {
        write("carbon.xml", CARBON + "\n<HostName>a&b</HostName></Server>");
        StartupFailure failure = assertThrows(StartupFailure.class, () -> ServerConfiguration.read(conf));
        assertTrue(failure.getMessage().contains("carbon.xml, line 2"), failure.getMessage());
    }

    @Test
    void takesClusteringWithoutTheAttributeAsEnabled() throws Exception {
        write("axis2/axis2.xml", "<axisconfig><clustering class='c'/></axisconfig>");
        assertTrue(Axis2Configuration.read(conf).isClusteringEnabled());
        write("axis2/axis2.xml", "<axisconfig><clustering class='c' enable='yes'/></axisconfig>");
        assertFalse(Axis2Configuration.read(conf).isClusteringEnabled());
        write("axis2/axis2.xml", "<axisconfig/>");
        assertFalse(Axis2Configuration.read(conf).isClusteringEnabled());
    }

    @Test
    void readsDataSourcesOfEveryFile() throws Exception {
        String file = "<datasources-configuration><datasources><datasource><name>%s</name><jndiConfig><name>jdbc/%s</name></jndiConfig>"
            + "<definition type='RDBMS'><configuration><url>jdbc:mysql://h/d?a=1&amp;b=2</url></configuration></definition>"
            + "</datasource></datasources></datasources-configuration>";
        write("datasources/master-datasources.xml", String.format(file, "M", "M"));
        write("datasources/metrics-datasources.xml", String.format(file, "X", "X"));
        assertEquals(2, DatasourceElement.readAll(conf).size());
        assertEquals("jdbc:mysql://h/d?a=1&b=2", DatasourceElement.readAll(conf).get(0).get("url"));
    }

    @Test
    void refusesASecretAliasInPlaceOfAPassword() throws Exception {
        write("datasources/master-datasources.xml", "<datasources-configuration xmlns:svns='http://org.wso2.securevault/configuration'><datasources>"
            + "<datasource><name>M</name><definition type='RDBMS'><configuration><password svns:secretAlias='a'>p</password></configuration>"
            + "</definition></datasource></datasources></datasources-configuration>");
        assertThrows(StartupFailure.class, () -> DatasourceElement.readAll(conf));
    }

    @Test
    void readsNoMountFromAComment() throws Exception {
        write("registry.xml", "<wso2registry><currentDBConfig>w</currentDBConfig><dbConfig name='w'><dataSource> jdbc/W </dataSource></dbConfig>"
            + "<!--mount path='/a'><instanceId>i</instanceId><targetPath>/b</targetPath></mount-->"
            + "<mount path='/c'><instanceId>i</instanceId><targetPath>/d</targetPath></mount></wso2registry>");
        RegistryConfiguration registry = RegistryConfiguration.read(conf);
        assertEquals(1, registry.mounts.size());
        assertEquals("/c", registry.mounts.get(0).path);
        // Carbon looks the untrimmed name up, and finds nothing.
        assertEquals(" jdbc/W ", registry.dbConfigs.get("w"));
    }
}
