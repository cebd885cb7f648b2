export * from './private-names';
