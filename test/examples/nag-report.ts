/** Loaded before an example's app: once the app is synthesized, writes what cdk-nag says of it to the file that NAG_REPORT names. */
import { writeFileSync } from 'node:fs';
import { App, StageSynthesisOptions } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks } from 'cdk-nag';

const synth = App.prototype.synth;

App.prototype.synth = function (this: App, options?: StageSynthesisOptions) {
  const assembly = synth.call(this, options);
  const packs = [new AwsSolutionsChecks(), new HIPAASecurityChecks()];
  writeFileSync(process.env.NAG_REPORT!, JSON.stringify(Object.fromEntries(packs.map(each => [each.name, each.validateScope(this).violations]))));
  return assembly;
};
