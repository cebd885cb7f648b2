import { basename } from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { assetFile } from './asset-file';
import { BucketFile } from './bucket-file';
import { BucketFileConfig, BucketFileOptions } from './bucket-file-options';

/**
 * The product pack: the zip as WSO2 distributes it, or one you prepared.
 *
 * Its checksum is verified on every node before it is unpacked.
 */
export abstract class Distribution {
  /** A pack in a bucket of yours. */
  public static fromBucket(bucket: s3.IBucket, objectKey: string, options: BucketFileOptions = {}): Distribution {
    return new BucketDistribution(new BucketFile('distribution', bucket, objectKey, '.zip', options));
  }

  /** A pack on the machine that synthesizes; it is uploaded as an asset and its checksum taken at synthesis. */
  public static fromAsset(path: string): Distribution {
    return new AssetDistribution(path);
  }

  /**
   * Called by a node group: grants the node's role to read the pack.
   *
   * @param scope where resources of the pack's own are made
   * @param grantee the node's role
   */
  public abstract bind(scope: Construct, grantee: iam.IGrantable): BucketFileConfig;
}

class BucketDistribution extends Distribution {
  public constructor(private readonly file: BucketFile) {
    super();
  }

  public bind(scope: Construct, grantee: iam.IGrantable): BucketFileConfig {
    return this.file.grantTo(scope, grantee);
  }
}

class AssetDistribution extends Distribution {
  public constructor(private readonly path: string) {
    super();
    if (!path.endsWith('.zip')) throw new Error(`distribution: '${basename(path)}' is no .zip file, name the pack as WSO2 distributes it`);
  }

  public bind(scope: Construct, grantee: iam.IGrantable): BucketFileConfig {
    return assetFile(scope, 'Distribution', this.path).grantTo(scope, grantee);
  }
}
