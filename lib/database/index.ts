export * from './datasource';
export * from './jdbc-driver';
