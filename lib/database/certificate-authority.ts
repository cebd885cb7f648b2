import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { assetFile } from '../artifacts/asset-file';
import { BucketFile } from '../artifacts/bucket-file';
import { BucketFileConfig, BucketFileOptions } from '../artifacts/bucket-file-options';

type Bind = (scope: Construct, grantee: iam.IGrantable) => BucketFileConfig;

/**
 * Who signs the certificate of a database server: a PEM file with the certificates of one or more authorities. Nodes trust these and no
 * others when they connect to the database. A certificate that the server has signed itself is its own authority.
 */
export class CertificateAuthority {
  /** A PEM file in a bucket of yours. */
  public static fromBucket(bucket: s3.IBucket, objectKey: string, options: BucketFileOptions = {}): CertificateAuthority {
    const file = new BucketFile('certificateAuthority', bucket, objectKey, '', options);
    return new CertificateAuthority((scope, grantee) => file.grantTo(scope, grantee));
  }

  /**
   * A PEM file on the machine that synthesizes; it is uploaded as an asset.
   *
   * @throws if the file holds no certificate in PEM
   */
  public static fromAsset(path: string): CertificateAuthority {
    if (!readFileSync(path, 'latin1').includes('-----BEGIN CERTIFICATE-----')) {
      throw new Error(`certificateAuthority: '${basename(path)}' holds no certificate in PEM, convert it with: openssl x509 -inform der`);
    }
    return new CertificateAuthority((scope, grantee) => assetFile(scope, 'DatabaseAuthority', path).grantTo(scope, grantee));
  }

  private constructor(private readonly bind: Bind) {}

  /** @internal */
  public _bind(scope: Construct, grantee: iam.IGrantable): BucketFileConfig {
    return this.bind(scope, grantee);
  }
}
