import { Acknowledgment, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/**
 * Says why a finding of cdk-nag is none, where aws-cdk-lib takes its id: before 2.269.0 one with more than one `::` was refused, and could
 * not be acknowledged by anybody.
 */
export function acknowledgeFinding(scope: Construct, acknowledgment: Acknowledgment): void {
  try {
    Validations.of(scope).acknowledge(acknowledgment);
  } catch (error) {
    if (acknowledgment.id.split('::').length <= 2) throw error;
  }
}
