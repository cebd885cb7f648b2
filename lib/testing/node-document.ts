import { carriedTexts, valuesOf } from '../boot/carried-texts';
import { ConfigurationPlan, Value } from '../configuration/plan';

const PARAMETER = /^\/axisconfig\/clustering\/parameter\[@name=(['"])(.+)\1\]$/;

/** The names in axis2.xml of what deployment.toml calls otherwise. */
const TOML_NAMES: Readonly<Record<string, string>> = {
  membership_scheme: 'membershipScheme', domain: 'domain', local_member_port: 'localMemberPort',
};

/** The user data is what this library writes, for a server or for another instance of a cluster. */
export function isClusterUserData(userData: string): boolean {
  return carriedTexts(userData) !== undefined;
}

/** What a server is told of its cluster, read out of its user data. */
export class NodeClustering {
  /** Nothing where the user data is not that of a member: a load balancer has a kind. */
  public static read(userData: string): NodeClustering | undefined {
    const texts = carriedTexts(userData);
    if (texts === undefined) return undefined;
    const document = JSON.parse(texts.document);
    return !('kind' in document) && 'configuration' in document ? new NodeClustering(valuesOf(texts), document) : undefined;
  }

  /** Product, version and profile. */
  public readonly title: string;
  private readonly parameters: ReadonlyMap<string, Value>;

  private constructor(
    private readonly values: ReadonlyMap<string, string>,
    private readonly document: { readonly product: { readonly title: string }; readonly configuration: ConfigurationPlan },
  ) {
    this.title = document.product.title;
    this.parameters = new Map(parametersOf(document.configuration));
  }

  /** A late-bound value. */
  public value(name: string): string | undefined {
    return this.values.get(name);
  }

  /** A parameter of clustering by any of its names; nothing where none is set. */
  public parameter(...names: string[]): string | undefined {
    const name = names.find(each => this.parameters.has(each));
    return name === undefined ? undefined : this.text(this.parameters.get(name)!);
  }

  /** The tag by which the node discovers well-known members. */
  public discovers(): { readonly tag: string; readonly value: string; readonly port: number } | undefined {
    const { members } = this.document.configuration;
    if (!members || 'hosts' in members) return undefined;
    return { tag: this.text(members.tag), value: this.text(members.value), port: Number(this.text(members.port)) };
  }

  private text(value: Value): string {
    if (typeof value === 'string') return value;
    if ('env' in value) return this.values.get(value.env) ?? `<${value.env}>`;
    if ('join' in value) return value.join.map(each => this.text(each)).join('');
    if ('xml' in value) return this.text(value.xml);
    return `<${JSON.stringify(value)}>`;
  }
}

/** In whichever file and form the product takes them; of two edits of one parameter the later counts. */
function parametersOf(plan: ConfigurationPlan): [string, Value][] {
  return plan.files.flatMap(file => file.edits).flatMap((edit): [string, Value][] => {
    if ('set' in edit) {
      const name = PARAMETER.exec(edit.set)?.[2];
      return name === undefined || edit.text === undefined ? [] : [[name, edit.text]];
    }
    if (!('table' in edit)) return [];
    const values = Object.entries(edit.values) as [string, Value][];
    if (edit.table === 'clustering.properties') return values;
    if (edit.table !== 'clustering') return [];
    return values.filter(([name]) => name in TOML_NAMES).map(([name, value]) => [TOML_NAMES[name], value]);
  });
}
