import { API_MANAGER, API_MANAGER_VERSIONS } from './catalogue-api-manager';
import { APPLICATION_SERVER, APPLICATION_SERVER_VERSIONS } from './catalogue-application-server';
import { ENTERPRISE_INTEGRATOR, ENTERPRISE_INTEGRATOR_VERSIONS } from './catalogue-enterprise-integrator';
import { GOVERNANCE_REGISTRY, GOVERNANCE_REGISTRY_VERSIONS } from './catalogue-governance-registry';
import { IDENTITY_SERVER, IDENTITY_SERVER_VERSIONS } from './catalogue-identity-server';
import { KnownVersions } from './catalogue-version';
import { CUSTOM_PACK, customProduct } from './custom-product';
import { CustomProductOptions } from './custom-product-options';
import { compareVersions } from './kernel';
import { DatabaseDescription, NodeRole, ProductVersion, ProfileDescription } from './product-version';

/** Options of a product that the library knows. */
export interface CarbonProductOptions {
  /**
   * What all nodes run: a value of `-Dprofile`, or the name of a runtime such as `integrator`.
   *
   * @default - manager and workers each run the profile of their role where the product has such profiles, otherwise all nodes
   * run what the product runs without a choice
   */
  readonly profile?: string;
}

/**
 * A version of a product that runs on the WSO2 Carbon platform.
 *
 * What differs between versions follows from it: kernel and Hazelcast, profiles, start script, ports, Java, databases with
 * their scripts, health checks, the way the configuration is written.
 *
 * A version that is not known, or a profile that the version does not have, is refused with those that are.
 */
export class CarbonProduct {
  /**
   * WSO2 API Manager, 1.10.0 to 4.7.0, the all-in-one pack.
   *
   * Without a profile the manager of 1.10 to 2.2 runs `gateway-manager`, of later versions the whole product; workers run
   * `gateway-worker`.
   *
   * @param version the full version, `2.2.0`
   */
  public static apiManager(version: string, options: CarbonProductOptions = {}): CarbonProduct {
    return CarbonProduct.known(API_MANAGER.title, API_MANAGER_VERSIONS, version, options);
  }

  /**
   * WSO2 Enterprise Integrator, 6.0.0 to 6.6.0.
   *
   * Without a profile all nodes run `integrator`, the ESB; the others are `business-process` and `broker`.
   *
   * @param version the full version, `6.4.0`
   */
  public static enterpriseIntegrator(version: string, options: CarbonProductOptions = {}): CarbonProduct {
    return CarbonProduct.known(ENTERPRISE_INTEGRATOR.title, ENTERPRISE_INTEGRATOR_VERSIONS, version, options);
  }

  /**
   * WSO2 Governance Registry, 5.0.0 to 5.4.0.
   *
   * @param version the full version, `5.4.0`
   */
  public static governanceRegistry(version: string, options: CarbonProductOptions = {}): CarbonProduct {
    return CarbonProduct.known(GOVERNANCE_REGISTRY.title, GOVERNANCE_REGISTRY_VERSIONS, version, options);
  }

  /**
   * WSO2 Application Server, 5.3.0.
   *
   * Without a profile workers are started as such (`-DworkerNode=true`).
   *
   * @param version the full version, `5.3.0`
   */
  public static applicationServer(version: string, options: CarbonProductOptions = {}): CarbonProduct {
    return CarbonProduct.known(APPLICATION_SERVER.title, APPLICATION_SERVER_VERSIONS, version, options);
  }

  /**
   * WSO2 Identity Server, 5.1.0 to 7.3.0.
   *
   * @param version the full version, `5.11.0`
   */
  public static identityServer(version: string, options: CarbonProductOptions = {}): CarbonProduct {
    return CarbonProduct.known(IDENTITY_SERVER.title, IDENTITY_SERVER_VERSIONS, version, options);
  }

  /**
   * A product or a version that is not listed: you say what it is.
   *
   * Only name, version and kernel are needed; everything else has the kernel's usual value.
   */
  public static of(options: CustomProductOptions): CarbonProduct {
    return new CarbonProduct(customProduct(options), options.profile);
  }

  private static known<Facts extends readonly [version: string, ...others: unknown[]]>(
    title: string, versions: KnownVersions<Facts>, version: string, options: CarbonProductOptions,
  ): CarbonProduct {
    const facts = versions.find(version);
    if (!facts) throw new Error(`version '${version}' of ${title} is not known, use one of ${versions.names.join(', ')}`);
    if (options.profile !== undefined) checkProfile(facts, options.profile, () => versions.all());
    return new CarbonProduct(facts, options.profile);
  }

  /** Name of the product, `WSO2 API Manager`. */
  public readonly productName: string;
  /** Version of the product, `2.2.0`. */
  public readonly version: string;
  /** Name of the pack as WSO2 distributes it, `wso2am-2.2.0.zip`; none of a product that the library does not know. */
  public readonly packName?: string;
  /** Version of the Carbon kernel inside, `4.4.26`. */
  public readonly kernelVersion: string;
  /** Version of Hazelcast inside that kernel, `3.5.4`. */
  public readonly hazelcastVersion: string;
  /** Profile that was chosen for all nodes; none where each role runs its own. */
  public readonly profile?: string;
  /** @internal */
  public readonly _facts: ProductVersion;

  private constructor(facts: ProductVersion, profile?: string) {
    this._facts = facts;
    this.productName = facts.title;
    this.version = facts.version;
    this.packName = facts.pack === CUSTOM_PACK ? undefined : `${facts.pack}-${facts.version}.zip`;
    this.kernelVersion = facts.kernel;
    this.hazelcastVersion = facts.hazelcast;
    this.profile = profile;
  }

  /** Name and version, `WSO2 API Manager 2.2.0`. */
  public toString(): string {
    return `${this.productName} ${this.version}`;
  }

  /**
   * What a node runs.
   *
   * @internal
   */
  public _profileOf(role?: NodeRole): ProfileDescription {
    const { profiles, profileByRole } = this._facts;
    const name = this.profile ?? (role && role !== 'node' ? profileByRole?.[role] : undefined);
    return profiles.find(each => each.name === name) ?? profiles[0];
  }

  /**
   * The databases that the cluster's nodes share, less those of profiles that no node runs.
   *
   * @internal
   */
  public _sharedDatabases(roles: readonly NodeRole[] = ['manager', 'worker']): DatabaseDescription[] {
    const running = roles.map(role => this._profileOf(role).name);
    return this._facts.databases.filter(each => each.purpose !== 'local'
      && (each.profiles === undefined || each.profiles.some(name => running.includes(name))));
  }
}

function checkProfile(facts: ProductVersion, profile: string, versions: () => readonly ProductVersion[]): void {
  if (hasProfile(facts, profile)) return;
  throw new Error(`profile '${profile}' is not in ${facts.title} ${facts.version}${otherVersions(facts, profile, versions())}, `
    + `use one of ${facts.profiles.map(each => each.name).join(', ')}`);
}

/** ` (removed after 2.2.0)`, ` (new in 3.0.0)`, or nothing where no version has it. */
function otherVersions(facts: ProductVersion, profile: string, versions: readonly ProductVersion[]): string {
  const having = versions.filter(each => hasProfile(each, profile));
  const before = having.filter(each => compareVersions(each.version, facts.version) < 0).at(-1);
  if (before) return ` (removed after ${before.version})`;
  return having.length > 0 ? ` (new in ${having[0].version})` : '';
}

function hasProfile(facts: ProductVersion, profile: string): boolean {
  return facts.profiles.some(each => each.name === profile);
}
