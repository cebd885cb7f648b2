export * from './carbon-cluster';
export * from './carbon-cluster-props';
