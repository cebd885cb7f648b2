export * from './bucket-file-options';
export * from './distribution';
export * from './trusted-certificate';
