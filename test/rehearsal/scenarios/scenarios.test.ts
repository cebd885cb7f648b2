/** Every scenario can fail: a rehearsal that says what it should, and then one thing that it should not. */
import { AuthorizationProblem } from '../authorization/ledger';
import { RehearsedNode } from '../rehearsal';
import { SCENARIOS } from '.';
import { artifacts } from './artifacts';
import { awsAway } from './aws-away';
import { databaseAway } from './database-away';
import { databaseRestarted } from './database-restarted';
import { ec2Refuses } from './ec2-refuses';
import { eightNodes } from './eight-nodes';
import { Answer, BAD_LOAD, fakeRehearsal, Given, later, outcome, replaceEach, THREE } from './fake-rehearsal';
import { exhausted } from './exhausted';
import { failover } from './failover';
import { hung } from './hung';
import { nginx } from './nginx';
import { rebooted } from './rebooted';
import { rolling } from './rolling';
import { Scenario } from './scenario';
import { secretsByName } from './secrets-by-name';
import { simultaneous } from './simultaneous';
import { twoClusters } from './two-clusters';
import { wellKnownKept } from './well-known-kept';
import { wellKnownReplaced } from './well-known-replaced';
import { zoneLost } from './zone-lost';

jest.mock('./sql-client', () => ({ databaseOf: async () => ({ id: 'db', endpoint: 'db.example.com', secret: 'arn' }) }));
jest.mock('../host-paths', () => ({
  hostPaths: () => [{ host: 'am.example.com', path: '/', url: 'https://am.example.com/', internal: false, insecure: false, targetGroups: [] }],
  urlTo: () => 'https://am.example.com/',
}));

const DENIED: AuthorizationProblem = {
  principal: 'role R', outcome: 'denied', times: 1, reason: 'because no policy',
  what: 'secretsmanager:GetSecretValue on arn:aws:secretsmanager:us-east-1:123456789012:secret:wso2/administrator-AbCdEf',
};

/** What nodes say after an update that went well. */
const UPDATED = { exec: () => ({ code: 0, stdout: 'Environment=JAVA_OPTS=-Drevision=2\n"key":"wso2am-2.2.0-1.zip"\n' }), read: () => 'Member left\n' };

const EIGHT = [...THREE, ...Array(5).fill('S/Gateway/Workers')];
const FOUR = ['S/First/Manager', 'S/First/Workers', 'S/Second/Manager', 'S/Second/Workers'];
const REFUSED = [{ event: 'aws-call', service: 'ec2', status: 503 }];

/** Whose addresses are in two zones, as `fakeRehearsal` gives them. */
const ZONES = { 'i-0': '10.0.0.1', 'i-1': '10.0.0.2', 'i-2': '10.0.1.3' };

/** AWS does not answer while its link is down, and a server that was killed starts once more unless it stays away. */
function withoutAws(faults: { answers?: boolean; resolves?: boolean; staysAway?: boolean; restarts?: boolean } = {}): Given {
  let crashed = false;
  return {
    names: THREE,
    answers: {
      exec: ({ script }) => {
        if (script.startsWith('curl')) return { code: faults.answers ? 0 : 28 };
        if (script.startsWith('getent')) return { code: faults.resolves ? 0 : 2 };
        crashed = true;
        return { code: 0, stdout: '' };
      },
      read: ({ node }) => 'Starting WSO2 Carbon\n'.repeat(crashed && !faults.staysAway && (node === 'i-1' || faults.restarts) ? 2 : 1),
    },
  };
}

/** Two nodes of three end, and the third is alone then, and does not answer each request. */
function zoneOfTwoLost(): Given {
  const killed = new Set<string>();
  return {
    names: THREE, at: ZONES, members: (_, all) => all.filter(each => !killed.has(each.id)),
    answers: {
      kill: ({ node }) => { killed.add(node); },
      health: () => (killed.size > 0 ? [] : Object.keys(ZONES).map(instance => ({ instance, state: 'healthy' }))),
      load: ({ seconds }) => later(seconds, BAD_LOAD),
    },
  };
}

/** Two nodes whose servers can be exhausted. `starts`: how often each server has started when it is asked the first, second, third time. */
function exhaustedNodes(faults: { left?: string; code?: string; filled?: string; starts?: readonly number[]; logs?: string; state?: string } = {}): Given {
  let reads = 0;
  const starts = faults.starts ?? [1, 2];
  return {
    names: THREE.slice(0, 2),
    answers: {
      exec: ({ script = '', argv = [] }) => {
        if (script.startsWith('dd')) return { code: 0, stdout: faults.left ?? '0\n' };
        if (script.startsWith('du')) return { code: 0, stdout: faults.logs ?? '3\n' };
        if (argv.includes('ActiveState')) return { code: 0, stdout: 'active\n' };
        if (argv.join(' ').includes('exhaust-memory')) return { code: 0, stdout: faults.filled ?? 'the heap is being filled\n' };
        return { code: 0, stdout: faults.code ?? '200' };
      },
      read: () => 'Starting WSO2 Carbon\n'.repeat(starts[Math.min(reads++, starts.length - 1)]),
    },
  };
}

const FRONTS = ['S/Esb/Nodes', 'S/Esb/Nodes', 'S/Esb/LoadBalancer/Instances', 'S/Esb/LoadBalancer/Instances'];

/** Two nodes behind two NGINX: clients by their jars, each time anew where they are to move, and a configuration without dead nodes. */
function behindNginx(faults: { moves?: boolean; stays?: boolean; oneServes?: boolean } = {}): Given {
  const killed = new Set<string>();
  let requests = 0;
  const servers = (): string[] => ['10.0.0.1', '10.0.0.2'].filter((_, index) => faults.stays || !killed.has(`i-${index}`));
  return {
    names: FRONTS,
    members: (_, all) => all.filter(each => !each.loadBalancer),
    answers: {
      kill: ({ node }) => { killed.add(node); },
      health: () => [...killed].map(instance => ({ instance, state: 'unhealthy' })),
      read: () => servers().map(each => `server ${each}:9443;`).join('\n'),
      request: ({ jar = 'client-0' }) => {
        const number = faults.oneServes ? 0 : faults.moves ? Math.floor(requests++ / 5) : Number(jar.split('-')[1]);
        const node = killed.has('i-1') ? 0 : number % 2;
        return { status: 200, body: JSON.stringify({ cluster: { localMember: `10.0.0.${node + 1}:5701` } }) };
      },
    },
  };
}

/** A worker that keeps 10.0.1.9, and what its machine says of its network. */
function keeping(held: readonly string[] = ['10.0.1.9'], device = 'ens6', reached = true): Given {
  let reads = 0;
  const links = [{ ifname: 'ens5', addr_info: [{ local: '10.0.0.2', prefixlen: 24 }] }, { ifname: 'ens6', addr_info: held.map(local => ({ local, prefixlen: 24 })) }];
  return {
    names: THREE, keep: { 'i-1': '10.0.1.9' },
    answers: {
      read: () => 'Starting WSO2 Carbon\n'.repeat(reads++ ? 2 : 1),
      exec: ({ script }) => {
        if (script.includes('address show')) return { code: 0, stdout: JSON.stringify(links) };
        if (script.includes('route get')) return { code: 0, stdout: JSON.stringify([{ dev: device }]) };
        return { code: script.includes('/dev/tcp') && !reached ? 124 : 0, stdout: '' };
      },
    },
  };
}

test.each<[string, Scenario, Given]>([
  ['an address that is kept', wellKnownKept[0], keeping()],
  ['an address that is kept beside netplan', wellKnownKept[1], keeping()],
  ['eight nodes', eightNodes, { names: EIGHT }],
  ['two clusters', twoClusters, { names: FOUR }],
  ['a reboot', rebooted, { names: THREE }],
  ['the EC2 API refusing', ec2Refuses, { names: THREE, events: REFUSED }],
  ['a start of all', simultaneous, { names: THREE, answers: { exec: () => ({ code: 0, stdout: 'active\n' }) } }],
  ['clients behind NGINX', nginx, behindNginx()],
  ['AWS away', awsAway, withoutAws()],
  ['a full disk', exhausted[0], exhaustedNodes()],
  ['an exhausted heap', exhausted[1], exhaustedNodes()],
])('%s: all well passes', async (_, scenario, given) => {
  await expect(outcome(scenario, fakeRehearsal(given))).resolves.toBe('passed');
});

test.each<[string, Scenario, Given, RegExp]>([
  ['seven nodes', eightNodes, { names: EIGHT.slice(1) }, /7 nodes were deployed/],
  ['a cluster in two parts', eightNodes, { names: EIGHT, members: (node, all) => (node.id === 'i-3' ? [node] : all) }, /10\.0\.0\.4 sees 10\.0\.0\.4 instead of/],
  ['a request that fails', eightNodes, { names: EIGHT, answers: { request: () => ({ status: 502 }) } }, /answered 502/],
  ['clusters that merge', twoClusters, { names: FOUR, members: (_, all) => all }, /sees 10\.0\.0\.1, 10\.0\.0\.2, 10\.0\.0\.3/],
  ['a third cluster', twoClusters, { names: [...FOUR, 'S/First/Workers'] }, /expected two clusters of two nodes/],
  ['user data that runs again', rebooted, { names: THREE, answers: { read: readTwice() } }, /ran again after the reboot/],
  ['a service that stays away', rebooted, { names: THREE, answers: { read: () => 'phase prepare begins\n' } }, /did not start again within 120 s/],
  ['nodes that do not wait', databaseAway, { names: THREE }, /did not wait for the database/],
  ['a rebooted target that stays unhealthy', rebooted, { names: THREE, answers: { health: () => [{ instance: 'i-1', state: 'unhealthy' }] } }, /healthy target again/],
  ['a rebooted target that others answer for', rebooted, { names: THREE, answers: { request: () => ({ status: 200, instance: 'i-2' }) } }, /did not answer through/],
  ['servers that never asked', ec2Refuses, { names: THREE }, /no node asked the EC2 API/],
  ['nodes that started alone', ec2Refuses, { names: THREE, events: REFUSED, members: node => [node] }, /instead of 10\.0\.0\.1, .* still after 180 s/],
  ['clients that move', nginx, behindNginx({ moves: true }), /clients moved/],
  ['one node for all clients', nginx, behindNginx({ oneServes: true }), /one node serves all clients: 12 and 0/],
  ['a dead node that NGINX keeps', nginx, behindNginx({ stays: true }), /did not leave Nodes 10\.0\.0\.2 out within 120 s/],
  ['an artifact that stays where it is', artifacts[0], { names: THREE.slice(0, 2), answers: { exec: () => ({ code: 0, stdout: 'another\n' }) } },
    /'one' did not arrive at .* of Workers/],
  ['an artifact of somebody else', artifacts[0], { names: THREE.slice(0, 2), answers: { exec: echoes() } }, /what is deployed belongs to user 0/],
  ['an update that replaces nobody', rolling, { names: THREE, answers: UPDATED }, /the old nodes did not end within 180 s/],
  ['an update that nodes do not get', rolling, { names: THREE, update: replaceEach }, /runs with the setting from before/],
  ['an update whose nodes have the pack from before', rolling, { names: THREE, update: replaceEach, answers: { ...UPDATED, exec: () => ({ code: 0, stdout: '-Drevision=2' }) } },
    /has the pack from before/],
  ['nodes that end without leaving', rolling, { names: THREE, update: replaceEach, answers: { ...UPDATED, read: () => '' } }, /no node logged 'Member left'/],
  ['requests that fail during an update', rolling, { names: THREE, update: replaceEach, answers: { ...UPDATED, load: ({ seconds }) => later(seconds, BAD_LOAD) } },
    /requests failed: \{"200"/],
  ['an update that should have failed', rolling, { names: THREE, update: onlyOnce(), answers: UPDATED }, /was not refused/],
  ['a server that does not hang', hung, { names: THREE, answers: { exec: () => ({ code: 1, stderr: 'no process' }) } }, /could be stopped: no process/],
  ['a server that hangs in rotation', hung, { names: THREE }, /out of rotation within 60 s/],
  ['a server that hangs for ever', hung, { names: THREE, answers: { health: () => [{ instance: 'i-1', state: 'unhealthy' }] } }, /was not replaced within 180 s/],
  ['requests to a server that hangs', hung, { names: THREE, answers: { health: () => [], load: ({ seconds }) => later(seconds, BAD_LOAD) } }, /was out of rotation/],
  ['a member without an address of its own', wellKnownReplaced, { names: THREE }, /no worker keeps an address/],
  ['nobody who keeps an address', wellKnownKept[0], { names: THREE }, /no worker keeps an address/],
  ['an address that is gone', wellKnownKept[0], keeping([]), /has 10\.0\.1\.9 on 0 interfaces instead of one after its boot/],
  ['an address that is there twice', wellKnownKept[0], keeping(['10.0.1.9', '10.0.1.9']), /has 10\.0\.1\.9\/24, 10\.0\.1\.9\/24 on ens6/],
  ['a rule that is gone', wellKnownKept[1], keeping(['10.0.1.9'], 'ens5'), /packets from 10\.0\.1\.9 leave Workers 10\.0\.0\.2 by ens5 instead of ens6/],
  ['an address that nobody reaches', wellKnownKept[1], keeping(['10.0.1.9'], 'ens6', false), /Manager 10\.0\.0\.1 does not reach 10\.0\.1\.9 after its boot/],
  ['a database that does not answer', databaseRestarted, { names: THREE, answers: { request: () => ({ status: 500, body: 'gone' }) } }, /do not answer before/],
  ['a database that does not go', databaseRestarted, { names: THREE }, /answered while their server was away/],
  ['a database that stays away', databaseRestarted, { names: THREE, answers: { request: onceWell() } }, /no server reached the database again within 60 s/],
  ['a secret that the policy does not name', secretsByName, { names: THREE, judged: { problems: [DENIED] } },
    /^role R was denied secretsmanager:GetSecretValue on .*:secret:wso2\/administrator-AbCdEf, because no policy$/],
  ['a secret that nobody reads', secretsByName, { names: THREE }, /nobody read the secret within 420 s/],
  ['AWS that still answers', awsAway, withoutAws({ answers: true }), /a service of AWS still answers/],
  ['a name of the database that still resolves', awsAway, withoutAws({ resolves: true }), /db\.example\.com still resolves/],
  ['a server that does not start without AWS', awsAway, withoutAws({ staysAway: true }), /did not start again while AWS was away within 1\d\d s/],
  ['servers that start again because AWS is away', awsAway, withoutAws({ restarts: true }), /servers were started 2,2,2 times instead of 1,2,1/],
  ['a server that is no member without AWS', awsAway, { ...withoutAws(), members: node => [node] }, /10\.0\.0\.1 sees 10\.0\.0\.1 instead of/],
  ['a cluster in one zone', zoneLost, { names: THREE }, /expected two of three nodes in one zone/],
  ['lost nodes that stay in rotation', zoneLost, { names: THREE, at: ZONES }, /did not take the lost nodes out of rotation within 60 s/],
  ['requests that fail while one node serves', zoneLost, zoneOfTwoLost(), /requests failed while Workers 10\.0\.1\.3 served alone/],
  ['a failover that nobody notices', failover, { names: THREE }, /a server joined while the database was away/],
  ['a disk that is not full', exhausted[0], exhaustedNodes({ left: '17' }), /has 17 KiB left/],
  ['a target that is healthy and answers nothing', exhausted[0], exhaustedNodes({ code: '000' }), /answers 000 and is a healthy target/],
  ['logs without an end', exhausted[0], exhaustedNodes({ logs: '1200\n' }), /the logs of Manager 10\.0\.0\.1 take 1200 MiB/],
  ['a server that cannot be exhausted', exhausted[1], exhaustedNodes({ filled: 'Not Found' }), /cannot be asked to fill its heap: Not Found/],
  ['a server that lives on without memory', exhausted[1], exhaustedNodes({ starts: [1] }), /lived on after it had run out of memory within 60 s/],
  ['a split at the start', simultaneous, { names: THREE, members: node => [node], answers: { exec: () => ({ code: 0, stdout: 'active\n' }) } },
    /split 3 of 3 times/],
  ['a server that does not start again', simultaneous, { names: THREE, answers: { exec: () => ({ code: 0, stdout: 'activating\n' }) } },
    /not all servers were members again/],
])('%s does not pass', async (_, scenario, given, problem) => {
  await expect(outcome(scenario, fakeRehearsal(given))).resolves.toMatch(problem);
});

/** The first deployment replaces all nodes, and the next changes nothing and does not fail. */
function onlyOnce(): (nodes: Map<string, RehearsedNode>) => void {
  let done = false;
  return nodes => {
    if (!done) replaceEach(nodes);
    done = true;
  };
}

function onceWell(): Answer {
  let asked = 0;
  return () => ({ status: asked++ === 0 ? 200 : 500, body: 'gone' });
}

/** Whatever was deployed last is everywhere, and root's. */
function echoes(): Answer {
  let last = '';
  return ({ script }) => {
    last = /echo (\w+) >/.exec(script)?.[1] ?? last;
    return { code: 0, stdout: script.startsWith('stat') ? '0\n' : `${last}\n` };
  };
}

/** User data has run once before the reboot and twice after it. */
function readTwice(): Answer {
  let reads = 0;
  return ({ path }) => {
    if (!path.includes('boot.log')) return 'Starting WSO2 Carbon\nStarting WSO2 Carbon\n';
    reads++;
    return 'phase prepare begins\n'.repeat(reads > 1 ? 2 : 1);
  };
}

test('scenarios have names of their own', () => {
  expect(new Set(SCENARIOS.map(each => each.name)).size).toBe(SCENARIOS.length);
});
