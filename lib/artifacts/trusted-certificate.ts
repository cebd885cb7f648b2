import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
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
    return new TrustedCertificate(alias, (_scope, grantee) => file.grantTo(grantee));
  }

  /** A certificate on the machine that synthesizes, PEM or DER. */
  public static fromAsset(alias: string, path: string): TrustedCertificate {
    return new TrustedCertificate(alias, (scope, grantee) => {
      const asset = new assets.Asset(scope, `Trusted-${alias}`, { path });
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      return new BucketFile('trustedCertificates', asset.bucket, asset.s3ObjectKey, '', { sha256 }).grantTo(grantee);
    });
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
