package standin;

/**
 * What differs between Carbon kernels. Each rule names its source: "carbon.md N" is section N of the project's facts;
 * "bytecode V" was read in org.wso2.carbon.core of kernel V on Maven Central.
 */
public final class KernelRules {
    private final String text;
    private final int[] version;

    public KernelRules(String version) {
        this.text = version;
        String[] parts = version.split("\\.");
        this.version = new int[] {number(parts, 0), number(parts, 1), number(parts, 2)};
    }

    private static int number(String[] parts, int index) {
        return index < parts.length ? Integer.parseInt(parts[index].replaceAll("[^0-9].*$", "")) : 0;
    }

    private boolean atLeast(int major, int minor, int patch) {
        int[] other = {major, minor, patch};
        for (int i = 0; i < other.length; i++) {
            if (version[i] != other[i]) {
                return version[i] > other[i];
            }
        }
        return true;
    }

    private boolean isMinor(int major, int minor) {
        return version[0] == major && version[1] == minor;
    }

    /** etc/hazelcast.xml and -Dhazelcast.config replace the whole clustering element. carbon.md 4 */
    public boolean readsHazelcastXml() {
        return atLeast(4, 4, 6);
    }

    /** Any scheme but the known ones is looked up by membershipSchemeClassName. carbon.md 3 */
    public boolean knowsSchemeClassName() {
        return atLeast(4, 4, 3);
    }

    /** carbon.md 3 */
    public boolean knowsAwsEcs() {
        return atLeast(4, 6, 0);
    }

    /** carbon.md 3 */
    public boolean knowsKubernetes() {
        return atLeast(4, 7, 0);
    }

    /** carbon.md 5; absent in bytecode 4.4.32, present in 4.4.35 */
    public boolean readsIamRole() {
        return atLeast(4, 4, 34);
    }

    /** The kernels that took Hazelcast's own property names for parameter names. carbon.md 5; bytecode 4.9.0 */
    public boolean spellsAwsWithHyphens() {
        return atLeast(4, 7, 0) && !atLeast(4, 10, 0) || isMinor(4, 11);
    }

    /** From the TOML era on the keys go through the secure vault's resolver, which does not trim. bytecode 4.6.1, 4.9.0 */
    public boolean trimsAwsKeys() {
        return !atLeast(4, 5, 0);
    }

    /** A key that is empty is not handed on, where older kernels hand on the empty text. bytecode 4.6.1, 4.9.0 */
    public boolean skipsEmptyAwsKeys() {
        return atLeast(4, 5, 0);
    }

    /** Hazelcast 4 has no group password: the kernel reads the parameter and drops it. carbon-kernel 2024b34 */
    public boolean usesGroupPassword() {
        return !atLeast(4, 7, 0);
    }

    /** bytecode: absent in 4.4.26, present in 4.4.32 */
    public boolean readsLocalMemberIdentifier() {
        return atLeast(4, 4, 32);
    }

    /** The line "Hazelcast cluster is initializing...". bytecode: absent in 4.4.26 and 4.4.32, present in 4.4.35 */
    public boolean logsInitializing() {
        return atLeast(4, 4, 35);
    }

    /** With Hazelcast 4 ids became UUID objects, and the map of members is asked with one for a text key. bytecode 4.9.0 */
    public boolean findsMembersThatLeft() {
        return !atLeast(4, 7, 0);
    }

    /** carbon.md 3 */
    public String clusteringPackage() {
        return atLeast(4, 9, 24) ? "org.wso2.carbon.hazelcast" : "org.wso2.carbon.core.clustering.hazelcast";
    }

    @Override
    public String toString() {
        return text;
    }
}
