export * from './boot-phase';
