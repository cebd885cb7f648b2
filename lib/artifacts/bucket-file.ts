import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BucketFileConfig, BucketFileOptions } from './bucket-file-options';

const SHA256 = /^[0-9a-f]{64}$/;

/**
 * A file in a bucket that nodes may read, and nothing else of the bucket.
 */
export class BucketFile {
  public constructor(
    property: string,
    private readonly bucket: s3.IBucket,
    private readonly objectKey: string,
    ending: string,
    private readonly options: BucketFileOptions,
  ) {
    if (!objectKey.endsWith(ending)) throw new Error(`${property}: key '${objectKey}' does not end in ${ending}, give the file as distributed`);
    if (options.sha256 !== undefined && !SHA256.test(options.sha256)) {
      throw new Error(`${property}: sha256 '${options.sha256}' is no SHA-256 checksum, give 64 lower-case hexadecimal digits`);
    }
  }

  public grantTo(grantee: iam.IGrantable): BucketFileConfig {
    const keys = this.options.sha256 ? [this.objectKey] : [this.objectKey, `${this.objectKey}.sha256`];
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['s3:GetObject'],
      resourceArns: keys.map(key => this.bucket.arnForObjects(key)),
    });
    this.bucket.encryptionKey?.grantDecrypt(grantee);
    return { bucketName: this.bucket.bucketName, objectKey: this.objectKey, sha256: this.options.sha256 };
  }
}
