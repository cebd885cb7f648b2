package main

import (
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	carbon "github.com/cdk-wso2-cluster/cdk-wso2-cluster-go/cdkwso2cluster"
	"github.com/cdk-wso2-cluster/cdk-wso2-cluster-go/cdkwso2cluster/testing"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false), Outdir: jsii.String(os.Args[1])})
	stack := awscdk.NewStack(app, jsii.String("Sample"), nil)
	packs := awss3.Bucket_FromBucketName(stack, jsii.String("Packs"), jsii.String("packs"))
	certificate := awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"),
		jsii.String("arn:aws:acm:eu-west-1:111111111111:certificate/1"))

	cluster := carbon.NewCarbonCluster(stack, jsii.String("Gateway"), &carbon.CarbonClusterProps{
		Vpc:                awsec2.NewVpc(stack, jsii.String("Vpc"), &awsec2.VpcProps{MaxAzs: jsii.Number(2)}),
		Product:            carbon.CarbonProduct_ApiManager(jsii.String("2.2.0"), nil),
		Distribution:       carbon.Distribution_FromBucket(packs, jsii.String("wso2am-2.2.0.zip"), nil),
		HostName:           jsii.String("am.example.com"),
		ManagementHostName: jsii.String("mgt.am.example.com"),
		Certificates:       &[]awscertificatemanager.ICertificate{certificate},
		WorkerCount:        jsii.Number(3),
		LoadBalancing: carbon.LoadBalancing_Application(&carbon.ApplicationLoadBalancingOptions{
			IdleTimeout: awscdk.Duration_Minutes(jsii.Number(2)), RedirectHttp: jsii.Bool(true),
		}),
		TlsPolicy:              carbon.TlsPolicy_TLS13_1_2_RES_2021_06(),
		DeploymentSynchronizer: carbon.DeploymentSynchronizer_Efs(nil),
		HazelcastLogLevel:      carbon.HazelcastLogLevel_FINE,
		ConfigurationOverlays: &[]carbon.ConfigurationOverlay{carbon.ConfigurationOverlay_Edits(
			jsii.String("repository/conf/carbon.xml"),
			carbon.ConfigurationEdit_Text(jsii.String("/Server/HotDeployment"), carbon.ConfigurationValue_Text(jsii.String("false"))),
		)},
	})
	cluster.Workers().AddScriptBefore(carbon.BootPhase_START, jsii.String("echo 'a worker of grüner Weg'"))
	awscdk.NewCfnOutput(stack, jsii.String("LoadBalancer"), &awscdk.CfnOutputProps{Value: cluster.LoadBalancer().ServiceDnsName()})

	stacks := testing.SynthesizedStacks_Of(stack)
	testing.Discovery_Simulate(stacks, nil).AssertComplete()
	testing.LeastPrivilege_AssertNoFindings(stacks, nil)
	app.Synth(nil)
}
