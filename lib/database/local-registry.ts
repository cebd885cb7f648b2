import { GroupDatabase, RegistryGroup } from './group-database';
import { localRegistryDatabase } from '../products/databases';
import { ProductVersion } from '../products/product-version';

/**
 * Where each node keeps its local registry, the data source WSO2_CARBON_DB. No two nodes may have one in common.
 */
export class LocalRegistry {
  /** The database that the product embeds (H2), on the node's own volume. */
  public static embedded(): LocalRegistry {
    return new LocalRegistry(() => []);
  }

  /**
   * A MySQL database for each node, REGISTRY_LOCAL1, REGISTRY_LOCAL2 and so on, as in WSO2's guides; it outlives the instance. For
   * clusters whose groups have one node each, such as well-known members: nodes of a larger group come and go, and no number is
   * theirs.
   */
  public static mySql(): LocalRegistry {
    return new LocalRegistry((product, groups) => groups.map((group, index) => numbered(product, group, index + 1)));
  }

  /** @internal */
  public readonly _databases: (product: ProductVersion, groups: readonly RegistryGroup[]) => GroupDatabase[];

  private constructor(databases: (product: ProductVersion, groups: readonly RegistryGroup[]) => GroupDatabase[]) {
    this._databases = databases;
  }
}

function numbered(product: ProductVersion, group: RegistryGroup, number: number): GroupDatabase {
  if (group.count > 1) {
    throw new Error(`localRegistry in MySQL needs a database for each node, and the ${group.count} nodes of ${group.id} come and go: `
      + 'use LocalRegistry.embedded(), or a membership whose well-known members are groups of one');
  }
  return { groupId: group.id, databaseName: `REGISTRY_LOCAL${number}`, description: localRegistryDatabase(product) };
}
