package standin.log;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogLevelsTest {
    @TempDir
    Path conf;

    private LogLevels levels(String file, String content) throws IOException {
        Files.write(conf.resolve(file), content.getBytes(StandardCharsets.UTF_8));
        return LogLevels.read(conf);
    }

    @Test
    void hidesHazelcastBelowARootOfError() throws Exception {
        LogLevels levels = levels("log4j.properties", "log4j.rootLogger=ERROR, CONSOLE\nlog4j.logger.org.wso2=INFO\n");
        assertFalse(levels.isEnabled("com.hazelcast.cluster.ClusterService", Level.INFO));
        assertTrue(levels.isEnabled("org.wso2.carbon.core.Any", Level.INFO));
    }

    @Test
    void takesTheNearestLogger() throws Exception {
        LogLevels levels = levels("log4j.properties",
            "log4j.rootLogger=INFO\nlog4j.logger.com.hazelcast=WARN, X\nlog4j.category.com.hazelcast.cluster=DEBUG\n");
        assertTrue(levels.isEnabled("com.hazelcast.cluster.ClusterService", Level.DEBUG));
        assertFalse(levels.isEnabled("com.hazelcast.nio.Connection", Level.INFO));
    }

    @Test
    void takesOnlyListedLoggersOfLog4j2() throws Exception {
        String file = "loggers = a\nlogger.a.name = com.hazelcast\nlogger.a.level = ERROR\nlogger.b.name = org.wso2\nlogger.b.level = OFF\n"
            + "rootLogger.level = INFO\n";
        LogLevels levels = levels("log4j2.properties", file);
        assertFalse(levels.isEnabled("com.hazelcast.X", Level.WARN));
        assertTrue(levels.isEnabled("org.wso2.X", Level.INFO));
    }
}
