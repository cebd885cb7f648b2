package standin.conf;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.w3c.dom.Element;
import standin.StartupFailure;

/** A data source of type RDBMS, as written in datasources/master-datasources.xml. carbon.md 8.7 */
public final class DatasourceElement {
    private static final String LOGGER = "org.wso2.carbon.ndatasource.core.DataSourceManager";
    private static final String MASTER = "master-datasources.xml";

    public final String name;
    /** The JNDI name, or null: G-Reg ships one data source without (carbon.md 8.9). */
    public final String jndiName;
    /** Child elements of configuration: name and text. */
    public final Map<String, String> configuration;

    private DatasourceElement(String name, String jndiName, Map<String, String> configuration) {
        this.name = name;
        this.jndiName = jndiName;
        this.configuration = configuration;
    }

    /** The master file first, then every other *-datasources.xml beside it, as Carbon's manager does. */
    public static List<DatasourceElement> readAll(Path confDir) throws StartupFailure {
        Path folder = confDir.resolve("datasources");
        List<DatasourceElement> result = new ArrayList<>(read(folder.resolve(MASTER)));
        TreeSet<Path> others = new TreeSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*-datasources.xml")) {
            files.forEach(others::add);
        } catch (IOException e) {
            throw new StartupFailure(LOGGER, "Cannot list " + folder, e);
        }
        for (Path other : others) {
            if (!other.endsWith(MASTER)) {
                result.addAll(read(other));
            }
        }
        return result;
    }

    private static List<DatasourceElement> read(Path file) throws StartupFailure {
        Element root = Xml.read(file, LOGGER);
        List<DatasourceElement> result = new ArrayList<>();
        for (Element list : Xml.children(root, "datasources")) {
            for (Element datasource : Xml.children(list, "datasource")) {
                Element definition = Xml.child(datasource, "definition");
                if (definition != null && "RDBMS".equals(Xml.attribute(definition, "type"))) {
                    result.add(read(datasource, definition));
                }
            }
        }
        return result;
    }

    private static DatasourceElement read(Element datasource, Element definition) throws StartupFailure {
        Element jndi = Xml.child(datasource, "jndiConfig");
        Map<String, String> configuration = new LinkedHashMap<>();
        Element body = Xml.child(definition, "configuration");
        if (body != null) {
            for (Element property : Xml.children(body)) {
                Xml.refuseSecretAlias(property, LOGGER);
                configuration.put(property.getLocalName(), Xml.text(property));
            }
        }
        String name = Xml.childText(datasource, "name");
        return new DatasourceElement(name, jndi == null ? null : Xml.childText(jndi, "name"), configuration);
    }

    public String get(String property) {
        return configuration.get(property);
    }

    public boolean isEmbedded() {
        return configuration.getOrDefault("url", "").startsWith("jdbc:h2:");
    }
}
