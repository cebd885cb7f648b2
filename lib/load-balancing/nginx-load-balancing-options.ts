import { Duration, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { NginxCertificate } from './nginx-certificate';
import { NginxEdition, NginxStickiness } from './nginx-edition';

/** What port 80 is for. */
export enum NginxHttp {
  /** Services are served without TLS, from the nodes' HTTP port, as in WSO2's guides; the console is not, its clients are sent to HTTPS. */
  SERVICE = 'service',
  /** Clients are sent to the same address by HTTPS. */
  REDIRECT = 'redirect',
  /** Nothing: the port is closed. */
  CLOSED = 'none',
}

/** How NGINX, and with it the nodes, learn the client's address. */
export enum NginxClientAddress {
  /** The network load balancer leaves the client's address as the source of the connection. */
  PRESERVED = 'preserved',
  /** The network load balancer names the client in a header of the PROXY protocol: for clients that come through a VPC endpoint service. */
  PROXY_PROTOCOL = 'proxy-protocol',
}

/** Options of `LoadBalancing.nginx`. */
export interface NginxLoadBalancingOptions {
  /** The certificate that clients see. Certificates of ACM cannot be used: their keys never leave AWS's own load balancers. */
  readonly certificate: NginxCertificate;

  /**
   * The edition of NGINX.
   *
   * @default - the community edition that the image has, or that its distribution brings along
   */
  readonly edition?: NginxEdition;

  /**
   * How requests of one session keep to one node, where the product has sessions.
   *
   * @default - the directive `sticky cookie` where the edition is known to have it, otherwise a route cookie
   */
  readonly stickiness?: NginxStickiness;

  /**
   * Number of NGINX instances.
   *
   * @default - 2; 1 without `highAvailability` of the cluster
   */
  readonly instanceCount?: number;

  /**
   * Instance type of NGINX.
   *
   * @default - t3.small, or t4g.small where the nodes are of the ARM architecture
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Image of the NGINX instances.
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

  /**
   * What port 80 is for.
   *
   * @default NginxHttp.REDIRECT
   */
  readonly http?: NginxHttp;

  /**
   * A port besides 443 at which the console is served, and nothing else.
   *
   * @default - none
   */
  readonly consolePort?: number;

  /**
   * How NGINX learns the client's address.
   *
   * @default NginxClientAddress.PRESERVED
   */
  readonly clientAddress?: NginxClientAddress;

  /**
   * How long a node may say nothing while it works on a request, in whole seconds.
   *
   * @default - 5 minutes, as in WSO2's guides
   */
  readonly proxyTimeout?: Duration;

  /**
   * Longest body of a request, such as an artifact that is uploaded to the console.
   *
   * @default Size.mebibytes(100)
   */
  readonly maxBodySize?: Size;
}
