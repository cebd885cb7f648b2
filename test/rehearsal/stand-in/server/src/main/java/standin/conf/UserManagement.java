package standin.conf;

import java.nio.file.Path;
import org.w3c.dom.Element;
import standin.StartupFailure;

/** user-mgt.xml, as far as the start depends on it. carbon.md 8.6 */
public final class UserManagement {
    private static final String LOGGER = "org.wso2.carbon.user.core.internal.Activator";

    public final String dataSource;
    public final boolean addAdmin;
    public final String adminUser;
    public final String adminPassword;
    public final String storeClass;

    private UserManagement(Element configuration, Element store) throws StartupFailure {
        Element admin = Xml.child(configuration, "AdminUser");
        if (admin == null) {
            throw new StartupFailure(LOGGER, "user-mgt.xml has no AdminUser");
        }
        addAdmin = "true".equals(trimmed(Xml.childText(configuration, "AddAdmin")));
        adminUser = trimmed(Xml.childText(admin, "UserName"));
        Element password = Xml.child(admin, "Password");
        if (password != null) {
            Xml.refuseSecretAlias(password, LOGGER);
        }
        adminPassword = trimmed(Xml.childText(admin, "Password"));
        dataSource = trimmed(property(configuration, "dataSource"));
        storeClass = store == null ? "" : Xml.attribute(store, "class");
    }

    public static UserManagement read(Path confDir) throws StartupFailure {
        Element root = Xml.read(confDir.resolve("user-mgt.xml"), LOGGER);
        Element realm = Xml.child(root, "Realm");
        Element configuration = realm == null ? null : Xml.child(realm, "Configuration");
        if (configuration == null) {
            throw new StartupFailure(LOGGER, "user-mgt.xml has no Realm/Configuration");
        }
        return new UserManagement(configuration, Xml.child(realm, "UserStoreManager"));
    }

    private static String property(Element configuration, String name) {
        for (Element property : Xml.children(configuration, "Property")) {
            if (name.equals(Xml.attribute(property, "name"))) {
                return Xml.text(property);
            }
        }
        return null;
    }

    private static String trimmed(String text) {
        return text == null ? null : text.trim();
    }

    /** Whether the users are in the UM_ tables, and not in a directory. */
    public boolean isJdbc() {
        return storeClass != null && storeClass.endsWith("JDBCUserStoreManager");
    }
}
