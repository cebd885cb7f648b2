/** What a worker that is taken over may try on the manager, by what members have in common: the copies of the artifacts. */
import { Json } from '../../cluster-document';
import { relaunched } from '../emulated';
import { SETTLE_SECONDS } from '../scenario';
import { Attempt } from './attempt';
import { AttackRoom, CANARY, HOME } from './attack-room';

const SERVER = `${HOME}/repository/deployment/server`;

function copies(room: AttackRoom): string | undefined {
  return (room.data.document.artifacts as Json)?.port ? undefined : 'members do not copy from each other by SSH';
}

/** The command of a member, with its own key, whatever else it asks for. */
function ssh(room: AttackRoom, rest: string): string {
  return `keys=/run/carbon-artifacts; ssh="ssh -F none -p ${(room.data.document.artifacts as Json).port} -o BatchMode=yes -o ConnectTimeout=5 -o GlobalKnownHostsFile=/dev/null `
    + '-o HostKeyAlgorithms=ssh-ed25519 -o HostKeyAlias=carbon-cluster-member -o IdentitiesOnly=yes -o IdentityFile=$keys/key -o StrictHostKeyChecking=yes '
    + `-o UserKnownHostsFile=$keys/known_hosts"; to=carbon-artifacts@${room.manager.privateIp}; module=repository:deployment:server\n${rest}`;
}

/** That key, port and user are right: what every worker copies. */
const LISTED = 'timeout 20 rsync --rsh="$ssh" --recursive $to::$module/ < /dev/null 2> /dev/null | head -2';

function overSsh(tries: string, success: string, script: string): Attempt {
  return {
    as: 'worker', tries, success, untried: copies,
    attack: room => room.root(ssh(room, script), room.worker, 40),
    control: room => room.root(ssh(room, LISTED), room.worker, 40),
  };
}

const OVER_SSH: readonly Attempt[] = [
  overSsh('a shell on the manager with the members\' key', 'what a command says there', 'timeout 10 $ssh $to id < /dev/null 2> /dev/null | grep uid='),
  overSsh('to write into the manager\'s artifacts', 'the file is there',
    `echo ${CANARY} > /run/attack/planted; timeout 20 rsync --rsh="$ssh" /run/attack/planted $to::$module/ < /dev/null > /dev/null 2>&1 && echo "the file was written"`),
  overSsh('to read a file outside of the artifacts', 'its content',
    'for each in ../../conf/user-mgt.xml ../../../../../../etc/shadow; do timeout 10 rsync --rsh="$ssh" $to::$module/$each /run/attack/got < /dev/null > /dev/null 2>&1 && head -c 40 /run/attack/got; done'),
  overSsh('to reach the manager\'s own ports and instance metadata through it', 'an answer',
    `timeout 12 $ssh -N -L 127.0.0.1:7777:169.254.169.254:80 $to < /dev/null > /dev/null 2>&1 & sleep 2
curl -s -m 4 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://127.0.0.1:7777/latest/api/token; kill %1 2> /dev/null; true`),
  overSsh('to copy by another module than the artifacts', 'a list of files',
    'for each in root repository:conf /; do timeout 10 rsync --rsh="$ssh" "$to::$each/" < /dev/null 2> /dev/null | head -2; done'),
];

/** The manager is replaced for real: last of all, because another one is there afterwards. */
export const REPLACED: Attempt = {
  as: 'worker', tries: 'what a worker has planted among its artifacts comes to the next manager', success: 'the file is on the new manager',
  untried: copies,
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
  ...OVER_SSH,
  {
    as: 'worker', tries: 'to write into the artifacts over EFS', success: 'the file is there', untried: () => 'this app copies by rsync; the scenario efs has a file system',
    attack: async () => '', control: async () => CANARY,
  },
];
