import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Distribution } from '../artifacts/distribution';
import { TrustedCertificate } from '../artifacts/trusted-certificate';

/** Options of `LoadBalancing.wso2ElasticLoadBalancer`. */
export interface Wso2ElasticLoadBalancingOptions {
  /** The pack of WSO2 Elastic Load Balancer, `wso2elb-2.1.1.zip`. Clients see the certificate of the cluster's `keystore`. */
  readonly distribution: Distribution;

  /**
   * Version of the pack.
   *
   * @default 2.1.1
   */
  readonly version?: string;

  /**
   * Version of Hazelcast in the pack, where it was built with another than WSO2 did: with that of the nodes' kernel.
   *
   * @default - that of the version, 3.0.1 for 2.1
   */
  readonly hazelcastVersion?: string;

  /**
   * Major version of Java that the load balancer runs on.
   *
   * @default - the version that the product prefers, 7
   */
  readonly javaVersion?: number;

  /**
   * Home of a Java that the image has. No distribution has Java 7 or older.
   *
   * @default - found, or installed
   */
  readonly javaHome?: string;

  /**
   * Port at which the load balancer is a member of the nodes' Hazelcast group: `group_mgt_port` of loadbalancer.conf.
   *
   * @default 4500
   */
  readonly groupManagementPort?: number;

  /**
   * A session that was idle for this long may reach another node.
   *
   * @default Duration.minutes(30)
   */
  readonly sessionTimeout?: Duration;

  /**
   * Certificates that it trusts besides.
   *
   * @default - that of the nodes, and those of the pack's trust store
   */
  readonly trustedCertificates?: TrustedCertificate[];

  /**
   * Instance type of the load balancer.
   *
   * @default - t3.medium: 4 GiB of memory, of which it takes up to 3
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Image of the load balancer.
   *
   * @default - that of the nodes
   */
  readonly machineImage?: ec2.IMachineImage;

  /**
   * Name of that image's root device.
   *
   * @default - that of the nodes' image
   */
  readonly rootDeviceName?: string;
}
