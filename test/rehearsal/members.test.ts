import { lastMembers } from './members';

/** As Hazelcast 3.5.4 wrote it in a rehearsal; tabs and the log's own head of line are its. */
const HAZELCAST_35 = `TID: [-1234] [] [2026-11-21 07:58:19,749]  INFO {com.hazelcast.cluster.ClusterService} -  [10.0.128.4]:5701 [G] [3.5.4] 

Members [1] {
\tMember [10.0.128.4]:5701 this
}
 {com.hazelcast.cluster.ClusterService}
TID: [-1234] [] [2026-11-21 07:58:22,997]  INFO {com.hazelcast.cluster.ClusterService} -  [10.0.128.4]:5701 [G] [3.5.4] 

Members [3] {
\tMember [10.0.128.4]:5701 this
\tMember [10.0.192.4]:5701
\tMember [10.0.128.5]:5701
}
 {com.hazelcast.cluster.ClusterService}
`;

/** 3.12, 4 and 5 add the version of the list and each member's id. */
function newer(version: string, list: number, ...addresses: string[]): string {
  const members = addresses.map((each, index) => `\tMember [${each}]:5701 - 33cdf7be-d405-4ca2-bc1f-bfa13${index}${index === 0 ? ' this' : ''}\n`);
  return `INFO {com.hazelcast.internal.cluster.ClusterService} -  [10.0.0.1]:5701 [G] [${version}] \n\n`
    + `Members {size:${addresses.length}, ver:${list}} [\n${members.join('')}]\n`;
}

test('the last list of Hazelcast 3.5 counts', () => {
  expect(lastMembers(HAZELCAST_35)).toEqual(['10.0.128.4:5701', '10.0.128.5:5701', '10.0.192.4:5701']);
});

test.each(['3.12', '4.2', '5.3.6'])('the last list of Hazelcast %s counts', version => {
  const log = newer(version, 1, '10.0.0.1') + newer(version, 3, '10.0.0.2', '10.0.0.1', '10.0.0.3') + newer(version, 4, '10.0.0.2', '10.0.0.1');
  expect(lastMembers(log)).toEqual(['10.0.0.1:5701', '10.0.0.2:5701']);
});

test('a member that left is not counted', () => {
  const after = HAZELCAST_35 + 'INFO Member left [10.0.128.5]:5701\n\nMembers [2] {\n\tMember [10.0.128.4]:5701 this\n\tMember [10.0.192.4]:5701\n}\n';
  expect(lastMembers(after)).toEqual(['10.0.128.4:5701', '10.0.192.4:5701']);
});

test('a list that is still being written does not count', () => {
  expect(lastMembers(newer('4.2', 1, '10.0.0.1') + 'Members {size:2, ver:2} [\n\tMember [10.0.0.1]:5701')).toEqual(['10.0.0.1:5701']);
});

test('a log without a list says so', () => {
  expect(lastMembers('INFO Starting WSO2 Carbon...\nMember joined [10.0.0.1]:5701\n')).toBeUndefined();
  expect(lastMembers('')).toBeUndefined();
});
