package standin.log;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.apache.log4j.AppenderSkeleton;
import org.apache.log4j.spi.LoggingEvent;

/**
 * Leads java.util.logging and log4j into the one log. Hazelcast writes to the first unless hazelcast.logging.type
 * says otherwise, Tomcat always does; log4j2 comes by way of java.util.logging too (log4j-to-jul).
 */
public final class LogBridges {
    /** Holds loggers whose level was set: java.util.logging itself keeps them by weak references only. */
    private static final Map<String, Logger> JUL_LOGGERS = new HashMap<>();

    private LogBridges() {
    }

    public static void install(Path confDir, LogLevels levels) throws IOException {
        installJul(confDir);
        installLog4j(levels);
    }

    private static void installJul(Path confDir) throws IOException {
        Logger root = LogManager.getLogManager().getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        root.addHandler(new JulHandler());
        // "com.hazelcast.level = FINEST" lives in this file. carbon.md section 8.8
        Path bridge = confDir.resolve("etc").resolve("logging-bridge.properties");
        if (!Files.isRegularFile(bridge)) {
            return;
        }
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(bridge)) {
            properties.load(in);
        }
        for (String key : properties.stringPropertyNames()) {
            String name = key.equals(".level") ? "" : key.replaceAll("\\.level$", "");
            if (key.endsWith(".level") && !name.endsWith("Handler")) {
                setJulLevel(name, properties.getProperty(key));
            }
        }
    }

    private static void setJulLevel(String name, String level) {
        Logger logger = Logger.getLogger(name);
        JUL_LOGGERS.put(name, logger);
        try {
            logger.setLevel(java.util.logging.Level.parse(level.trim()));
        } catch (IllegalArgumentException e) {
            CarbonLog.standIn("logging-bridge.properties: no level " + level + " for " + name);
        }
    }

    private static void installLog4j(LogLevels levels) {
        org.apache.log4j.Logger root = org.apache.log4j.Logger.getRootLogger();
        root.removeAllAppenders();
        root.addAppender(new Log4jAppender());
        root.setLevel(org.apache.log4j.Level.toLevel(levels.root().name()));
        for (Map.Entry<String, Level> entry : levels.byLogger().entrySet()) {
            org.apache.log4j.Logger.getLogger(entry.getKey()).setLevel(org.apache.log4j.Level.toLevel(entry.getValue().name()));
        }
    }

    /**
     * The JDK's own manager drops all handlers at the start of a shutdown, and with them Hazelcast's words on leaving
     * the cluster.
     */
    public static final class KeepingLogManager extends LogManager {
        @Override
        public void reset() {
            // Handlers stay until the process ends.
        }
    }

    private static final class JulHandler extends Handler {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord record) {
            String logger = record.getLoggerName() == null ? "" : record.getLoggerName();
            CarbonLog.write(Level.of(record.getLevel()), logger, formatter.formatMessage(record), record.getThrown());
        }

        @Override
        public void flush() {
            // Each line is flushed as it is written.
        }

        @Override
        public void close() {
            // The log stays open until the process ends.
        }
    }

    private static final class Log4jAppender extends AppenderSkeleton {
        @Override
        protected void append(LoggingEvent event) {
            Throwable thrown = event.getThrowableInformation() == null ? null : event.getThrowableInformation().getThrowable();
            CarbonLog.write(Level.of(event.getLevel()), event.getLoggerName(), event.getRenderedMessage(), thrown);
        }

        @Override
        public void close() {
            // The log stays open until the process ends.
        }

        @Override
        public boolean requiresLayout() {
            return false;
        }
    }
}
