import { ConfigurationLayout } from '../configuration/node-model';
import { compareVersions } from './kernel';
import { ProductVersion } from './product-version';
import { PASS_THROUGH_PORTS, SERVLET_PORTS } from './profiles';

/**
 * One version of WSO2 Elastic Load Balancer. It is no product of the catalogue: it has no profiles, no databases of a cluster and
 * no workers, and it stands before nodes instead of being one.
 */
export interface ElasticLoadBalancerVersion {
  readonly pack: string;
  readonly title: string;
  readonly version: string;
  /** Carbon kernel, `4.2.0`. */
  readonly kernel: string;
  /** Hazelcast inside; absent where clustering is Apache Tribes, which no Hazelcast member understands. */
  readonly hazelcast?: string;
  /** Java versions that the start script accepts. */
  readonly java: ProductVersion['java'];
  readonly startScript: string;
  readonly layout: ConfigurationLayout;
  readonly driverFolder: string;
  /** Listeners as shipped. `service*` is where clients connect; `member` is the Hazelcast port among load balancers. */
  readonly ports: {
    readonly serviceHttp: number;
    readonly serviceHttps: number;
    readonly servletHttp: number;
    readonly servletHttps: number;
    readonly member: number;
  };
  /** The key store that the HTTPS listener shows, and the trust store that the nodes' certificates are looked up in. */
  readonly keyStore: string;
  readonly trustStore: string;
  /** Where the facts come from, and how sure they are. */
  readonly source: string;
}

export const ELASTIC_LOAD_BALANCER = { pack: 'wso2elb', title: 'WSO2 Elastic Load Balancer' };

const COMMON: Omit<ElasticLoadBalancerVersion, 'version' | 'kernel' | 'source'> = {
  ...ELASTIC_LOAD_BALANCER,
  java: { accepted: [6, 7], preferred: 7 },
  startScript: 'bin/wso2server.sh',
  layout: { style: 'xml', folder: 'repository/conf', passThrough: true, log4j: 1 },
  driverFolder: 'repository/components/lib',
  ports: {
    serviceHttp: PASS_THROUGH_PORTS.http,
    serviceHttps: PASS_THROUGH_PORTS.https,
    servletHttp: SERVLET_PORTS.http,
    servletHttps: SERVLET_PORTS.https,
    member: 4000,
  },
  keyStore: 'repository/resources/security/wso2carbon.jks',
  trustStore: 'repository/resources/security/client-truststore.jks',
};

const TRIBES = 'apache/stratos products/elb (the product\'s sources as WSO2 donated them): pom.xml of the version (kernel), wso2server.sh of '
  + '2.0.4 (Java), axis2.xml and loadbalancer.conf of the folder above (clustering by Tribes, ports, key stores)';
const HAZELCAST = 'axis2.xml and loadbalancer.conf of 2.1.0 as in the Puppet modules of SParaparan/Puppet-Modules and freeheartgy/Puppet '
  + '(HazelcastClusteringAgent, ports, key stores); inferred: kernel (released with Identity Server 4.5.0, which has it), Hazelcast (dev@wso2.org '
  + '35571 of 2015: the kernel after it moved from 3.0.1 to 3.2.6), Java and start script as in 2.0.4';

export const ELASTIC_LOAD_BALANCER_VERSIONS: readonly ElasticLoadBalancerVersion[] = [
  { ...COMMON, version: '2.0.4', kernel: '4.1.0', source: TRIBES },
  { ...COMMON, version: '2.0.5', kernel: '4.1.0', source: TRIBES },
  { ...COMMON, version: '2.1.0', kernel: '4.2.0', hazelcast: '3.0.1', source: HAZELCAST },
  { ...COMMON, version: '2.1.1', kernel: '4.2.0', hazelcast: '3.0.1', source: `${HAZELCAST}; inferred: as 2.1.0` },
];

/** @throws for a version that nobody looked at */
export function elasticLoadBalancerVersion(version: string): ElasticLoadBalancerVersion {
  const found = ELASTIC_LOAD_BALANCER_VERSIONS.find(each => each.version === version);
  if (found) return found;
  throw new Error(`version '${version}' of ${ELASTIC_LOAD_BALANCER.title} is not known, `
    + `use one of ${ELASTIC_LOAD_BALANCER_VERSIONS.map(each => each.version).join(', ')}`);
}

/**
 * Whether members of these two versions of Hazelcast can form a group. Before 3.8 only patch releases of one minor version can
 * (hazelcast/hazelcast #9064), and after it in the community edition too (#11924). 3.0.1 and 3.2.6 with 3.5.4 were tried: neither
 * accepts a packet of the other.
 */
export function hazelcastVersionsJoin(one: string, other: string): boolean {
  const minor = (version: string): string => version.split('.').slice(0, 2).join('.');
  return compareVersions(minor(one), minor(other)) === 0;
}
