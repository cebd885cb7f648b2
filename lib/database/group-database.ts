import { DatabaseDescription } from '../products/product-version';

/** One auto scaling group, as far as its local registry goes. */
export interface RegistryGroup {
  readonly id: string;
  readonly count: number;
}

/** A database of its own for the one node of a group. */
export interface GroupDatabase {
  readonly groupId: string;
  readonly databaseName: string;
  readonly description: DatabaseDescription;
}
