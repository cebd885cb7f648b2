import { CATALOGUE, knownVersions } from './catalogue';
import { ProductVersion } from './product-version';

/**
 * A version of a product that runs on the WSO2 Carbon platform.
 *
 * What differs between versions (kernel, Hazelcast, profiles, ports, databases, scripts) follows from it.
 */
export class CarbonProduct {
  /**
   * WSO2 API Manager.
   *
   * @param version the full version, `2.2.0`
   * @throws if the version is not known; the message names those that are
   */
  public static apiManager(version: string): CarbonProduct {
    return CarbonProduct.known('wso2am', 'WSO2 API Manager', version);
  }

  private static known(pack: string, title: string, version: string): CarbonProduct {
    const found = CATALOGUE.find(each => each.pack === pack && each.version === version);
    if (found) return new CarbonProduct(found);
    throw new Error(`version '${version}' of ${title} is not known, use one of ${knownVersions(pack).join(', ')}`);
  }

  /** Name of the product, `WSO2 API Manager`. */
  public readonly productName: string;
  /** Version of the product, `2.2.0`. */
  public readonly version: string;
  /** Version of the Carbon kernel inside, `4.4.26`. */
  public readonly kernelVersion: string;
  /** Version of Hazelcast inside that kernel, `3.5.4`. */
  public readonly hazelcastVersion: string;
  /** @internal */
  public readonly _facts: ProductVersion;

  private constructor(facts: ProductVersion) {
    this._facts = facts;
    this.productName = facts.title;
    this.version = facts.version;
    this.kernelVersion = facts.kernel;
    this.hazelcastVersion = facts.hazelcast;
  }

  /** Name and version, `WSO2 API Manager 2.2.0`. */
  public toString(): string {
    return `${this.productName} ${this.version}`;
  }
}
