import { generationOf, HazelcastGeneration } from '../../../lib/membership/hazelcast';
import { CATALOGUE } from '../../../lib/products/catalogue';
import { ProductVersion } from '../../../lib/products/product-version';
import { Clustering } from './clustering';

/** What the reasons depend on. */
export interface ClusterFacts {
  readonly clustering: Clustering;
  /** Nothing for a product that is not in the catalogue. */
  readonly product?: ProductVersion;
  readonly generation?: HazelcastGeneration;
}

export function clusterFacts(title: string, clustering: Clustering): ClusterFacts {
  const product = productOf(title);
  return { clustering, ...(product ? { product, generation: generation(product.hazelcast) } : {}) };
}

/** The product of a title such as `WSO2 API Manager 2.2.0 gateway-worker`, where the catalogue has it. */
export function productOf(title: string): ProductVersion | undefined {
  return CATALOGUE.find(each => `${title} `.startsWith(`${each.title} ${each.version} `));
}

function generation(version: string): HazelcastGeneration | undefined {
  try {
    return generationOf(version);
  } catch {
    return undefined;
  }
}

/** `Hazelcast 3.5.4`, or the plain name where the product is not known. */
export function hazelcastName({ product }: ClusterFacts): string {
  return product ? `Hazelcast ${product.hazelcast}` : 'Hazelcast';
}

export function kernelName({ product }: ClusterFacts): string {
  return product ? `kernel ${product.kernel}` : 'the kernel';
}
