export * from './application-load-balancing-options';
export * from './classic-listener';
export * from './classic-load-balancing-options';
export * from './cluster-load-balancer';
export * from './load-balancing';
export * from './nginx-certificate';
export * from './nginx-edition';
export * from './nginx-load-balancing-options';
