import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { BucketFileConfig, BucketFileOptions } from './bucket-file-options';
import { allowDecryption, isOfThisApp } from '../access/key-access';
import { allowInPolicy, isOfOtherAccount } from '../access/resource-policies';

const SHA256 = /^[0-9a-f]{64}$/i;

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
      throw new Error(`${property}: sha256 '${options.sha256}' is not a SHA-256 checksum, which has 64 hexadecimal digits`);
    }
  }

  /** @param scope where the grantee is */
  public grantTo(scope: Construct, grantee: iam.IGrantable): BucketFileConfig {
    this.statements().forEach(each => grantee.grantPrincipal.addToPrincipalPolicy(each));
    const { encryptionKey } = this.bucket;
    encryptionKey?.grantDecrypt(grantee);
    if (encryptionKey && !isOfThisApp(encryptionKey)) allowDecryption(scope, encryptionKey, 's3');
    if (isOfOtherAccount(scope, this.bucket)) {
      const account = new iam.AccountPrincipal(Stack.of(scope).account);
      allowInPolicy(scope, { kind: 'bucket', arn: this.bucket.bucketArn, resource: this.bucket }, ...this.statements(account));
    }
    return { bucketName: this.bucket.bucketName, objectKey: this.objectKey, sha256: this.options.sha256?.toLowerCase() };
  }

  /**
   * S3 says that an object is missing only to those who may list it, and that it is denied to others. It compares the key of the object with the
   * condition on the prefix when it decides so (ceph/ceph#68577, kopia/kopia#3072).
   */
  private statements(...principals: iam.IPrincipal[]): iam.PolicyStatement[] {
    const keys = this.options.sha256 ? [this.objectKey] : [this.objectKey, `${this.objectKey}.sha256`];
    return [
      new iam.PolicyStatement({ principals, actions: ['s3:GetObject'], resources: keys.map(key => this.bucket.arnForObjects(key)) }),
      new iam.PolicyStatement({
        principals, actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn], conditions: { StringEquals: { 's3:prefix': keys } },
      }),
    ];
  }
}
