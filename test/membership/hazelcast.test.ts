import { checkAwsMemberPort, generationOf, probedPorts } from '../../lib/membership/hazelcast';

test.each([['3.5.0', '3.5'], ['3.5.4', '3.5'], ['3.12.2', '3.12'], ['4.2.6', '4.2'], ['5.3.6', '5']])('Hazelcast %s is of generation %s', (version, generation) => {
  expect(generationOf(version)).toBe(generation);
});

test('a version that no Carbon carries', () => {
  expect(() => generationOf('3.8')).toThrow("version '3.8' of Hazelcast is not one that Carbon carries");
});

test('3.5 probes the node\'s own port and the next two', () => {
  expect(probedPorts('3.5', 5710)).toEqual({ from: 5710, to: 5712 });
});

test('from 3.12 on only hz-port is probed', () => {
  expect(probedPorts('3.12', 5701)).toEqual({ from: 5701, to: 5708 });
  expect(() => checkAwsMemberPort('3.12.2', 5709)).toThrow('localMemberPort 5709 is never probed by Hazelcast 3.12.2, give one of 5701 to 5708');
  expect(() => checkAwsMemberPort('3.5.4', 5709)).not.toThrow();
});
