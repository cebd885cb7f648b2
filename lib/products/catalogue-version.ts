import { ConfigurationLayout } from '../configuration/node-model';
import { hazelcastOf, isTomlEra, javaOf } from './kernel';
import { AdministratorProperty, DatabaseDescription, ProductVersion, ProfileDescription, SeparatedRole } from './product-version';

export interface VersionFacts {
  readonly pack: string;
  readonly title: string;
  readonly version: string;
  readonly kernel: string;
  readonly java?: ProductVersion['java'];
  readonly driverFolder?: string;
  readonly profiles: readonly ProfileDescription[];
  readonly profileByRole?: Readonly<Record<SeparatedRole, string>>;
  readonly databases: readonly DatabaseDescription[];
  readonly administratorProperties?: readonly AdministratorProperty[];
  /** Besides the kernel's own. */
  readonly sources: readonly string[];
}

/** A version of the catalogue: its own facts, and those that follow from its kernel. */
export function versionOf(facts: VersionFacts): ProductVersion {
  const { sources, ...own } = facts;
  const hazelcast = hazelcastOf(facts.kernel);
  if (hazelcast === undefined) throw new Error(`kernel '${facts.kernel}' of ${facts.title} ${facts.version} is not known`);
  return {
    java: javaOf(facts.kernel),
    driverFolder: 'repository/components/lib',
    ...own,
    hazelcast,
    // Kernel 4.5 has no keys for it in deployment.toml [inferred: none in its key-mappings.json].
    deploymentSynchronizer: !isTomlEra(facts.kernel),
    source: [...sources, `wso2/carbon-kernel v${facts.kernel} parent/pom.xml (Hazelcast), bin/wso2server.sh (Java)`].join('; '),
  };
}

/** `repository/conf` of a kernel, as XML before 4.5 and as deployment.toml from then on. */
export function repositoryLayout(kernel: string, passThrough: boolean): ConfigurationLayout {
  const toml = isTomlEra(kernel);
  return { style: toml ? 'toml' : 'xml', folder: 'repository/conf', passThrough, log4j: toml ? 2 : 1 };
}

/** The known versions of a product, in ascending order. Each is described when it is asked for: an app runs one of them. */
export class KnownVersions<Facts extends readonly [version: string, ...others: unknown[]]> {
  public constructor(private readonly describe: (...facts: Facts) => ProductVersion, private readonly facts: readonly Facts[]) {
  }

  public get names(): string[] {
    return this.facts.map(([version]) => version);
  }

  public find(version: string): ProductVersion | undefined {
    const facts = this.facts.find(([each]) => each === version);
    return facts && this.describe(...facts);
  }

  public all(): ProductVersion[] {
    return this.facts.map(each => this.describe(...each));
  }
}
