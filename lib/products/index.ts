export * from './carbon-product';
export * from './custom-product-options';
