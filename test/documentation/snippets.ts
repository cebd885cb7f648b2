/** TypeScript in Markdown, as programs: what a reader copies must compile and say what the code says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

export interface Snippet {
  /** File, relative to the repository. */
  readonly file: string;
  /** Line of the first line of code. */
  readonly line: number;
  readonly code: string;
}

const BLOCK = /^```(?:ts|typescript)\n([\s\S]*?)^```$/gm;
/** Imports of a snippet may stand before it in the same file; whatever else it uses is one of these. */
const PROLOGUE = `import { App, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, Distribution } from 'cdk-wso2-cluster';

const app = new App({ analyticsReporting: false, outdir: 'cdk.out' });
const stack = new Stack(app, 'Carbon');
const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
const bucket = s3.Bucket.fromBucketName(stack, 'Packs', 'packs');
const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1');
`;

/** Every file of Markdown that is ours and shown to a reader. */
export function documents(): string[] {
  const below = (folder: string): string[] => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md')).map(name => join(folder, name));
  return [...readdirSync(ROOT).filter(name => name.endsWith('.md') && name !== 'API.md'), ...['lib', 'docs', 'examples'].flatMap(below)].sort();
}

export function snippetsOf(file: string): Snippet[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(BLOCK)].map(match => ({
    file: relative('.', file),
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[1],
  }));
}

/** The app that the README begins with, whole. */
export function firstExample(): string {
  return `${PROLOGUE}\n${snippetsOf('README.md')[0].code}\napp.synth();\n`;
}

/** A snippet that imports is a program of its own; another is a few lines in the middle of an app. */
export function program({ code }: Snippet): string {
  return /^import /m.test(code) ? code : `${PROLOGUE}\n${code}\nexport { app, stack, vpc, bucket, certificate, CarbonCluster, CarbonProduct, Distribution };\n`;
}
