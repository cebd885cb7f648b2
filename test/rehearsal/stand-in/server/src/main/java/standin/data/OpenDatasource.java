package standin.data;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.tomcat.jdbc.pool.DataSource;
import org.apache.tomcat.jdbc.pool.PoolProperties;
import standin.conf.DatasourceElement;

/** A data source with a Tomcat pool, made and asked as Carbon does it. carbon-kernel: RDBMSDataSourceUtils */
public final class OpenDatasource {
    private final DatasourceElement element;
    private final DataSource pool;
    private String product;
    private String tls;

    private OpenDatasource(DatasourceElement element) {
        this.element = element;
        this.pool = new DataSource(properties(element));
    }

    /** Makes the pool, and uses one connection for the validation query and a look at the server. */
    static OpenDatasource open(DatasourceElement element) throws SQLException {
        OpenDatasource result = new OpenDatasource(element);
        try (Connection connection = result.pool.getConnection()) {
            result.validate(connection);
            DatabaseMetaData server = connection.getMetaData();
            result.product = server.getDatabaseProductName() + " " + server.getDatabaseProductVersion();
            result.tls = tlsCipher(connection);
        } catch (SQLException | RuntimeException e) {
            result.close();
            throw e;
        }
        return result;
    }

    private void validate(Connection connection) throws SQLException {
        String query = element.get("validationQuery");
        if (query == null) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(query);
        }
    }

    /** MySQL and MariaDB tell the cipher of a connection; an empty text is none. */
    private static String tlsCipher(Connection connection) throws SQLException {
        if (!connection.getMetaData().getURL().matches("jdbc:(mysql|mariadb):.*")) {
            return null;
        }
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("SHOW STATUS LIKE 'Ssl_cipher'")) {
            return rows.next() ? rows.getString(2) : "";
        }
    }

    private static PoolProperties properties(DatasourceElement element) {
        PoolProperties pool = new PoolProperties();
        pool.setUrl(element.get("url"));
        pool.setUsername(element.get("username"));
        pool.setPassword(element.get("password"));
        pool.setDriverClassName(element.get("driverClassName"));
        pool.setValidationQuery(element.get("validationQuery"));
        // RDBMSConfiguration's own defaults, where Tomcat would open ten connections at once.
        pool.setInitialSize(number(element, "initialSize", 0));
        pool.setMinIdle(number(element, "minIdle", 0));
        pool.setMaxActive(number(element, "maxActive", pool.getMaxActive()));
        pool.setMaxIdle(number(element, "maxIdle", Math.min(8, pool.getMaxActive())));
        pool.setMaxWait(number(element, "maxWait", pool.getMaxWait()));
        pool.setValidationInterval(number(element, "validationInterval", (int) pool.getValidationInterval()));
        pool.setTestOnBorrow(Boolean.parseBoolean(text(element, "testOnBorrow")));
        if (!text(element, "defaultAutoCommit").isEmpty()) {
            pool.setDefaultAutoCommit(Boolean.valueOf(text(element, "defaultAutoCommit")));
        }
        pool.setJmxEnabled(false);
        return pool;
    }

    private static String text(DatasourceElement element, String name) {
        String value = element.get(name);
        return value == null ? "" : value.trim();
    }

    /** JAXB passes over a number that is none, and so does this. */
    private static int number(DatasourceElement element, String name, int otherwise) {
        try {
            return Integer.parseInt(text(element, name));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    public Connection connect() throws SQLException {
        return pool.getConnection();
    }

    /** With a connection of the pool, as whatever serves a request would: nothing, or what went wrong. */
    public String problem() {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");
            return null;
        } catch (SQLException e) {
            return element.name + ": " + e.getMessage();
        }
    }

    public DatasourceElement element() {
        return element;
    }

    /** What cacheId of a remote registry should be: user@url. carbon.md 8.5 */
    String cacheId() {
        return element.get("username") + "@" + element.get("url");
    }

    boolean hasTable(String table) {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.executeQuery("SELECT COUNT(*) FROM " + table).close();
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    /** For the diagnostic page. Neither user nor password, and the url without its query. */
    public Map<String, Object> describe() {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("name", element.name);
        result.put("jndi", element.jndiName);
        result.put("url", String.valueOf(element.get("url")).replaceAll("[?;].*$", ""));
        result.put("driver", element.get("driverClassName"));
        result.put("server", product);
        result.put("tls", tls);
        return result;
    }

    void close() {
        pool.close(true);
    }
}
