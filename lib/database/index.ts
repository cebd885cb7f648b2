export { Datasource } from './datasource';
export * from './jdbc-driver';
