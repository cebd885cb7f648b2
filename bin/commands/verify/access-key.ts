import { AccessKeyMetadata } from '@aws-sdk/client-iam';
import { Api } from './api';
import { Cluster, idsOf, resourceName } from './cluster';
import { answered, failure, Finding, finding, Problem, warning } from './finding';

const DAY_MS = 24 * 60 * 60 * 1000;
/** As CIS AWS Foundations and AWS's own rule access-keys-rotated have it. */
const OLDEST_DAYS = 90;

/** The access key with which members ask EC2: how old it is, and when it was used. */
export async function accessKey(cluster: Cluster, api: Api, now: Date): Promise<readonly Finding[]> {
  const secrets = [...new Set(cluster.groups.map(each => each.membership.keySecret).filter(each => each !== undefined))];
  if (secrets.length === 0) return [{ what: 'membership', state: 'passed', detail: 'the members need no access key' }];
  const users = idsOf(cluster, 'AWS::IAM::User');
  if (users.length === 0) {
    return [{ what: 'membership', state: 'not answered', detail: `the user whose key is in ${secrets.join(', ')} is none of this cluster's` }];
  }
  const findings = await Promise.all(users.map(user => {
    const what = `user ${resourceName(cluster, user)}`;
    return answered(what, async () => [await judge(what, user, api, now)]);
  }));
  return findings.flat();
}

async function judge(what: string, user: string, api: Api, now: Date): Promise<Finding> {
  const keys = await api.accessKeys(user);
  const used = await Promise.all(keys.map(each => lastUse(each, api)));
  const ages = keys.map((key, index) => `${key.AccessKeyId} (${key.Status}) is ${days(key, now)} days old, ${used[index]}`);
  return finding(what, keyProblems(keys, now), ages.join('; '));
}

/** What is wrong with the keys of a user. */
export function keyProblems(keys: readonly AccessKeyMetadata[], now: Date): Problem[] {
  const active = keys.filter(each => each.Status === 'Active');
  if (active.length === 0) return [failure('it has no active access key, so no member can ask EC2 for the others')];
  const old = active.filter(each => days(each, now) > OLDEST_DAYS)
    .map(each => warning(`${each.AccessKeyId} is ${days(each, now)} days old, more than ${OLDEST_DAYS}: rotate it`));
  if (active.length === 1) return old;
  return [...old, warning(`${active.map(each => each.AccessKeyId).join(' and ')} are both active: deactivate the one that no node uses any more`)];
}

function days(key: AccessKeyMetadata, now: Date): number {
  return Math.floor((now.getTime() - key.CreateDate!.getTime()) / DAY_MS);
}

async function lastUse(key: AccessKeyMetadata, api: Api): Promise<string> {
  const used = await api.lastUsed(key.AccessKeyId!);
  if (!used?.LastUsedDate) return 'never used';
  return `last used ${used.LastUsedDate.toISOString().slice(0, 10)} with ${used.ServiceName} in ${used.Region}`;
}
