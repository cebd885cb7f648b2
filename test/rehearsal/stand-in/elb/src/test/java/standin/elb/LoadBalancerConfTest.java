package standin.elb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import standin.StartupFailure;

class LoadBalancerConfTest {
    private static final String BALANCER = "loadbalancer {\n  instances 1;\n  session_timeout 90000; # ms\n}\n";
    private static final String GOVERNANCE = "governance {\n domains {\n  wso2.governance.domain {\n   tenant_range *;\n   group_mgt_port 4321;\n"
        + "   members 10.0.1.11:4100,10.0.1.12:4100;\n   mgt {\n    hosts governance.example.com,registry.example.com;\n   }\n"
        + "   worker {\n    hosts worker.governance.example.com;\n   }\n  }\n }\n}\n";

    private static LoadBalancerConf parse(String services) throws StartupFailure {
        return LoadBalancerConf.parse(BALANCER + "services {\n defaults {\n  min_app_instances 1;\n }\n" + services + "}\n");
    }

    private static String failure(String text) {
        return assertThrows(StartupFailure.class, () -> LoadBalancerConf.parse(text)).getMessage();
    }

    @Test
    void aDomainHasItsSubDomains() throws Exception {
        LoadBalancerConf conf = parse(GOVERNANCE);
        assertEquals(90000, conf.sessionTimeout);
        assertEquals(2, conf.services.size());
        BalancedService mgt = conf.services.get(0);
        assertEquals("governance", mgt.service);
        assertEquals("wso2.governance.domain", mgt.domain);
        assertEquals("mgt", mgt.subDomain);
        assertEquals(Arrays.asList("governance.example.com", "registry.example.com"), mgt.hosts);
        assertEquals(4321, mgt.groupManagementPort);
        assertEquals(Arrays.asList("10.0.1.11:4100", "10.0.1.12:4100"), mgt.members);
        assertEquals("worker", conf.services.get(1).subDomain);
    }

    @Test
    void whatTheLibraryWritesIsRead() throws Exception {
        Path golden = Paths.get("..", "..", "..", "configuration", "golden", "loadbalancer.conf");
        LoadBalancerConf conf = LoadBalancerConf.parse(new String(Files.readAllBytes(golden), StandardCharsets.UTF_8));
        assertEquals(1_800_000, conf.sessionTimeout);
        assertEquals("mgt of wso2.governance.domain", described(conf.serviceOf("registry.example.com")));
        assertEquals("worker of wso2.as.domain", described(conf.serviceOf("as.example.com")));
        assertEquals("mgt of wso2.as.domain", described(conf.serviceOf("mgt.as.example.com")));
        assertEquals(Arrays.asList("10.0.1.11:4100", "10.0.2.11:4100"), conf.serviceOf("as.example.com").members);
    }

    private static String described(BalancedService service) {
        return service.subDomain + " of " + service.domain;
    }

    @Test
    void withoutSubDomainsTheDomainIsTheDefaultOne() throws Exception {
        BalancedService service = parse("is {\n hosts is.example.com;\n domains {\n  wso2.is.domain {\n   tenant_range *;\n"
            + "   group_mgt_port 4322;\n  }\n }\n}\n").services.get(0);
        assertEquals("__$default", service.subDomain);
        assertEquals(Collections.singletonList("is.example.com"), service.hosts);
        assertEquals(Collections.emptyList(), service.members);
    }

    @ParameterizedTest
    @CsvSource({"governance.example.com, mgt", "worker.governance.example.com, worker", "other.registry.example.com, mgt"})
    void aHostLeadsToItsSubDomainOrToThatOfTheNameAbove(String host, String subDomain) throws Exception {
        assertEquals(subDomain, parse(GOVERNANCE).serviceOf(host).subDomain);
    }

    @ParameterizedTest
    @CsvSource({"example.com", "localhost", "governance.example.org"})
    void anotherHostLeadsNowhere(String host) throws Exception {
        assertNull(parse(GOVERNANCE).serviceOf(host));
    }

    @Test
    void aReaderByLines() throws Exception {
        ConfNode root = ConfNode.parse("# a { comment\n a {   # opens\n  key   two words ; rest\n  b {\n  }\n }\n c {\n");
        assertEquals("two words", root.child("a").properties.get("key"));
        assertEquals("b", root.child("a").children.get(0).name);
        assertEquals("c", root.children.get(1).name);
    }

    @Test
    void whatTheRealOneRefuses() {
        assertEquals("Mandatory services element can not be found in the configuration file.", failure(BALANCER));
        assertEquals("Malformatted property is defined in the configuration file. instances 1", failure("loadbalancer {\n instances 1\n}\n"));
        assertEquals("Error setting values: loadbalancer has no property instance", failure("loadbalancer {\n instance 1;\n}\nservices {\n}\n"));
        assertEquals("The mandatory domains element, child of the as element is not specified in the configuration file.",
            failure("services {\n as {\n  hosts a;\n }\n}\n"));
        assertEquals("No domain is specified under domains of as element.", failure("services {\n as {\n  domains {\n  }\n }\n}\n"));
        assertEquals("Duplicated host names detected for different service domains.", failure("services {\n" + GOVERNANCE
            + GOVERNANCE.replace("governance {", "other {") + "}\n"));
        assertEquals("group_mgt_port of the domain wso2.governance.domain is not set",
            failure("services {\n" + GOVERNANCE.replace("group_mgt_port 4321;", "") + "}\n"));
        assertEquals("tenant_range of the domain wso2.governance.domain is not set",
            failure("services {\n" + GOVERNANCE.replace("tenant_range *;", "") + "}\n"));
    }
}
