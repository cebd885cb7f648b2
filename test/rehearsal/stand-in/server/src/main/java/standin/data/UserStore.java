package standin.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.Base64;
import java.util.UUID;
import standin.StartupFailure;
import standin.conf.UserManagement;
import standin.log.CarbonLog;

/** The users' data source must exist. Where it has UM_USER, the administrator is put there once, as at Carbon's first start. */
public final class UserStore {
    private static final String LOGGER = "org.wso2.carbon.user.core.common.DefaultRealm";
    private static final int SUPER_TENANT = -1234;

    private final UserManagement configuration;
    private final OpenDatasource datasource;

    public UserStore(UserManagement configuration, Datasources datasources) throws StartupFailure {
        this.configuration = configuration;
        this.datasource = datasources.lookup(configuration.dataSource, LOGGER);
    }

    public void start() throws StartupFailure {
        if (!configuration.isJdbc()) {
            CarbonLog.standIn("the stand-in does not imitate the user store " + configuration.storeClass);
            return;
        }
        if (!datasource.hasTable("UM_USER")) {
            return;
        }
        try (Connection connection = datasource.connect()) {
            if (configuration.addAdmin && !hasAdmin(connection)) {
                addAdmin(connection);
            }
            CarbonLog.of(LOGGER).info("Users in " + datasource.element().name + ": " + count(connection));
        } catch (SQLException e) {
            throw new StartupFailure(LOGGER, "Cannot read or write the users in " + datasource.element().name, e);
        }
    }

    private boolean hasAdmin(Connection connection) throws SQLException {
        String query = "SELECT 1 FROM UM_USER WHERE UM_USER_NAME = ? AND UM_TENANT_ID = ?";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, configuration.adminUser);
            statement.setInt(2, SUPER_TENANT);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static int count(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT COUNT(*) FROM UM_USER");
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getInt(1);
        }
    }

    /** Newer scripts have a column for a unique id that must not be empty. */
    private void addAdmin(Connection connection) throws SQLException {
        boolean hasId;
        try (ResultSet columns = connection.getMetaData().getColumns(connection.getCatalog(), null, "UM_USER", "UM_USER_ID")) {
            hasId = columns.next();
        }
        String insert = "INSERT INTO UM_USER (UM_USER_NAME, UM_USER_PASSWORD, UM_SALT_VALUE, UM_REQUIRE_CHANGE, UM_CHANGED_TIME, UM_TENANT_ID"
            + (hasId ? ", UM_USER_ID) VALUES (?, ?, ?, ?, ?, ?, ?)" : ") VALUES (?, ?, ?, ?, ?, ?)");
        String salt = salt();
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
            statement.setString(1, configuration.adminUser);
            statement.setString(2, digest(configuration.adminPassword + salt));
            statement.setString(3, salt);
            statement.setBoolean(4, false);
            statement.setTimestamp(5, new Timestamp(System.currentTimeMillis()));
            statement.setInt(6, SUPER_TENANT);
            if (hasId) {
                statement.setString(7, UUID.randomUUID().toString());
            }
            statement.executeUpdate();
            commit(connection);
        } catch (SQLException e) {
            // Another node starting in the same second may have been first; the unique key says so.
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            if (!hasAdmin(connection)) {
                throw e;
            }
        }
    }

    private static void commit(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.commit();
        }
    }

    private static String salt() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String digest(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
