export * from './certificate-authority';
export * from './database';
export * from './database-options';
export * from './database-privilege';
export * from './datasource';
export * from './jdbc-driver';
export * from './local-registry';
