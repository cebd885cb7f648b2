import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';

const SHA256 = /^[0-9a-f]{64}$/;

/** Options of a file in a bucket. */
export interface BucketFileOptions {
  /**
   * SHA-256 checksum of the file, 64 lower-case hexadecimal digits.
   *
   * @default - the node reads it from the object of the same key with `.sha256` appended, as `sha256sum` writes it,
   * and refuses to go on where there is none
   */
  readonly sha256?: string;
}

/** Where the nodes get a file, and how they know that it is the right one. */
export interface BucketFileConfig {
  /** Name of the bucket. */
  readonly bucketName: string;
  /** Key of the object. */
  readonly objectKey: string;
  /**
   * Checksum of the file.
   *
   * @default - read from the `.sha256` object beside it
   */
  readonly sha256?: string;
}

/**
 * A file in a bucket that nodes may read, and nothing else of the bucket.
 *
 * @internal
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
