import { Template } from 'aws-cdk-lib/assertions';
import { spawnSync } from 'node:child_process';
import { LateBoundValues } from '../../lib/boot/late-bound-values';
import { checkUserDataSize, userDataText } from '../../lib/boot/user-data';
import { gateway, testStack, userDataOf } from '../gateway';

test('is a bash script without its comments', () => {
  const text = userDataText(new LateBoundValues(), '{}');
  expect(text.startsWith('#!/bin/bash\n')).toBe(true);
  expect(text.split('\n').filter(line => line.startsWith('#'))).toHaveLength(1);
  const checked = spawnSync('bash', ['-n'], { input: text });
  expect([checked.status, String(checked.stderr)]).toEqual([0, '']);
});

test('replacement patterns of JavaScript in a document mean nothing', () => {
  expect(userDataText(new LateBoundValues(), '{"a":"$& $1 $$"}')).toContain('{"a":"$& $1 $$"}');
});

test('a document that would end itself is refused', () => {
  expect(() => userDataText(new LateBoundValues(), 'a\nCARBON_CLUSTER_NODE\nb')).toThrow(/ends the node's document/);
});

test('counts what late-bound values may become', () => {
  const ref = { Ref: 'Thing' };
  const text = (count: number): unknown => ({ 'Fn::Base64': { 'Fn::Join': ['', ['x'.repeat(16384 - 222), ...Array(count).fill(ref)]] } });
  expect(checkUserDataSize('Path', text(2))).toEqual([]);
  expect(checkUserDataSize('Path', text(3))).toEqual([expect.stringMatching(/^user data of Path may become 16495 bytes, EC2 takes 16384/)]);
});

test('an address is no longer than an address', () => {
  const text = (count: number): unknown => ({ 'Fn::Join': ['', ['x'.repeat(16384 - 30), ...Array(count).fill({ 'Fn::GetAtt': ['Interface', 'PrimaryPrivateIpAddress'] })]] });
  expect(checkUserDataSize('Path', text(2))).toEqual([]);
  expect(checkUserDataSize('Path', text(3))).toEqual([expect.stringMatching(/list fewer well-known members/)]);
});

test('counts bytes, not characters', () => {
  expect(checkUserDataSize('Path', 'é'.repeat(8193))).toHaveLength(1);
});

test('names every secret by ARN and holds no value of one', () => {
  const stack = testStack();
  gateway(stack);
  const text = userDataOf(Template.fromStack(stack), 'Workers');
  expect(text).not.toMatch(/resolve:secretsmanager|SecretAccessKey|MasterUserPassword/);
  expect(text).toMatch(/^Wso2amDbSecret=<\{"Ref":/m);
});
