export * from './discovery';
export * from './least-privilege';
export * from './secret-kind';
export * from './secret-scan';
export * from './synthesized-stacks';
export * from './template-snapshot';
