import { readFileSync } from 'node:fs';
import { join } from 'node:path';
// Not from aws-cdk-lib/cx-api: by this way it is loaded with its first use, and apps that only synthesize have none.
import { cx_api, Stack, Stage } from 'aws-cdk-lib';
import { StackTemplate, Template, TemplateSet } from './template';

/**
 * What was synthesized, for the assertions of this module to look into: templates of one or several stacks, with their nested
 * stacks.
 *
 * Give all stacks that share an account and a region: clusters of different stacks meet there, and nowhere else.
 */
export class SynthesizedStacks {
  /**
   * Synthesizes the app of each stack and takes the stack's template. Build the whole app first: the CDK allows no change
   * after the first synthesis.
   *
   * @throws if there is no stack, or if the app does not synthesize
   */
  public static of(...stacks: Stack[]): SynthesizedStacks {
    if (stacks.length === 0) throw new Error('stacks are none, give at least one');
    return new SynthesizedStacks(stacks.flatMap(each => templatesOfArtifact(artifactOf(each))));
  }

  /**
   * Templates that you have: the parsed JSON of each, by the name of its stack. Account and region count as one for all of
   * them; nested stacks are not read.
   */
  public static fromTemplates(templates: { [stackName: string]: unknown }): SynthesizedStacks {
    return new SynthesizedStacks(Object.entries(templates).map(([name, template]) => ({ name, template: checkedTemplate(name, template) })));
  }

  /**
   * Every stack of a cloud assembly, those of its stages among them.
   *
   * @param directory folder that `cdk synth` wrote, `cdk.out`
   */
  public static fromAssembly(directory: string): SynthesizedStacks {
    return new SynthesizedStacks(new cx_api.CloudAssembly(directory).stacksRecursively.flatMap(templatesOfArtifact));
  }

  /** Names of the stacks, nested ones as `Parent/LogicalId`. */
  public readonly stackNames: string[];
  /** @internal */
  public readonly _templates: TemplateSet;

  private constructor(stacks: StackTemplate[]) {
    this.stackNames = stacks.map(each => each.name);
    this._templates = new TemplateSet(stacks);
  }
}

function artifactOf(stack: Stack): cx_api.CloudFormationStackArtifact {
  if (stack.nestedStackParent) return artifactOf(stack.nestedStackParent);
  const stage = Stage.of(stack);
  if (!stage) throw new Error(`stack '${stack.node.path}' is in no app, make it below an App`);
  return stage.synth().getStackArtifact(stack.artifactId);
}

function templatesOfArtifact(artifact: cx_api.CloudFormationStackArtifact): StackTemplate[] {
  const { account, region } = artifact.environment;
  return withNested({
    name: artifact.stackName,
    ...(account === cx_api.UNKNOWN_ACCOUNT ? {} : { account }),
    ...(region === cx_api.UNKNOWN_REGION ? {} : { region }),
    template: artifact.template as Template,
  }, artifact.assembly);
}

/** A nested stack's template is an asset, whose hash is in the address that the resource names. */
function withNested(stack: StackTemplate, assembly: cx_api.CloudAssembly): StackTemplate[] {
  const nested = Object.entries(stack.template.Resources ?? {}).filter(([, each]) => each.Type === 'AWS::CloudFormation::Stack');
  return [stack, ...nested.flatMap(([logicalId, { Properties: properties = {} }]) => {
    const file = assetFile(assembly, JSON.stringify(properties.TemplateURL ?? ''));
    if (file === undefined) return [];
    const template = JSON.parse(readFileSync(join(assembly.directory, file), 'utf8')) as Template;
    const parent = { stack, parameters: properties.Parameters ?? {} };
    return withNested({ ...stack, name: `${stack.name}/${logicalId}`, template, parent }, assembly);
  })];
}

function assetFile(assembly: cx_api.CloudAssembly, address: string): string | undefined {
  const manifests = assembly.artifacts.filter(each => cx_api.AssetManifestArtifact.isAssetManifestArtifact(each));
  const files = manifests.flatMap(each => Object.entries(each.contents.files ?? {}));
  return files.find(([hash]) => address.includes(hash))?.[1].source.path;
}

function checkedTemplate(name: string, template: unknown): Template {
  if (template !== null && typeof template === 'object' && 'Resources' in template) return template as Template;
  throw new Error(`template '${name}' has no Resources, give the parsed JSON of a template`);
}
