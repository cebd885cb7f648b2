/** What a machine in the same VPC may try: one in no group of the cluster's, and one that has got into the group of its members. */
import { Json } from '../../cluster-document';
import { Attempt } from './attempt';
import { AttackRoom, CANARY, HOME } from './attack-room';

function answers(
  tries: string, target: (room: AttackRoom) => string, port: (room: AttackRoom) => number, unfiltered: (room: AttackRoom, script: string) => Promise<string>,
): Attempt {
  const script = (room: AttackRoom): string => `timeout 3 bash -c '< /dev/tcp/${target(room)}/${port(room)}' 2> /dev/null && echo "port ${port(room)} answers"`;
  return {
    as: 'neighbour', tries, success: 'the port answers', attack: room => room.outside(script(room)), control: room => unfiltered(room, script(room)),
  };
}

const ofWorker = (room: AttackRoom): string => room.worker.privateIp;
/** The worker itself is behind no filter of its own. */
const onWorker = (room: AttackRoom, script: string): Promise<string> => room.root(script);
const document = (room: AttackRoom): Json => room.data.document as Json;

const PORTS: readonly Attempt[] = [
  answers('to reach the member port', ofWorker, room => document(room).start.ports[0], onWorker),
  answers('to reach the product over HTTPS past its load balancer', ofWorker, () => 9443, onWorker),
  answers('to reach the product over HTTP past its load balancer', ofWorker, () => 9763, onWorker),
  answers('to reach the databases', room => room.data.values.DatabaseEndpoint, () => 3306, onWorker),
];

const ALL_PORTS: Attempt = {
  as: 'neighbour', tries: 'to reach any port that a process of the worker listens on', success: 'a port answers',
  attack: async room => room.outside(scan(room.worker.privateIp, await listening(room)), 90),
  control: async room => room.root(scan(room.worker.privateIp, await listening(room)), room.worker, 90),
};

async function listening(room: AttackRoom): Promise<string> {
  return room.root("ss --no-header --listening --tcp --numeric | awk '{print $4}' | grep -vE '^(127\\.|\\[::1\\]|\\[::ffff:127)' | sed 's/.*://' | sort --unique --numeric-sort | head -40 | tr '\\n' ' '");
}

function scan(address: string, ports: string): string {
  return `for port in ${ports}; do ( timeout 2 bash -c "< /dev/tcp/${address}/$port" 2> /dev/null && echo "port $port answers" ) & done; wait`;
}

/** A member of Hazelcast's own, with the product's own library, that knows whatever the members know of the cluster but what is passed to it. */
const JOIN = `import com.hazelcast.config.*; import com.hazelcast.core.*;
public class Join {
  public static void main(String[] given) throws Exception {
    Config config = new Config();
    config.setProperty("hazelcast.logging.type", "none").setProperty("hazelcast.phone.home.enabled", "false").setProperty("hazelcast.max.join.seconds", "20");
    config.getGroupConfig().setName(given[0]);
    NetworkConfig network = config.getNetworkConfig().setPort(Integer.parseInt(given[1])).setPortAutoIncrement(false);
    network.getInterfaces().setEnabled(true).addInterface("10.*.*.*");
    network.getJoin().getMulticastConfig().setEnabled(false);
    network.getJoin().getAwsConfig().setEnabled(true).setAccessKey(given[2]).setSecretKey(given[3]).setRegion(given[4]).setHostHeader(given[5])
      .setSecurityGroupName(given[6]).setTagKey(given[7]).setTagValue(given[8]);
    if (given.length > 9) config.getGroupConfig().setPassword(given[9]);
    System.out.println("members=" + Hazelcast.newHazelcastInstance(config).getCluster().getMembers().size());
    Runtime.getRuntime().halt(0);
  }
}`;
const KNOWN = ['domain', 'localMemberPort', 'accessKey', 'secretKey', 'region', 'hostHeader', 'securityGroup', 'tagKey', 'tagValue'];

type Machine = (script: string, timeout?: number) => Promise<string>;

/** Members refuse one that looks for others in another way than they do, so it looks as they do: in the aws scheme, with their access key. */
async function joins(room: AttackRoom, from: Machine, withPassword: boolean): Promise<string> {
  const parameters = JSON.parse(await room.root(`python3 - <<'END'
import json, xml.etree.ElementTree as tree
print(json.dumps({each.get('name'): each.text for each in tree.parse('${HOME}/repository/conf/axis2/axis2.xml').iter('parameter')}))
END`)) as Record<string, string>;
  const { groupPassword } = parameters;
  const words = [...KNOWN.map(each => parameters[each]), ...(withPassword && groupPassword ? [groupPassword] : [])];
  const pack = document(room).pack as Json;
  const said = await from(`cd /root && [ -e hazelcast.jar ] || {
  export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=${room.rehearsal.emulator.region}
  aws s3 cp --only-show-errors s3://${pack.bucket}/${pack.key} pack.zip && python3 - <<'END'
import re, zipfile
with zipfile.ZipFile('pack.zip') as pack:
    name = next(each for each in pack.namelist() if re.search(r'/hazelcast[^/]*\\.jar$', each))
    open('hazelcast.jar', 'wb').write(pack.read(name))
END
}
cat > Join.java <<'END'
${JOIN}
END
/usr/lib/jvm/java-11-openjdk-amd64/bin/javac --release 8 -nowarn -cp hazelcast.jar Join.java 2> join.err
timeout 60 /usr/lib/jvm/java-8-openjdk-amd64/bin/java -cp hazelcast.jar:. Join ${words.map(each => `'${each}'`).join(' ')} 2> join.err < /dev/null`, 120);
  const [, count] = /members=(\d+)/.exec(said) ?? [];
  return Number(count) > 1 ? `the neighbour is one of ${count} members` : '';
}

const HAZELCAST: readonly Attempt[] = [
  {
    as: 'neighbour', tries: 'to join the cluster without its security group, with all that its members know', success: 'it is a member',
    attack: room => joins(room, (script, timeout) => room.outside(script, timeout), true),
    control: room => joins(room, (script, timeout) => room.inside(script, timeout), true),
  },
  {
    as: 'neighbour', tries: 'to join the cluster from within its security group, with all that its members know but the group password', success: 'it is a member',
    attack: room => joins(room, (script, timeout) => room.inside(script, timeout), false),
    control: room => joins(room, (script, timeout) => room.inside(script, timeout), true),
  },
];

const HTTPS: Attempt = {
  as: 'neighbour', tries: 'to get an answer of the product past its load balancer', success: 'an answer',
  attack: room => room.outside(`curl -sk -m 4 https://${room.worker.privateIp}:9443/services/Version | head -c 80`),
  control: room => room.root(`curl -sk -m 4 https://${room.worker.privateIp}:9443/services/Version | head -c 80`),
};

export const NEIGHBOUR: readonly Attempt[] = [
  ...PORTS, ALL_PORTS, HTTPS, ...HAZELCAST,
  {
    as: 'neighbour', tries: 'to take another machine\'s address', success: 'its traffic', untried: () => 'a VPC forbids it by itself, and the rehearsal\'s network has no such check',
    attack: async () => '', control: async () => CANARY,
  },
  {
    as: 'neighbour', tries: 'to ask NGINX for its state at its health port', success: 'an answer', untried: () => 'this app has no NGINX; the scenario nginx has',
    attack: async () => '', control: async () => CANARY,
  },
];
