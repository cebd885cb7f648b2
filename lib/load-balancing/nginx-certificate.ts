import { Annotations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { grantSecretValue, secretId } from '../access/secret-access';
import { LateBoundValues } from '../boot/late-bound-values';
import { NginxDocument } from '../boot/node-document';

export const SELF_SIGNED_CERTIFICATE = 'cdk-wso2-cluster:selfSignedCertificate';

type Bind = (scope: Construct, role: iam.IRole, values: LateBoundValues, names: readonly string[]) => NginxDocument['certificate'];

/** The certificate that NGINX serves, with its key; it must cover the host names of services and console. */
export class NginxCertificate {
  /**
   * A certificate in a secret, with the JSON fields `certificate` (PEM, the chain after it) and `privateKey` (PEM, without a
   * passphrase). A change of the secret is served within six hours, without a restart.
   *
   * @param secret the secret
   */
  public static fromSecret(secret: secretsmanager.ISecret): NginxCertificate {
    return new NginxCertificate((_scope, role, values) => {
      grantSecretValue(secret, role);
      return { secret: values.name('NginxCertificate', secretId(secret)) };
    });
  }

  /**
   * Made on each instance when it boots, signed by itself, for the host names of the cluster; for test stacks. It is valid for 825 days, and the
   * instance replaces it 30 days before its end, without a restart. Clients must be told not to verify it.
   * Synthesis warns with the id `cdk-wso2-cluster:selfSignedCertificate`.
   */
  public static selfSigned(): NginxCertificate {
    return new NginxCertificate((scope, _role, _values, names) => {
      Annotations.of(scope).addWarningV2(SELF_SIGNED_CERTIFICATE, 'certificate of NGINX is signed by itself, which clients refuse unless they are '
        + 'told not to verify it: give NginxCertificate.fromSecret for anything but a test');
      return { selfSigned: names };
    });
  }

  /** @internal */
  public readonly _bind: Bind;

  private constructor(bind: Bind) {
    this._bind = bind;
  }
}
