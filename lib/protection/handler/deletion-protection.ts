import { ProtectedResource } from './protected-resource';

/** What the function works with; tests bring their own clock and patience. */
export interface ProtectionServices {
  /** Status of a stack, and its root where that is a different one. */
  readonly describeStack: (stackId: string) => Promise<{ readonly status: string; readonly rootId?: string }>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

/** What a request of CloudFormation is about. */
export interface ProtectionRequest {
  readonly enabled: boolean;
  /** What the stack has now. */
  readonly resources: readonly ProtectedResource[];
  /** What it had before an update, and has no longer. */
  readonly gone?: readonly ProtectedResource[];
  /** Of the custom resource. */
  readonly stackId: string;
  /** Of the custom resource; absent before it is created. */
  readonly physicalId?: string;
}

const NAME = 'deletion-protection';

/** A database that has just been made may be busy with its first backup. */
const PATIENCE = 8 * 60 * 1000;
const PATIENCE_TO_TAKE_BACK = 60 * 1000;
const PAUSE = 5000;
const PASSING = /Throttl|RequestLimitExceeded|TooManyRequests|InvalidDBInstanceState|ServiceUnavailable|InternalFailure|InternalError/;

/**
 * Deletion protection of the resources of one cluster.
 *
 * The physical id of the custom resource says what its creation protected, because a rollback must take off that, and only that: a
 * stack of an earlier release was protected before.
 */
export class DeletionProtection {
  private deadline: number;

  public constructor(private readonly services: ProtectionServices) {
    this.deadline = services.now() + PATIENCE;
  }

  /** Gives the physical id. */
  public async create({ enabled, resources }: ProtectionRequest): Promise<string> {
    const changed = await this.switchAll(resources, enabled);
    return [NAME, ...enabled ? changed.map(each => each.property) : []].join(':');
  }

  public async update({ enabled, resources, gone = [], stackId }: ProtectionRequest): Promise<void> {
    await this.switchAll(resources, enabled);
    // What leaves the stack keeps its protection, unless a failed update made it: then CloudFormation is about to delete it.
    if (gone.length > 0 && isRollback(await this.status(stackId))) await this.switchAll(gone, false);
  }

  /**
   * A rollback of the creation takes the protection off, so that CloudFormation may delete what it has created.
   *
   * @throws where somebody deletes a protected cluster; nothing of it has been deleted by then
   */
  public async delete({ resources, stackId, physicalId }: ProtectionRequest): Promise<void> {
    const on = await this.filter(resources, true);
    if (on.length === 0) return;
    const status = await this.status(stackId);
    if (!isRollback(status)) throw new Error(refusal(on, status));
    await this.switchAll(on.filter(each => status === 'ROLLBACK_IN_PROGRESS' || created(physicalId).includes(each.property)), false);
  }

  /** Of the stack where that is rolled back by itself; otherwise of its root, which knows why a nested stack is deleted. */
  private async status(stackId: string): Promise<string> {
    const { status, rootId } = await this.patiently(() => this.services.describeStack(stackId));
    return isRollback(status) || rootId === undefined || rootId === stackId ? status : this.status(rootId);
  }

  /** All or none; gives those that were not so before. */
  private async switchAll(resources: readonly ProtectedResource[], on: boolean): Promise<ProtectedResource[]> {
    const changed = await this.filter(resources, !on);
    const done: ProtectedResource[] = [];
    try {
      for (const each of changed) {
        done.push(each);
        await this.switch(each, on);
      }
    } catch (problem) {
      await this.takeBack(done, on, problem as Error);
    }
    return changed;
  }

  private async switch(resource: ProtectedResource, on: boolean): Promise<void> {
    await this.patiently(() => resource.request(on));
    while (await this.isProtected(resource) !== on) await this.wait(`${resource.id} is still ${on ? 'not ' : ''}protected`);
    this.services.log(`deletion protection of ${resource.id} is ${on ? 'on' : 'off'}`);
  }

  private async takeBack(done: readonly ProtectedResource[], on: boolean, problem: Error): Promise<never> {
    this.services.log(`taking back: ${problem.message}`);
    this.deadline = this.services.now() + PATIENCE_TO_TAKE_BACK;
    for (const each of [...done].reverse()) {
      try {
        await this.patiently(() => each.request(!on));
      } catch (again) {
        this.services.log(`deletion protection of ${each.id} could not be taken back: ${(again as Error).message}`);
      }
    }
    throw problem;
  }

  private async filter(resources: readonly ProtectedResource[], on: boolean): Promise<ProtectedResource[]> {
    const found: ProtectedResource[] = [];
    for (const each of resources) if (await this.isProtected(each) === on) found.push(each);
    return found;
  }

  private isProtected(resource: ProtectedResource): Promise<boolean> {
    return this.patiently(() => resource.isProtected());
  }

  private async patiently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (problem) {
        if (!PASSING.test((problem as Error).name)) throw problem;
        await this.wait((problem as Error).message, problem as Error);
      }
    }
  }

  private async wait(reason: string, problem: Error = new Error(reason)): Promise<void> {
    if (this.services.now() + PAUSE > this.deadline) throw problem;
    this.services.log(`waiting: ${reason}`);
    await this.services.pause(PAUSE);
  }
}

/** New resources are deleted in the states UPDATE_ROLLBACK_*, those of a new stack in ROLLBACK_IN_PROGRESS. */
function isRollback(status: string): boolean {
  return /^(UPDATE_)?ROLLBACK_/.test(status);
}

function created(physicalId = ''): string[] {
  return physicalId.split(':').slice(1);
}

function refusal(resources: readonly ProtectedResource[], status: string): string {
  const names = resources.map(each => each.id).join(' and ');
  if (status !== 'DELETE_IN_PROGRESS') {
    return `Deletion protection of ${names} is on, so they stay: set deletionProtection to false and deploy before you remove the cluster from `
      + 'its stack.';
  }
  return `Deletion protection of ${names} is on, so nothing that the cluster needs was deleted. CloudFormation does not update a stack whose `
    + `deletion has failed: to delete it, run ${resources.map(each => `"${each.command}"`).join(' and ')}, and delete the stack again.`;
}
