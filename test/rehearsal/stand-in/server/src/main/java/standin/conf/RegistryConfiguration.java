package standin.conf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.w3c.dom.Element;
import standin.StartupFailure;
import standin.log.CarbonLog;

/** registry.xml. carbon.md 8.5; bytecode 4.4.26: RegistryConfigurationProcessor. Texts are compared untrimmed, as there. */
public final class RegistryConfiguration {
    private static final String LOGGER = "org.wso2.carbon.registry.core.config.RegistryConfigurationProcessor";

    /** dbConfig name to the JNDI name of its data source. */
    public final Map<String, String> dbConfigs = new LinkedHashMap<>();
    public final Map<String, RemoteInstance> remoteInstances = new LinkedHashMap<>();
    public final List<Mount> mounts = new ArrayList<>();
    public String currentDbConfig;

    public static RegistryConfiguration read(Path confDir) throws StartupFailure {
        Element root = Xml.read(confDir.resolve("registry.xml"), LOGGER);
        RegistryConfiguration result = new RegistryConfiguration();
        for (Element dbConfig : Xml.children(root, "dbConfig")) {
            String name = Xml.attribute(dbConfig, "name");
            if (name == null) {
                throw new StartupFailure(LOGGER, "The database configuration name cannot be null.");
            }
            result.dbConfigs.put(name, Xml.childText(dbConfig, "dataSource"));
        }
        result.currentDbConfig = Xml.childText(root, "currentDBConfig");
        if (result.currentDbConfig == null) {
            throw new StartupFailure(LOGGER, "The current database configuration is not defined.");
        }
        result.readRemoteInstances(root);
        result.readMounts(root);
        return result;
    }

    private void readRemoteInstances(Element root) throws StartupFailure {
        for (Element element : Xml.children(root, "remoteInstance")) {
            RemoteInstance instance = new RemoteInstance(element);
            if (remoteInstances.put(instance.id, instance) != null) {
                throw new StartupFailure(LOGGER, "Two remote instances can't have the same id.");
            }
        }
    }

    private void readMounts(Element root) throws StartupFailure {
        List<String> paths = new ArrayList<>();
        for (Element element : Xml.children(root, "mount")) {
            Mount mount = new Mount(element);
            if (mount.path == null || mount.instanceId == null || mount.targetPath == null) {
                CarbonLog.of(LOGGER).warn("The path, the instance identifier or the target path was not specified for the mount: " + mount.path);
                continue;
            }
            if (paths.contains(mount.path)) {
                throw new StartupFailure(LOGGER, "Two remote instances can't have the same path.");
            }
            paths.add(mount.path);
            mounts.add(mount);
        }
    }

    /** Another registry's space, reached through a dbConfig of its own. */
    public static final class RemoteInstance {
        public final String url;
        public final String id;
        public final String dbConfig;
        public final boolean readOnly;
        public final String cacheId;

        RemoteInstance(Element element) {
            url = Xml.attribute(element, "url");
            id = Xml.childText(element, "id");
            dbConfig = Xml.childText(element, "dbConfig");
            readOnly = "true".equals(Xml.childText(element, "readOnly"));
            cacheId = Xml.childText(element, "cacheId");
        }
    }

    /** A path of this registry that is a path of a remote instance. */
    public static final class Mount {
        public final String path;
        public final String instanceId;
        public final String targetPath;

        Mount(Element element) {
            path = Xml.attribute(element, "path");
            instanceId = Xml.childText(element, "instanceId");
            targetPath = Xml.childText(element, "targetPath");
        }
    }
}
