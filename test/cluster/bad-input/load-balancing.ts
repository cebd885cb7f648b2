/** What does not go together with what stands before the nodes. */
import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { BadInput, Overrides } from './bad-input';
import {
  CarbonProduct, ClassicHealthCheckProtocol, ClassicListener, ClassicLoadBalancingOptions, ClusteringPattern, Distribution, LoadBalancing,
  Membership, NginxCertificate, NginxEdition, NginxLoadBalancingOptions, NginxStickiness, TlsPolicy, Wso2ElasticLoadBalancingOptions,
} from '../../../lib';
import { testStack } from '../../gateway';

const TRAFFIC_MANAGER = CarbonProduct.apiManager('2.2.0', { profile: 'traffic-manager' });

const APPLICATION: readonly BadInput[] = [
  ['an application load balancer without a certificate', () => ({ certificates: [], loadBalancing: LoadBalancing.application() }),
    'certificates is empty, give at least one ACM certificate: the TLS listener on port 443 needs it'],
  ['an idle timeout that AWS refuses', () => ({ loadBalancing: LoadBalancing.application({ idleTimeout: Duration.hours(2) }) }),
    'idleTimeout of 7200 seconds is outside 1 to 4000, give whole seconds between'],
  ['an application load balancer before a profile without HTTP', () => ({ product: TRAFFIC_MANAGER, loadBalancing: LoadBalancing.application() }),
    'profile of group Workers answers no HTTP on port 9611, which an application load balancer must ask: choose another profile'],
];

const nginx = (options: Partial<NginxLoadBalancingOptions>, others: Overrides = {}) => (stack: Stack): Overrides => ({
  certificates: undefined,
  loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.fromSecret(secretsmanager.Secret.fromSecretNameV2(stack, 'S', 's')), ...options }),
  ...others,
});

const NGINX: readonly BadInput[] = [
  ['NGINX with a certificate of ACM', stack => ({ loadBalancing: nginx({})(stack).loadBalancing }),
    'certificates holds a certificate of ACM, whose key never leaves AWS so that NGINX cannot serve it: leave certificates out and give '
    + 'LoadBalancing.nginx a certificate of its own, or use LoadBalancing.application()'],
  ['the directive sticky in a version without', nginx({ edition: NginxEdition.community('1.28.3'), stickiness: NginxStickiness.STICKY_COOKIE }),
    "stickiness 'sticky cookie' is not in NGINX community 1.28.3, give NginxStickiness.ROUTE_COOKIE, which works in every version, "
    + "or an edition that has it: NginxEdition.community('1.29.6') or later, NginxEdition.plus()"],
  ['the directive sticky in a version that nobody named', nginx({ stickiness: NginxStickiness.STICKY_LEARN, instanceCount: 1 }),
    "stickiness 'sticky learn' is not in NGINX community of any version, give NginxStickiness.ROUTE_COOKIE, which works in every version, "
    + "or an edition that has it: NginxEdition.community('1.29.6') or later, NginxEdition.plus()"],
  ['sessions learned by two', nginx({ edition: NginxEdition.plus(), stickiness: NginxStickiness.STICKY_LEARN }),
    "stickiness 'sticky learn' is kept in the memory of each of the 2 instances, so that one would not know the sessions of another: "
    + 'give instanceCount 1 or NginxStickiness.STICKY_COOKIE'],
  ['a version that is none', () => ({ loadBalancing: nginx({ edition: NginxEdition.community('stable') })(testStack()).loadBalancing }),
    "version 'stable' is no version of NGINX, give one such as 1.30.0"],
  ['one NGINX', nginx({ instanceCount: 1 }), 'instanceCount 1 is not highly available, give at least 2 or set highAvailability to false'],
  ['half an NGINX', nginx({ instanceCount: 0.5 }), 'instanceCount 0.5 is no whole number of at least 1, give one'],
  ['a console port that has another use', nginx({ consolePort: 443 }),
    'consolePort 443 is none for the console alone, give one of 1 to 65535 that is not 80, 443 or 8081'],
  ['a console port without a console of its own', nginx({ consolePort: 9443 }, {
    product: CarbonProduct.identityServer('7.1.0'), clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, managementHostName: undefined,
  }), 'consolePort 9443 says nothing where services and console have one host name, give managementHostName too or leave it out'],
  ['a timeout of no time', nginx({ proxyTimeout: Duration.millis(500) }), 'proxyTimeout of 0.5 seconds is none, give whole seconds above 0'],
  ['bodies of any length', nginx({ maxBodySize: Size.bytes(0) }),
    'maxBodySize of 0 bytes would let bodies of any length in, give what the product shall take'],
];

const classic = (options: ClassicLoadBalancingOptions, others: Overrides = {}) => (): Overrides => ({
  loadBalancing: LoadBalancing.classic(options), ...others,
});
const ONE_NAME: Overrides = {
  product: CarbonProduct.identityServer('5.10.0'), clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, managementHostName: undefined,
};
const certificate = (stack: Stack, id: string): acm.ICertificate => acm.Certificate.fromCertificateArn(stack, id, `arn:aws:acm:eu-west-1:1:certificate/${id}`);

const CLASSIC: readonly BadInput[] = [
  ['Classic without a certificate', classic({}, { certificates: [] }),
    'certificates is empty, give an ACM certificate: the HTTPS and SSL listeners of a Classic load balancer need one'],
  ['Classic with certificates for host names', stack => ({ ...classic({})(), certificates: ['A', 'B', 'C'].map(id => certificate(stack, id)) }),
    'certificates has 3, but a listener of a Classic load balancer takes one: give one that covers both host names, '
    + 'or that of the services and then that of the console'],
  ['Classic that passes TCP on with a certificate', classic({ serviceListeners: [ClassicListener.tcp()], consoleListeners: [ClassicListener.tcp()] }),
    'certificates has what no listener serves, leave it out or give ClassicListener.https() or ssl(): TCP and HTTP listeners have none'],
  ['Classic that asks by HTTPS what answers no HTTP',
    classic({ healthCheckProtocol: ClassicHealthCheckProtocol.HTTPS }, { product: TRAFFIC_MANAGER }),
    'healthCheckProtocol HTTPS asks for an answer to HTTP, which nothing gives on port 9611 of this profile: '
    + 'give ClassicHealthCheckProtocol.TCP, or leave it out'],
  ['Classic with a port twice', classic({ serviceListeners: [ClassicListener.https(), ClassicListener.tcp()] }),
    'serviceListeners has port 443 twice, give each listener a port of its own'],
  ['Classic without TLS', classic({ consoleListeners: [ClassicListener.http()] }),
    "consoleListeners has none that leads to the nodes' HTTPS port, give ClassicListener.https(), ssl() or tcp() too"],
  ['Classic with a console elsewhere', classic({ consoleListeners: [ClassicListener.https(9443)] }),
    "consoleListeners lead to the nodes' HTTPS port from 9443 and serviceListeners from 443, give both one port: a node can be told one"],
  ['Classic with a console that is none', classic({ consoleListeners: [ClassicListener.https()] }, ONE_NAME),
    'consoleListeners say nothing where services and console have one host name, give managementHostName too or leave them out'],
  ['a port that is none', () => ({ loadBalancing: LoadBalancing.classic({ serviceListeners: [ClassicListener.tcp(0)] }) }),
    'port 0 of a Classic listener is none, give one of 1 to 65535'],
  ['draining for longer than AWS does', classic({ connectionDrainingTimeout: Duration.hours(2) }),
    'connectionDrainingTimeout of 7200 seconds is outside 1 to 3600, give whole seconds between'],
  ['an idle timeout that AWS refuses for Classic', () => ({ loadBalancing: LoadBalancing.classic({ idleTimeout: Duration.millis(1) }) }),
    'idleTimeout of 0.001 seconds is outside 1 to 4000, give whole seconds between'],
];

const GREG = CarbonProduct.governanceRegistry('5.4.0');
const KERNEL_4_2 = CarbonProduct.of({
  productName: 'WSO2 Governance Registry', version: '4.6.0', kernelVersion: '4.2.0', hazelcastVersion: '3.0.1', javaVersions: [7],
});
const ALIKE = ClusteringPattern.NON_WORKER_MANAGER;
const elb = (options: Partial<Wso2ElasticLoadBalancingOptions> = {}, others: Overrides = {}) => (stack: Stack): Overrides => ({
  product: GREG, clusteringPattern: ALIKE, certificates: undefined, membership: Membership.wellKnownNodes(),
  loadBalancing: LoadBalancing.wso2ElasticLoadBalancer({
    distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Elb', 'packs'), 'wso2elb-2.1.1.zip'),
    hazelcastVersion: '3.5.4', javaVersion: 8, ...options,
  }),
  ...others,
});

const WSO2_ELASTIC: readonly BadInput[] = [
  ['WSO2 ELB with members that look for each other', elb({}, { membership: Membership.aws() }),
    'membership looks for the members by their tags, but WSO2 Elastic Load Balancer 2.1.1 must be known to all of them: '
    + 'give Membership.wellKnownNodes(), or LoadBalancing.nginx() or LoadBalancing.application()'],
  ['WSO2 ELB as WSO2 built it', elb({ hazelcastVersion: undefined }),
    'WSO2 Elastic Load Balancer 2.1.1 has Hazelcast 3.0.1, which cannot join the 3.5.4 of WSO2 Governance Registry 5.4.0: give LoadBalancing.nginx() '
    + "or LoadBalancing.application(), or hazelcastVersion of a pack that was built with the nodes' Hazelcast"],
  ['WSO2 ELB without Hazelcast', elb({ version: '2.0.4', hazelcastVersion: undefined }),
    'WSO2 Elastic Load Balancer 2.0.4 has no Hazelcast, which cannot join the 3.5.4 of WSO2 Governance Registry 5.4.0: give LoadBalancing.nginx() '
    + "or LoadBalancing.application(), or hazelcastVersion of a pack that was built with the nodes' Hazelcast"],
  ['WSO2 ELB of another version', elb({ version: '3.0' }),
    "version '3.0' of WSO2 Elastic Load Balancer is not known, use one of 2.0.4, 2.0.5, 2.1.0, 2.1.1"],
  ['WSO2 ELB before a product of deployment.toml', elb({ hazelcastVersion: '5.3.2' }, { product: CarbonProduct.identityServer('7.1.0') }),
    'WSO2 Elastic Load Balancer 2.1.1 reads sub-domains and ports that nodes with a deployment.toml do not tell, '
    + 'give LoadBalancing.nginx() or LoadBalancing.application()'],
  ['WSO2 ELB with a certificate of ACM', stack => ({ ...elb()(stack), certificates: [certificate(stack, 'A')] }),
    'certificates holds a certificate of ACM, whose key never leaves AWS so that WSO2 Elastic Load Balancer 2.1.1 cannot serve it: '
    + 'leave certificates out, clients see that of the keystore'],
  ['WSO2 ELB with a policy of AWS', elb({}, { tlsPolicy: TlsPolicy.TLS13_1_2_2021_06 }),
    "tlsPolicy 'ELBSecurityPolicy-TLS13-1-2-2021-06' says nothing to WSO2 Elastic Load Balancer 2.1.1, whose TLS is that of its Java: leave it out"],
  ['Classic with a policy of an application load balancer', classic({}, { tlsPolicy: TlsPolicy.TLS13_1_2_RES_2021_06 }),
    "tlsPolicy 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06' is no policy of a Classic load balancer, give one of its own such as TlsPolicy.TLS_1_2_2017_01"],
  ['WSO2 ELB before nodes with two ports for 443', elb({}, { product: CarbonProduct.enterpriseIntegrator('6.4.0') }),
    'clusteringPattern: nodes that are alike serve their services at 8243 and their console at 9443, but a node can tell WSO2 Elastic Load Balancer '
    + 'one port for 443: give ClusteringPattern.WORKER_MANAGER, or LoadBalancing.nginx()'],
  ['WSO2 ELB on a Java that it refuses', elb({ hazelcastVersion: undefined }, { product: KERNEL_4_2 }),
    'javaVersion 8 does not run WSO2 Elastic Load Balancer 2.1.1, give one of 6, 7'],
  ['WSO2 ELB on a Java that no distribution has', elb({ javaVersion: 7 }),
    'javaHome is missing: WSO2 Elastic Load Balancer 2.1.1 runs on Java 7, which no distribution has, give a machineImage with it and its javaHome'],
  ['WSO2 ELB with a port that it has', elb({ groupManagementPort: 4000 }),
    "groupManagementPort 4000 is none of the load balancer's own, give one of 1024 to 65535 that is not 4000, 8280, 8243, 9763, 9443"],
];

export const LOAD_BALANCING: readonly BadInput[] = [...APPLICATION, ...NGINX, ...CLASSIC, ...WSO2_ELASTIC];
