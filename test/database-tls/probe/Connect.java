import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;

/**
 * Connects by JDBC as Carbon's pools do: the driver by the name of its class, the URL as it is in the data source.
 *
 * Arguments: class of the driver, user, password. Reads one URL per line and answers each with one line: the version of TLS that the
 * connection has, empty without TLS, or "refused" and the messages of all causes.
 */
public final class Connect {
  public static void main(String[] arguments) throws Exception {
    Class.forName(arguments[0]);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    for (String url = lines.readLine(); url != null; url = lines.readLine()) {
      System.out.println("answer " + tried(url, arguments[1], arguments[2]));
    }
    System.exit(0);
  }

  private static String tried(String url, String user, String password) {
    try (Connection connection = DriverManager.getConnection(url, user, password);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW SESSION STATUS LIKE 'Ssl_version'")) {
      row.next();
      return row.getString(2);
    } catch (Exception problem) {
      StringBuilder reasons = new StringBuilder("refused");
      for (Throwable each = problem; each != null; each = each.getCause()) {
        reasons.append(" | ").append(String.valueOf(each.getMessage()).replaceAll("\\s+", " "));
      }
      return reasons.toString();
    }
  }
}
