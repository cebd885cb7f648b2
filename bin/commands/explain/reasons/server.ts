import { Rule } from './reason';

const CARBON_XML = /(^|\/)carbon\.xml$/;
const CATALINA = /(^|\/)tomcat\/catalina-server\.xml$/;
const AXIS2 = /(^|\/)axis2\/axis2\.xml$/;
const TOML = /(^|\/)deployment\.toml$/;
const USER_MGT = /(^|\/)user-mgt\.xml$/;

const GUIDE = 'WSO2 Clustering Guide 4.4.x';
const NAMES = 'SunJSSE, and the policies that AWS documents for load balancers';

const PROXY_PORT = 'The port that clients see at the load balancer: without it redirects lead them to the node\'s own port.';
const CIPHERS = 'Suites that the load balancer offers toward its targets, in Java\'s names: Tomcat 7 knows no others, and with those of '
  + 'OpenSSL it would run and accept no connection.';
const PROTOCOLS = 'TLS 1.2 is what the load balancer speaks to its targets and every Java has; the older ones that ship switched on are broken.';
const KEY_STORE = 'A key pair of this cluster\'s own: everybody who has the product has the private key of the one that ships.';
const ADMINISTRATOR = 'The administrator is made at the very first start; the product ships with admin and the password admin.';

const BALANCER = 'lib/load-balancing/WSO2-ELB.md, and WSO2 Elastic Load Balancer 2.1';

export const SERVER_RULES: readonly Rule[] = [
  {
    file: /(^|\/)loadbalancer\.conf$/,
    place: /^the whole file$/,
    why: 'Which domain and sub-domain of members serve which host name. The file that ships is a sample about hosts of its own, so none of it stays.',
    source: BALANCER,
  },
  {
    file: AXIS2,
    place: /^\/axisconfig\/transportReceiver\[@name='https?'\]\/parameter\[@name='port'\]$/,
    why: 'The port at which clients reach the load balancer; it ships with one that no client would try by itself.',
    source: BALANCER,
  },
  {
    file: CARBON_XML,
    place: /^\/Server\/HostName$/,
    why: 'Addresses that the product generates name the load balancer instead of the node. It ships in a comment.',
    source: GUIDE,
  },
  {
    file: TOML,
    place: /^\[server\] hostname$/,
    why: 'Addresses that the product generates name the load balancer instead of the node.',
    source: GUIDE,
  },
  {
    file: CARBON_XML,
    place: /^\/Server\/MgtHostName$/,
    why: 'The console\'s own host name, by which the load balancer sends its users to the manager.',
    source: GUIDE,
  },
  {
    file: /(^|\/)(carbon\.xml|deployment\.toml)$/,
    place: /^(?:\/Server\/Ports\/Offset|\[server\] offset)$/,
    why: 'Added to every port of the product. Hazelcast\'s port is not moved by it.',
    source: 'carbon-kernel, carbon.xml',
  },
  {
    file: CARBON_XML,
    place: /^\/Server\/DeploymentSynchronizer\/AutoCommit$/,
    why: (_, { value }) => (value === 'true' ? 'This node commits what is deployed on it: one node alone may, or they overwrite each other.'
      : 'This node only checks out: two committers would overwrite each other.'),
    source: GUIDE,
  },
  {
    file: CARBON_XML,
    place: /^\/Server\/DeploymentSynchronizer\/\w+$/,
    why: 'Artifacts that are deployed on the manager reach the workers through Subversion; it ships switched off, with a sample repository.',
    source: GUIDE,
  },
  { file: CATALINA, place: /^\/Server\/Service\/Connector\[@port='\d+'\]\/@proxyPort$/, why: PROXY_PORT, source: GUIDE },
  { file: CATALINA, place: /^\/Server\/Service\/Connector\[@port='\d+'\]\/@(sslEnabledProtocols|sslProtocol)$/, why: PROTOCOLS, source: NAMES },
  { file: CATALINA, place: /^\/Server\/Service\/Connector\[@port='\d+'\]\/@ciphers$/, why: CIPHERS, source: NAMES },
  {
    file: CATALINA,
    place: /^\/Server\/Service\/Connector\[@port='\d+'\]\/@keystore\w+$/,
    why: KEY_STORE,
    source: 'the product\'s own wso2carbon.jks',
  },
  {
    file: TOML,
    place: /^\[server\] mgt_console_hostname$/,
    why: 'The console\'s own host name, by which the load balancer knows who wants it.',
    source: GUIDE,
  },
  {
    file: CARBON_XML,
    place: /^\/Server\/Security\/(KeyStore|InternalKeyStore)\/\w+$/,
    why: KEY_STORE,
    source: 'the product\'s own wso2carbon.jks',
  },
  {
    file: AXIS2,
    place: /\/transport(Receiver|Sender)\[@name='https'\]\/parameter\[@name='keystore'\]\/KeyStore\/\w+$/,
    why: KEY_STORE,
    source: 'the product\'s own wso2carbon.jks',
  },
  { file: TOML, place: /^\[keystore\.\w+\] \w+$/, why: KEY_STORE, source: 'the product\'s own wso2carbon.jks' },
  { file: TOML, place: /^\[transport\.https?\.properties\] proxyPort$/, why: PROXY_PORT, source: GUIDE },
  { file: TOML, place: /^\[transport\.https\.sslHostConfig\.properties\] protocols$/, why: PROTOCOLS, source: NAMES },
  { file: TOML, place: /^\[transport\.https\.sslHostConfig\.properties\] ciphers$/, why: CIPHERS, source: NAMES },
  { file: TOML, place: /^\[transport\.passthru_https\.listener\.parameters\] HttpsProtocols$/, why: PROTOCOLS, source: NAMES },
  { file: TOML, place: /^\[transport\.passthru_https\.listener\.parameters\] PreferredCiphers$/, why: CIPHERS, source: NAMES },
  { file: AXIS2, place: /\/parameter\[@name='HttpsProtocols'\]$/, why: PROTOCOLS, source: NAMES },
  { file: AXIS2, place: /\/parameter\[@name='PreferredCiphers'\]$/, why: CIPHERS, source: NAMES },
  {
    file: AXIS2,
    place: /\/parameter\[@name='WSDLEPRPrefix'\](\/@locked)?$/,
    why: 'Endpoint addresses in generated WSDLs name the load balancer instead of the node. It ships in a comment.',
    source: GUIDE,
  },
  {
    file: /(^|\/)jndi\.properties$/,
    place: /^connectionfactory\.(Topic|Queue)ConnectionFactory$/,
    why: 'With it the product logs in to its own message broker, which knows the administrator by the password that is chosen here.',
    source: 'the product\'s own jndi.properties',
  },
  { file: USER_MGT, place: /\/AdminUser\/(UserName|Password)$/, why: ADMINISTRATOR, source: 'the product\'s own user-mgt.xml' },
  {
    file: USER_MGT,
    place: /\/Property\[@name='dataSource'\]$/,
    why: 'Users and permissions are in a database that all nodes share; it ships with one that each node has for itself.',
    source: GUIDE,
  },
  {
    file: TOML,
    place: /^\[super_admin\] (username|password|create_admin_account)$/,
    why: ADMINISTRATOR,
    source: 'the product\'s own deployment.toml',
  },
];
