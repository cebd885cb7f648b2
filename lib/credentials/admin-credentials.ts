import { Annotations } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledgeFindings } from '../access/findings';

export const SHIPPED_ADMIN_CREDENTIALS = 'cdk-wso2-cluster:shippedAdminCredentials';

const USER_NAME = 'admin';
/** Carbon's user stores take 30 characters at most: `PasswordJavaRegEx` of user-mgt.xml. */
const PASSWORD_LENGTH = 28;
/** All punctuation that Secrets Manager knows but `-`, `.` and `_`: what is left stands for itself in XML, TOML, properties and URLs. */
const EXCLUDED = '!"#$%&\'()*+,/:;<=>?@[\\]^`{|}~';

export interface AdminCredentialsOptions {
  readonly adminSecret?: secretsmanager.ISecret;
  readonly shippedAdminCredentials?: boolean;
  readonly encryptionKey?: kms.IKey;
}

export interface AdminCredentials {
  readonly secret: secretsmanager.ISecret;
  /** The user's name, where it is known before the deployment. */
  readonly userName?: string;
}

/**
 * Who the administrator is: as in the given secret or in one that is made here; nothing where the pack's own stays.
 *
 * @throws if a secret is given where none is wanted
 */
export function adminCredentials(scope: Construct, options: AdminCredentialsOptions): AdminCredentials | undefined {
  const given = options.adminSecret;
  if (!options.shippedAdminCredentials) return given ? { secret: given } : { secret: generated(scope, options.encryptionKey), userName: USER_NAME };
  if (given) throw new Error('adminSecret says nothing where shippedAdminCredentials keeps the pack\'s administrator, leave one of them out');
  Annotations.of(scope).addWarningV2(SHIPPED_ADMIN_CREDENTIALS, 'the administrator keeps name and password of the pack, which everybody knows, until '
    + 'somebody changes them: leave shippedAdminCredentials out for a generated password, or give adminSecret');
  return undefined;
}

function generated(scope: Construct, encryptionKey: kms.IKey | undefined): secretsmanager.Secret {
  const secret = new secretsmanager.Secret(scope, 'AdminSecret', {
    description: 'Administrator of a WSO2 Carbon cluster, who is made at its very first start',
    encryptionKey,
    generateSecretString: {
      secretStringTemplate: JSON.stringify({ username: USER_NAME }),
      generateStringKey: 'password',
      passwordLength: PASSWORD_LENGTH,
      excludeCharacters: EXCLUDED,
    },
  });
  acknowledgeFindings(secret, {
    id: 'AwsSolutions-SMG4', reason: 'The product takes it at its very first start; from then on the password is changed in its console',
  });
  return secret;
}
