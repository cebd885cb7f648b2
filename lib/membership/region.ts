import { Token } from 'aws-cdk-lib';

const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

export function checkRegion(region: string): void {
  if (Token.isUnresolved(region) || REGION.test(region)) return;
  const withoutZone = region.replace(/[a-z]$/, '');
  if (REGION.test(withoutZone)) throw new Error(`region '${region}' is an availability zone, give its region '${withoutZone}'`);
  throw new Error(`region '${region}' is no region, give one such as eu-west-1`);
}
