import { Duration, Stack } from 'aws-cdk-lib';
import { CarbonClusterProps, CarbonProduct, LoadBalancing } from '../../lib';
import { gateway, testStack } from '../gateway';

type Overrides = Partial<CarbonClusterProps>;

const TRAFFIC_MANAGER = CarbonProduct.apiManager('2.2.0', { profile: 'traffic-manager' });

/** What does not go together, and the one sentence that says so. */
const TABLE: [string, (stack: Stack) => Overrides, string][] = [
  ['an application load balancer without a certificate', () => ({ certificates: [], loadBalancing: LoadBalancing.application() }),
    'certificates is empty, give at least one ACM certificate: the TLS listener on port 443 needs it'],
  ['an idle timeout that AWS refuses', () => ({ loadBalancing: LoadBalancing.application({ idleTimeout: Duration.hours(2) }) }),
    'idleTimeout of 7200 seconds is outside 1 to 4000, give whole seconds between'],
  ['an application load balancer before a profile without HTTP', () => ({ product: TRAFFIC_MANAGER, loadBalancing: LoadBalancing.application() }),
    'profile of group Workers answers no HTTP on port 9611, which an application load balancer must ask: choose another profile'],
];

test.each(TABLE)('%s', (_what, overrides, message) => {
  const stack = testStack();
  let said = 'nothing';
  try { gateway(stack, overrides(stack)); } catch (problem) { said = (problem as Error).message; }
  expect(said).toBe(message);
});
