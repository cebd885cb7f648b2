import { commented, indented } from './source-text';

const MODULES: Readonly<Record<string, string>> = {
  acm: 'aws-cdk-lib/aws-certificatemanager',
  ec2: 'aws-cdk-lib/aws-ec2',
  s3: 'aws-cdk-lib/aws-s3',
  secretsmanager: 'aws-cdk-lib/aws-secretsmanager',
};

interface Constant { readonly name: string; readonly type: string; readonly comment?: string }

/** Collects props, what they need from the surrounding app, and remarks; writes one piece of code that compiles. */
export class PropsBuilder {
  private readonly props: string[] = [];
  private readonly constants: Constant[] = [];
  private readonly names = new Set(['CarbonCluster']);
  private readonly remarks: string[] = [];

  public add(name: string, code: string, comment?: string): void {
    const [first, ...rest] = (code === name ? `${name},` : `${name}: ${code},`).split('\n');
    // A comment stands behind a prop of one line, and above one of several.
    if (comment === undefined) this.props.push([first, ...rest].join('\n'));
    else if (rest.length === 0) this.props.push(`${first} ${commented(comment)}`);
    else this.props.push([commented(comment), first, ...rest].join('\n'));
  }

  /** Something that no prop says. */
  public remark(text: string): void {
    this.remarks.push(commented(text));
  }

  /** A name that the library exports. */
  public use(name: string): string {
    this.names.add(name);
    return name;
  }

  /** A constant of the surrounding app. */
  public constant(name: string, type: string, comment?: string): string {
    if (!type.includes('.')) this.use(type);
    if (!this.constants.some(each => each.name === name)) this.constants.push({ name, type, comment });
    return name;
  }

  public secret(name: string, holds: string): string {
    return this.constant(name, 'secretsmanager.ISecret', `holds ${holds}`);
  }

  public code(): string {
    return [
      ...this.imports(),
      '',
      'declare const scope: Construct;',
      ...this.constants.map(each => `declare const ${each.name}: ${each.type};${each.comment ? ` ${commented(each.comment)}` : ''}`),
      '',
      'new CarbonCluster(scope, \'Cluster\', {',
      ...this.props.map(indented),
      '});',
      ...(this.remarks.length > 0 ? ['', ...this.remarks] : []),
      '',
    ].join('\n');
  }

  private imports(): string[] {
    const modules = [...new Set(this.constants.map(each => each.type.split('.')[0]))].filter(each => MODULES[each]).sort();
    return [
      ...modules.map(each => `import * as ${each} from '${MODULES[each]}';`),
      'import { Construct } from \'constructs\';',
      `import { ${[...this.names].sort().join(', ')} } from 'cdk-wso2-cluster';`,
    ];
  }
}
