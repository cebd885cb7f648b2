package standin;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import standin.cluster.ClusterPlan;
import standin.cluster.ClusterPlanner;
import standin.cluster.ClusteringAgent;
import standin.cluster.LocalMember;
import standin.conf.Axis2Configuration;
import standin.conf.Axis2Configuration.TransportReceiver;
import standin.conf.CatalinaConfiguration;
import standin.conf.DatasourceElement;
import standin.conf.RegistryConfiguration;
import standin.conf.ServerConfiguration;
import standin.conf.UserManagement;
import standin.data.Datasources;
import standin.data.Registry;
import standin.data.UserStore;
import standin.log.CarbonLog;
import standin.log.LogBridges;
import standin.log.LogLevels;
import standin.toml.ConfigurationWriter;
import standin.web.NodeStatus;
import standin.web.PassThroughListener;
import standin.web.WebServer;

/**
 * Starts a stand-in for WSO2 Carbon: it reads the configuration and behaves on the network as Carbon does, in Carbon's
 * order (bytecode 4.4.26: StartupFinalizerServiceComponent): data sources, registry and users, pass-through transports,
 * cluster, Tomcat's connectors.
 */
public final class Main {
    private static final String CORE = "org.wso2.carbon.core";
    private static final CarbonLog FINALIZER = CarbonLog.of(CORE + ".internal.StartupFinalizerServiceComponent");

    private static volatile boolean failed;

    private final long begun = System.currentTimeMillis();
    private final Pack pack;
    private final List<PassThroughListener> passThrough = new ArrayList<>();
    private final WebServer web = new WebServer();
    /** Null but in the load balancer's pack. */
    private final LoadBalancing balancing = loadBalancing();
    private ServerConfiguration server;
    private Datasources datasources;
    private NodeStatus status;
    private ClusteringAgent cluster;

    private Main(Pack pack) {
        this.pack = pack;
    }

    private static LoadBalancing loadBalancing() {
        Iterator<LoadBalancing> found = ServiceLoader.load(LoadBalancing.class).iterator();
        return found.hasNext() ? found.next() : null;
    }

    public static void main(String[] arguments) {
        takeProperties(arguments);
        try {
            new Main(Pack.open()).start();
            // Tomcat's own threads do not keep the process alive.
            new CountDownLatch(1).await();
        } catch (StartupFailure e) {
            fail(CarbonLog.of(e.logger()), e.getMessage(), e.getCause());
        } catch (IOException | RuntimeException | InterruptedException e) {
            fail(CarbonLog.of(CORE + ".init.CarbonServerManager"), "WSO2 Carbon initialization Failed", e);
        }
    }

    /** Carbon hangs on half started where this ends: a rehearsal must see the failure, not time out. */
    private static void fail(CarbonLog log, String message, Throwable cause) {
        log.error(message, cause);
        failed = true;
        System.exit(1);
    }

    /** What follows the class name on the command line: Carbon's bootstrap takes -Dname=value there too. */
    private static void takeProperties(String[] arguments) {
        for (String argument : arguments) {
            if (argument.startsWith("-D")) {
                String[] parts = argument.substring(2).split("=", 2);
                System.setProperty(parts[0], parts.length > 1 ? parts[1] : "");
            }
        }
    }

    private void start() throws StartupFailure, IOException {
        LogLevels levels = LogLevels.read(pack.confDir());
        CarbonLog.open(pack.home().resolve("repository").resolve("logs").resolve("wso2carbon.log"), levels);
        LogBridges.install(pack.confDir(), levels);
        introduce();
        pack.checkProfile();
        if (pack.usesToml()) {
            ConfigurationWriter.write(pack);
        }
        server = ServerConfiguration.read(pack.confDir());
        server.applyTrustStore();
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "CarbonShutdown"));
        startData();
        status = new NodeStatus(pack, server, datasources);
        startTransportsAndCluster();
        report();
    }

    private void introduce() {
        CarbonLog.standIn("STAND-IN for " + pack + ". This is not WSO2 Carbon.");
        CarbonLog log = CarbonLog.of(CORE + ".internal.CarbonCoreActivator");
        log.info("Starting WSO2 Carbon...");
        log.info("Operating System : " + System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
            + System.getProperty("os.arch"));
        log.info("Java Home        : " + System.getProperty("java.home"));
        log.info("Java Version     : " + System.getProperty("java.version"));
        log.info("Java VM          : " + System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version") + ","
            + System.getProperty("java.vendor"));
        log.info("Carbon Home      : " + pack.home());
        log.info("User             : " + System.getProperty("user.name"));
    }

    private void startData() throws StartupFailure {
        RegistryConfiguration registry = RegistryConfiguration.read(pack.confDir());
        UserManagement users = UserManagement.read(pack.confDir());
        datasources = Datasources.open(DatasourceElement.readAll(pack.confDir()), registry, users);
        new Registry(registry, datasources).start();
        new UserStore(users, datasources).start();
    }

    private void startTransportsAndCluster() throws StartupFailure {
        Axis2Configuration axis2 = Axis2Configuration.read(pack.confDir());
        web.start(pack.home(), status);
        if (balancing != null) {
            balancing.open(pack, axis2);
            status.balanced(balancing);
        }
        for (TransportReceiver receiver : axis2.transportReceivers()) {
            if (receiver.isPassThrough()) {
                PassThroughListener listener = new PassThroughListener(receiver, pack.home(), status,
                    balancing == null ? null : balancing.handler());
                listener.start(server.portOffset());
                passThrough.add(listener);
            }
        }
        startCluster(axis2);
        web.startConnectors(CatalinaConfiguration.read(pack.confDir()), server.portOffset());
    }

    private void startCluster(Axis2Configuration axis2) throws StartupFailure {
        CarbonLog builder = CarbonLog.of("org.apache.axis2.deployment.ClusterBuilder");
        if (!axis2.isClusteringEnabled()) {
            builder.info("Clustering has been disabled");
            if (balancing != null) {
                throw new StartupFailure(CORE + ".internal.StartupFinalizerServiceComponent", "Axis2 ClusteringAgent not defined in axis2.xml");
            }
            return;
        }
        builder.info("Clustering has been enabled");
        ClusterPlanner planner = new ClusterPlanner(pack.kernel(), pack.confDir(), axis2);
        ClusterPlan plan = planner.plan();
        LocalMember local = new LocalMember(axis2, planner.parameters(), server.portOffset());
        if (balancing != null) {
            balancing.join(plan, local);
        }
        cluster = new ClusteringAgent(pack.kernel(), local, plan);
        cluster.start();
        status.clustered(cluster);
    }

    private void report() {
        FINALIZER.info("Server           :  " + server.get("Name") + "-" + server.get("Version"));
        FINALIZER.info("WSO2 Carbon started in " + (System.currentTimeMillis() - begun) / 1000 + " sec");
        if (pack.hasConsole()) {
            CarbonLog.of("org.wso2.carbon.ui.internal.CarbonUIServiceComponent").info("Mgt Console URL  : " + consoleUrl());
        }
    }

    private String consoleUrl() {
        String host = server.get("MgtHostName") == null ? server.get("HostName") : server.get("MgtHostName");
        int port = web.publicPort("https");
        return "https://" + (host == null ? "localhost" : host) + (port == 443 ? "" : ":" + port) + "/carbon/";
    }

    /** A failure should be the last word in the log. */
    private void stop() {
        if (!failed) {
            stopGracefully();
        } else {
            leave();
        }
    }

    private void leave() {
        if (cluster != null) {
            cluster.stop();
        }
        if (balancing != null) {
            balancing.leave();
        }
    }

    /** The lines of Carbon's graceful shutdown. bytecode 4.4.26: CarbonServerManager, ServerManagement */
    private void stopGracefully() {
        CarbonLog manager = CarbonLog.of(CORE + ".init.CarbonServerManager");
        CarbonLog maintenance = CarbonLog.of(CORE + ".ServerManagement");
        manager.info("Shutdown hook triggered....");
        manager.info("Gracefully shutting down " + server.get("Name") + "...");
        maintenance.info("Starting to switch to maintenance mode...");
        passThrough.forEach(PassThroughListener::stop);
        web.stopConnectors();
        maintenance.info("Stopped all transport listeners");
        manager.info("Shutting down " + server.get("Name") + "...");
        leave();
        if (datasources != null) {
            datasources.close();
        }
        manager.info("Shutting down OSGi framework...");
        manager.info("Shutdown complete");
        manager.info("Halting JVM");
    }
}
