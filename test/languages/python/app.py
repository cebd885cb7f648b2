import sys

from aws_cdk import App, CfnOutput, Duration, Stack, aws_certificatemanager as acm, aws_ec2 as ec2, aws_s3 as s3
from cdk_wso2_cluster import (
    BootPhase, CarbonCluster, CarbonProduct, ConfigurationEdit, ConfigurationOverlay, ConfigurationValue, DeploymentSynchronizer,
    Distribution, HazelcastLogLevel, LoadBalancing, TlsPolicy, testing,
)

app = App(analytics_reporting=False, outdir=sys.argv[1])
stack = Stack(app, "Sample")

cluster = CarbonCluster(
    stack, "Gateway",
    vpc=ec2.Vpc(stack, "Vpc", max_azs=2),
    product=CarbonProduct.api_manager("2.2.0"),
    distribution=Distribution.from_bucket(s3.Bucket.from_bucket_name(stack, "Packs", "packs"), "wso2am-2.2.0.zip"),
    host_name="am.example.com",
    management_host_name="mgt.am.example.com",
    certificates=[acm.Certificate.from_certificate_arn(stack, "Certificate", "arn:aws:acm:eu-west-1:111111111111:certificate/1")],
    worker_count=3,
    load_balancing=LoadBalancing.application(idle_timeout=Duration.minutes(2), redirect_http=True),
    tls_policy=TlsPolicy.TLS13_1_2_RES_2021_06,
    deployment_synchronizer=DeploymentSynchronizer.efs(),
    hazelcast_log_level=HazelcastLogLevel.FINE,
    configuration_overlays=[ConfigurationOverlay.edits(
        "repository/conf/carbon.xml",
        ConfigurationEdit.text("/Server/HotDeployment", ConfigurationValue.text("false")),
    )],
)
cluster.workers.add_script_before(BootPhase.START, "echo 'a worker of grüner Weg'")
CfnOutput(stack, "LoadBalancer", value=cluster.load_balancer.service_dns_name)

stacks = testing.SynthesizedStacks.of(stack)
testing.Discovery.simulate(stacks).assert_complete()
testing.LeastPrivilege.assert_no_findings(stacks)
app.synth()
