export * from './carbon-node-group';
export * from './configuration-overlay';
export * from './node-scaling';
