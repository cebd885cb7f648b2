import { Construct } from 'constructs';
import {
  EfsDeploymentSynchronizerOptions, RsyncDeploymentSynchronizerOptions, SvnDeploymentSynchronizerOptions,
} from './deployment-synchronizer-options';
import { bindEfs, checkEfs } from './efs-synchronizer';
import { bindRsync, checkRsync } from './rsync-synchronizer';
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
   * cluster's roles may use. What the pack ships in them is copied there once, by whichever node comes first. For every product and
   * every clusteringPattern; the image must have `amazon-efs-utils` or a package of it, as Amazon Linux has.
   *
   * @throws if a folder is none, or options contradict each other
   */
  public static efs(options: EfsDeploymentSynchronizerOptions = {}): DeploymentSynchronizer {
    checkEfs(options);
    return new BoundSynchronizer((scope, host) => bindEfs(scope, host, options));
  }

  /**
   * Workers copy from the manager, with rsync over SSH on a timer: what is deployed, changed or removed there is so on the workers
   * at the next look. A worker's first copy is made before its server starts; an instance that takes the place of the manager copies
   * from a worker first. For every product, where there is a manager.
   *
   * @throws if a folder, the port or the interval is none
   */
  public static rsync(options: RsyncDeploymentSynchronizerOptions): DeploymentSynchronizer {
    checkRsync(options);
    return new BoundSynchronizer((_scope, host) => bindRsync(host, options));
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
