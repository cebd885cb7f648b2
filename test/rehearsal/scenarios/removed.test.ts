import { Left, mustBeWhatStays } from './removed';

const LEFT: Left = {
  logs: ['S-GatewayOperationsCarbonLog1', 'S-GatewayOperationsAuditLog2', 'S-GatewayOperationsBootLog3'],
  secrets: ['S-GatewayKeystoreSecret4'],
  snapshots: ['s-snapshot'],
  others: [],
};

test('what the runbook names may stay', () => {
  expect(() => mustBeWhatStays(LEFT)).not.toThrow();
});

test.each<[string, Partial<Left>, RegExp]>([
  ['a log group that is gone', { logs: LEFT.logs.slice(1) }, /the log groups that stay are S-GatewayOperationsAuditLog2, /],
  ['a log group of something else', { logs: [...LEFT.logs.slice(1), 'S-RotationLog'] }, /S-RotationLog/],
  ['no key store', { secrets: [] }, /the secrets that stay are none/],
  ['the password of a user', { secrets: ['S-GatewayDatabaseWso2amDbUser'] }, /DbUser/],
  ['no snapshot', { snapshots: [] }, /0 snapshots/],
  ['a role', { others: ['S-Role'] }, /there is still S-Role/],
])('%s is told', (_, changes, problem) => {
  expect(() => mustBeWhatStays({ ...LEFT, ...changes })).toThrow(problem);
});
