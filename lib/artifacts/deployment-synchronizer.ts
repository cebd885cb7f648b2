import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { grantSecretValue } from '../access/secret-access';
import { LateBoundValues } from '../boot/late-bound-values';
import { DeploymentSynchronizerModel } from '../configuration/node-model';

const SCHEME = /^(https?|svn(\+ssh)?):\/\/[^\s]+$/;

/** Options of `DeploymentSynchronizer.svn`. */
export interface SvnDeploymentSynchronizerOptions {
  /** Address of the repository, `https://svn.example.com/artifacts`. */
  readonly url: string;
  /** Secret with the JSON fields `username` and `password`. */
  readonly secret: secretsmanager.ISecret;
}

/** How artifacts that are deployed on the manager reach the workers. */
export class DeploymentSynchronizer {
  /**
   * Carbon's own synchronizer over Subversion: the manager commits, the workers only check out. The pack must carry WSO2's SVN
   * client bundle.
   *
   * @throws if the address is none of Subversion
   */
  public static svn(options: SvnDeploymentSynchronizerOptions): DeploymentSynchronizer {
    if (!SCHEME.test(options.url)) {
      throw new Error(`url '${options.url}' of the deployment synchronizer is no address of Subversion, give one such as https://svn.example.com/x`);
    }
    return new DeploymentSynchronizer(options);
  }

  private readonly options: SvnDeploymentSynchronizerOptions;

  private constructor(options: SvnDeploymentSynchronizerOptions) {
    this.options = options;
  }

  /** @internal */
  public _bind(role: iam.IRole, values: LateBoundValues, commits: boolean): DeploymentSynchronizerModel {
    grantSecretValue(this.options.secret, role);
    const secret = values.name('SvnSecret', this.options.secret.secretArn);
    return {
      autoCommit: commits,
      svnUrl: this.options.url,
      svnUser: { secret, field: 'username' },
      svnPassword: { secret, field: 'password' },
    };
  }
}
