import { SynchronizedNode } from './synchronizer-host';
import { compareVersions } from '../products/kernel';
import { ProductVersion } from '../products/product-version';

const TENANTS = 'repository/tenants';
const SERVER = 'repository/deployment/server';
/** All that changes at run time there (wso2/product-is#11367): the rest would only be slow on a network. */
const USER_STORES = `${SERVER}/userstores`;

/** The folders that the nodes of a product have to have in common, relative to the product's home. */
export function artifactFolders(product: ProductVersion, node: SynchronizedNode, given: readonly string[] | undefined): readonly string[] {
  if (given) return given;
  const { home } = node.profile;
  return [hasOnlyUserStores(product) ? USER_STORES : SERVER, TENANTS].map(folder => (home ? `${home}/${folder}` : folder));
}

function hasOnlyUserStores(product: ProductVersion): boolean {
  return product.pack === 'wso2is' || (product.pack === 'wso2am' && compareVersions(product.version, '4.0.0') >= 0);
}

/** @throws if one is no folder below the product's home, or lies in another */
export function checkFolders(folders: readonly string[] | undefined): void {
  if (folders === undefined) return;
  if (folders.length === 0) throw new Error('folders of the deployment synchronizer are none, give at least one');
  for (const folder of folders) {
    if (!/^[\w.-]+(\/[\w.-]+)*$/.test(folder) || folder.split('/').some(part => part === '.' || part === '..')) {
      throw new Error(`folder '${folder}' of the deployment synchronizer is no path below the product's home, give one such as ${SERVER}`);
    }
    const outer = folders.find(other => other !== folder && folder.startsWith(`${other}/`));
    if (outer) throw new Error(`folder '${folder}' of the deployment synchronizer lies in '${outer}', give only one of them`);
  }
}
