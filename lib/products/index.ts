export * from './carbon-product';
