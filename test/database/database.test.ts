import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CarbonCluster, CarbonClusterProps, CarbonProduct, ClusteringPattern, Database, DatabasePrivilege, JdbcDriver, LocalRegistry, Membership,
} from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

interface Synthesized { stack: Stack; cluster: CarbonCluster; template: Template; document: (group: string) => any }

function synthesize(overrides: (stack: Stack) => Partial<CarbonClusterProps>): Synthesized {
  const stack = testStack();
  const cluster = gateway(stack, overrides(stack));
  const template = Template.fromStack(stack);
  return { stack, cluster, template, document: group => documentOf(userDataOf(template, group)) };
}

const admin = (stack: Stack): secretsmanager.ISecret => new secretsmanager.Secret(stack, 'Admin');
/** What the custom resource tells the function. */
const preparationOf = (template: Template): any => {
  const [{ Properties: properties }] = Object.values(template.findResources('Custom::CarbonDatabases'));
  return properties;
};
const preparedOf = (template: Template, name: string): any => preparationOf(template).Schemas.find((each: any) => each.Name === name);
const definitionOf = (document: any, name: string): any => {
  const file = document.configuration.files.find((each: any) => each.file.endsWith('master-datasources.xml'));
  const edit = file.edits.find((each: any) => each.replace.includes(`'${name}'`));
  return edit && Object.fromEntries(edit.children.find((each: any) => each.name === 'definition').children[0].children);
};

describe('an RDS instance of the cluster\'s own', () => {
  const { cluster, template, document } = synthesize(() => ({
    database: Database.rdsMySql({
      engineVersion: rds.MysqlEngineVersion.VER_8_0_46, instanceType: new ec2.InstanceType('r7g.large'), backupRetention: Duration.days(3),
      additionalPrivileges: { WSO2UM_DB: [DatabasePrivilege.CREATE_TEMPORARY_TABLES] },
    }),
  }));

  test('is as it was asked for', () => {
    template.hasResourceProperties('AWS::RDS::DBInstance', { EngineVersion: '8.0.46', DBInstanceClass: 'db.r7g.large', BackupRetentionPeriod: 3 });
    expect(cluster.database!.instanceEndpoint).toBeDefined();
  });

  test('has a user for each database, with the rows of it and what was asked for besides', () => {
    const privileges = Object.fromEntries(preparationOf(template).Schemas.map((each: any) => [each.Name, each.Privileges.join()]));
    expect(privileges).toEqual({
      WSO2AM_DB: 'SELECT,INSERT,UPDATE,DELETE',
      WSO2UM_DB: 'SELECT,INSERT,UPDATE,DELETE,CREATE TEMPORARY TABLES',
      WSO2REG_DB: 'SELECT,INSERT,UPDATE,DELETE',
    });
  });

  test('lets users connect from the VPC of the nodes, which the function looks up', () => {
    const { ClientNetwork: network, Subnets: subnets } = preparationOf(template);
    expect(network).toBeUndefined();
    expect(subnets).toEqual(Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'))[0].Properties.VPCZoneIdentifier);
  });

  test('is prepared before any node boots, by a function with a security group of its own', () => {
    const [resource] = Object.keys(template.findResources('Custom::CarbonDatabases'));
    for (const group of Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'))) expect(group.DependsOn).toContain(resource);
    const [[own]] = Object.entries(template.findResources('AWS::EC2::SecurityGroup')).filter(([id]) => id.includes('Preparation'));
    template.hasResourceProperties('AWS::Lambda::Function', { VpcConfig: { SecurityGroupIds: [{ 'Fn::GetAtt': [own, 'GroupId'] }] } });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('DatabaseInstanceSecurityGroup'), 'GroupId'] }, SourceSecurityGroupId: { 'Fn::GetAtt': [own, 'GroupId'] },
    });
  });

  test('has an administrator whose secret the function alone reads', () => {
    const readers = Object.entries(template.findResources('AWS::IAM::Policy'))
      .filter(([, each]) => JSON.stringify(each.Properties.PolicyDocument.Statement).includes('DatabaseInstanceSecretAttachment')).map(([id]) => id);
    expect(readers).toEqual([expect.stringMatching(/^GatewayDatabasePreparationRoleDefaultPolicy/)]);
    expect(userDataOf(template, 'Workers')).not.toContain('DatabaseInstanceSecretAttachment');
    expect(document('Workers').databases.start).toEqual({ secret: 'DatabaseStart' });
  });

  test('has the same settings for a call by hand as for the deployment', () => {
    const [{ Properties: { Environment: { Variables: { SERVER: server } } } }] = Object.values(template.findResources('AWS::Lambda::Function'))
      .filter(each => each.Properties.Environment?.Variables.SERVER);
    const named = (each: any): string => `<${Object.values(each).flat().join('.')}>`;
    const text = server['Fn::Join'][1].map((each: any) => (typeof each === 'string' ? each : named(each))).join('');
    const deployed = JSON.stringify(preparationOf(template), (_, each) => (each?.Ref || each?.['Fn::GetAtt'] ? named(each) : each));
    expect(JSON.parse(deployed)).toMatchObject(JSON.parse(text));
    expect(Object.keys(JSON.parse(text))).toEqual(['Endpoint', 'Port', 'AdminSecret', 'Subnets', 'Authorities']);
  });
});

test('a profile that mends its own tables may change them, and no other may', () => {
  const { template } = synthesize(() => ({ product: CarbonProduct.enterpriseIntegrator('6.4.0', { profile: 'business-process' }) }));
  const changing = preparationOf(template).Schemas.filter((each: any) => each.Privileges.includes('ALTER')).map((each: any) => each.Name);
  expect(changing).toEqual(['BPS_DS', 'ACTIVITI_DB']);
});

test('the message store of the broker has foreign keys that MySQL 8.4 refuses by itself, and no other database has', () => {
  const { template } = synthesize(() => ({ product: CarbonProduct.enterpriseIntegrator('6.4.0', { profile: 'broker' }) }));
  const special = preparationOf(template).Schemas.filter((each: any) => each.ForeignKeysOnNonUniqueKeys).map((each: any) => each.Name);
  expect(special).toEqual(['WSO2_MB_STORE_DB']);
});

describe('a server that exists', () => {
  const { cluster, template, document } = synthesize(stack => ({
    database: Database.existingMySql({ host: '10.0.9.9', adminSecret: admin(stack), databasePrefix: 'am_', clientNetwork: '10.0.0.0/8' }),
  }));

  test('is not made, and none of its secrets but the users\'', () => {
    expect(cluster.database).toBeUndefined();
    template.resourceCountIs('AWS::RDS::DBInstance', 0);
    template.resourceCountIs('AWS::RDS::DBParameterGroup', 0);
    const users = Object.values(template.findResources('AWS::SecretsManager::Secret')).map(each => each.Properties.GenerateSecretString?.SecretStringTemplate);
    expect(users.filter(each => each?.includes('_db'))).toEqual(['{"username":"am_wso2am_db"}', '{"username":"am_wso2um_db"}', '{"username":"am_wso2reg_db"}']);
  });

  test('gets the cluster\'s databases under names of its own, by the administrator of the secret', () => {
    const { databases } = document('Workers');
    expect(databases).toMatchObject({ endpoint: '10.0.9.9', port: '3306', start: { secret: 'DatabaseStart' } });
    expect(preparationOf(template)).toMatchObject({ Endpoint: '10.0.9.9', Port: '3306', ClientNetwork: '10.0.0.0/8', AdminSecret: { Ref: expect.stringMatching(/^Admin/) } });
    expect(preparationOf(template).Subnets).toBeUndefined();
    expect(databases.schemas.map((each: any) => each.name)).toEqual(['am_WSO2AM_DB', 'am_WSO2UM_DB', 'am_WSO2REG_DB']);
    expect(definitionOf(document('Workers'), 'WSO2UM_DB').url.join).toEqual(
      ['jdbc:mysql://', '10.0.9.9', ':', '3306', expect.stringMatching(/^\/am_WSO2UM_DB\?/)]);
  });

  test('is reached at its address and port only', () => {
    const members = Object.values(template.findResources('AWS::EC2::SecurityGroup')).find(each => each.Properties.GroupName === 'Test-Gateway')!;
    expect(members.Properties.SecurityGroupEgress).toContainEqual(expect.objectContaining({ CidrIp: '10.0.9.9/32', FromPort: 3306, ToPort: 3306 }));
  });

  test('is reached by the function as by a member, whom its owner lets in', () => {
    const [[members]] = Object.entries(template.findResources('AWS::EC2::SecurityGroup')).filter(([, each]) => each.Properties.GroupName === 'Test-Gateway');
    const { Properties: { VpcConfig: network } } = Object.values(template.findResources('AWS::Lambda::Function')).find(each => each.Properties.VpcConfig)!;
    expect(network.SecurityGroupIds).toEqual([{ 'Fn::GetAtt': [members, 'GroupId'] }]);
  });

  test('whose certificate is not verified has no authorities', () => {
    const { template: any } = synthesize(stack => ({
      database: Database.existingMySql({ host: '10.0.9.9', adminSecret: admin(stack), acceptAnyCertificate: true }),
    }));
    expect(preparationOf(any).Authorities).toBeUndefined();
    expect(preparationOf(template).Authorities.Key).toMatch(/\.pem$/);
  });

  test('of another construct lets the members in at its port', () => {
    const { template: other, document: documentOfOther } = synthesize(stack => {
      const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
      const instance = new rds.DatabaseInstance(stack, 'Mine', { engine: rds.DatabaseInstanceEngine.mysql({ version: rds.MysqlEngineVersion.VER_8_4_8 }), vpc });
      const { hostname: host, port } = instance.instanceEndpoint;
      return { vpc, database: Database.existingMySql({ host, port, adminSecret: instance.secret!, server: instance }) };
    });
    other.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Mine'), 'Endpoint.Port'] }, GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Mine'), 'GroupId'] },
    });
    expect(documentOfOther('Workers').databases).toMatchObject({ endpoint: { env: 'DatabaseEndpoint' }, port: { env: 'DatabasePort' } });
    expect(userDataOf(other, 'Workers')).toMatch(/^DatabasePort=<\{"Fn::GetAtt":\["Mine[^"]+","Endpoint.Port"\]\}>$/m);
  });

  test('with an alias by its address is in /etc/hosts, in URLs and in cache ids', () => {
    const { document: aliased } = synthesize(stack => ({
      database: Database.existingMySql({ host: '10.0.9.9', adminSecret: admin(stack), hostAlias: 'carbondb.mysql-wso2.com' }),
      hostAliases: [{ address: '10.0.9.1', names: ['other'] }],
    }));
    const files = aliased('Workers').configuration.files;
    expect(files.find((each: any) => each.file === '/etc/hosts').edits).toEqual([{
      hosts: [{ address: '10.0.9.1', names: ['other'] }, { address: '10.0.9.9', names: ['carbondb.mysql-wso2.com'] }],
    }]);
    expect(definitionOf(aliased('Workers'), 'WSO2REG_DB').url.join[1]).toBe('carbondb.mysql-wso2.com');
    // /etc/hosts is written after the databases are made.
    expect(aliased('Workers').databases.endpoint).toBe('10.0.9.9');
    const registry = files.find((each: any) => each.file.endsWith('registry.xml')).edits.find((each: any) => each.replace.includes('remoteInstance'));
    expect(JSON.stringify(registry.children)).toContain('carbondb.mysql-wso2.com');
  });
});

describe('two clusters on one server', () => {
  const both = (prefix?: string): (() => void) => () => {
    const stack = testStack();
    const adminSecret = admin(stack);
    const host = 'db.example.com';
    gateway(stack, { database: Database.existingMySql({ host, adminSecret }) }, 'A');
    gateway(stack, { database: Database.existingMySql({ host, adminSecret, databasePrefix: prefix }) }, 'B');
  };

  test('need names of their own', () => {
    expect(both()).toThrow('database WSO2AM_DB of Test/B is also that of Test/A, give each a databasePrefix on their server');
  });

  test('have them with a prefix', () => {
    expect(both('b_')).not.toThrow();
  });
});

describe('the local registry in MySQL', () => {
  const known = synthesize(() => ({
    product: CarbonProduct.enterpriseIntegrator('6.4.0'), clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
    membership: Membership.wellKnownNodes(), localRegistry: LocalRegistry.mySql(),
  }));

  test('has a database for each node, which only that node knows', () => {
    for (const [group, own, other] of [['Node1', 'REGISTRY_LOCAL1', 'REGISTRY_LOCAL2'], ['Node2', 'REGISTRY_LOCAL2', 'REGISTRY_LOCAL1']]) {
      const text = userDataOf(known.template, group);
      expect(definitionOf(documentOf(text), 'WSO2_CARBON_DB').url.join.at(-1)).toMatch(new RegExp(`^/${own}\\?`));
      expect(documentOf(text).databases.schemas.map((each: any) => each.name)).toContain(own);
      expect(preparedOf(known.template, own).Scripts).toEqual(['dbscripts/mysql5.7.sql']);
      expect(text).not.toContain(other);
      const secret = own === 'REGISTRY_LOCAL1' ? 'RegistryLocal1User' : 'RegistryLocal2User';
      const policy = Object.entries(known.template.findResources('AWS::IAM::Policy')).find(([id]) => id.includes(`Gateway${group}Role`))!;
      const secrets = JSON.stringify(policy[1]).match(/RegistryLocal\dUser/g);
      expect(new Set(secrets)).toEqual(new Set([secret]));
    }
  });

  test('is written to deployment.toml where the product has that', () => {
    const { document } = synthesize(() => ({
      product: CarbonProduct.identityServer('7.1.0'), highAvailability: false, workerCount: 1, localRegistry: LocalRegistry.mySql(),
    }));
    const { edits } = document('Manager').configuration.files.find((each: any) => each.file.endsWith('deployment.toml'));
    expect(edits.find((each: any) => each.table === 'database.local').values.type).toBe('mysql');
  });

  test('is not for groups whose nodes come and go', () => {
    expect(() => gateway(testStack(), { localRegistry: LocalRegistry.mySql() })).toThrow('localRegistry in MySQL needs a database for each node, '
      + 'and the 2 nodes of Workers come and go: use LocalRegistry.embedded(), or a membership whose well-known members are groups of one');
  });
});

describe('the JDBC driver', () => {
  const jar = (name: string): string => {
    const path = join(tmpdir(), name);
    writeFileSync(path, 'a driver');
    return path;
  };
  const bucket = (stack: Stack): s3.IBucket => s3.Bucket.fromBucketName(stack, 'Files', 'files');

  test('as an asset goes to the nodes with its checksum and the class that its name tells', () => {
    const { document } = synthesize(() => ({ jdbcDriver: JdbcDriver.fromAsset(jar('mariadb-java-client-2.7.12.jar')) }));
    expect(document('Workers').driver).toMatchObject({
      className: 'org.mariadb.jdbc.Driver', source: { sha256: '90383ae1a1af0952d39bcf452e62c7d6de4381a03bdd30bf5ead80c3b9bf4b99' },
    });
  });

  test.each(['mysql-connector-java-5.1.49.jar', 'mysql-connector-java-5.1.49-bin.jar', 'mysql-connector-java-8.0.33.jar', 'mysql-connector-j-8.4.0.jar',
    'mysql-connector-j-9.1.0.jar'])('%s is taken', name => {
    expect(JdbcDriver.fromAsset(jar(name)).className).toBe('com.mysql.jdbc.Driver');
  });

  const WORKING = 'give one of mysql-connector-java 5.1.49, mysql-connector-j 8.0 or later, or mariadb-java-client 2.7';
  test.each(['mysql-connector-java-5.1.45.jar', 'mysql-connector-java-6.0.6.jar', 'mysql-connector-java-5.0.8.jar', 'mariadb-java-client-3.1.4.jar',
    'mariadb-java-client-1.8.0.jar'])('%s is refused, also in a bucket', name => {
    const sentence = `jdbcDriver: '${name}' does not log in to MySQL 8 over TLS from Carbon's jdbc:mysql: URLs, ${WORKING}`;
    expect(() => JdbcDriver.fromAsset(name)).toThrow(sentence);
    expect(() => JdbcDriver.mysqlConnectorJ(bucket(testStack()), `drivers/${name}`)).toThrow(sentence);
  });

  test('needs a name that tells what it is', () => {
    expect(() => JdbcDriver.fromAsset('/tmp/driver.jar')).toThrow(
      `jdbcDriver: 'driver.jar' is no name of a MySQL driver, name the file as its makers do and ${WORKING}`);
  });
});
