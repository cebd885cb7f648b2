package standin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelRulesTest {
    @ParameterizedTest
    @ValueSource(strings = {"4.7.0", "4.7.1", "4.8.1", "4.9.0", "4.9.33", "4.11.0", "4.11.18"})
    void spellsWithHyphens(String version) {
        assertTrue(new KernelRules(version).spellsAwsWithHyphens());
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.4.1", "4.4.36", "4.5.3", "4.6.3", "4.10.0", "4.10.126", "4.12.34"})
    void spellsInCamelCase(String version) {
        assertFalse(new KernelRules(version).spellsAwsWithHyphens());
    }

    @Test
    void readsIamRoleSinceLate44() {
        assertFalse(new KernelRules("4.4.32").readsIamRole());
        assertTrue(new KernelRules("4.4.35").readsIamRole());
        assertTrue(new KernelRules("4.5.1").readsIamRole());
    }

    @Test
    void movedItsPackageWithin49() {
        assertEquals("org.wso2.carbon.core.clustering.hazelcast", new KernelRules("4.9.20").clusteringPackage());
        assertEquals("org.wso2.carbon.hazelcast", new KernelRules("4.9.26").clusteringPackage());
        assertEquals("org.wso2.carbon.hazelcast", new KernelRules("4.12.34").clusteringPackage());
    }

    @Test
    void comparesNumbersAndNotTexts() {
        assertTrue(new KernelRules("4.4.11").readsHazelcastXml());
        assertFalse(new KernelRules("4.4.3").readsHazelcastXml());
    }
}
