import { AWS, Change, changed, Files, TOML, trapsIn, XML } from './conf-files';
import { TRAPS } from '../../bin/commands/inspect/traps';

interface Case {
  readonly id: string;
  readonly base: Files;
  readonly product?: string;
  /** Each of these has the trap. */
  readonly has: readonly (readonly Change[])[];
  /** None of these has it, near as it may be. The base itself never does. */
  readonly hasNot: readonly (readonly Change[])[];
}

const AXIS2 = 'axis2/axis2.xml';
const CARBON = 'carbon.xml';
const CATALINA = 'tomcat/catalina-server.xml';
const SOURCES = 'datasources/master-datasources.xml';
const TOML_FILE = 'deployment.toml';

const AM_22 = 'wso2am-2.2.0';
const AM_43 = 'wso2am-4.3.0';
const IS_511 = 'wso2is-5.11.0';
const IS_70 = 'wso2is-7.0.0';
const EI_66 = 'wso2ei-6.6.0';

/** The text of a parameter of axis2.xml. */
function parameter(name: string, from: string, to: string): Change {
  return [AXIS2, `<parameter name="${name}">${from}</parameter>`, `<parameter name="${name}">${to}</parameter>`];
}

function without(name: string, text: string): Change {
  return [AXIS2, `    <parameter name="${name}">${text}</parameter>\n`, ''];
}

function more(name: string, text: string): Change {
  return [AXIS2, '    <!-- end of parameters -->\n', `    <parameter name="${name}">${text}</parameter>\n    <!-- end of parameters -->\n`];
}

function tomlProperty(line: string): Change {
  return [TOML_FILE, '# end of properties\n', `${line}\n# end of properties\n`];
}

const SCHEME = 'membership_scheme = "aws"\n';
const MEMBERS = `    <members>
      <member><hostName>10.0.1.10</hostName><port>4000</port></member>
      <member><hostName>10.0.1.11</hostName><port>4000</port></member>
    </members>
`;
const KEY = '<parameter name="accessKey" svns:secretAlias="Axis2.clustering.aws.accessKey">dummy</parameter>';
const SECRET_KEY = '    <parameter name="secretKey" svns:secretAlias="Axis2.clustering.aws.secretKey">dummy</parameter>\n';
const NO_KEYS: readonly Change[] = [[AXIS2, `    ${KEY}\n`, ''], [AXIS2, SECRET_KEY, '']];
const WKA_TOML: readonly Change[] = [[TOML_FILE, SCHEME, 'membership_scheme = "wka"\nmembers = ["10.0.1.10:5701", "10.0.1.11:5701"]\n']];

const CLUSTERING: readonly Case[] = [
  {
    id: 'clustering-disabled',
    base: XML,
    product: AM_22,
    has: [[[AXIS2, 'enable="true"', 'enable="false"']], [[AXIS2, '<axisconfig/>']], [[TOML_FILE, '[server]\n']]],
    hasNot: [[[AXIS2, 'enable="true"', 'enable=" true "']]],
  },
  {
    id: 'membership-scheme-missing',
    base: TOML,
    product: IS_70,
    has: [[[TOML_FILE, SCHEME, '']]],
    hasNot: [[[TOML_FILE, '[server]\n']], [[TOML_FILE, SCHEME, 'membership_scheme = "wka"\n']]],
  },
  {
    id: 'membership-scheme-unknown',
    base: XML,
    product: AM_22,
    has: ['AWS', 'ecs', 'aws-ecs', 'dns', ''].map(scheme => [parameter('membershipScheme', 'wka', scheme)]),
    hasNot: [
      [parameter('membershipScheme', 'wka', ' aws ')],
      [parameter('membershipScheme', 'wka', 'own'), more('membershipSchemeClassName', 'com.example.Scheme')],
    ],
  },
  {
    id: 'multicast-on-ec2',
    base: XML,
    product: AM_22,
    has: [[parameter('membershipScheme', 'wka', 'multicast')], [without('membershipScheme', 'wka')]],
    hasNot: [[parameter('membershipScheme', 'wka', 'aws')]],
  },
  {
    id: 'local-member-host-loopback',
    base: XML,
    product: AM_22,
    has: ['127.0.0.1', ' localhost ', '127.0.1.1', '::1'].map(host => [parameter('localMemberHost', '10.0.1.11', host)]),
    hasNot: [[without('localMemberHost', '10.0.1.11')], [parameter('localMemberHost', '10.0.1.11', '${node.address}')]],
  },
  {
    id: 'local-member-host-loopback',
    base: TOML,
    product: IS_70,
    has: [
      [[TOML_FILE, 'local_member_host = "10.0.1.11"\n', ''], [TOML_FILE, 'node_ip = "10.0.1.11"', 'node_ip = "127.0.0.1"']],
      [[TOML_FILE, 'local_member_host = "10.0.1.11"\n', ''], [TOML_FILE, 'node_ip = "10.0.1.11"\n', '']],
    ],
    hasNot: [[[TOML_FILE, 'local_member_host = "10.0.1.11"\n', '']], [[TOML_FILE, 'local_member_host = "10.0.1.11"', 'local_member_host = "$env{IP}"']]],
  },
  {
    id: 'sample-member',
    base: XML,
    product: AM_22,
    has: [[[AXIS2, '10.0.1.10', '127.0.0.1']], [[AXIS2, '10.0.1.10', 'localhost']]],
    hasNot: [[[AXIS2, MEMBERS, '']]],
  },
  {
    id: 'sample-member',
    base: TOML,
    product: IS_70,
    has: [[[TOML_FILE, SCHEME, 'membership_scheme = "wka"\n']], [[TOML_FILE, SCHEME, 'membership_scheme = "wka"\nmembers = ["127.0.0.1:4000"]\n']]],
    hasNot: [WKA_TOML],
  },
  {
    id: 'member-loopback',
    base: XML,
    product: AM_22,
    has: [[[AXIS2, '<hostName>10.0.1.10</hostName><port>4000</port>', '<hostName>127.0.0.1</hostName><port>4100</port>']]],
    hasNot: [[[AXIS2, '<hostName>10.0.1.10</hostName><port>4000</port>', '<hostName>10.0.1.10</hostName><port>4100</port>']]],
  },
  {
    id: 'members-ignored',
    base: XML,
    product: AM_22,
    has: [[parameter('membershipScheme', 'wka', 'aws')]],
    hasNot: [[parameter('membershipScheme', 'wka', 'aws'), [AXIS2, MEMBERS, '']]],
  },
  {
    id: 'few-well-known-members',
    base: XML,
    product: AM_22,
    has: [[[AXIS2, '      <member><hostName>10.0.1.10</hostName><port>4000</port></member>\n', '']]],
    hasNot: [[[AXIS2, MEMBERS, MEMBERS.replace('    </members>', '<member><hostName>c</hostName></member></members>')]]],
  },
  {
    id: 'member-port-mismatch',
    base: XML,
    product: AM_22,
    has: [[parameter('localMemberPort', '4000', '4100')]],
    hasNot: [
      [without('localMemberPort', '4000')],
      [parameter('localMemberPort', '4000', '4100'), [AXIS2, '10.0.1.11</hostName><port>4000', '10.0.1.11</hostName><port>4100']],
    ],
  },
  {
    id: 'self-not-a-member',
    base: XML,
    product: AM_22,
    has: [[parameter('localMemberHost', '10.0.1.11', '10.0.1.12')]],
    hasNot: [[parameter('localMemberHost', '10.0.1.11', 'node-12')], [[AXIS2, '<hostName>10.0.1.11', '<hostName>node-11']]],
  },
  {
    id: 'domain-white-space',
    base: XML,
    product: AM_22,
    has: [[parameter('domain', 'gateways', ' gateways')], [parameter('domain', 'gateways', 'my gateways')], [parameter('domain', 'gateways', 'gateways\n')]],
    hasNot: [[parameter('domain', 'gateways', 'gate-ways_1')]],
  },
  {
    id: 'domain-default',
    base: XML,
    product: AM_22,
    has: [[parameter('domain', 'gateways', 'wso2.carbon.domain')], [without('domain', 'gateways')]],
    hasNot: [[parameter('domain', 'gateways', 'wso2.carbon.domain.one')]],
  },
  {
    id: 'clustering-agent',
    base: XML,
    product: AM_22,
    has: [[[AXIS2, 'org.wso2.carbon.core.clustering.hazelcast.HazelcastClusteringAgent', 'org.apache.axis2.clustering.tribes.TribesClusteringAgent']]],
    hasNot: [[[AXIS2, 'org.wso2.carbon.core.clustering.hazelcast', 'org.wso2.carbon.hazelcast']]],
  },
  {
    id: 'group-management',
    base: XML,
    product: AM_22,
    has: [[[AXIS2, '<groupManagement enable="false"/>', '<groupManagement enable="true"/>']]],
    hasNot: [[[AXIS2, '<groupManagement enable="false"/>', '']]],
  },
  {
    id: 'hazelcast-xml-overrides',
    base: XML,
    product: AM_22,
    has: [[['etc/hazelcast.xml', '<hazelcast/>']]],
    hasNot: [[['etc/hazelcast-client.xml', '<hazelcast/>']]],
  },
  {
    id: 'hazelcast-shutdown-hook',
    base: XML,
    product: AM_22,
    has: [[['hazelcast.properties']], [['hazelcast.properties', 'hazelcast.shutdownhook.enabled=true\n']]],
    hasNot: [[['hazelcast.properties', 'hazelcast.shutdownhook.enabled : false\n']]],
  },
];

const PARAMETERS: readonly Case[] = [
  {
    id: 'parameter-empty',
    base: AWS,
    product: AM_22,
    has: [[parameter('tagValue', 'gateways-1', '')], [parameter('region', 'eu-west-1', ' ')]],
    hasNot: [[[AXIS2, '>dummy</parameter>', '></parameter>']]],
  },
  {
    id: 'parameter-never-read',
    base: XML,
    product: AM_22,
    has: [[more('localMemberBindAddress', '10.0.1.11')], [more('localMemberBindPort', '4001')], [more('clusteringPattern', 'WorkerManager')]],
    hasNot: [[more('mcastPort', '45564')]],
  },
  { id: 'parameter-never-read', base: XML, product: 'wso2ei-6.4.0', has: [[more('localMemberBindPort', '1')]], hasNot: [[more('clusteringPattern', 'x')]] },
  {
    id: 'parameter-unknown',
    base: XML,
    product: AM_22,
    has: [[more('localmemberhost', '10.0.1.11')], [more('synchronizeAll', 'true')]],
    hasNot: [[more('tag-key', 'cluster')], [more('KUBERNETES_NAMESPACE', 'wso2'), more('membershipSchemeClassName', 'com.example.Scheme')]],
  },
  {
    id: 'port-mapping-never-read',
    base: XML,
    product: AM_22,
    has: [[[AXIS2, '<property name="subDomain"', '<property name="port.mapping.8280" value="9764"/><property name="subDomain"']]],
    hasNot: [[[AXIS2, '<property name="subDomain"', '<!--property name="port.mapping.8280" value="9764"/--><property name="subDomain"']]],
  },
  {
    id: 'toml-key-misplaced',
    base: TOML,
    product: IS_70,
    has: ['tagKey = "cluster"', 'tag-key = "cluster"', 'membershipScheme = "aws"', 'region = "eu-west-1"']
      .map(line => [[TOML_FILE, SCHEME, `${SCHEME}${line}\n`]]),
    hasNot: [[tomlProperty('connTimeout = 5')]],
  },
  {
    id: 'port-invalid',
    base: XML,
    product: AM_22,
    has: ['four thousand', '0', '80', '70000', '4000.5'].map(port => [parameter('localMemberPort', '4000', port)]),
    hasNot: [[parameter('localMemberPort', '4000', ' 4000 ')], [parameter('localMemberPort', '4000', '${member.port}')]],
  },
  {
    id: 'port-never-probed',
    base: AWS,
    product: EI_66,
    has: [[parameter('localMemberPort', '5701', '4000')], [parameter('localMemberPort', '5701', '5709')]],
    hasNot: [[parameter('localMemberPort', '5701', '5708')], [parameter('membershipScheme', 'aws', 'wka'), parameter('localMemberPort', '5701', '4000')]],
  },
  { id: 'port-never-probed', base: AWS, product: AM_22, has: [], hasNot: [[parameter('localMemberPort', '5701', '4000')]] },
  {
    id: 'port-default-never-probed',
    base: TOML,
    product: IS_70,
    has: [[[TOML_FILE, 'local_member_port = "5701"\n', '']]],
    hasNot: [[...WKA_TOML, [TOML_FILE, 'local_member_port = "5701"\n', '']]],
  },
  {
    id: 'ignored-spelling',
    base: TOML,
    product: AM_43,
    has: [[[TOML_FILE, 'tag-key = "cluster"\n', '']], [tomlProperty('securityGroup = "gateways"')], [tomlProperty('iamRole = "node"')]],
    hasNot: [[[TOML_FILE, 'tagKey = "cluster"\n', '']]],
  },
  {
    id: 'ignored-spelling',
    base: TOML,
    product: IS_70,
    has: [[[TOML_FILE, 'tagKey = "cluster"\n', '']]],
    hasNot: [[[TOML_FILE, 'tag-key = "cluster"\n', '']]],
  },
  {
    id: 'ignored-spelling',
    base: AWS,
    product: AM_22,
    has: [[[AXIS2, '"tagKey"', '"tag-key"']]],
    hasNot: [[more('tag-key', 'cluster')]],
  },
  {
    id: 'spelling-by-update',
    base: TOML,
    product: IS_511,
    has: [[[TOML_FILE, 'tag-key = "cluster"\n', '']]],
    hasNot: [[tomlProperty('accessKey = "$secret{a}"\naccess-key = "$secret{a}"')]],
  },
  {
    id: 'timeout-not-integer',
    base: AWS,
    product: AM_22,
    has: [[more('connTimeout', '5s')], [more('connTimeout', '2.5')], [more('connection-timeout-seconds', 'ten')]],
    hasNot: [[more('connTimeout', ' 5 ')]],
  },
  {
    id: 'group-secret-in-file',
    base: XML,
    product: AM_22,
    has: [[more('groupPassword', 'hunter2')], [more('licenseKey', 'HazelcastEnterprise#1')]],
    hasNot: [[more('groupPassword', '${group.password}')]],
  },
  {
    id: 'ecs-network-interface',
    base: TOML,
    product: IS_70,
    has: [[[TOML_FILE, SCHEME, 'membership_scheme = "aws-ecs"\n']]],
    hasNot: [[[TOML_FILE, SCHEME, 'membership_scheme = "aws-ecs"\n'], tomlProperty('vpcCidrBlock = "10.0.*.*"')]],
  },
];

const AWS_SCHEME: readonly Case[] = [
  {
    id: 'static-access-key',
    base: AWS,
    product: AM_22,
    has: [
      [[AXIS2, ' svns:secretAlias="Axis2.clustering.aws.accessKey"', '']],
      [[AXIS2, ' svns:secretAlias="Axis2.clustering.aws.secretKey"', '']],
      [more('access-key', 'AKIAEXAMPLE')],
    ],
    hasNot: [[[AXIS2, ' svns:secretAlias="Axis2.clustering.aws.accessKey">dummy', '>${aws.key}']]],
  },
  {
    id: 'static-access-key',
    base: TOML,
    product: IS_70,
    has: [[tomlProperty('accessKey = "AKIAEXAMPLE"')]],
    hasNot: [[tomlProperty('accessKey = "$secret{aws_key}"')], [tomlProperty('accessKey = "$env{AWS_KEY}"')]],
  },
  {
    id: 'temporary-access-key',
    base: AWS,
    product: AM_22,
    has: [[[AXIS2, KEY, '<parameter name="accessKey">ASIAEXAMPLE</parameter>']]],
    hasNot: [[[AXIS2, KEY, '<parameter name="accessKey">AKIAEXAMPLE</parameter>']]],
  },
  { id: 'access-key-half', base: AWS, product: AM_22, has: [[NO_KEYS[0]], [NO_KEYS[1]]], hasNot: [NO_KEYS] },
  { id: 'credentials-missing', base: AWS, product: AM_22, has: [NO_KEYS], hasNot: [[...NO_KEYS, more('iamRole', 'node')]] },
  { id: 'credentials-missing', base: AWS, product: EI_66, has: [], hasNot: [NO_KEYS] },
  { id: 'iam-role-unreliable', base: AWS, product: AM_22, has: [[more('iamRole', 'node')]], hasNot: [] },
  { id: 'iam-role-unreliable', base: AWS, product: EI_66, has: [], hasNot: [[more('iamRole', 'node')]] },
  { id: 'imds-v1-needed', base: AWS, product: EI_66, has: [NO_KEYS, [...NO_KEYS, more('iamRole', 'node')]], hasNot: [] },
  { id: 'imds-v1-needed', base: TOML, product: AM_43, has: [[[TOML_FILE, 'node_ip', 'node_ip']], [tomlProperty('access-key = "$secret{a}"')]], hasNot: [WKA_TOML] },
  {
    id: 'security-group-id',
    base: AWS,
    product: AM_22,
    has: [[parameter('securityGroup', 'gateways', 'sg-0123456789abcdef0')]],
    hasNot: [[parameter('securityGroup', 'gateways', 'my-sg-gateways')]],
  },
  {
    id: 'tag-key-without-value',
    base: AWS,
    product: AM_22,
    has: [[without('tagValue', 'gateways-1')]],
    hasNot: [[without('tagValue', 'gateways-1'), more('tag-value', 'gateways-1')]],
  },
  {
    id: 'tag-value-without-key',
    base: AWS,
    product: AM_22,
    has: [[without('tagKey', 'cluster')]],
    hasNot: [[without('tagKey', 'cluster'), without('tagValue', 'gateways-1')]],
  },
  {
    id: 'no-filter',
    base: AWS,
    product: AM_22,
    has: [[without('tagKey', 'cluster'), without('tagValue', 'gateways-1'), without('securityGroup', 'gateways')]],
    hasNot: [[without('tagKey', 'cluster'), without('tagValue', 'gateways-1')]],
  },
  {
    id: 'region-is-zone',
    base: AWS,
    product: AM_22,
    has: [[parameter('region', 'eu-west-1', 'eu-west-1a')]],
    hasNot: [[parameter('region', 'eu-west-1', 'us-gov-west-1')], [parameter('region', 'eu-west-1', 'Ireland')]],
  },
  {
    id: 'region-unknown',
    base: AWS,
    product: AM_22,
    has: [[parameter('region', 'eu-west-1', 'Ireland')], [parameter('region', 'eu-west-1', 'EU-WEST-1')]],
    hasNot: [[parameter('region', 'eu-west-1', 'eu-west-1a')], [parameter('region', 'eu-west-1', '${aws.region}')]],
  },
  {
    id: 'region-unreachable',
    base: AWS,
    product: AM_22,
    has: [[parameter('region', 'eu-west-1', 'cn-north-1')]],
    hasNot: [[parameter('region', 'eu-west-1', 'us-gov-west-1')]],
  },
  { id: 'region-unreachable', base: AWS, product: EI_66, has: [], hasNot: [[parameter('region', 'eu-west-1', 'cn-north-1')]] },
  { id: 'region-default', base: AWS, product: AM_22, has: [[without('region', 'eu-west-1')]], hasNot: [] },
  { id: 'region-default', base: TOML, product: IS_70, has: [], hasNot: [[[TOML_FILE, 'region = "eu-west-1"\n', '']]] },
  {
    id: 'signature-region',
    base: changed(AWS, [more('hostHeader', 'ec2.eu-west-1.amazonaws.com')]),
    product: 'wso2as-5.3.0',
    has: [[parameter('hostHeader', 'ec2.eu-west-1.amazonaws.com', 'ec2.amazonaws.com')], [without('hostHeader', 'ec2.eu-west-1.amazonaws.com')]],
    hasNot: [[without('hostHeader', 'ec2.eu-west-1.amazonaws.com'), parameter('region', 'eu-west-1', 'us-east-1')]],
  },
  { id: 'signature-region', base: AWS, product: AM_22, has: [], hasNot: [[parameter('region', 'eu-west-1', 'eu-west-2')]] },
  {
    id: 'host-header',
    base: AWS,
    product: EI_66,
    has: [[more('hostHeader', 'vpce-1.ec2.eu-west-1.vpce.amazonaws.com')]],
    hasNot: [[more('hostHeader', 'ec2.amazonaws.com.cn')]],
  },
];

const GOOD_SUITES = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384';
const ciphers = (list: string): Change => [CATALINA, GOOD_SUITES, list];
const tomlCiphers = (list: string): Change => [TOML_FILE, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', list];

const TLS: readonly Case[] = [
  {
    id: 'cipher-openssl-name',
    base: XML,
    product: AM_22,
    has: [[ciphers('ECDHE-RSA-AES128-GCM-SHA256')], [ciphers(`${GOOD_SUITES},AES128-SHA`)], [ciphers('HIGH:!aNULL')]],
    hasNot: [[ciphers(`${GOOD_SUITES},\n  SSL_RSA_WITH_3DES_EDE_CBC_SHA`)], [ciphers('')]],
  },
  {
    id: 'cipher-openssl-name',
    base: XML,
    product: 'wso2ei-6.4.0',
    has: [[[AXIS2, '<parameter name="HttpsProtocols">', '<parameter name="PreferredCiphers">AES128-SHA</parameter><parameter name="HttpsProtocols">']]],
    hasNot: [],
  },
  {
    id: 'cipher-tls-rsa',
    base: TOML,
    product: IS_70,
    has: [[tomlCiphers('TLS_RSA_WITH_AES_128_GCM_SHA256')], [tomlCiphers('TLS_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')]],
    hasNot: [[tomlCiphers('TLS_DHE_RSA_WITH_AES_128_CBC_SHA')]],
  },
  { id: 'cipher-tls-rsa', base: XML, product: AM_22, has: [], hasNot: [[ciphers('TLS_RSA_WITH_AES_128_GCM_SHA256')]] },
  {
    id: 'cipher-obsolete-only',
    base: XML,
    product: AM_22,
    has: [[ciphers('SSL_RSA_WITH_RC4_128_SHA,SSL_RSA_WITH_3DES_EDE_CBC_SHA')], [ciphers('SSL_RSA_WITH_RC4_128_MD5')]],
    hasNot: [[ciphers(`${GOOD_SUITES},SSL_RSA_WITH_3DES_EDE_CBC_SHA`)]],
  },
  {
    id: 'cipher-obsolete',
    base: XML,
    product: AM_22,
    has: [[ciphers(`${GOOD_SUITES},SSL_RSA_WITH_3DES_EDE_CBC_SHA`)]],
    hasNot: [[ciphers('SSL_RSA_WITH_3DES_EDE_CBC_SHA')], [ciphers('TLS_RSA_WITH_AES_128_CBC_SHA')]],
  },
  {
    id: 'protocol-old-only',
    base: XML,
    product: AM_22,
    has: [[[CATALINA, '"TLSv1.2"', '"TLSv1,TLSv1.1"']], [[CATALINA, '"TLSv1.2"', '"SSLv3"']], [parameterOfHttps('TLSv1')]],
    hasNot: [[[CATALINA, '"TLSv1.2"', '"TLSv1,TLSv1.1,TLSv1.2"']], [[CATALINA, ' sslEnabledProtocols="TLSv1.2"', '']]],
  },
  {
    id: 'protocol-old',
    base: XML,
    product: AM_22,
    has: [[[CATALINA, '"TLSv1.2"', '"TLSv1, TLSv1.1, TLSv1.2"']], [parameterOfHttps('TLSv1.1,TLSv1.2')]],
    hasNot: [[[CATALINA, '"TLSv1.2"', '"TLSv1.2,TLSv1.3"']], [[CATALINA, '"TLSv1.2"', '"TLSv1"']]],
  },
  {
    id: 'protocol-old',
    base: TOML,
    product: IS_70,
    has: [[[TOML_FILE, '+TLSv1.2,+TLSv1.3', '+TLSv1,+TLSv1.1,+TLSv1.2']]],
    hasNot: [[[TOML_FILE, '+TLSv1.2,+TLSv1.3', 'all,-TLSv1,-TLSv1.1']]],
  },
  {
    id: 'proxy-port-missing',
    base: XML,
    product: AM_22,
    has: [[[CATALINA, ' proxyPort="443"', '']]],
    hasNot: [[[CATALINA, ' proxyPort="80"', '']]],
  },
  {
    id: 'default-keystore',
    base: XML,
    product: AM_22,
    has: [
      [[CARBON, 'example.jks', 'wso2carbon.jks'], [CARBON, '>own<', '>wso2carbon<']],
      [[CATALINA, 'example.jks', 'wso2carbon.jks'], [CATALINA, '"own"', '"wso2carbon"']],
    ],
    hasNot: [[[CARBON, 'example.jks', 'wso2carbon.jks']]],
  },
  {
    id: 'default-keystore',
    base: TOML,
    product: IS_70,
    has: [[[TOML_FILE, 'example.jks', 'wso2carbon.jks'], [TOML_FILE, '$secret{keystore_password}', 'wso2carbon']]],
    hasNot: [[[TOML_FILE, 'example.jks', 'wso2carbon.jks']]],
  },
];

function parameterOfHttps(protocols: string): Change {
  return parameter('HttpsProtocols', 'TLSv1.2', protocols);
}

const MYSQL = 'jdbc:mysql://db.example.com:3306/WSO2REG_DB?enabledTLSProtocols=TLSv1.2';
const mysql = (url: string): Change => [SOURCES, MYSQL, url];
const ORDERS = '<url>jdbc:postgresql://orders.example.com/orders</url>';

const DATASOURCES: readonly Case[] = [
  {
    id: 'jdbc-tls-off',
    base: XML,
    product: AM_22,
    has: [[mysql(`${MYSQL}&amp;useSSL=false`)], [mysql('jdbc:mysql://db/x?sslMode=DISABLED')], [[SOURCES, ORDERS, '<url>jdbc:postgresql://o/o?sslmode=disable</url>']]],
    hasNot: [[mysql(`${MYSQL}&amp;useSSL=true`)]],
  },
  {
    id: 'jdbc-ampersand',
    base: TOML,
    product: IS_70,
    has: [[[TOML_FILE, '&amp;', '&']]],
    hasNot: [[[TOML_FILE, '&amp;', '&#38;']]],
  },
  {
    id: 'jdbc-password-in-file',
    base: XML,
    product: AM_22,
    has: [[[SOURCES, ' svns:secretAlias="Datasource"', '']]],
    hasNot: [[[SOURCES, ' svns:secretAlias="Datasource">dummy', '>${db.password}']]],
  },
  {
    id: 'jdbc-password-in-url',
    base: XML,
    product: AM_22,
    has: [[mysql('jdbc:mysql://db/x?user=a&amp;password=hunter2')], [mysql('jdbc:mysql://a:hunter2@db/x')]],
    hasNot: [[mysql('jdbc:mysql://db:3306/x?user=a')]],
  },
  {
    id: 'jdbc-driver-mismatch',
    base: XML,
    product: AM_22,
    has: [[[SOURCES, 'com.mysql.jdbc.Driver', 'org.h2.Driver']], [[SOURCES, 'org.postgresql.Driver', 'com.mysql.cj.jdbc.Driver']]],
    hasNot: [[[SOURCES, 'com.mysql.jdbc.Driver', 'org.mariadb.jdbc.Driver']], [[SOURCES, 'org.postgresql.Driver', '${driver}']]],
  },
  {
    id: 'jdbc-old-connector',
    base: XML,
    product: AM_22,
    has: [[mysql('jdbc:mysql://db/x')]],
    hasNot: [[mysql('jdbc:mysql://db/x'), [SOURCES, 'com.mysql.jdbc.Driver', 'com.mysql.cj.jdbc.Driver']]],
  },
  {
    id: 'jdbc-local-host',
    base: XML,
    product: AM_22,
    has: [[mysql('jdbc:mysql://localhost:3306/x')], [mysql('jdbc:mysql://[::1]:3306/x')], [mysql('jdbc:mysql://127.0.0.1/x')]],
    hasNot: [[mysql('jdbc:mysql://localhost:3306/x'), [AXIS2, 'enable="true"', 'enable="false"']], [mysql('jdbc:mysql://localhost.example.com/x')]],
  },
  {
    id: 'h2-in-cluster',
    base: XML,
    product: AM_22,
    has: [[[SOURCES, ORDERS, '<url>jdbc:h2:repository/database/ORDERS</url>']]],
    hasNot: [[[SOURCES, ORDERS, '<url>jdbc:h2:repository/database/ORDERS</url>'], [AXIS2, 'enable="true"', 'enable="false"']]],
  },
  {
    id: 'h2-shared-folder',
    base: XML,
    product: AM_22,
    has: [[[SOURCES, 'jdbc:h2:repository/', 'jdbc:h2:/mnt/shared/']], [[SOURCES, 'jdbc:h2:repository/', 'jdbc:h2:file:~/']]],
    hasNot: [[[SOURCES, 'jdbc:h2:repository/', 'jdbc:h2:./repository/']], [[SOURCES, 'jdbc:h2:repository/', 'jdbc:h2:tcp://db.example.com/']]],
  },
  {
    id: 'h2-one-file',
    base: XML,
    product: AM_22,
    has: [[[SOURCES, ORDERS, '<url>jdbc:h2:./repository/database/WSO2CARBON_DB</url>']]],
    hasNot: [[[SOURCES, ORDERS, '<url>jdbc:h2:repository/database/WSO2CARBON_DB2</url>']]],
  },
  {
    id: 'jndi-name-twice',
    base: XML,
    product: AM_22,
    has: [[[SOURCES, 'jdbc/OrdersDB', 'jdbc/WSO2REG_DB']], [[SOURCES, 'jdbc/OrdersDB', ' jdbc/WSO2REG_DB ']]],
    hasNot: [[[SOURCES, '<jndiConfig><name>jdbc/OrdersDB</name></jndiConfig>', '']]],
  },
  {
    id: 'datasource-name-twice',
    base: XML,
    product: AM_22,
    has: [[[SOURCES, '<name>ORDERS_DB</name>', '<name>WSO2REG_DB</name>']]],
    hasNot: [[[SOURCES, '<name>ORDERS_DB</name>', '<name>orders_db</name>']]],
  },
  {
    id: 'datasource-unknown',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', '>jdbc/WSO2REG_DB<', '>jdbc/WSO2RegistryDB<']], [['user-mgt.xml', 'jdbc/WSO2CarbonDB', 'jdbc/WSO2UM_DB']]],
    hasNot: [[[SOURCES]], [['user-mgt.xml', 'jdbc/WSO2CarbonDB', '${user.store}']]],
  },
];

const MOUNT = `  <mount path="/_system/config" overwrite="true">
    <instanceId>instance</instanceId>
    <targetPath>/_system/amConfig</targetPath>
  </mount>
`;
const CACHE_ID = `    <cacheId>regadmin@${MYSQL}</cacheId>\n`;

const REGISTRY: readonly Case[] = [
  {
    id: 'registry-local-missing',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', '<dbConfig name="wso2registry">', '<dbConfig name="local">']]],
    hasNot: [[['registry.xml']]],
  },
  {
    id: 'registry-current-missing',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', '>wso2registry<', '>mysql-db<']]],
    hasNot: [[['registry.xml', '>wso2registry<', '>shared<']]],
  },
  {
    id: 'registry-instance-without-database',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', '    <dbConfig>shared</dbConfig>\n', '']], [['registry.xml', '<dbConfig>shared<', '<dbConfig>sharedregistry<']]],
    hasNot: [[['registry.xml', '<dbConfig>shared<', '<dbConfig> shared <']]],
  },
  {
    id: 'registry-mount-without-instance',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', '<instanceId>instance<', '<instanceId>other<']], [['registry.xml', '    <instanceId>instance</instanceId>\n', '']]],
    hasNot: [[['registry.xml', MOUNT, '']]],
  },
  {
    id: 'registry-mount-twice',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', MOUNT, MOUNT + MOUNT]]],
    hasNot: [[['registry.xml', MOUNT, MOUNT + MOUNT.replace('/_system/config', '/_system/governance')]]],
  },
  {
    id: 'registry-cache-id-missing',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', CACHE_ID, '']]],
    hasNot: [[['registry.xml', 'regadmin@', 'other@']]],
  },
  {
    id: 'registry-cache-id',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', 'regadmin@', 'other@']], [['registry.xml', `@${MYSQL}`, '@jdbc:mysql://other/WSO2REG_DB']]],
    hasNot: [[['registry.xml', CACHE_ID, '']], [['registry.xml', `regadmin@${MYSQL}`, '${cache.id}']]],
  },
  {
    id: 'registry-worker-writes',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', '<readOnly>true<', '<readOnly>false<']], [['registry.xml', '    <readOnly>true</readOnly>\n', '']]],
    hasNot: [[['registry.xml', '<readOnly>true<', '<readOnly>false<'], [AXIS2, 'value="worker"', 'value="mgt"']]],
  },
  {
    id: 'registry-not-shared',
    base: XML,
    product: AM_22,
    has: [[['registry.xml', MOUNT, '']]],
    hasNot: [[['registry.xml', MOUNT, ''], [AXIS2, 'enable="true"', 'enable="false"']]],
  },
];

const SYNCHRONIZER_ON: Change = [CARBON, '<Enabled>false<', '<Enabled>true<'];
const ADMIN: readonly Change[] = [['user-mgt.xml', '>carbon<', '>admin<'], ['user-mgt.xml', ' svns:secretAlias="UserManager.AdminUser.Password">dummy', '>admin']];
const GENERATED = XML[AXIS2].replace('>wka<', '>aws<').replace('>gateways<', '>identities<').replace('>4000</parameter>', '>5701</parameter>');

const SERVER: readonly Case[] = [
  {
    id: 'file-malformed',
    base: XML,
    product: AM_22,
    has: [
      [[AXIS2, '</axisconfig>', '']], [['registry.xml', 'no XML']], [[SOURCES, 'WSO2REG_DB?', 'WSO2REG_DB?a=b&']], [[SOURCES, 'DB?', 'DB?<']],
      [['user-mgt.xml', 'jdbc/WSO2CarbonDB', 'a & b']], [[CATALINA, '"443"', '443']], [[SOURCES, 'DB?', 'DB?&copy;']], [[TOML_FILE, 'password = "hunter2']],
    ],
    hasNot: [[['registry.xml', '<wso2registry/>']], [[SOURCES, 'DB?', 'DB?a=b&amp;c=&#65;']], [[CARBON, '<Ports>', '<X><![CDATA[a & b]]></X><Ports>']], [[CARBON, '<Ports>', '<!-- a & b --><Ports>']]],
  },
  {
    id: 'xml-regenerated',
    base: TOML,
    product: IS_70,
    has: [
      [[AXIS2, GENERATED.replace('>identities<', '>others<')]],
      [[AXIS2, GENERATED.replace('>aws<', '>wka<')]],
      [[AXIS2, GENERATED.replace('    <!-- end of parameters -->\n', '<parameter name="tagKey">other</parameter>')]],
      [[AXIS2, GENERATED], [TOML_FILE, '[server]\n']],
    ],
    hasNot: [[[AXIS2, GENERATED]], [[AXIS2, GENERATED.replace('enable="true"', 'enable="false"')], [TOML_FILE, '[server]\n']]],
  },
  { id: 'xml-regenerated', base: {}, product: IS_70, has: [[[AXIS2, GENERATED]]], hasNot: [] },
  { id: 'xml-regenerated', base: XML, product: EI_66, has: [], hasNot: [[parameter('domain', 'gateways', 'others')]] },
  {
    id: 'admin-default-password',
    base: XML,
    product: AM_22,
    has: [ADMIN],
    hasNot: [[ADMIN[0]], [ADMIN[1]], [...ADMIN, ['user-mgt.xml', '>admin</Password>', '>Admin</Password>']]],
  },
  {
    id: 'admin-default-password',
    base: TOML,
    product: IS_70,
    has: [[[TOML_FILE, '"carbon"', '"admin"'], [TOML_FILE, '$secret{admin_password}', 'admin']]],
    hasNot: [[[TOML_FILE, '"carbon"', '"admin"']]],
  },
  {
    id: 'admin-password-in-file',
    base: XML,
    product: AM_22,
    has: [[['user-mgt.xml', ' svns:secretAlias="UserManager.AdminUser.Password">dummy', '>hunter2']]],
    hasNot: [ADMIN],
  },
  {
    id: 'host-name',
    base: XML,
    product: AM_22,
    has: [[[CARBON, '  <HostName>am.example.com</HostName>\n', '']], [[CARBON, '>am.example.com<', '>localhost<']]],
    hasNot: [[[CARBON]]],
  },
  { id: 'host-name', base: TOML, product: IS_70, has: [[[TOML_FILE, '"is.example.com"', '"localhost"']]], hasNot: [] },
  {
    id: 'synchronizer-password',
    base: XML,
    product: AM_22,
    has: [
      [SYNCHRONIZER_ON, [CARBON, '${svn.password}', 'password']],
      [SYNCHRONIZER_ON, [CARBON, '${svn.password}', '']],
      [SYNCHRONIZER_ON, [CARBON, '    <SvnPassword>${svn.password}</SvnPassword>\n', '']],
    ],
    hasNot: [[SYNCHRONIZER_ON], [[CARBON, '${svn.password}', 'password']]],
  },
  {
    id: 'synchronizer-password-in-file',
    base: XML,
    product: AM_22,
    has: [[SYNCHRONIZER_ON, [CARBON, '${svn.password}', 'hunter2']]],
    hasNot: [[SYNCHRONIZER_ON, [CARBON, '${svn.password}', 'password']]],
  },
  {
    id: 'synchronizer-sample',
    base: XML,
    product: AM_22,
    has: [[SYNCHRONIZER_ON, [CARBON, 'https://svn.example.com/carbon', 'http://svnrepo.example.com/repos/']]],
    hasNot: [[SYNCHRONIZER_ON]],
  },
  {
    id: 'synchronizer-worker-commits',
    base: XML,
    product: AM_22,
    has: [[SYNCHRONIZER_ON, [CARBON, '<AutoCommit>false<', '<AutoCommit>true<']]],
    hasNot: [[SYNCHRONIZER_ON], [SYNCHRONIZER_ON, [CARBON, '<AutoCommit>false<', '<AutoCommit>true<'], [AXIS2, 'value="worker"', 'value="mgt"']]],
  },
  {
    id: 'hazelcast-log-quiet',
    base: XML,
    product: AM_22,
    has: [[['log4j.properties', 'log4j.rootLogger=ERROR, CARBON_LOGFILE\n']], [['log4j.properties'], ['log4j2.properties', 'rootLogger.level = ERROR\n']]],
    hasNot: [
      [['log4j.properties', 'log4j.rootLogger=INFO, CARBON_LOGFILE\n']],
      [['log4j.properties'], ['log4j2.properties', 'rootLogger.level = ERROR\nlogger.com-hazelcast.name = com.hazelcast\n']],
    ],
  },
  {
    id: 'hazelcast-logging-type',
    base: XML,
    product: AM_22,
    has: [[['hazelcast.properties', 'hazelcast.logging.type=log4j2\n']]],
    hasNot: [[['hazelcast.properties', 'hazelcast.logging.type=slf4j\n']]],
  },
  { id: 'hazelcast-logging-type', base: TOML, product: IS_70, has: [[[TOML_FILE, '"log4j2"', '"log4j"']]], hasNot: [] },
];

const CASES: readonly Case[] = [...CLUSTERING, ...PARAMETERS, ...AWS_SCHEME, ...TLS, ...DATASOURCES, ...REGISTRY, ...SERVER];

function idsIn(files: Files, product?: string): string[] {
  return trapsIn(files, product).map(trap => trap.id);
}

describe.each(CASES)('$id with $product', ({ id, base, product, has, hasNot }) => {
  has.forEach((changes, index) => {
    test(`is found, ${index + 1}`, () => expect(idsIn(changed(base, changes), product)).toContain(id));
  });

  hasNot.forEach((changes, index) => {
    test(`is not found, ${index + 1}`, () => expect(idsIn(changed(base, changes), product)).not.toContain(id));
  });
});

test('files in which nothing is wrong have no trap', () => {
  expect(trapsIn(XML, AM_22)).toEqual([]);
  expect(trapsIn(AWS, AM_22)).toEqual([]);
  expect(trapsIn(TOML, IS_70)).toEqual([]);
});

test('every trap has a case that has it and one that has it not, and an id of its own', () => {
  const ids = TRAPS.map(trap => trap.id);
  expect(new Set(ids).size).toBe(ids.length);
  const where = (test: (each: Case) => boolean): string[] => [...new Set(CASES.filter(test).map(each => each.id))].sort();
  expect(where(each => each.has.length > 0)).toEqual([...ids].sort());
  expect(where(each => each.hasNot.length > 0)).toEqual([...ids].sort());
});

test('the worst comes first', () => {
  const severities = trapsIn(changed(XML, [[CATALINA, ' proxyPort="443"', ''], ...ADMIN, parameter('domain', 'gateways', 'wso2.carbon.domain')]), AM_22)
    .map(trap => trap.severity);
  expect(severities).toEqual(['error', 'warning', 'note']);
});

test('a trap says where it is', () => {
  const [trap] = trapsIn(changed(XML, [parameter('localMemberHost', '10.0.1.11', '127.0.0.1')]), AM_22);
  expect(trap.place).toEqual({ file: AXIS2, line: 15 });
  const [inToml] = trapsIn(changed(TOML, [[TOML_FILE, '&amp;', '&']]), IS_70);
  expect(inToml.place).toEqual({ file: TOML_FILE, line: 28 });
});

describe('without a known product', () => {
  test('what depends on it is a warning that names the generations', () => {
    const [trap, ...others] = trapsIn(changed(AWS, [parameter('localMemberPort', '5701', '4000')]));
    expect(others.map(each => [each.id, each.severity])).toEqual([['imds-v1-needed', 'warning']]);
    expect(trap).toMatchObject({ id: 'port-never-probed', severity: 'warning' });
    expect(trap.what).toBe('The member listens on 4000, where nobody looks: with the scheme aws Hazelcast 3.12 looks at 5701 to 5708 only '
      + '(give --product to know for yours).');
  });

  test('what is wrong with every kernel is still an error', () => {
    const traps = trapsIn(changed(TOML, [[TOML_FILE, '"5701"', '"4000"']])).filter(each => each.severity === 'error');
    expect(traps.map(each => each.id)).toEqual(['port-never-probed']);
    expect(traps[0].what).toContain('Hazelcast 3.12 looks at 5701 to 5708 only, Hazelcast 4.2 looks at 5701 to 5708 only, Hazelcast 5 looks at');
  });

  test('each spelling is known by its kernels', () => {
    const traps = trapsIn(changed(TOML, [[TOML_FILE, 'tag-key = "cluster"\n', ''], [TOML_FILE, 'tagValue = "identities-1"\n', '']]))
      .filter(each => each.id === 'ignored-spelling');
    expect(traps.map(each => [each.severity, each.what])).toEqual([
      ['warning', expect.stringMatching(/^Kernels 4\.7 to 4\.9 and 4\.11 .* do not read tagKey/)],
      ['warning', expect.stringMatching(/^Kernels up to 4\.6, 4\.10 and 4\.12 do not read tag-value/)],
    ]);
  });
});
