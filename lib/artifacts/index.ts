export { BucketFileConfig, BucketFileOptions } from './bucket-file';
export * from './distribution';
export * from './trusted-certificate';
