export * from './bucket-file-options';
export * from './deployment-synchronizer';
export * from './deployment-synchronizer-options';
export * from './distribution';
export * from './trusted-certificate';
