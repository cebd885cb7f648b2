import { Token } from 'aws-cdk-lib';

/** `eu-west-1`, `us-gov-west-1`, `eusc-de-east-1` of the European Sovereign Cloud, `us-isob-east-1`. */
const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d$/;

export function checkRegion(region: string): void {
  if (Token.isUnresolved(region) || REGION.test(region)) return;
  const withoutZone = region.replace(/[a-z]$/, '');
  if (REGION.test(withoutZone)) throw new Error(`region '${region}' is an availability zone, give its region '${withoutZone}'`);
  throw new Error(`region '${region}' is not a region, use one such as eu-west-1`);
}
