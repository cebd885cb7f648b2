import { Annotations, RemovalPolicy } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { GeneratedKeyPair } from './generated-key-pair';
import { KeystoreConfig, KeystoreHost, KeystoreNode, NodeKeystore } from './keystore-host';
import { acknowledgeFindings } from '../access/findings';
import { grantSecretValue, secretId } from '../access/secret-access';
import { SECURITY_FOLDER } from '../configuration/keystore';

export const SHIPPED_KEYSTORE = 'cdk-wso2-cluster:shippedKeystore';

/** Carbon's own alias, which files name that no plan is about. */
const ALIAS = 'wso2carbon';
const PASSWORD_LENGTH = 32;
const FILE_NAMES = { JKS: 'carbon-cluster.jks', PKCS12: 'carbon-cluster.p12' };

/** How a key store is written. */
export enum KeystoreType {
  /** Java's own, as in packs before Identity Server 7.1. */
  JKS = 'JKS',
  /** PKCS #12. */
  PKCS12 = 'PKCS12',
}

/** Options of `Keystore.fromSecret`. */
export interface KeystoreSecretOptions {
  /**
   * How the key store in the secret is written.
   *
   * @default KeystoreType.JKS
   */
  readonly type?: KeystoreType;
}

/**
 * The key pair of the servers: it is their TLS certificate toward the load balancer and each other, signs their tokens, and encrypts
 * what Carbon keeps in its databases. So all nodes of a cluster have the same, for as long as the databases live.
 */
export abstract class Keystore {
  /**
   * The deployment makes a key pair (RSA 2048, self-signed, for 10 years, for both host names and localhost) and puts it into a secret of the
   * cluster, whose password Secrets Manager generates; a Lambda function does this before the first node boots, and all nodes read it from there.
   * A secret that holds a key store already stays as it is. The secret is kept when the stack is deleted, unless `removalPolicy` is `DESTROY`:
   * without it nobody reads what the databases hold encrypted.
   */
  public static generated(): Keystore {
    return new GeneratedKeystore();
  }

  /**
   * A key store of yours.
   *
   * @param secret with the JSON fields `keystore` (the file in base64), `password` (of the file and of the key, which must have the
   * same) and `alias`. Passwords may hold what XML holds, but no `${`
   */
  public static fromSecret(secret: secretsmanager.ISecret, options: KeystoreSecretOptions = {}): Keystore {
    return new GivenKeystore(secret, options.type ?? KeystoreType.JKS);
  }

  /**
   * The pack's own, whose private key and password everybody has who has the pack: whoever is between two nodes can read and change
   * what they say to each other. For clusters that have encrypted with it already; the way out is `fromSecret` with that
   * very key store, and one of yours after the data has been migrated. Adds the warning `cdk-wso2-cluster:shippedKeystore`.
   */
  public static shipped(): Keystore {
    return new ShippedKeystore();
  }

  /** @internal */
  public abstract _bind(scope: Construct, host: KeystoreHost): KeystoreConfig | undefined;
}

class GeneratedKeystore extends Keystore {
  /** @internal */
  public _bind(scope: Construct, host: KeystoreHost): KeystoreConfig {
    // CloudFormation would make up a new password, and drop the key pair, if the template of the value ever changed.
    const secret = new secretsmanager.Secret(scope, 'Secret', {
      description: 'Key store of a WSO2 Carbon cluster; the first node adds the key pair',
      encryptionKey: host.encryptionKey,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ alias: ALIAS }),
        generateStringKey: 'password',
        passwordLength: PASSWORD_LENGTH,
        excludePunctuation: true,
      },
      removalPolicy: host.removalPolicy === RemovalPolicy.DESTROY ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    acknowledgeFindings(secret, {
      id: 'AwsSolutions-SMG4', reason: 'What is encrypted in the databases is read with this key pair, for as long as the databases live',
    });
    const names = [...new Set([...host.hostNames, 'localhost'])];
    const pair = new GeneratedKeyPair(scope, 'KeyPair', { secret, names, encryptionKey: host.encryptionKey });
    return { secret, dependencies: [pair], bindNode: node => nodeKeystore(secret, KeystoreType.JKS, host, node, ALIAS) };
  }
}

class GivenKeystore extends Keystore {
  public constructor(private readonly secret: secretsmanager.ISecret, private readonly type: KeystoreType) {
    super();
  }

  /** @internal */
  public _bind(_scope: Construct, host: KeystoreHost): KeystoreConfig {
    return { secret: this.secret, dependencies: [], bindNode: node => nodeKeystore(this.secret, this.type, host, node) };
  }
}

class ShippedKeystore extends Keystore {
  /** @internal */
  public _bind(scope: Construct): undefined {
    Annotations.of(scope).addWarningV2(SHIPPED_KEYSTORE, 'the servers keep the key pair of the pack, whose private key everybody has who has '
      + 'the pack: use Keystore.generated() for a new cluster, or Keystore.fromSecret');
  }
}

function nodeKeystore(secret: secretsmanager.ISecret, type: KeystoreType, host: KeystoreHost, node: KeystoreNode, alias?: string): NodeKeystore {
  grantSecretValue(secret, node.instanceRole);
  const name = node.values.name('Keystore', secretId(secret));
  const fileName = FILE_NAMES[type];
  const folder = node.home ? `${node.home}/${SECURITY_FOLDER}` : SECURITY_FOLDER;
  return {
    model: {
      fileName,
      type,
      // The node knows no other than the one in the secret; where we wrote that ourselves, it is this.
      alias: alias ?? { secret: name, field: 'alias' },
      password: { secret: name, field: 'password' },
      // Files of IS 5.9, which has the first kernel with a deployment.toml, call it `name`.
      tomlNames: host.kernel.startsWith('4.5.') ? ['file_name', 'name'] : ['file_name'],
    },
    document: { secret: name, file: `${folder}/${fileName}`, type },
  };
}
