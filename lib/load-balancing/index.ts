export * from './application-load-balancing-options';
export * from './cluster-load-balancer';
export * from './load-balancing';
