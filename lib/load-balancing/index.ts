export * from './cluster-load-balancer';
export * from './load-balancing';
