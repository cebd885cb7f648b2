import { DatabasePrivilege } from './database-privilege';
import { DatabaseDescription } from '../products/product-version';

/** Registry, user management and the products' own tables: the administrator has made them, the product only fills them. */
const ROWS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/**
 * What a product needs that compares its tables with what it expects and mends them, at every start: the human tasks
 * of the business process profile (GenerateDdl in humantask.xml: EI documentation, Upgrading), and Activiti
 * (databaseSchemaUpdate in activiti.xml [inferred: Activiti's own default configuration]).
 */
const TABLES = ['CREATE', 'ALTER', 'DROP', 'INDEX', 'REFERENCES'];

/** What the user of a database may do in it, and nowhere else. */
export function userPrivileges(database: DatabaseDescription, additional: readonly DatabasePrivilege[] = []): string[] {
  return [...new Set([...ROWS, ...(database.changesTables ? TABLES : []), ...additional])];
}

/** @throws if a database of that name is not the cluster's */
export function checkDatabaseNames(additional: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const unknown = Object.keys(additional).find(name => !names.includes(name));
  if (unknown === undefined) return;
  throw new Error(`additionalPrivileges name the database '${unknown}', which the cluster does not have, give one of ${names.join(', ')}`);
}
