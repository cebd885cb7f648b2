import { Construct } from 'constructs';
import { bindBucket, checkBucket } from './bucket-synchronizer';
import {
  BucketDeploymentSynchronizerOptions, EfsDeploymentSynchronizerOptions, SvnDeploymentSynchronizerOptions,
} from './deployment-synchronizer-options';
import { bindEfs, checkEfs } from './efs-synchronizer';
import { bindSvn, checkSvn } from './svn-synchronizer';
import { SynchronizerConfig, SynchronizerHost } from './synchronizer-host';

/** How artifacts that are deployed on one node reach the others. */
export abstract class DeploymentSynchronizer {
  /**
   * Carbon's own synchronizer over Subversion: the manager commits, the workers only check out. The pack must carry WSO2's SVN
   * client bundle. For kernel 4.4, and where there is a manager.
   *
   * @throws if the address is none of Subversion
   */
  public static svn(options: SvnDeploymentSynchronizerOptions): DeploymentSynchronizer {
    checkSvn(options.url);
    return new BoundSynchronizer((_scope, host) => bindSvn(host, options));
  }

  /**
   * Folders on an EFS file system that all nodes mount, encrypted at rest and in transit, through an access point that only this
   * cluster's roles may use. Only the manager writes, workers mount the folders read-only; where nodes are all alike, each of them writes. What the
   * pack ships in them is copied there once, by whichever node that may write comes first. For every product and
   * every clusteringPattern; the image must have `amazon-efs-utils` or a package of it, as Amazon Linux has.
   *
   * @throws if a folder is none, or options contradict each other
   */
  public static efs(options: EfsDeploymentSynchronizerOptions = {}): DeploymentSynchronizer {
    checkEfs(options);
    return new BoundSynchronizer((scope, host) => bindEfs(scope, host, options));
  }

  /**
   * Folders in a bucket that the manager publishes and workers copy, on a timer: what is deployed, changed or removed on the manager is so on the
   * workers at their next look. A worker's first copy is made before its server starts; an instance that takes the place of the manager gets back
   * what was published. The workers' roles may not write to the bucket. For every product, where there is a manager.
   *
   * @throws if a folder or the interval is not valid
   */
  public static bucket(options: BucketDeploymentSynchronizerOptions = {}): DeploymentSynchronizer {
    checkBucket(options);
    return new BoundSynchronizer((scope, host) => bindBucket(scope, host, options));
  }

  /** @internal */
  public abstract _bind(scope: Construct, host: SynchronizerHost): SynchronizerConfig;
}

class BoundSynchronizer extends DeploymentSynchronizer {
  public constructor(private readonly binding: (scope: Construct, host: SynchronizerHost) => SynchronizerConfig) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, host: SynchronizerHost): SynchronizerConfig {
    return this.binding(scope, host);
  }
}
