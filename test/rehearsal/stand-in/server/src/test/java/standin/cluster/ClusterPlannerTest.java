package standin.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import standin.KernelRules;
import standin.StartupFailure;
import standin.conf.Axis2Configuration;

class ClusterPlannerTest {
    private static final String BOTH_SPELLINGS = "<parameter name='accessKey'>camel</parameter><parameter name='access-key'>hyphen</parameter>"
        + "<parameter name='secretKey'>camel</parameter><parameter name='secret-key'>hyphen</parameter>"
        + "<parameter name='tagKey'>camel</parameter><parameter name='tag-key'>hyphen</parameter>"
        + "<parameter name='tagValue'>camel</parameter><parameter name='tag-value'>hyphen</parameter>"
        + "<parameter name='iamRole'>camel</parameter><parameter name='iam-role'>hyphen</parameter>"
        + "<parameter name='region'>eu-west-1</parameter>";

    @TempDir
    Path conf;

    private ClusterPlan plan(String kernel, String scheme, String content) throws StartupFailure, IOException {
        KernelRules rules = new KernelRules(kernel);
        String xml = "<axisconfig name='AxisJava2.0'><clustering class='" + rules.clusteringPackage() + ".HazelcastClusteringAgent' enable='true'>"
            + "<parameter name='membershipScheme'>" + scheme + "</parameter>" + content + "</clustering></axisconfig>";
        write("axis2/axis2.xml", xml);
        return new ClusterPlanner(rules, conf, Axis2Configuration.read(conf)).plan();
    }

    private void write(String name, String content) throws IOException {
        Path file = conf.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, content.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({"4.4.36, camel", "4.6.1, camel", "4.7.1, hyphen", "4.9.27, hyphen", "4.10.9, camel", "4.11.18, hyphen", "4.12.34, camel"})
    void readsOneSpellingOnly(String kernel, String read) throws Exception {
        ClusterPlan plan = plan(kernel, "aws", BOTH_SPELLINGS);
        for (AwsParameter parameter : Arrays.asList(AwsParameter.ACCESS_KEY, AwsParameter.SECRET_KEY, AwsParameter.TAG_KEY,
                AwsParameter.TAG_VALUE, AwsParameter.IAM_ROLE)) {
            assertEquals(read, plan.aws.get(parameter));
        }
        assertEquals("eu-west-1", plan.aws.get(AwsParameter.REGION));
    }

    @Test
    void readsNoIamRoleBeforeItExisted() throws Exception {
        assertNull(plan("4.4.26", "aws", BOTH_SPELLINGS).aws.get(AwsParameter.IAM_ROLE));
    }

    @Test
    void readsNothingOfWhatTheDocumentationOnlyMentions() throws Exception {
        ClusterPlan plan = plan("4.4.26", "wka", "<parameter name='localMemberBindPort'>4999</parameter>"
            + "<parameter name='clusteringPattern'>x</parameter><parameter name='localMemberHost'>10.0.0.1</parameter>");
        assertEquals(4000, plan.port);
    }

    @Test
    void trimsAllButTheDomain() throws Exception {
        ClusterPlan plan = plan("4.4.26", " aws\n", "<parameter name='domain'> d </parameter><parameter name='localMemberHost'> 10.0.0.1 </parameter>"
            + "<parameter name='localMemberPort'> 5701 </parameter><parameter name='tagKey'> t </parameter>");
        assertEquals(" d ", plan.domain);
        assertEquals("10.0.0.1", plan.publicAddress);
        assertEquals(5701, plan.port);
        assertEquals("t", plan.aws.get(AwsParameter.TAG_KEY));
    }

    @Test
    void handsOnAnEmptyKeyOnlyInOldKernels() throws Exception {
        assertEquals("", plan("4.4.26", "aws", "<parameter name='accessKey'/>").aws.get(AwsParameter.ACCESS_KEY));
        assertNull(plan("4.6.1", "aws", "<parameter name='accessKey'/>").aws.get(AwsParameter.ACCESS_KEY));
    }

    @Test
    void takesTheLastOfTwoParametersOfOneName() throws Exception {
        ClusterPlan plan = plan("4.4.26", "aws", "<parameter name='region'>a</parameter><parameter name='region'>b</parameter>");
        assertEquals("b", plan.aws.get(AwsParameter.REGION));
    }

    @Test
    void readsMembersForWkaOnly() throws Exception {
        String members = "<members><member><hostName> 10.0.0.1 </hostName><port> 4000 </port></member>"
            + "<member><hostName>10.0.0.1</hostName><port>4000</port></member></members>";
        assertEquals(Collections.singletonList("10.0.0.1:4000"), plan("4.4.26", "wka", members).tcpIpMembers);
        assertTrue(plan("4.4.26", "aws", members).tcpIpMembers.isEmpty());
    }

    @Test
    void laysHazelcastPropertiesOverTheKernelsDefaults() throws Exception {
        write("hazelcast.properties", "hazelcast.max.no.heartbeat.seconds=30\nhazelcast.shutdownhook.enabled=false\n");
        ClusterPlan plan = plan("4.4.26", "wka", "");
        assertEquals("30", plan.properties.getProperty("hazelcast.max.no.heartbeat.seconds"));
        assertEquals("900", plan.properties.getProperty("hazelcast.max.no.master.confirmation.seconds"));
        assertEquals("false", plan.properties.getProperty("hazelcast.shutdownhook.enabled"));
    }

    @Test
    void letsHazelcastXmlReplaceEverythingSinceKernel446() throws Exception {
        write("etc/hazelcast.xml", "<hazelcast/>");
        ClusterPlan plan = plan("4.4.7", "no such scheme", "");
        assertEquals(conf.resolve("etc/hazelcast.xml").toString(), plan.hazelcastXml);
        assertNull(plan.scheme);
        assertNull(plan("4.4.5", "wka", "").hazelcastXml);
    }

    @ParameterizedTest
    @CsvSource({"4.4.26, AWS", "4.4.26, ecs", "4.4.36, aws-ecs", "4.6.1, kubernetes"})
    void refusesSchemesThatTheKernelDoesNotKnow(String kernel, String scheme) {
        StartupFailure failure = assertThrows(StartupFailure.class, () -> plan(kernel, scheme, ""));
        assertTrue(failure.getMessage().startsWith("Invalid membership scheme '" + scheme + "'"), failure.getMessage());
    }

    @Test
    void needsANetworkInterfaceForEcs() throws Exception {
        assertThrows(StartupFailure.class, () -> plan("4.6.1", "aws-ecs", ""));
        ClusterPlan plan = plan("4.6.1", "aws-ecs",
            "<parameter name='networkInterface'>10.0.*.*</parameter><parameter name='localMemberHost'>10.0.0.1</parameter>");
        assertEquals("10.0.*.*", plan.networkInterface);
        assertNull(plan.publicAddress);
    }

    @Test
    void dropsTheGroupPasswordWhereHazelcastHasNone() throws Exception {
        String password = "<parameter name='groupPassword'>p</parameter>";
        assertEquals("p", plan("4.6.1", "wka", password).groupPassword);
        assertNull(plan("4.9.27", "wka", password).groupPassword);
    }

    @Test
    void doesNotFindTheAgentOfAnotherKernel() throws Exception {
        plan("4.4.26", "wka", "");
        Axis2Configuration axis2 = Axis2Configuration.read(conf);
        ClusterPlanner newer = new ClusterPlanner(new KernelRules("4.9.26"), conf, axis2);
        assertTrue(assertThrows(StartupFailure.class, newer::plan).getMessage().contains("not found"));
    }
}
