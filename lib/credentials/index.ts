export * from './keystore';
