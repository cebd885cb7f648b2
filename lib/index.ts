export * from './artifacts';
export * from './boot';
export * from './cluster';
export * from './database';
export * from './load-balancing';
export * from './membership';
export * from './nodes';
export * from './products';
export * as testing from './testing';
