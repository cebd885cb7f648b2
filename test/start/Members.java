import com.hazelcast.config.Config;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Real Hazelcast members, several in one Java process, with the settings that Carbon's kernels give to Hazelcast. Each writes a log of its own, in
 * Hazelcast's own lines; the last line of a start is Carbon's.
 *
 * Commands on the standard input, one a line: "start address log seconds timeout address,address,..." starts a member after so many seconds, with
 * the connection timeout and the list of members; "stop address" ends it without a farewell; "members address" writes "members address a:p,a:p".
 */
public final class Members {
    static final int PORT = 5701;
    private static final String JOINED = "INFO - HazelcastClusteringAgent Cluster initialization completed\n";
    /** Hazelcast begins each line of a member with its address. */
    private static final Pattern OWN = Pattern.compile("^\\[([0-9.]+)]:\\d+ ");

    private final Map<String, HazelcastInstance> members = new ConcurrentHashMap<>();
    private final Map<String, Path> logs = new ConcurrentHashMap<>();
    private final Map<String, Thread> starts = new ConcurrentHashMap<>();
    private final PrintStream out = System.out;

    public static void main(String[] arguments) throws IOException {
        new Members().serve();
    }

    private void serve() throws IOException {
        Logger root = Logger.getLogger("");
        for (Handler each : root.getHandlers()) {
            root.removeHandler(each);
        }
        root.addHandler(new PerMember());
        out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            handle(line.split(" "));
        }
        // Whoever started this process is gone.
        Runtime.getRuntime().halt(0);
    }

    private void handle(String[] words) {
        switch (words[0]) {
            case "start":
                Thread start = new Thread(() -> start(words));
                starts.put(words[1], start);
                start.start();
                break;
            case "stop":
                new Thread(() -> stop(words[1])).start();
                break;
            case "members":
                out.println("members " + words[1] + " " + String.join(",", placesSeenBy(words[1])));
                break;
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    private void start(String[] words) {
        String address = words[1];
        logs.put(address, Paths.get(words[2]));
        try {
            // The rest of a Carbon server, which starts before Hazelcast does.
            Thread.sleep(Math.round(Double.parseDouble(words[3]) * 1000));
            HazelcastInstance member = Hazelcast.newHazelcastInstance(config(address, Integer.parseInt(words[4]), List.of(words[5].split(","))));
            if (Thread.interrupted()) {
                member.getLifecycleService().terminate();
                return;
            }
            members.put(address, member);
            write(address, JOINED);
        } catch (InterruptedException | RuntimeException problem) {
            write(address, "ERROR " + problem + "\n");
        }
    }

    private void stop(String address) {
        Thread start = starts.get(address);
        if (start != null) {
            start.interrupt();
        }
        HazelcastInstance member = members.remove(address);
        if (member != null) {
            member.getLifecycleService().terminate();
        } else {
            // One that still joins is known to Hazelcast only.
            for (HazelcastInstance each : Hazelcast.getAllHazelcastInstances()) {
                if (each.getName().startsWith(address + " ")) {
                    each.getLifecycleService().terminate();
                }
            }
        }
        out.println("stopped " + address);
    }

    private static int starts_;

    private static synchronized String name(String address) {
        return address + " " + starts_++;
    }

    private static Config config(String address, int timeout, List<String> addresses) {
        Config config = new Config();
        config.setInstanceName(name(address));
        nameCluster(config);
        // What the kernels set, and what this library sets for all of them.
        config.setProperty("hazelcast.max.no.heartbeat.seconds", "600");
        config.setProperty("hazelcast.max.no.master.confirmation.seconds", "900");
        config.setProperty("hazelcast.merge.first.run.delay.seconds", "60");
        config.setProperty("hazelcast.merge.next.run.delay.seconds", "30");
        config.setProperty("hazelcast.shutdownhook.enabled", "false");
        // What lets many members listen on one machine at the same port, and with few threads.
        config.setProperty("hazelcast.socket.bind.any", "false");
        config.setProperty("hazelcast.logging.type", "jdk");
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.version.check.enabled", "false");
        config.setProperty("hazelcast.operation.thread.count", "2");
        config.setProperty("hazelcast.operation.generic.thread.count", "2");
        config.setProperty("hazelcast.io.thread.count", "1");
        config.setProperty("hazelcast.event.thread.count", "1");
        NetworkConfig network = config.getNetworkConfig();
        network.setPort(PORT).setPortAutoIncrement(false).setPublicAddress(address);
        network.getInterfaces().setEnabled(true).addInterface(address);
        network.getJoin().getMulticastConfig().setEnabled(false);
        network.getJoin().getTcpIpConfig().setEnabled(true).setConnectionTimeoutSeconds(timeout);
        addresses.forEach(each -> network.getJoin().getTcpIpConfig().addMember(each + ":" + PORT));
        return config;
    }

    /** The one setting whose name differs between the lines: Config.getGroupConfig().setName up to 3.12, Config.setClusterName since. */
    private static void nameCluster(Config config) {
        try {
            Config.class.getMethod("setClusterName", String.class).invoke(config, "c");
        } catch (NoSuchMethodException before4) {
            try {
                Object group = Config.class.getMethod("getGroupConfig").invoke(config);
                group.getClass().getMethod("setName", String.class).invoke(group, "c");
            } catch (ReflectiveOperationException problem) {
                throw new IllegalStateException(problem);
            }
        } catch (ReflectiveOperationException problem) {
            throw new IllegalStateException(problem);
        }
    }

    private TreeSet<String> placesSeenBy(String address) {
        TreeSet<String> places = new TreeSet<>();
        HazelcastInstance member = members.get(address);
        if (member != null && member.getLifecycleService().isRunning()) {
            member.getCluster().getMembers().forEach(each -> places.add(place(each.toString())));
        }
        return places;
    }

    /** `Member [127.0.1.5]:5701 this`. */
    private static String place(String member) {
        Matcher found = Pattern.compile("\\[([^]]+)]:(\\d+)").matcher(member);
        return found.find() ? found.group(1) + ":" + found.group(2) : member;
    }

    private void write(String address, String text) {
        Path log = logs.get(address);
        if (log == null) {
            return;
        }
        try {
            Files.write(log, text.getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    /** Sends each line to the log of the member that it is about. */
    private final class PerMember extends Handler {
        @Override
        public void publish(LogRecord record) {
            if (record.getLevel().intValue() < Level.INFO.intValue() || record.getMessage() == null) {
                return;
            }
            Matcher own = OWN.matcher(record.getMessage());
            if (own.find()) {
                write(own.group(1), record.getLevel() + " - " + record.getMessage() + "\n");
            }
        }

        @Override
        public void flush() {
            // Nothing is kept back.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
