import { Rule } from './reason';

const HAZELCAST_LEVEL = 'Members that come and go show in the log; the root logger of most products says errors only.';

export const MACHINE_RULES: readonly Rule[] = [
  {
    file: /(^|\/)log4j2?\.properties$/,
    place: /^(log4j\.logger\.com\.hazelcast|logger\.com-hazelcast\.(name|level))$/,
    why: HAZELCAST_LEVEL,
    source: 'the product\'s own log4j files',
  },
  {
    file: /(^|\/)logging-bridge\.properties$/,
    place: /^com\.hazelcast\.level$/,
    why: `${HAZELCAST_LEVEL} Until log4j is up, Hazelcast logs through java.util.logging.`,
    source: 'WSO2 Clustering Guide 4.4.x',
  },
  {
    file: /^\/etc\/hosts$/,
    place: /^hosts$/,
    why: 'A name that the node must resolve and that no name server knows.',
    source: 'hostAliases of the cluster',
  },
  {
    file: /^\/etc\/sysctl\.d\/60-carbon-cluster\.conf$/,
    place: /^the whole file$/,
    why: 'Kernel settings of WSO2\'s performance tuning guide, less tcp_tw_recycle, which is gone from Linux since 4.12, and a local port range '
      + 'that would let outgoing connections take ports that the product listens on.',
    source: 'WSO2 performance tuning guide',
  },
];
