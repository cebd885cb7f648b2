/** What the server's own user may try, from within the unit of its server: whoever finds a hole in the product is this user. */
import { Json } from '../../cluster-document';
import { Attempt } from './attempt';
import { AttackRoom, CANARY, HOME, METADATA, REMEMBER, VICTIM } from './attack-room';

const CONF = `${HOME}/repository/conf`;
const PROPERTIES = `${CONF}/hazelcast.properties`;
const XML = `${CONF}/carbon.xml`;
const SECURITY = `${HOME}/repository/resources/security`;
const KEYSTORE = `${SECURITY}/carbon-cluster.jks`;
const LOG = `${HOME}/repository/logs/wso2carbon.log`;

const OF_ROOT = 'a file or folder of root gets another owner, mode or content, or its content is in the product';

/** Something is planted in the product, and root's programs before a start come across it. */
interface Planted {
  readonly tries: string;
  readonly file: string;
  /** By the server's user; the file is away, as FILE.own. */
  readonly plant: string;
  /** What root would do to fall for it. */
  readonly naive: string;
  readonly victim?: string;
}

function planted({ tries, file, plant, naive, victim }: Planted): Attempt {
  const away = `mv ${file} ${file}.own && ${plant}`;
  const prepare = async (room: AttackRoom): Promise<void> => {
    await room.plantVictim();
    if (victim) await room.root(`${victim}; ${REMEMBER}`);
  };
  const restore = (room: AttackRoom): Promise<string> => room.root(`[ -e ${file}.own ] && rm -rf ${file} ${file}.part && mv ${file}.own ${file}; true`);
  return {
    as: 'service user', tries, success: OF_ROOT,
    async attack(room) {
      await prepare(room);
      await room.service(away);
      await room.trigger();
      const got = await room.victim();
      await restore(room);
      return got;
    },
    async control(room) {
      await prepare(room);
      await room.service(away);
      await room.root(naive);
      const got = await room.victim();
      await restore(room);
      return got;
    },
  };
}

const GIVE_AWAY = (file: string): string => `chown wso2carbon "$(realpath ${file})"`;

const LINKS: readonly Attempt[] = [
  planted({
    tries: 'a link in the place of hazelcast.properties to a file that only root may read', file: PROPERTIES,
    plant: `ln -s ${VICTIM} ${PROPERTIES}`, naive: GIVE_AWAY(PROPERTIES),
  }),
  planted({
    tries: 'a link in the place of carbon.xml to a file of root with the same content', file: XML,
    plant: `ln -s ${VICTIM} ${XML}`, naive: GIVE_AWAY(XML), victim: `cat ${XML} > ${VICTIM}; echo '<!-- ${CANARY} -->' >> ${VICTIM}`,
  }),
  planted({
    tries: 'the folder of the data sources is a link to a folder of root', file: `${CONF}/datasources`,
    plant: `ln -s /root/attacked/folder ${CONF}/datasources`, victim: `cp ${CONF}/datasources/* /root/attacked/folder/; chmod 644 /root/attacked/folder/*; rm -f /root/attacked/planted`,
    naive: `touch ${CONF}/datasources/x`,
  }),
  planted({
    tries: 'the folder of the key stores is a link to a folder of root', file: SECURITY,
    plant: `ln -s /root/attacked/folder ${SECURITY}`, naive: `touch ${SECURITY}/x`,
    victim: `cp ${SECURITY}/client-truststore.jks /root/attacked/; true`,
  }),
  planted({
    tries: 'the finished copy of the key store (.part) is there before, as a link to a file of root', file: KEYSTORE,
    plant: `ln -s ${VICTIM} ${KEYSTORE}.part`, naive: `cat ${KEYSTORE}.own > ${KEYSTORE}.part`,
  }),
  planted({
    tries: 'the key store itself is a link to a file of root', file: KEYSTORE, plant: `ln -s ${VICTIM} ${KEYSTORE}`, naive: GIVE_AWAY(KEYSTORE),
  }),
  planted({
    tries: 'hazelcast.properties is a hard link to a file of root', file: PROPERTIES,
    plant: `ln ${CONF}/../../../victim-beside ${PROPERTIES}`, victim: `cp -p ${VICTIM} /opt/wso2/victim-beside; ln -f /opt/wso2/victim-beside ${VICTIM}`,
    naive: `ln ${VICTIM} ${PROPERTIES}; ${GIVE_AWAY(PROPERTIES)}`,
  }),
];

/** The folder with what the server's user planted has files that were copied there beforehand: only what differs from root's counts. */
const datasources = LINKS[2];

function hanging(tries: string, file: string, plant: string, when: 'before' | 'after', naive: string): Attempt {
  const attack = async (room: AttackRoom, act: () => Promise<string>): Promise<string> => {
    await room.service(`mv ${file} ${file}.own; ${plant}`);
    const said = await act();
    await room.root(`rm -rf ${file}; mv ${file}.own ${file}; true`);
    return /hung|memory/.test(said) ? `root's program: ${said}` : '';
  };
  return {
    as: 'service user', tries, success: 'root\'s program takes more than four times as long as without an attack, or more than 400 MiB',
    attack: room => attack(room, () => room.trigger(when, room.hanging)),
    control: room => attack(room, () => room.root(`timeout 3 ${naive} > /dev/null < /dev/null || echo hung`)),
  };
}

const HANGING: readonly Attempt[] = [
  hanging('a FIFO in the place of hazelcast.properties', PROPERTIES, `mkfifo ${PROPERTIES}`, 'before', `cat ${PROPERTIES}`),
  hanging('a FIFO in the place of the key store', KEYSTORE, `mkfifo ${KEYSTORE}`, 'before', `cat ${KEYSTORE}`),
  hanging('a FIFO in the place of the server\'s log', LOG, `mkfifo ${LOG}`, 'after', `cat ${LOG}`),
  hanging('the server\'s log is a link to /dev/zero', LOG, `ln -s /dev/zero ${LOG}`, 'after', `cat ${LOG}`),
];

/** What is executed by root, or read by it, must not be written by the server's user. */
function writes(tries: string, targets: string): Attempt {
  const script = `for each in ${targets}; do
  if [ -d "$each" ]; then at="$each/attack_${CANARY}.py"; touch "$at" 2> /dev/null && echo "$at"; rm -f "$at"
  elif [ -f "$each" ]; then ( echo >> "$each" ) 2> /dev/null && echo "$each"; fi
done`;
  return {
    as: 'service user', tries, success: 'a file is written that root executes or obeys',
    attack: room => room.service(script),
    control: room => room.root(script.replace('( echo >> "$each" )', '( : >> "$each" )')),
  };
}

const WRITES: readonly Attempt[] = [
  writes('to change the programs that root runs, or to lay a module beside them', '/opt/carbon-cluster /opt/carbon-cluster/programs /opt/carbon-cluster/programs/*.py'),
  writes('to change the unit of the server, or units beside it', '/etc/systemd/system /etc/systemd/system/*.service /run/systemd/system /etc/systemd/system/carbon.service.d'),
  writes('to lay a module where the Python of root finds it', '$(/usr/bin/python3 -c "import sys, site; print(*filter(None, sys.path), *site.getsitepackages())") /'),
  writes('to change the documents that root obeys', '/opt/carbon-cluster/node.json /opt/carbon-cluster/values /opt/carbon-cluster/logs.json /opt/aws/amazon-cloudwatch-agent/etc'),
  writes('to swap what was downloaded, between its check and its use', '/var/tmp/carbon-cluster /var/tmp/carbon-cluster/* /opt/wso2'),
  writes('to change the timers, the configuration and the scripts of root', '/etc /etc/cron.d /etc/profile.d /etc/sysctl.d /etc/sudoers.d /usr/local/bin /etc/ld.so.preload /root'),
];

function looksInto(what: 'environ' | 'mem' | 'fd', name: string): Attempt {
  const naive = { environ: 'head -c 1 /proc/1/environ | wc -c', mem: 'python3 /run/attack/watch_children.py 1 mem | head -1', fd: 'ls -l /proc/1/fd | head -2' };
  return {
    as: 'service user', tries: `to read ${name} of processes that root starts before the server does`, success: 'bytes of them',
    async attack(room) {
      const [got] = await Promise.all([room.service(`python3 /run/attack/watch_children.py 8 ${what}`), room.trigger()]);
      return got;
    },
    control: room => room.root(naive[what]),
  };
}

function reads(tries: string, first: string, folders = first): Attempt {
  const command = `python3 /run/attack/readable_secrets.py 0 files ${folders}`;
  const values = (room: AttackRoom): string => JSON.stringify([CANARY, ...foreignValues(room)]);
  return {
    as: 'service user', tries, success: 'the value of a secret that is not its server\'s own',
    attack: room => room.service(`${command} <<'END'\n${values(room)}\nEND`),
    control: async room => {
      const got = await room.root(`mkdir -p ${first}; echo ${CANARY} > ${first}/attack-canary; chmod 644 ${first}/attack-canary
setpriv --reuid nobody --clear-groups ${command} <<'END'\n${values(room)}\nEND`);
      await room.root(`rm -f ${first}/attack-canary`);
      return got.split('\n').filter(each => each.includes('attack-canary')).join();
    },
  };
}

/** What the server itself never needs: the administrator of the databases, and the user with whom nodes start. */
function foreignValues(room: AttackRoom): string[] {
  const { start } = room.data.document.databases as Json;
  return [room.administrator.fields.password, room.secretOf(start?.secret)?.fields.password ?? ''].filter(each => each.length > 10);
}

const READS: readonly Attempt[] = [
  reads('to read secrets in the folder of the boot programs', '/opt/carbon-cluster', '/opt/carbon-cluster /opt/aws'),
  reads('to read secrets in memory-backed folders', '/run/attack-shown', '$(ls -d /run/* | grep -vx /run/attack)'),
  reads('to read secrets in what the boot left behind', '/var/tmp', '/var/tmp /tmp /var/lib/cloud /var/log'),
  {
    as: 'service user', tries: 'to read secrets in memory-backed folders while root\'s programs run', success: 'the value of a secret that is not its server\'s own',
    async attack(room) {
      const [got] = await Promise.all([
        room.service(`timeout 9 python3 /run/attack/readable_secrets.py 8 files /run/carbon-cluster /run/carbon-artifacts-server /dev/shm <<'END'\n${JSON.stringify(foreignValues(room))}\nEND`),
        room.trigger(),
      ]);
      return got;
    },
    control: room => room.root(`echo ${CANARY} > /dev/shm/attack; python3 /run/attack/readable_secrets.py 0 files /dev/shm <<< '["${CANARY}"]'; rm /dev/shm/attack`),
  },
];

const METADATA_ATTEMPTS: readonly Attempt[] = [
  {
    as: 'service user', tries: 'to ask instance metadata for the user data', success: 'the user data', untried: room => room.metadataUndenied,
    attack: async room => ((await room.service(`${METADATA}metadata user-data | head -c 300`)).includes('#!') ? 'the user data' : ''),
    control: async room => ((await room.root(`${METADATA}metadata user-data | head -c 300`)).includes('#!') ? 'the user data' : ''),
  },
  {
    as: 'service user', tries: 'to ask instance metadata for the role\'s credentials', success: 'an access key', untried: room => room.metadataUndenied,
    attack: async room => ((await room.stolen()) ? 'an access key of the node\'s role' : ''),
    control: async room => (await room.roleOf(room.worker)).accessKeyId,
  },
];

/** The agent reads the logs that the server writes: as whom, and what it ends up sending. */
const SHIPPED: Attempt = {
  as: 'service user', tries: 'the audit log is a link to a file of root, which the agent sends to CloudWatch Logs', success: 'the content of the file is in a log group',
  async attack(room) {
    await room.plantVictim();
    await room.root(`for each in 1 2 3; do echo "$(date '+[%Y-%m-%d %H:%M:%S,000]') INFO root ${CANARY}-root"; done > ${VICTIM}; chmod 600 ${VICTIM}`);
    await room.service(`cd ${HOME}/repository/logs; [ -e audit.log ] && mv audit.log audit.log.own; ln -s ${VICTIM} audit.log`);
    const got = await shipped(room, `${CANARY}-root`);
    await room.root(`cd ${HOME}/repository/logs; rm -f audit.log; [ -e audit.log.own ] && mv audit.log.own audit.log; true`);
    return got;
  },
  async control(room) {
    await room.service(`cd ${HOME}/repository/logs; [ -e audit.log ] && mv audit.log audit.log.own; echo "$(date '+[%Y-%m-%d %H:%M:%S,000]') INFO own ${CANARY}-own" > audit.log`);
    const got = await shipped(room, `${CANARY}-own`);
    await room.root(`cd ${HOME}/repository/logs; [ -e audit.log.own ] && mv audit.log.own audit.log; true`);
    return got;
  },
};

async function shipped(room: AttackRoom, text: string): Promise<string> {
  for (let tries = 0; tries < 10; tries++) {
    await new Promise(resolve => setTimeout(resolve, 1500));
    if (await room.logged(text)) return `'${text}' is in CloudWatch Logs`;
  }
  return '';
}

const ESCALATION: readonly Attempt[] = [
  {
    as: 'service user', tries: 'to start a program as root by systemd, sudo, su or a set-uid program', success: 'a file of root\'s is made',
    async attack(room) {
      await room.service(`for each in 'systemd-run --wait' 'sudo -n' 'su -c' 'pkexec' 'newgrp root -c'; do timeout 3 $each "touch /run/attack-root" < /dev/null; timeout 3 $each touch /run/attack-root < /dev/null; done`);
      return room.root('[ -e /run/attack-root ] && echo "a program ran as root"; rm -f /run/attack-root');
    },
    control: room => room.root('systemd-run --quiet --wait touch /run/attack-root; [ -e /run/attack-root ] && echo "a program ran as root"; rm -f /run/attack-root'),
  },
  {
    as: 'service user', tries: 'to start, stop or change services of the node', success: 'a service of root\'s has stopped',
    async attack(room) {
      await room.root('systemd-run --quiet --unit attack-service sleep 60');
      await room.service('timeout 5 systemctl --no-ask-password stop attack-service.service');
      const got = await room.root('systemctl is-active --quiet attack-service.service || echo "a service of root was stopped"');
      await room.root('systemctl stop attack-service.service 2> /dev/null');
      return got;
    },
    control: room => room.root('systemd-run --quiet --unit attack-service sleep 60; systemctl stop attack-service.service; systemctl is-active --quiet attack-service.service || echo stopped'),
  },
];

export const SERVICE_USER: readonly Attempt[] = [
  // Before the FIFOs: the stand-in of the agent waits for ever at one.
  SHIPPED, ...LINKS.filter(each => each !== datasources), withCopies(datasources), ...HANGING, ...WRITES,
  looksInto('environ', 'the environment'), looksInto('mem', 'the memory'), looksInto('fd', 'files that are open'),
  ...READS, ...METADATA_ATTEMPTS, ...ESCALATION,
];

/** Root's own copies in the linked folder are as they were put there; anything else of them is root's doing for the attacker. */
function withCopies(attempt: Attempt): Attempt {
  const changed = (got: string): string => got.split('\n').filter(each => !/ of root$/.test(each)).join('\n');
  return { ...attempt, attack: async room => changed(await attempt.attack(room)) };
}
