import {
  AccessKeyMetadata, CreateAccessKeyCommand, DeleteAccessKeyCommand, GetAccessKeyLastUsedCommand, IAMClient, ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';

/** What the secret holds. */
export interface AccessKeyPair { readonly accessKeyId: string; readonly secretAccessKey: string }

/** What rotation works with; tests bring their own clock and patience. */
export interface RotationServices {
  readonly iam: IAMClient;
  readonly secrets: SecretsManagerClient;
  /** Makes the call that members make; fails if the key does not allow it. */
  readonly tryAsMember: (key: AccessKeyPair) => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

interface Version { readonly id: string; readonly key: AccessKeyPair }

const DAY = 24 * 60 * 60 * 1000;

/** Every node uses the key that its server holds once a day. */
const UNUSED_DAYS = 7;
/** IAM allows a user no more. */
const MOST_KEYS = 2;

/** A new key is not known everywhere at once, nor is a new policy. */
const ATTEMPTS = 24;
const PAUSE = 5000;

/**
 * The access keys of one user: the current one is in the secret; the one before it stays active as long as anybody uses it, is
 * then disabled, and goes when the next one needs its place.
 *
 * Each step may run again after it was interrupted. Nothing is logged by which a key could be told.
 */
export class RotatedAccessKeys {
  public constructor(private readonly userName: string, private readonly services: RotationServices) {}

  /** A new key beside the current one, as the pending version of the secret. */
  public async createSecret(secretId: string, token: string): Promise<void> {
    const current = await this.currentVersion(secretId);
    if (current.id === token || await this.version(secretId, 'AWSPENDING', token)) {
      this.services.log('the new access key is there already');
      return;
    }
    await this.makeRoom(current.key.accessKeyId);
    const { AccessKey: made } = await this.services.iam.send(new CreateAccessKeyCommand({ UserName: this.userName }));
    const key: AccessKeyPair = { accessKeyId: made!.AccessKeyId!, secretAccessKey: made!.SecretAccessKey! };
    try {
      await this.services.secrets.send(new PutSecretValueCommand({
        SecretId: secretId, ClientRequestToken: token, SecretString: JSON.stringify(key), VersionStages: ['AWSPENDING'],
      }));
    } catch (problem) {
      // Nobody will ever know its other half.
      await this.delete(key.accessKeyId);
      throw problem;
    }
    this.services.log('there is a new access key');
  }

  /** The new key does what members need. Secrets Manager also asks this of a secret that it has never rotated. */
  public async testSecret(secretId: string, token: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { key } = await this.version(secretId, 'AWSPENDING', token) ?? await this.currentVersion(secretId);
        await this.services.tryAsMember(key);
        this.services.log('the access key finds members');
        return;
      } catch (problem) {
        if (attempt === ATTEMPTS) throw problem;
        await this.services.pause(PAUSE);
      }
    }
  }

  /** From now on, servers that start take the new key. */
  public async finishSecret(secretId: string, token: string): Promise<void> {
    const current = await this.currentVersion(secretId);
    if (current.id === token) return;
    await this.services.secrets.send(new UpdateSecretVersionStageCommand({
      SecretId: secretId, VersionStage: 'AWSCURRENT', MoveToVersionId: token, RemoveFromVersionId: current.id,
    }));
    this.services.log('the new access key is the current one');
  }

  /** Disables what was replaced and is no longer used; who still needs it after all can have it enabled again. */
  public async retire(secretId: string): Promise<void> {
    const current = await this.currentVersion(secretId);
    const pending = await this.version(secretId, 'AWSPENDING');
    const kept = [current.key.accessKeyId, pending?.key.accessKeyId];
    for (const key of await this.keys()) {
      if (kept.includes(key.AccessKeyId!) || key.Status !== 'Active') continue;
      // One that was made a moment ago and never used may be about to become the pending one.
      if (this.daysSince(key.CreateDate!) < UNUSED_DAYS || await this.isInUse(key)) continue;
      await this.services.iam.send(new UpdateAccessKeyCommand({ UserName: this.userName, AccessKeyId: key.AccessKeyId, Status: 'Inactive' }));
      this.services.log(`the access key before the current one is disabled: it was not used for ${UNUSED_DAYS} days`);
    }
  }

  /** Before the user goes: IAM deletes none that has keys. A user that is gone already has none. */
  public async deleteAll(): Promise<void> {
    try {
      for (const { AccessKeyId: id } of await this.keys()) await this.delete(id!);
    } catch (problem) {
      if ((problem as Error).name !== 'NoSuchEntityException') throw problem;
    }
  }

  /** Of the keys that are not the current one, the oldest that nobody uses gives way. */
  private async makeRoom(currentId: string): Promise<void> {
    const keys = await this.keys();
    if (keys.length < MOST_KEYS) return;
    for (const key of keys.filter(each => each.AccessKeyId !== currentId)) {
      if (await this.isInUse(key)) continue;
      await this.delete(key.AccessKeyId!);
      this.services.log('the access key before the current one is deleted');
      return;
    }
    throw new Error(`the access key of ${this.userName} before the current one was used within ${UNUSED_DAYS} days, so there is no place for a new `
      + 'one: restart the servers of the cluster one after the other, each takes the current key, and rotate the secret again after that time');
  }

  private async isInUse(key: AccessKeyMetadata): Promise<boolean> {
    const { AccessKeyLastUsed: last } = await this.services.iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: key.AccessKeyId }));
    return last?.LastUsedDate !== undefined && this.daysSince(last.LastUsedDate) < UNUSED_DAYS;
  }

  private async keys(): Promise<AccessKeyMetadata[]> {
    const { AccessKeyMetadata: keys = [] } = await this.services.iam.send(new ListAccessKeysCommand({ UserName: this.userName }));
    return keys.sort((a, b) => a.CreateDate!.getTime() - b.CreateDate!.getTime());
  }

  private async delete(id: string): Promise<void> {
    await this.services.iam.send(new DeleteAccessKeyCommand({ UserName: this.userName, AccessKeyId: id }));
  }

  private async currentVersion(secretId: string): Promise<Version> {
    const current = await this.version(secretId, 'AWSCURRENT');
    if (current) return current;
    throw new Error('the secret has no current version');
  }

  /** Nothing where there is none of that stage, or none with a value yet. */
  private async version(secretId: string, stage: string, id?: string): Promise<Version | undefined> {
    try {
      const answer = await this.services.secrets.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage, VersionId: id }));
      return { id: answer.VersionId!, key: JSON.parse(answer.SecretString!) as AccessKeyPair };
    } catch (problem) {
      if ((problem as Error).name === 'ResourceNotFoundException') return undefined;
      throw problem;
    }
  }

  private daysSince(date: Date): number {
    return (this.services.now() - date.getTime()) / DAY;
  }
}
