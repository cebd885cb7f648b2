import { Api } from './api';
import { UsageFailure } from '../../command';

/** A resource of a deployed stack or of a stack nested in it. */
export interface StackResource {
  readonly type: string;
  readonly logicalId: string;
  readonly physicalId: string;
  /** Path of its construct, where the template or the cloud assembly tells it. */
  readonly path?: string;
}

export interface DeployedStack {
  readonly name: string;
  readonly id: string;
  readonly status: string;
  readonly account: string;
  readonly region: string;
  readonly resources: readonly StackResource[];
}

/** The construct path of a logical id. */
export type PathOf = (logicalId: string) => string | undefined;

interface Template {
  readonly Resources?: Readonly<Record<string, { readonly Metadata?: Readonly<Record<string, unknown>> }>>;
}

const NESTED = 'AWS::CloudFormation::Stack';

/** @param pathOf for templates that were deployed without paths */
export async function readStack(api: Api, name: string, pathOf: PathOf): Promise<DeployedStack> {
  const stack = await api.stack(name);
  if (!stack) throw new UsageFailure(`there is no stack ${name} in ${await api.region()}: name one that is deployed there, or give --region`);
  const [, , , region, account] = stack.StackId!.split(':');
  const resources = await resourcesOf(api, stack.StackId!, pathOf);
  return { name: stack.StackName!, id: stack.StackId!, status: stack.StackStatus!, account, region, resources };
}

async function resourcesOf(api: Api, stack: string, pathOf: PathOf): Promise<StackResource[]> {
  const [summaries, template] = await Promise.all([api.stackResources(stack), api.template(stack)]);
  const inTemplate = pathsIn(template);
  const resources = summaries.filter(each => each.PhysicalResourceId !== undefined).map(each => ({
    type: each.ResourceType!,
    logicalId: each.LogicalResourceId!,
    physicalId: each.PhysicalResourceId!,
    path: inTemplate.get(each.LogicalResourceId!) ?? pathOf(each.LogicalResourceId!),
  }));
  const nested = await Promise.all(resources.filter(each => each.type === NESTED).map(each => resourcesOf(api, each.physicalId, pathOf)));
  return [...resources, ...nested.flat()];
}

function pathsIn(template: string): Map<string, string> {
  const { Resources } = jsonOf(template);
  const paths = Object.entries(Resources ?? {}).map(([id, { Metadata }]) => [id, Metadata?.['aws:cdk:path']] as const);
  return new Map(paths.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** What CDK deploys is JSON; of another template the paths are not known. */
function jsonOf(template: string): Template {
  try {
    return JSON.parse(template);
  } catch {
    return {};
  }
}
