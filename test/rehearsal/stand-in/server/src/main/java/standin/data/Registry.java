package standin.data;

import java.util.Map;
import standin.StartupFailure;
import standin.conf.RegistryConfiguration;
import standin.log.CarbonLog;

/** What of registry.xml shows at start: every name must lead somewhere, and the tables must be there. carbon.md 8.5, 12 */
public final class Registry {
    private static final String LOGGER = "org.wso2.carbon.registry.core.internal.RegistryCoreServiceComponent";

    private final RegistryConfiguration configuration;
    private final Datasources datasources;

    public Registry(RegistryConfiguration configuration, Datasources datasources) {
        this.configuration = configuration;
        this.datasources = datasources;
    }

    public void start() throws StartupFailure {
        for (Map.Entry<String, String> dbConfig : configuration.dbConfigs.entrySet()) {
            OpenDatasource datasource = datasources.lookup(dbConfig.getValue(), LOGGER);
            checkTables(dbConfig.getKey(), datasource);
        }
        requireDbConfig(configuration.currentDbConfig, "currentDBConfig");
        for (RegistryConfiguration.RemoteInstance instance : configuration.remoteInstances.values()) {
            checkRemoteInstance(instance);
        }
        for (RegistryConfiguration.Mount mount : configuration.mounts) {
            checkMount(mount);
        }
    }

    /** The pack's embedded database comes with tables; a server's must have been loaded before, or by -Dsetup. */
    private void checkTables(String name, OpenDatasource datasource) throws StartupFailure {
        if (!datasource.element().isEmbedded() && System.getProperty("setup") == null && !datasource.hasTable("REG_RESOURCE")) {
            throw new StartupFailure(LOGGER, "The table REG_RESOURCE of the dbConfig " + name + " does not exist");
        }
    }

    private String requireDbConfig(String name, String user) throws StartupFailure {
        if (!configuration.dbConfigs.containsKey(name)) {
            throw new StartupFailure(LOGGER, "No dbConfig " + name + ", which " + user + " names");
        }
        return configuration.dbConfigs.get(name);
    }

    private void checkRemoteInstance(RegistryConfiguration.RemoteInstance instance) throws StartupFailure {
        if (instance.dbConfig == null) {
            throw new StartupFailure(LOGGER, "The stand-in imitates remote instances with a dbConfig only; " + instance.id + " has none");
        }
        String jndiName = requireDbConfig(instance.dbConfig, "the remote instance " + instance.id);
        String expected = datasources.lookup(jndiName, LOGGER).cacheId();
        if (!expected.equals(instance.cacheId)) {
            CarbonLog.standIn("cacheId of the remote instance " + instance.id + " is " + instance.cacheId
                + "; to share a cache the nodes need " + expected);
        }
    }

    private void checkMount(RegistryConfiguration.Mount mount) throws StartupFailure {
        RegistryConfiguration.RemoteInstance instance = configuration.remoteInstances.get(mount.instanceId);
        if (instance == null) {
            throw new StartupFailure(LOGGER, "No remoteInstance " + mount.instanceId + ", which the mount of " + mount.path + " names");
        }
        CarbonLog.of(LOGGER).info("Registry mount: " + mount.path + " -> " + mount.targetPath + " of " + instance.url
            + " (" + instance.dbConfig + (instance.readOnly ? ", read-only)" : ", read-write)"));
    }
}
