import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CATALOGUE } from '../../../lib/products/catalogue';
import { hazelcastOf, isTomlEra } from '../../../lib/products/kernel';
import { UsageFailure } from '../../command';
import { Configuration, ProductFacts } from './model';

/** How products name themselves in bin/version.txt and carbon.xml. */
const PACKS: readonly (readonly [RegExp, string])[] = [
  [/WSO2 API Manager/i, 'wso2am'],
  [/WSO2 Enterprise Integrator/i, 'wso2ei'],
  [/WSO2 Identity Server/i, 'wso2is'],
  [/WSO2 Governance Registry/i, 'wso2greg'],
  [/WSO2 Application Server/i, 'wso2as'],
];

/** The product that `--product` names, `wso2am-2.2.0`. */
export function namedProduct(name: string): ProductFacts {
  const known = CATALOGUE.find(each => `${each.pack}-${each.version}` === name);
  if (known) return { ...factsOf(known), source: '--product' };
  const packs = [...new Set(CATALOGUE.map(each => each.pack))];
  const pack = packs.find(each => name.startsWith(`${each}-`));
  const choices = pack ? CATALOGUE.filter(each => each.pack === pack).map(each => `${pack}-${each.version}`) : packs.map(each => `${each}-...`);
  throw new UsageFailure(`--product ${name} is not known, name one of ${choices.join(', ')}`);
}

/**
 * What the home says of itself: its version files and its Hazelcast bundle first, for those are what runs; then carbon.xml,
 * then the folder's name.
 */
export function foundProduct(home: string | undefined, serverName: string | undefined, serverVersion: string | undefined): ProductFacts {
  const named = namedByFiles(home) ?? byName(serverName, serverVersion, 'carbon.xml') ?? byFolder(home);
  const kernel = kernelFile(home);
  const hazelcast = hazelcastBundle(home) ?? (kernel && hazelcastOf(kernel));
  if (!kernel && !hazelcast) return named ?? {};
  const source = [named?.source, kernel ? 'bin/wso2carbon-version.txt' : undefined].filter(each => each !== undefined).join(', ');
  return { ...named, ...(kernel ? { kernel } : {}), ...(hazelcast ? { hazelcast } : {}), source: source || 'the Hazelcast bundle' };
}

function namedByFiles(home: string | undefined): ProductFacts | undefined {
  const text = textOf(home, 'bin/version.txt') ?? '';
  return byName(text, /v?(\d+\.\d+\.\d+)/.exec(text)?.[1], 'bin/version.txt');
}

function byFolder(home: string | undefined): ProductFacts | undefined {
  const match = /^(wso2[a-z]+)-(\d+\.\d+\.\d+)/.exec(home === undefined ? '' : basename(home));
  return match ? catalogued(match[1], match[2], 'the folder\'s name') : undefined;
}

function byName(name: string | undefined, version: string | undefined, source: string): ProductFacts | undefined {
  const pack = PACKS.find(([pattern]) => pattern.test(name ?? ''))?.[1];
  // Sources that were not built have a placeholder there.
  return pack && version && /^\d+\.\d+\.\d+$/.test(version) ? catalogued(pack, version, source) : undefined;
}

function catalogued(pack: string, version: string, source: string): ProductFacts {
  const known = CATALOGUE.find(each => each.pack === pack && each.version === version);
  return known ? { ...factsOf(known), source } : { pack, version, source };
}

function factsOf({ pack, version, kernel, hazelcast }: typeof CATALOGUE[number]): ProductFacts {
  return { pack, version, kernel, hazelcast };
}

function kernelFile(home: string | undefined): string | undefined {
  return /(\d+\.\d+\.\d+)/.exec(textOf(home, 'bin/wso2carbon-version.txt') ?? '')?.[1];
}

function hazelcastBundle(home: string | undefined): string | undefined {
  for (const folder of ['repository/components/plugins', 'wso2/components/plugins']) {
    const path = home === undefined ? '' : join(home, folder);
    if (!existsSync(path)) continue;
    const bundle = readdirSync(path).find(name => /^hazelcast[_-]\d/.test(name));
    if (bundle) return /(\d+\.\d+(\.\d+)?)/.exec(bundle)![1];
  }
  return undefined;
}

function textOf(home: string | undefined, file: string): string | undefined {
  const path = home === undefined ? '' : join(home, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Whether a product in a folder is another than the one that a title such as `WSO2 API Manager 2.2.0 gateway-worker` names. */
export function isOtherProduct({ pack, version }: ProductFacts, title: string): boolean {
  const titled = PACKS.find(([pattern]) => pattern.test(title))?.[1];
  if (pack === undefined || version === undefined || titled === undefined) return false;
  return pack !== titled || !title.split(' ').includes(version);
}

/** The product writes its XML anew from deployment.toml at each start; nothing where that is not known. */
export function isTomlProduct({ pack, kernel }: ProductFacts): boolean | undefined {
  if (kernel === undefined) return undefined;
  // Enterprise Integrator 6.6 has kernel 4.5.3 and still its XML files.
  return pack !== 'wso2ei' && isTomlEra(kernel);
}

/** `WSO2 API Manager 2.2.0`-like words for a reader. */
export function productName({ product }: Configuration): string {
  return product.pack ? `${product.pack} ${product.version}` : 'unknown product';
}
