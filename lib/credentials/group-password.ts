import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledgeFindings } from '../access/findings';

/** Letters and digits stand for themselves in XML, TOML and properties files. 32 of them are 190 bits. */
const PASSWORD_LENGTH = 32;

/** The password with which members of Hazelcast 3.5 admit each other. It must be the same on all members at all times, so nothing rotates it. */
export function groupPassword(scope: Construct, encryptionKey: kms.IKey | undefined): secretsmanager.Secret {
  const secret = new secretsmanager.Secret(scope, 'GroupPassword', {
    description: 'Hazelcast group password of a WSO2 Carbon cluster',
    encryptionKey,
    generateSecretString: {
      secretStringTemplate: '{}',
      generateStringKey: 'password',
      passwordLength: PASSWORD_LENGTH,
      excludePunctuation: true,
    },
  });
  acknowledgeFindings(secret, {
    id: 'AwsSolutions-SMG4', reason: 'Members with different passwords form different clusters, so a rotation would split a cluster that runs',
  });
  return secret;
}
