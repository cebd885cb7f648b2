import { referencesIn } from '../../../lib/configuration/plan';
import { NodeUserData } from '../render/node-user-data';
import { Machines, NginxUserData } from './machines';
import { partsOf, textOf } from './settings';
import { unique } from './values';

/** What a node needs something for that it is allowed to read. */
export interface Purpose {
  /** A secret as the template names it, or the end of an object's ARN. */
  readonly of: string;
  readonly kind: 'secret' | 'object';
  readonly why: string;
  /** Fields of a secret that are used. */
  readonly fields?: readonly string[];
}

type Source = { readonly key: Parameters<typeof partsOf>[0] } | undefined;

type Values = Pick<NodeUserData, 'values'>;

/** By what their user data says. */
export function purposesOf({ node, nginx }: Machines): Purpose[] {
  if (node) return [...programPurposes(node), ...nodePurposes(node)];
  return nginx ? [...programPurposes(nginx), ...nginxPurposes(nginx)] : [];
}

function programPurposes(values: Values): Purpose[] {
  const programs = valueOf(values, 'ProgramsKey');
  return programs ? [{ of: `/${programs}`, kind: 'object', why: 'The programs that make the machine what it is.' }] : [];
}

function nginxPurposes(nginx: NginxUserData): Purpose[] {
  const { certificate } = nginx.document;
  if (!('secret' in certificate)) return [];
  const fields = ['certificate', 'privateKey'];
  return [{ of: secretText(nginx, certificate.secret), kind: 'secret', fields, why: 'The certificate that NGINX serves, and its key.' }];
}

function nodePurposes(node: NodeUserData): Purpose[] {
  const { document } = node;
  return [
    ...objects(node, document.pack, 'The product pack'),
    ...objects(node, document.driver?.source, 'The JDBC driver'),
    ...(document.trust?.certificates ?? [])
      .flatMap(({ alias, source }) => objects(node, source, `The certificate ${alias}, which the server shall trust`)),
    ...keystorePurposes(node),
    ...databasePurposes(node),
    ...planPurposes(node),
  ];
}

function valueOf({ values }: Values, name: string): string | undefined {
  return values.find(each => each.name === name)?.text;
}

function objects(node: NodeUserData, source: Source, what: string): Purpose[] {
  if (!source) return [];
  const key = `/${textOf(partsOf(source.key, node.values))}`;
  return [
    { of: key, kind: 'object', why: `${what}.` },
    { of: `${key}.sha256`, kind: 'object', why: `${what}: its checksum, without which a node refuses it.` },
  ];
}

function keystorePurposes(node: NodeUserData): Purpose[] {
  const { keystore } = node.document;
  if (!keystore) return [];
  return [{ of: secretText(node, keystore.secret), kind: 'secret', fields: ['keystore'], why: 'The key pair that the servers of all nodes have.' }];
}

function databasePurposes(node: NodeUserData): Purpose[] {
  const { databases } = node.document;
  if (!databases) return [];
  const fields = ['username', 'password'];
  return [
    { of: secretText(node, databases.start.secret), kind: 'secret', fields, why: 'User and password with which servers take turns when they start.' },
    ...databases.schemas.map(each => ({
      of: secretText(node, each.secret), kind: 'secret' as const, fields, why: `User and password of the database ${each.name}.`,
    })),
  ];
}

/** Secrets that go into the product's files. */
function planPurposes(node: NodeUserData): Purpose[] {
  return referencesIn(node.plan, 'secret').map(name => {
    const files = node.plan.files.filter(file => referencesIn(file, 'secret').includes(name)).map(file => file.file);
    return { of: secretText(node, name), kind: 'secret', fields: fieldsOf(node.plan, name), why: `Its values go into ${unique(files).join(', ')}.` };
  });
}

function secretText(node: Values, name: string): string {
  return valueOf(node, name) ?? name;
}

function fieldsOf(part: unknown, name: string): string[] {
  if (part === null || typeof part !== 'object') return [];
  const { secret, field } = part as { readonly secret?: unknown; readonly field?: unknown };
  const own = secret === name ? [String(field ?? 'the whole')] : [];
  return unique([...own, ...Object.values(part).flatMap(each => fieldsOf(each, name))]);
}
