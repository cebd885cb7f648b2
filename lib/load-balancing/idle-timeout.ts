import { Duration, Token } from 'aws-cdk-lib';

/** What AWS takes for application and for Classic load balancers, in seconds. */
const LONGEST_IDLE = 4000;

/** @throws if AWS would refuse the timeout */
export function checkIdleTimeout(timeout: Duration | undefined): void {
  if (timeout === undefined || Token.isUnresolved(timeout)) return;
  const seconds = timeout.toSeconds({ integral: false });
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_IDLE) return;
  throw new Error(`idleTimeout of ${seconds} seconds is outside 1 to ${LONGEST_IDLE}, give whole seconds between`);
}
