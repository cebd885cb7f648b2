import { Fn } from 'aws-cdk-lib';
import { LateBoundValues } from '../../lib/boot/late-bound-values';

test('a literal stays a literal, a token becomes a reference', () => {
  const values = new LateBoundValues();
  expect(values.value('Literal', 'text')).toBe('text');
  expect(values.value('Late', Fn.ref('Thing'))).toEqual({ env: 'Late' });
  expect(values.lines()).toHaveLength(1);
});

test('lines do not depend on the order of asking', () => {
  const values = new LateBoundValues();
  values.name('B', '2');
  values.name('A', '1');
  expect(values.lines()).toEqual(['A=1', 'B=2']);
});

test('one name is one value', () => {
  const values = new LateBoundValues();
  values.name('A', '1');
  expect(values.name('A', '1')).toBe('A');
  expect(() => values.name('A', '2')).toThrow("late-bound value 'A' is taken");
  expect(() => values.name('a b', '2')).toThrow("late-bound value 'a b' is no name");
});
