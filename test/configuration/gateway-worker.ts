import { NodeModel } from '../../lib/configuration/node-model';

/** A node as the gateway cluster makes it, small enough to read. */
export const GATEWAY_WORKER: NodeModel = {
  layout: { style: 'xml', folder: 'repository/conf', passThrough: true, log4j: 1 },
  hostName: 'am.example.com',
  managementHostName: 'mgt.am.example.com',
  clustering: {
    scheme: 'aws',
    domain: 'wso2.am.domain',
    localMemberHost: { metadata: 'local-ipv4' },
    localMemberPort: 5701,
    subDomain: 'worker',
    parameters: [
      { name: 'accessKey', value: { secret: 'MembershipCredentials', field: 'accessKeyId' } },
      { name: 'region', value: { env: 'Region' } },
    ],
  },
  transport: { httpProxyPort: 80, httpsProxyPort: 443, protocols: ['TLSv1.2'], cipherSuites: ['TLS_A', 'TLS_B'] },
  keystore: {
    fileName: 'carbon-cluster.jks', type: 'JKS', alias: 'wso2carbon', password: { secret: 'Keystore', field: 'password' }, tomlNames: ['file_name'],
  },
  userManagement: {
    adminUserName: 'admin',
    adminPassword: { secret: 'Admin', field: 'password' },
    properties: [{ file: 'jndi.properties', property: 'broker', value: { join: ['amqp://admin:', { secret: 'Admin', field: 'password' }, '@x'] } }],
  },
  datasources: [{
    name: 'WSO2AM_DB',
    description: 'API Manager',
    jndiName: 'jdbc/WSO2AM_DB',
    url: { join: ['jdbc:mysql://', { env: 'DatabaseEndpoint' }, '/WSO2AM_DB?a=1&b=2'] },
    username: { secret: 'Am', field: 'username' },
    password: { secret: 'Am', field: 'password' },
    driverClassName: 'com.mysql.jdbc.Driver',
    defaultAutoCommit: false,
    pool: { maxActive: '80' },
  }],
};
