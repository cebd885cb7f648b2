import { CfnResource, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** CloudFormation's limits of a template: resources, and bytes. */
const RESOURCES = 500;
const BYTES = 1_000_000;
/** Fewer never come near the bytes, so that nobody else pays for counting them. */
const MANY_NODES = 10;

const WAY_OUT = 'put the cluster into a nested stack of its own, or use Membership.aws(), whose groups do not grow with their nodes';

/**
 * Adds a check of the cluster's stack, when it is complete. The CDK refuses too many resources as well, but knows no way out; of too many
 * bytes it only warns.
 *
 * @param wellKnownNodes number of nodes of which each has resources of its own
 */
export function checkStackLimits(cluster: IConstruct, wellKnownNodes: number): void {
  cluster.node.addValidation({ validate: () => {
    const stack = Stack.of(cluster);
    const all = stack.node.findAll().filter(CfnResource.isCfnResource).filter(each => Stack.of(each) === stack);
    const own = all.filter(each => each.node.path.startsWith(`${cluster.node.path}/`)).length;
    const nodes = wellKnownNodes > 0 ? ` with ${wellKnownNodes} well-known nodes` : '';
    if (all.length > RESOURCES) {
      return [`stack ${stack.node.path} has ${all.length} resources, CloudFormation takes ${RESOURCES}, and ${own} of them are of `
        + `${cluster.node.path}${nodes}: ${WAY_OUT}`];
    }
    const bytes = wellKnownNodes < MANY_NODES ? 0 : bytesOf(stack, all);
    return bytes <= BYTES ? [] : [`the template of stack ${stack.node.path} has ${bytes} bytes, CloudFormation takes ${BYTES}, and ${own} of `
      + `${all.length} resources are of ${cluster.node.path}${nodes}: ${WAY_OUT}`];
  } });
}

/** Indented as the CDK writes it, where it does. What is in a template besides resources is little. */
function bytesOf(stack: Stack, resources: readonly CfnResource[]): number {
  return resources.map(each => JSON.stringify(stack.resolve((each as unknown as Rendered)._toCloudFormation()), undefined, 1))
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** The CDK leaves it out of its types, as it does with all that an app does not need. */
interface Rendered { _toCloudFormation(): object }
