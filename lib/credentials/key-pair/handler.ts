/**
 * The Lambda function that makes the key pair of a cluster, before its first node boots.
 *
 * Called by  CloudFormation, when the custom resource is created, changed or deleted
 * Reads      the secret of the key store, with the JSON fields `password` and `alias`
 * Writes     the same secret, once, with the key store in it. A secret that holds a key store stays as it is
 * Fails      with a sentence that tells no password
 *
 * `npm ci` and `npm run build` make function/index.js of it.
 */
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { answer, ResourceRequest } from '../../access/rotation/resource-request';
import { javaKeystore } from './java-keystore';
import { certificateBytes, makeKeyPair, pkcs12Bytes, privateKeyBytes } from './key-pair';

export interface KeyPairProperties {
  /** ARN of the secret. */
  readonly Secret: string;
  /** Names of the servers. */
  readonly Names: string[];
}

/** What the function works with; tests bring their own clock and patience. */
export interface KeyPairServices {
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

type Content = Readonly<Record<string, string>>;

const PHYSICAL_ID = 'key-pair';
/** Name of the version with the first key pair: Secrets Manager accepts one content for it. Nodes of releases before 0.2 use the same name. */
export const VERSION = 'carbon-cluster-first-key-pair-of-all';
/** Alias and password of the key pair in every pack of WSO2, under which files that no plan is about refer to it. */
const SHIPPED = 'wso2carbon';
/** Permissions that have just been granted take effect after seconds. */
const PATIENCE = 60 * 1000;
const PAUSE = 3000;

export function handler(event: ResourceRequest<KeyPairProperties>): Promise<void> {
  return handle(event, { now: Date.now, pause: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)) });
}

export function handle(event: ResourceRequest<KeyPairProperties>, services: KeyPairServices): Promise<void> {
  return answer(event, PHYSICAL_ID, async () => {
    // Whether the secret goes with the stack is its own policy's decision.
    if (event.RequestType !== 'Delete') await fill(event.ResourceProperties, services);
    return PHYSICAL_ID;
  });
}

async function fill({ Secret: secret, Names: names }: KeyPairProperties, services: KeyPairServices): Promise<void> {
  const client = new SecretsManagerClient({});
  const read = async (): Promise<Content> => {
    const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
    return contentOf(secret, text);
  };
  const content = await patiently(services, read);
  if (content.keystore) {
    console.log('the secret holds a key store, which stays');
    return;
  }
  const text = JSON.stringify({ ...content, ...made(secret, content, names, services.now()) });
  try {
    await patiently(services, () => client.send(new PutSecretValueCommand({ SecretId: secret, ClientRequestToken: VERSION, SecretString: text })));
  } catch (problem) {
    if ((problem as Error).name !== 'ResourceExistsException') throw problem;
    // Somebody was faster, or somebody has made an older version the current one.
    if (!(await read()).keystore) throw new Error(lost(secret));
  }
}

function contentOf(secret: string, text: string | undefined): Content {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw new Error(`The secret ${secret} must hold a JSON object with the fields password and alias: restore the version that the stack created.`);
  }
}

function made(secret: string, { alias, password }: Content, names: readonly string[], now: number): Content {
  if (!alias || !password) {
    throw new Error(`The secret ${secret} must have the JSON fields password and alias: restore the version that the stack created.`);
  }
  const pair = makeKeyPair(names, new Date(now));
  const keystore = javaKeystore({ alias, password, privateKey: privateKeyBytes(pair), certificate: certificateBytes(pair), time: now });
  return { keystore: keystore.toString('base64'), shippedPkcs12: pkcs12Bytes(pair, SHIPPED, SHIPPED).toString('base64') };
}

function lost(secret: string): string {
  return `The current version of the secret ${secret} holds no key store, but its version ${VERSION} exists: make that version the current one, by `
    + '"aws secretsmanager update-secret-version-stage", because the databases hold values that were encrypted with its key pair.';
}

async function patiently<T>({ now, pause }: KeyPairServices, call: () => Promise<T>): Promise<T> {
  const deadline = now() + PATIENCE;
  for (;;) {
    try {
      return await call();
    } catch (problem) {
      if ((problem as Error).name !== 'AccessDeniedException' || now() + PAUSE > deadline) throw problem;
      await pause(PAUSE);
    }
  }
}
