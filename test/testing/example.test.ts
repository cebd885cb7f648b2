import { testing } from '../../lib';
import { makeStacks } from './fixture/stacks';

const { app, api, identity } = makeStacks();
const stacks = testing.SynthesizedStacks.of(api, identity);

test('the clusters do not meet, and each is whole', () => {
  const discovery = testing.Discovery.simulate(stacks);
  discovery.assertApart();
  discovery.assertComplete();
  discovery.assertPortsOpen();
  const workers = discovery.nodesNamed('Api/Gateway/Workers');
  expect(workers.finds.map(each => each.name)).toEqual(['Api/Gateway/Manager', 'Api/Gateway/Workers']);
});

test('nodes may do what they need and put metrics', () => {
  testing.LeastPrivilege.assertNoFindings(stacks, { alsoAllowed: [{ action: 'cloudwatch:PutMetricData' }] });
});

test('no secret is in the cloud assembly', () => {
  new testing.SecretScan().scanFolder(app.synth().directory).assertNoFindings();
});
