package standin.log;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.SimpleDateFormat;
import java.util.Date;

/**
 * The log: lines in the layout of Carbon's two appenders, to the console and to repository/logs/wso2carbon.log. One
 * sink for the stand-in itself, Hazelcast and Tomcat, as in Carbon.
 */
public final class CarbonLog {
    private static final SimpleDateFormat TIME = new SimpleDateFormat("yyyy-MM-dd HH:mm:ss,SSS");

    private static LogLevels levels = new LogLevels();
    private static Writer file;
    private static PrintStream console = System.out;

    private final String name;

    private CarbonLog(String name) {
        this.name = name;
    }

    public static CarbonLog of(String name) {
        return new CarbonLog(name);
    }

    /** Opens the log file and takes the levels of the configuration; until then lines go to the console only. */
    public static synchronized void open(Path logFile, LogLevels configured) throws IOException {
        Files.createDirectories(logFile.getParent());
        file = new OutputStreamWriter(new FileOutputStream(logFile.toFile(), true), StandardCharsets.UTF_8);
        levels = configured;
    }

    public void info(String message) {
        write(Level.INFO, name, message, null);
    }

    public void warn(String message) {
        write(Level.WARN, name, message, null);
    }

    public void error(String message, Throwable cause) {
        write(Level.ERROR, name, message, cause);
    }

    /** What the stand-in says in its own name is written whatever the levels are. */
    public static void standIn(String message) {
        print(Level.WARN, "stand-in", message, null);
    }

    static void write(Level level, String logger, String message, Throwable cause) {
        if (levels.isEnabled(logger, level)) {
            print(level, logger, message, cause);
        }
    }

    private static synchronized void print(Level level, String logger, String message, Throwable cause) {
        String time = TIME.format(new Date());
        String trace = cause == null ? "" : stackTrace(cause);
        String shortName = logger.substring(logger.lastIndexOf('.') + 1);
        // Layouts of CARBON_CONSOLE and CARBON_LOGFILE in the shipped log4j.properties.
        console.printf("[%s] %5s - %s %s%n%s", time, level, shortName, message, trace);
        console.flush();
        if (file == null) {
            return;
        }
        try {
            file.write(String.format("TID: [-1234] [] [%s] %5s {%s} -  %s {%s}%n%s", time, level, logger, message, logger, trace));
            file.flush();
        } catch (IOException e) {
            console.println("cannot write wso2carbon.log: " + e);
        }
    }

    private static String stackTrace(Throwable cause) {
        StringWriter text = new StringWriter();
        cause.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }
}
