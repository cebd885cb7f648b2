export * from './carbon-node-group';
export * from './configuration-overlay';
