export * from './aws-access-key-options';
export * from './aws-membership-credentials';
export * from './aws-membership-options';
export * from './membership';
export * from './well-known-member';
