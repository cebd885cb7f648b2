/** What lies on a node for whoever comes by: files, processes, dumps, the journal; and what a moment of a restart lets through. */
import { Attempt } from './attempt';
import { AttackRoom, CANARY, HOME, VICTIM } from './attack-room';

const ALL = '/opt /etc /home /root /run /srv /tmp /var /dev/shm';
const AS_NOBODY = 'setpriv --reuid nobody --regid nogroup --clear-groups';

function allValues(room: AttackRoom): string[] {
  return room.secrets.flatMap(({ fields }) => Object.entries(fields))
    .filter(([name, text]) => /password|secretAccessKey|keystore/i.test(name) && text.length > 10).map(([, text]) => text)
    .concat(room.secrets.flatMap(each => (each.fields.privateKey ?? '').split('\n').slice(2, 4)));
}

function readableBy(tries: string, what: 'files' | 'processes', control: string, clean: string): Attempt {
  const look = (room: AttackRoom, values: readonly string[]): Promise<string> =>
    room.root(`cd /; ${AS_NOBODY} python3 /run/attack/readable_secrets.py 0 ${what} ${what === 'files' ? ALL : ''} <<'END'\n${JSON.stringify(values)}\nEND`, room.worker, 90);
  return {
    as: 'at rest', tries, success: 'the value of a secret',
    attack: room => look(room, allValues(room)),
    async control(room) {
      await room.root(control);
      const got = await look(room, [CANARY]);
      await room.root(clean);
      return got;
    },
  };
}

const REST: readonly Attempt[] = [
  readableBy('another user of the node reads secrets in files', 'files', `echo ${CANARY} > /opt/wso2/attack-canary; chmod 644 /opt/wso2/attack-canary`, 'rm /opt/wso2/attack-canary'),
  readableBy('another user of the node reads secrets in command lines and environments', 'processes',
    `(setpriv --reuid nobody --clear-groups bash -c 'exec -a ${CANARY} sleep 20' > /dev/null 2>&1 < /dev/null & echo $! > /run/attack/pid)`, 'kill $(cat /run/attack/pid)'),
  {
    as: 'at rest', tries: 'to read secrets in the journal and in the boot\'s log, as root', success: 'the value of a secret',
    attack: room => inLogs(room, allValues(room)),
    async control(room) {
      await room.root(`systemd-cat echo ${CANARY}; sleep 1`);
      return inLogs(room, [CANARY]);
    },
  },
  {
    as: 'at rest', tries: 'another user of the node reads the user data', success: 'the user data',
    attack: room => room.root(`cd /; for each in /var/lib/cloud/instance/user-data.txt /var/lib/cloud/instances/*/*; do ${AS_NOBODY} head -c 100 "$each" 2> /dev/null | grep -a -m 1 bash; done; true`),
    control: room => room.root('cat /var/lib/cloud/instance/user-data.txt | head -c 100 | grep -a -m 1 bash'),
  },
  {
    as: 'at rest', tries: 'another user of the node reads a dump of the server\'s heap', success: 'bytes of it',
    async attack(room) {
      const tool = '$(dirname "$(readlink -f /proc/$(systemctl show --property MainPID --value carbon.service)/exe)")';
      await room.service(`for tool in /usr/lib/jvm/java-8-openjdk-amd64/bin/jmap ${HOME}/none; do [ -e $tool ] && $tool -dump:format=b,file=${HOME}/attack.hprof $(pgrep -u wso2carbon -x java | head -1); done; ls -l ${HOME}/attack.hprof || echo dump > ${HOME}/attack.hprof`);
      const got = await room.root(`cd /; [ -e ${HOME}/attack.hprof ] && ${AS_NOBODY} head -c 20 ${HOME}/attack.hprof 2> /dev/null | strings | head -1; rm -f ${HOME}/attack.hprof; : ${tool}`);
      return got;
    },
    control: room => room.root(`cd /; echo '${CANARY} dump' > ${HOME}/attack.hprof; chmod 644 ${HOME}/attack.hprof; ${AS_NOBODY} head -c 20 ${HOME}/attack.hprof; rm -f ${HOME}/attack.hprof`),
  },
  {
    as: 'at rest', tries: 'a process of the server that crashes leaves a core dump', success: 'a core file',
    untried: () => undefined,
    attack: room => room.service(`cd ${HOME} && bash -c 'secret=${CANARY}; kill -SEGV $$'; ls -d core core.* 2> /dev/null; rm -f core core.*`),
    control: room => room.root('cd /root/attacked && ulimit -c unlimited && case $(cat /proc/sys/kernel/core_pattern) in "|"*) echo "a core goes to a program of the host";; '
      + '*) bash -c "kill -SEGV \\$\\$"; ls -d core core.*; rm -f core core.*;; esac 2> /dev/null'),
  },
  {
    as: 'at rest', tries: 'to find a secret in swap', success: 'the value of a secret', untried: () => 'the swap is the host\'s',
    attack: async () => '', control: async () => CANARY,
  },
  {
    as: 'at rest', tries: 'to read a snapshot of a volume', success: 'its content', untried: () => 'the emulator has no content of volumes; the templates\' encryption is tested at synthesis',
    attack: async () => '', control: async () => CANARY,
  },
];

async function inLogs(room: AttackRoom, values: readonly string[]): Promise<string> {
  return room.root(`python3 - <<'END'
import json, subprocess
text = subprocess.run(['journalctl', '--no-pager', '--output', 'cat'], stdout=subprocess.PIPE).stdout.decode(errors='replace')
for path in ('/var/log/carbon-cluster/boot.log', '/var/log/cloud-init-output.log', '/var/log/cloud-init.log', '${HOME}/repository/logs/wso2carbon.log'):
    try:
        text += open(path, errors='replace').read()
    except OSError:
        pass
print(*('a secret is in the logs' for each in json.loads(r'''${JSON.stringify(values)}''') if each in text), sep='\\n')
END`);
}

const PROPERTIES = `${HOME}/repository/conf/hazelcast.properties`;

/** The server's user chooses the moment: it ends its own server, and root comes by within seconds. */
const OWN_END: Attempt = {
  as: 'restart', tries: 'a link in the place of hazelcast.properties, then the server\'s user ends its own server', success: 'a file of root gets another owner, mode or content',
  async attack(room) {
    await room.plantVictim();
    await room.service(`mv ${PROPERTIES} ${PROPERTIES}.own && ln -s ${VICTIM} ${PROPERTIES}; pkill -9 -u wso2carbon -x java`);
    await room.serving();
    const got = await room.victim();
    await restore(room);
    return got;
  },
  async control(room) {
    await room.plantVictim();
    await room.service(`mv ${PROPERTIES} ${PROPERTIES}.own && ln -s ${VICTIM} ${PROPERTIES}`);
    await room.root(`chown wso2carbon "$(realpath ${PROPERTIES})"`);
    const got = await room.victim();
    await restore(room);
    return got;
  },
};

/** Renames a file and a link back and forth, faster than a program that looks first and opens then. */
const SWAP = `import os, time
path, own, link = '${PROPERTIES}', '${PROPERTIES}.own', '${PROPERTIES}.link'
data = open(path, 'rb').read()
end = time.time() + 8
while time.time() < end:
    for target in (None, '${VICTIM}'):
        try:
            if target:
                os.symlink(target, link)
            else:
                with open(link, 'wb') as file:
                    file.write(data)
            os.rename(link, path)
        except OSError:
            pass
`;
const RACE: Attempt = {
  as: 'restart', tries: 'to swap hazelcast.properties for a link and back, thousands of times while root\'s programs run', success: 'a file of root gets another owner, mode or content',
  async attack(room) {
    await room.plantVictim();
    await room.service(`cp -p ${PROPERTIES} ${PROPERTIES}.own`);
    await Promise.all([room.service(`python3 - <<'END'\n${SWAP}\nEND`), room.trigger().then(() => room.trigger())]);
    const got = await room.victim();
    await restore(room);
    return got;
  },
  control: room => OWN_END.control(room),
};

const HALF_WAY: Attempt = {
  as: 'restart', tries: 'root\'s program is ended half-way, and another user reads what it left', success: 'the value of a secret',
  async attack(room) {
    const found: string[] = [];
    for (const seconds of [0.4, 0.8, 1.2, 1.8]) {
      await room.service(`echo >> ${PROPERTIES}`);
      await room.trigger('before', seconds);
      found.push(await REST[0].attack(room));
    }
    await room.trigger();
    return found.filter(Boolean).join('\n');
  },
  control: room => REST[0].control(room),
};

function restore(room: AttackRoom): Promise<string> {
  return room.root(`[ -e ${PROPERTIES}.own ] && rm -f ${PROPERTIES} ${PROPERTIES}.link && mv ${PROPERTIES}.own ${PROPERTIES}; true`);
}

export const AT_REST = REST;
export const RESTART: readonly Attempt[] = [
  OWN_END, RACE, HALF_WAY,
  {
    as: 'restart', tries: 'the power fails between the rename of the unpacked pack and its marker', success: 'a node that does not boot',
    untried: () => 'a test of the boot programs shows it (test_node_pack.py); it needs the power to fail at a microsecond', attack: async () => '', control: async () => CANARY,
  },
];
