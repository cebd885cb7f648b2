/** What a worker that is taken over may try on the manager, by what members have in common: the artifacts in the bucket of the cluster. */
import { Json } from '../../cluster-document';
import { relaunched } from '../emulated';
import { SETTLE_SECONDS } from '../scenario';
import { Attempt } from './attempt';
import { AttackRoom, CANARY, HOME } from './attack-room';

const SERVER = `${HOME}/repository/deployment/server`;

function artifacts(room: AttackRoom): Json | undefined {
  return room.data.document.artifacts as Json | undefined;
}

function inBucket(room: AttackRoom): string | undefined {
  return artifacts(room)?.prefix ? undefined : 'this app has no artifacts in a bucket';
}

/** With the role of the node, as root of it: more than the server's user has. */
function withBucket(room: AttackRoom, script: string): string {
  const { bucket, prefix } = artifacts(room)!;
  return `export AWS_DEFAULT_REGION=${room.data.values.Region} AWS_MAX_ATTEMPTS=1; bucket=${room.data.values[bucket.env]}; place=s3://$bucket/${prefix}\n`
    + `echo ${CANARY} > /run/attack-planted\n${script}`;
}

/** The manager, who may, is the control. */
function overBucket(tries: string, success: string, script: string): Attempt {
  return {
    as: 'worker', tries, success, untried: inBucket,
    attack: room => room.root(withBucket(room, script), room.worker, 60),
    control: room => room.root(withBucket(room, script), room.manager, 60),
  };
}

const OVER_BUCKET: readonly Attempt[] = [
  overBucket('to write into the manager\'s artifacts', 'the object is there',
    'aws s3 cp --only-show-errors /run/attack-planted $place/attack-$HOSTNAME.war > /dev/null 2>&1 && echo "the object was written"'),
  overBucket('to remove one of the manager\'s artifacts', 'S3 has removed it',
    'aws s3 rm --only-show-errors $place/attack-$HOSTNAME.war > /dev/null 2>&1 && echo "the object was removed"'),
  overBucket('to say that the manager has published', 'the mark is there',
    'aws s3 cp --only-show-errors /run/attack-planted $place/published > /dev/null 2>&1 && echo "the mark was written"'),
];

/** The manager is replaced for real: last of all, because another one is there afterwards. */
export const REPLACED: Attempt = {
  as: 'worker', tries: 'what a worker has planted among its artifacts comes to the next manager', success: 'the file is on the new manager',
  untried: inBucket,
  async attack(room) {
    const { rehearsal, manager } = room;
    // Copies of the worker would take the file away again: whoever took the worker over stops them.
    await room.root('systemctl stop carbon-artifacts.timer');
    await room.service(`echo ${CANARY} > ${SERVER}/attack.war; chmod 644 ${SERVER}/attack.war`);
    const fresh = await relaunched(rehearsal, manager);
    rehearsal.nodes.delete(manager.id);
    const joining = rehearsal.addNode(fresh);
    await rehearsal.command('replace', { node: manager.id, changes: fresh });
    await rehearsal.settled(SETTLE_SECONDS, [joining.id]);
    if (joining.failure) throw new Error(`the new manager failed as ${joining.failure}`);
    return room.root(`grep -l ${CANARY} ${SERVER}/attack.war 2> /dev/null`, joining);
  },
  control: room => room.root(`grep -l ${CANARY} ${SERVER}/attack.war`),
};

export const WORKER: readonly Attempt[] = [
  ...OVER_BUCKET,
  {
    as: 'worker', tries: 'to write into the artifacts over EFS', success: 'the file is there', untried: () => 'this app copies by a bucket; the scenario efs has a file system',
    attack: async () => '', control: async () => CANARY,
  },
];
