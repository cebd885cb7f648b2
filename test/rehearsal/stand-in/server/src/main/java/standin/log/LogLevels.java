package standin.log;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * The levels that a product's log4j.properties (XML era) or log4j2.properties (TOML era) sets per logger. Appenders
 * and layouts are not read: the stand-in writes to the console and to wso2carbon.log, always. carbon.md section 8.8
 */
public final class LogLevels {
    private final Map<String, Level> levels = new HashMap<>();
    private Level root = Level.INFO;

    public static LogLevels read(Path confDir) throws IOException {
        LogLevels result = new LogLevels();
        Path log4j2 = confDir.resolve("log4j2.properties");
        Path log4j = confDir.resolve("log4j.properties");
        if (Files.isRegularFile(log4j2)) {
            result.addLog4j2(load(log4j2));
        } else if (Files.isRegularFile(log4j)) {
            result.addLog4j(load(log4j));
        }
        return result;
    }

    private static Properties load(Path file) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            properties.load(in);
        }
        return properties;
    }

    private void addLog4j(Properties properties) {
        for (String key : properties.stringPropertyNames()) {
            // The level is the first of the comma-separated words; the appenders follow.
            Level level = Level.of(properties.getProperty(key).split(",")[0]);
            if (level == null) {
                continue;
            }
            if (key.equals("log4j.rootLogger") || key.equals("log4j.rootCategory")) {
                root = level;
            } else if (key.startsWith("log4j.logger.")) {
                levels.put(key.substring("log4j.logger.".length()), level);
            } else if (key.startsWith("log4j.category.")) {
                levels.put(key.substring("log4j.category.".length()), level);
            }
        }
    }

    private void addLog4j2(Properties properties) {
        Level rootLevel = Level.of(properties.getProperty("rootLogger.level", ""));
        if (rootLevel != null) {
            root = rootLevel;
        }
        // Where "loggers" lists ids, a logger that is described but not listed does not exist for log4j2.
        String listed = properties.getProperty("loggers");
        List<String> ids = listed == null ? null : Arrays.asList(listed.trim().split("\\s*,\\s*"));
        for (String key : properties.stringPropertyNames()) {
            if (!key.startsWith("logger.") || !key.endsWith(".name")) {
                continue;
            }
            String id = key.substring("logger.".length(), key.length() - ".name".length());
            Level level = Level.of(properties.getProperty("logger." + id + ".level", ""));
            if (level != null && (ids == null || ids.contains(id))) {
                levels.put(properties.getProperty(key).trim(), level);
            }
        }
    }

    boolean isEnabled(String logger, Level level) {
        return level.compareTo(effective(logger)) >= 0;
    }

    private Level effective(String logger) {
        for (String name = logger; ; name = name.substring(0, name.lastIndexOf('.'))) {
            Level level = levels.get(name);
            if (level != null) {
                return level;
            }
            if (name.indexOf('.') < 0) {
                return root;
            }
        }
    }

    Level root() {
        return root;
    }

    Map<String, Level> byLogger() {
        return Collections.unmodifiableMap(levels);
    }
}
