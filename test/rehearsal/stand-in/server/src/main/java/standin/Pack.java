package standin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Properties;

/** The unpacked home: what build_pack.py noted in stand-in.properties, and the system properties of the start script. */
public final class Pack {
    private static final String LOGGER = "org.wso2.carbon.bootstrap.Bootstrap";

    private final Path home;
    private final Properties properties;

    private Pack(Path home, Properties properties) {
        this.home = home;
        this.properties = properties;
    }

    public static Pack open() throws StartupFailure {
        String carbonHome = System.getProperty("carbon.home");
        if (carbonHome == null) {
            throw new StartupFailure(LOGGER, "The system property carbon.home is not set");
        }
        Path home = Paths.get(carbonHome).toAbsolutePath().normalize();
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(home.resolve("stand-in.properties"))) {
            properties.load(in);
        } catch (IOException e) {
            throw new StartupFailure(LOGGER, home + " is not the home of a stand-in pack", e);
        }
        return new Pack(home, properties);
    }

    public Path home() {
        return home;
    }

    /** carbon.md 8.1 */
    public Path confDir() {
        String configured = System.getProperty("carbon.config.dir.path");
        return configured == null ? home.resolve("repository").resolve("conf") : Paths.get(configured);
    }

    public KernelRules kernel() {
        return new KernelRules(properties.getProperty("kernel"));
    }

    /** Whether deployment.toml is the configuration, and the XML files are written from it. carbon.md 2 */
    public boolean usesToml() {
        return properties.getProperty("configuration").equals("toml");
    }

    public String product() {
        return properties.getProperty("product");
    }

    /** The product's name in words. */
    public String title() {
        return properties.getProperty("title");
    }

    public String version() {
        return properties.getProperty("version");
    }

    public String hazelcast() {
        return properties.getProperty("hazelcast");
    }

    public String profile() {
        return System.getProperty("profile", "default");
    }

    /** A worker has no console. carbon.md 10.5 */
    public boolean hasConsole() {
        return !Boolean.getBoolean("workerNode") && !profile().equals("gateway-worker");
    }

    /** IS ships the health check's web application from 5.8 on; other products do not. carbon.md 10.5 */
    public boolean hasHealthCheck() {
        String[] parts = version().split("\\.");
        int major = Integer.parseInt(parts[0]);
        int minor = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
        return product().equals("wso2is") && (major > 5 || major == 5 && minor >= 8);
    }

    /** A profile that the product does not have cannot start. carbon.md 10.1; that it fails is inferred */
    public void checkProfile() throws StartupFailure {
        String known = properties.getProperty("profiles", "");
        if (!profile().equals("default") && !Arrays.asList(known.split(",")).contains(profile())) {
            throw new StartupFailure(LOGGER, product() + " " + version() + " has no profile '" + profile() + "'. It has: " + known);
        }
    }

    @Override
    public String toString() {
        return product() + "-" + version() + " (kernel " + kernel() + ", Hazelcast " + hazelcast() + ")";
    }
}
