import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { assetFile } from './asset-file';
import { BucketFile } from './bucket-file';
import { BucketFileConfig, BucketFileOptions } from './bucket-file-options';

const ALIAS = /^[a-z0-9][a-z0-9._-]*$/;

type Bind = (scope: Construct, grantee: iam.IGrantable) => BucketFileConfig;

/** A certificate that the product shall trust: it is imported into client-truststore.jks at boot. */
export class TrustedCertificate {
  /**
   * A certificate in a bucket of yours, PEM or DER.
   *
   * @param alias name in the trust store: lower-case letters, digits, `.`, `_`, `-`
   */
  public static fromBucket(alias: string, bucket: s3.IBucket, objectKey: string, options: BucketFileOptions = {}): TrustedCertificate {
    const file = new BucketFile('trustedCertificates', bucket, objectKey, '', options);
    return new TrustedCertificate(alias, (scope, grantee) => file.grantTo(scope, grantee));
  }

  /** A certificate on the machine that synthesizes, PEM or DER. */
  public static fromAsset(alias: string, path: string): TrustedCertificate {
    return new TrustedCertificate(alias, (scope, grantee) => assetFile(scope, `Trusted-${alias}`, path).grantTo(scope, grantee));
  }

  private readonly bind: Bind;

  /** @param alias name in the trust store */
  private constructor(public readonly alias: string, bind: Bind) {
    if (!ALIAS.test(alias)) throw new Error(`trustedCertificates: alias '${alias}' is none, use lower-case letters, digits, '.', '_' and '-'`);
    this.bind = bind;
  }

  /** @internal */
  public _bind(scope: Construct, grantee: iam.IGrantable): BucketFileConfig {
    return this.bind(scope, grantee);
  }
}
