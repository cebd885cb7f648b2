export * from './cloud-watch-operations-options';
export * from './cluster-operations';
export * from './operations';
