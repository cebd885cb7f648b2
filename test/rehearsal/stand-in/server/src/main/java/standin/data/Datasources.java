package standin.data;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import standin.StartupFailure;
import standin.conf.DatasourceElement;
import standin.conf.RegistryConfiguration;
import standin.conf.UserManagement;
import standin.log.CarbonLog;

/** All data sources of the node, by JNDI name. */
public final class Datasources {
    private static final String LOGGER = "org.wso2.carbon.ndatasource.core.DataSourceManager";

    private final List<OpenDatasource> all = new ArrayList<>();
    private final Map<String, OpenDatasource> byJndiName = new LinkedHashMap<>();

    /**
     * Opens every data source. A server that does not answer ends the start, for Carbon would fail on first use. An
     * embedded database that neither registry nor users need only gets a warning: Carbon opens it late or never.
     */
    public static Datasources open(List<DatasourceElement> elements, RegistryConfiguration registry, UserManagement users)
            throws StartupFailure {
        Set<String> needed = new HashSet<>(registry.dbConfigs.values());
        needed.add(users.dataSource);
        Datasources result = new Datasources();
        for (DatasourceElement element : elements) {
            result.open(element, !element.isEmbedded() || needed.contains(element.jndiName));
        }
        return result;
    }

    private void open(DatasourceElement element, boolean needed) throws StartupFailure {
        OpenDatasource datasource;
        try {
            datasource = OpenDatasource.open(element);
        } catch (SQLException | RuntimeException e) {
            // A missing driver comes as its bare class name.
            String reason = e.getCause() instanceof ClassNotFoundException ? e.getCause().toString() : e.getMessage();
            String message = "Error in connecting to the data source: " + element.name + ": " + reason;
            if (needed) {
                throw new StartupFailure(LOGGER, message, e);
            }
            CarbonLog.of(LOGGER).warn(message);
            return;
        }
        all.add(datasource);
        if (element.jndiName != null && byJndiName.put(element.jndiName, datasource) != null) {
            throw new StartupFailure(LOGGER, "Two data sources have the JNDI name " + element.jndiName);
        }
    }

    /** The data source of that JNDI name; the name as it stands, for JNDI trims nothing. */
    OpenDatasource lookup(String jndiName, String logger) throws StartupFailure {
        OpenDatasource found = byJndiName.get(jndiName);
        if (found == null) {
            throw new StartupFailure(logger, "Unable to look-up JNDI name " + jndiName + "; there are " + byJndiName.keySet());
        }
        return found;
    }

    public List<OpenDatasource> all() {
        return all;
    }

    public void close() {
        all.forEach(OpenDatasource::close);
    }
}
