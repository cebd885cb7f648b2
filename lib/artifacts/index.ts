export * from './bucket-file-options';
export * from './deployment-synchronizer';
export * from './distribution';
export * from './trusted-certificate';
