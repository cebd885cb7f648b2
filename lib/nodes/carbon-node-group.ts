import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { BootPhase } from '../boot/boot-phase';

/** A group of nodes that are configured alike. */
export interface ICarbonNodeGroup extends IConstruct, ec2.IConnectable, iam.IGrantable {
  /** The role of the group's instances. */
  readonly role: iam.IRole;
  /** Escape hatch: the group itself. */
  readonly autoScalingGroup: autoscaling.AutoScalingGroup;
  /** Escape hatch: what its instances are launched from. */
  readonly launchTemplate: ec2.LaunchTemplate;

  /**
   * Runs a bash script of yours, strict, as root, before a phase of the first boot. A script that fails fails the boot. Tokens in it must
   * become text of one line.
   *
   * @throws if the script is empty
   */
  addScriptBefore(phase: BootPhase, script: string): void;

  /**
   * Runs a bash script of yours, strict, as root, after a phase of the first boot. A script that fails fails the boot. Tokens in it must
   * become text of one line.
   *
   * @throws if the script is empty
   */
  addScriptAfter(phase: BootPhase, script: string): void;
}
