package sample;

import io.github.cdkwso2cluster.ApplicationLoadBalancingOptions;
import io.github.cdkwso2cluster.BootPhase;
import io.github.cdkwso2cluster.CarbonCluster;
import io.github.cdkwso2cluster.CarbonProduct;
import io.github.cdkwso2cluster.ConfigurationEdit;
import io.github.cdkwso2cluster.ConfigurationOverlay;
import io.github.cdkwso2cluster.ConfigurationValue;
import io.github.cdkwso2cluster.DeploymentSynchronizer;
import io.github.cdkwso2cluster.Distribution;
import io.github.cdkwso2cluster.HazelcastLogLevel;
import io.github.cdkwso2cluster.LoadBalancing;
import io.github.cdkwso2cluster.TlsPolicy;
import io.github.cdkwso2cluster.testing.Discovery;
import io.github.cdkwso2cluster.testing.LeastPrivilege;
import io.github.cdkwso2cluster.testing.SynthesizedStacks;
import java.util.List;
import software.amazon.awscdk.App;
import software.amazon.awscdk.AppProps;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.certificatemanager.Certificate;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.s3.Bucket;

public final class SampleApp {
    private SampleApp() { }

    public static void main(String[] arguments) {
        App app = new App(AppProps.builder().analyticsReporting(false).outdir(arguments[0]).build());
        Stack stack = new Stack(app, "Sample");

        CarbonCluster cluster = CarbonCluster.Builder.create(stack, "Gateway")
            .vpc(Vpc.Builder.create(stack, "Vpc").maxAzs(2).build())
            .product(CarbonProduct.apiManager("2.2.0"))
            .distribution(Distribution.fromBucket(Bucket.fromBucketName(stack, "Packs", "packs"), "wso2am-2.2.0.zip"))
            .hostName("am.example.com")
            .managementHostName("mgt.am.example.com")
            .certificates(List.of(Certificate.fromCertificateArn(stack, "Certificate", "arn:aws:acm:eu-west-1:111111111111:certificate/1")))
            .workerCount(3)
            .loadBalancing(LoadBalancing.application(
                ApplicationLoadBalancingOptions.builder().idleTimeout(Duration.minutes(2)).redirectHttp(true).build()))
            .tlsPolicy(TlsPolicy.TLS13_1_2_RES_2021_06)
            .deploymentSynchronizer(DeploymentSynchronizer.efs())
            .hazelcastLogLevel(HazelcastLogLevel.FINE)
            .configurationOverlays(List.of(ConfigurationOverlay.edits("repository/conf/carbon.xml",
                ConfigurationEdit.text("/Server/HotDeployment", ConfigurationValue.text("false")))))
            .build();
        cluster.getWorkers().addScriptBefore(BootPhase.START, "echo 'a worker of grüner Weg'");
        CfnOutput.Builder.create(stack, "LoadBalancer").value(cluster.getLoadBalancer().getServiceDnsName()).build();

        SynthesizedStacks stacks = SynthesizedStacks.of(stack);
        Discovery.simulate(stacks).assertComplete();
        LeastPrivilege.assertNoFindings(stacks);
        app.synth();
    }
}
