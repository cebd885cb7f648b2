import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CertificateAuthority } from './certificate-authority';
import { DatabasePrivilege } from './database-privilege';

/** What databases on every kind of server have in common. */
export interface DatabaseOptions {
  /**
   * A name of yours for the server, `carbondb.example.com`: it stands in JDBC URLs and registry cache ids, so that the server may
   * become another and they stay. It is a CNAME in a zone of the cluster's `privateNames`, and a line of the nodes' /etc/hosts
   * where the server is given by its IP address.
   *
   * @default - the server's own name
   */
  readonly hostAlias?: string;

  /**
   * Who signs the certificate of the server. Nodes verify the certificate whenever they connect, when they boot and by JDBC. They
   * compare the host name as well, with two exceptions: JDBC with a `hostAlias`, because the certificates of RDS do not have it, and
   * MySQL Connector/J 5.1, which does not compare host names.
   *
   * @default - the authorities of RDS in the stack's region; in all regions that the library knows if the stack names none. It does
   * not know those of China, GovCloud, the European Sovereign Cloud, and of regions that AWS opened after January 2023
   */
  readonly certificateAuthority?: CertificateAuthority;

  /**
   * Privileges of a database's user by name of the database, beyond those that the product needs: the rows of its own database,
   * and the tables where the product changes them itself (the business process profile). Tables are made by the administrator.
   *
   * @default - none
   */
  readonly additionalPrivileges?: { readonly [database: string]: DatabasePrivilege[] };
}

/** Options of `Database.rdsMySql`. */
export interface RdsMySqlOptions extends DatabaseOptions {
  /**
   * Version of RDS for MySQL. The scripts of all products in the catalogue load on 8.0 and 8.4. A version that RDS no longer offers is
   * refused.
   *
   * RDS upgrades the minor version of the instance by itself, in its maintenance window; the template does not change with it, and
   * CloudFormation leaves the instance alone as long as the template says the same. The default is the newest minor version when this
   * library was released, so it moves with releases of the library. RDS refuses to go back: if the instance is newer than the new default,
   * the update fails and is rolled back. Set the version that the instance runs, or `MysqlEngineVersion.of('8.4', '8.4')`: for a major version
   * alone RDS upgrades the instance to its own default if the instance is older, and changes nothing otherwise
   * (ModifyDBInstance in the Amazon RDS API Reference).
   *
   * @default - MySQL 8.4.11
   */
  readonly engineVersion?: rds.MysqlEngineVersion;

  /**
   * Instance type. One that RDS for MySQL is known not to offer in the stack's region is refused.
   *
   * @default - t4g.medium, or t3.medium in a region without it; in a stack without a region t4g.medium
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Subnets.
   *
   * @default - private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * How long backups are kept.
   *
   * @default Duration.days(7)
   */
  readonly backupRetention?: Duration;
}

/** Options of `Database.existingMySql`. */
export interface ExistingMySqlOptions extends DatabaseOptions {
  /** Host name or IPv4 address of the server, literal or of a resource. The server's certificate must have it. */
  readonly host: string;

  /**
   * Secret with the JSON fields `username` and `password` of an administrator, who may create databases and users and has the
   * privileges on all databases that it grants: to the users, and while tables are loaded also CREATE, ALTER, DROP, INDEX, REFERENCES,
   * CREATE TEMPORARY TABLES and LOCK TABLES. Secrets of RDS and Aurora are such. Only the function that prepares the databases reads it.
   */
  readonly adminSecret: secretsmanager.ISecret;

  /**
   * Port of the server.
   *
   * @default 3306
   */
  readonly port?: number;

  /**
   * What has the server's security groups: an RDS instance, an Aurora cluster, a security group. The members are let in.
   *
   * @default - the members may connect to the port, of `host` where it is an address and of any address where it is a name;
   * to let them in is yours
   */
  readonly server?: ec2.IConnectable;

  /**
   * What the names of databases and users begin with, `ei_`. Clusters that share a server need one each. Letters, digits and `_`,
   * 12 characters at most.
   *
   * @default - none: the names are those of the guides, such as REGISTRY_DB
   */
  readonly databasePrefix?: string;

  /**
   * The network that users may connect from, as the server sees it: a range such as `10.0.0.0/16`, or `%` for any.
   *
   * @default - the range of the VPC that the node is in
   */
  readonly clientNetwork?: string;

  /**
   * Connect to whichever server answers, whatever its certificate says. The connection is encrypted, but somebody who takes the
   * server's place in the network reads passwords and data. Synthesis warns of it (`cdk-wso2-cluster:unverifiedDatabase`).
   *
   * @default false
   */
  readonly acceptAnyCertificate?: boolean;
}
