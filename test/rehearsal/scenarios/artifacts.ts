import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allJoined, carbonLog, count, inService, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { relaunched } from './emulated';
import { label, must, pause, Scenario, ScenarioContext, SETTLE_SECONDS, until } from './scenario';

const SERVER = '/opt/wso2/carbon/repository/deployment/server';
const ARTIFACT = `${SERVER}/webapps/orders.war`;
const STARTS = 'Starting WSO2 Carbon';
/** A worker looks every 10 seconds. */
const COPY_SECONDS = 60;
/** Longer than a machine boots and mounts what it can, which it tries once. */
const AWAY_SECONDS = 45;

/** Both nodes, and what is done in them. */
class Members {
  public constructor(private readonly rehearsal: Rehearsal) {}

  public get worker(): RehearsedNode {
    return workersOf(this.rehearsal)[0];
  }

  public get manager(): RehearsedNode {
    const found = nodesOf(this.rehearsal).find(each => /manager/i.test(each.name));
    must(found !== undefined, 'the deployed cluster has no manager');
    return found!;
  }

  public async run(node: RehearsedNode, script: string): Promise<{ code: number; stdout: string }> {
    return this.rehearsal.command('exec', { node: node.id, script }).catch(() => ({ code: -1, stdout: 'it does not run' }));
  }

  public async does(node: RehearsedNode, script: string): Promise<string> {
    const done = await this.run(node, script);
    must(done.code === 0, `${label(node)}: '${script}' ended with ${done.code}: ${done.stdout.slice(-300)}`);
    return done.stdout.trim();
  }

  /** As the product would: under its own user. */
  public async deploy(node: RehearsedNode, path: string, text: string): Promise<void> {
    await this.does(node, `runuser -u wso2carbon -- sh -c 'mkdir -p "$(dirname ${path})" && echo ${text} > ${path}' 2>&1`);
  }

  public async arrives(node: RehearsedNode, path: string, text: string): Promise<number> {
    return until(`'${text}' did not arrive at ${path} of ${label(node)}`, COPY_SECONDS, async () => (await this.run(node, `cat ${path}`)).stdout.trim() === text);
  }

  public async goes(node: RehearsedNode, path: string): Promise<number> {
    return until(`${path} of ${label(node)} did not go`, COPY_SECONDS, async () => (await this.run(node, `test ! -e ${path}`)).code === 0);
  }
}

async function efs(context: ScenarioContext, rehearsal: Rehearsal, members: Members): Promise<void> {
  const { manager, worker } = members;
  await members.deploy(manager, ARTIFACT, 'one');
  await members.arrives(worker, ARTIFACT, 'one');
  const owner = await members.does(manager, `stat -c %u ${ARTIFACT}`);
  must(owner === '802', `what is deployed belongs to user ${owner}`);
  for (const user of ['wso2carbon', 'root']) {
    const tried = await members.run(worker, `runuser -u ${user} -- sh -c 'echo two > ${ARTIFACT}' 2>&1`);
    must(tried.code !== 0 && /Read-only file system/.test(tried.stdout), `${user} of ${label(worker)} wrote to the file system: ${tried.stdout.slice(-300)}`);
  }
  context.show('efs: what the manager deploys the worker sees, as the service\'s user, and can only read');
  await rehearsal.command('link', { fileSystems: true, up: false });
  await rehearsal.command('reboot', { node: worker.id });
  await pause(AWAY_SECONDS);
  must(count(await carbonLog(rehearsal, worker), STARTS) === 1, `the server of ${label(worker)} started while the file system was away`);
  await rehearsal.command('link', { fileSystems: true, up: true });
  await until(`the service of ${label(worker)} did not start again`, 180, async () => count(await carbonLog(rehearsal, worker), STARTS) === 2);
  await members.does(worker, `findmnt --noheadings --options ro "$(realpath ${SERVER})"`);
  await oneCluster(rehearsal, nodesOf(rehearsal), 120);
  await members.arrives(worker, ARTIFACT, 'one');
  context.show(`efs: mounted again after a reboot, before the server started, though the file system was away for ${AWAY_SECONDS} s then`);
}

async function bucket(context: ScenarioContext, rehearsal: Rehearsal, members: Members): Promise<void> {
  const { manager, worker } = members;
  await members.deploy(manager, ARTIFACT, 'one');
  const arrived = await members.arrives(worker, ARTIFACT, 'one');
  await members.deploy(manager, `${SERVER}/carbonapps/old.car`, 'old');
  await members.arrives(worker, `${SERVER}/carbonapps/old.car`, 'old');
  await members.does(manager, `rm ${SERVER}/carbonapps/old.car`);
  await members.goes(worker, `${SERVER}/carbonapps/old.car`);
  context.show(`bucket: an artifact of the manager was on the worker after ${arrived.toFixed(0)} s, and went with the manager's`);
  await refusesWorkers(members);
  context.show('bucket: what a worker changes becomes the manager\'s again, its role may not write to the bucket, and it has no SSH server');

  const fresh = await relaunched(rehearsal, manager);
  rehearsal.nodes.delete(manager.id);
  const joining = rehearsal.addNode(fresh);
  await rehearsal.command('replace', { node: manager.id, changes: fresh });
  await rehearsal.settled(SETTLE_SECONDS, [joining.id]);
  await inService([joining]);
  await members.arrives(joining, ARTIFACT, 'one');
  await members.deploy(joining, ARTIFACT, 'two');
  await members.arrives(worker, ARTIFACT, 'two');
  context.show(`bucket: the new manager at ${joining.privateIp} got back what was deployed, and the worker copies what it publishes`);
  await databasesAre(rehearsal, members, 'as_');
  context.show('bucket: the databases are on the server that exists, under names of the cluster\'s own');
}

/** As the service's user of a worker, and with its role: by the very calls that the manager makes. */
async function refusesWorkers(members: Members): Promise<void> {
  const { manager, worker } = members;
  await members.deploy(worker, ARTIFACT, 'bad');
  await members.arrives(worker, ARTIFACT, 'one');
  await members.does(manager, `grep -qx one ${ARTIFACT}`);
  const place = 's3://$(sed -n "s/^ArtifactsBucket=//p" /opt/carbon-cluster/values)/$(python3 -c "import json; '
    + 'print(json.load(open(\'/opt/carbon-cluster/node.json\'))[\'artifacts\'][\'prefix\'])")/repository/deployment/server/webapps/orders.war';
  const region = 'export AWS_DEFAULT_REGION=$(sed -n "s/^Region=//p" /opt/carbon-cluster/values)';
  for (const command of [`aws s3 cp --only-show-errors /etc/hostname ${place}`, `aws s3 rm --only-show-errors ${place}`]) {
    const tried = await members.run(worker, `${region}; ${command} 2>&1`);
    must(tried.code !== 0 && /AccessDenied/.test(tried.stdout), `${label(worker)}: '${command}' ended with ${tried.code}: ${tried.stdout.slice(-300)}`);
  }
  await members.does(worker, '! ss -ltn | grep -q :2222');
}

/** The URLs of a node's data sources; samples in the vendor's comments are none. */
async function databasesAre(rehearsal: Rehearsal, members: Members, prefix: string): Promise<void> {
  const urls = await members.does(members.worker, 'python3 -c "import xml.etree.ElementTree as e; '
    + 'print(*[each.text for each in e.parse(\'/opt/wso2/carbon/repository/conf/datasources/master-datasources.xml\').iter(\'url\') '
    + 'if \'mysql\' in each.text], sep=chr(10))"');
  must(urls.split('\n').every(url => url.startsWith(`jdbc:mysql://mysql.example.com:3306/${prefix}`)), `the data sources are ${urls}`);
  await oneCluster(rehearsal, nodesOf(rehearsal));
}

/** What Carbon's synchronizer would do, with what carbon.xml tells it: the stand-in has none. */
async function svn(context: ScenarioContext, _rehearsal: Rehearsal, members: Members): Promise<void> {
  const { manager, worker } = members;
  const setting = (node: RehearsedNode, name: string): Promise<string> => members.does(node, 'python3 -c "import sys, xml.etree.ElementTree as e; '
    + 'n = \'{http://wso2.org/projects/carbon/carbon.xml}\'; print(e.parse(\'/opt/wso2/carbon/repository/conf/carbon.xml\').getroot()'
    + `.find(n + 'DeploymentSynchronizer/' + n + '${name}').text)"`);
  const as = async (node: RehearsedNode): Promise<string> => `--non-interactive --no-auth-cache --username ${await setting(node, 'SvnUser')} `
    + `--password-from-stdin <<< '${await setting(node, 'SvnPassword')}'`;
  must(await setting(manager, 'AutoCommit') === 'true' && await setting(worker, 'AutoCommit') === 'false', 'not exactly the manager commits');
  must(await setting(manager, 'SvnUser') === 'committer' && await setting(worker, 'SvnUser') === 'reader', 'the users of Subversion are others than told');
  const url = await setting(manager, 'SvnUrl');
  await members.does(manager, `cd /tmp && svn checkout ${url} work ${await as(manager)} && cd work && echo one > orders.war && svn add orders.war `
    + `&& svn commit -m one ${await as(manager)} 2>&1`);
  await members.does(worker, `cd /tmp && svn checkout ${url} work ${await as(worker)} 2>&1`);
  await members.arrives(worker, '/tmp/work/orders.war', 'one');
  context.show(`svn: ${url} is reached by both with their own users, and only the manager commits`);
}

async function rehearse(
  context: ScenarioContext, synchronizer: string, check: (context: ScenarioContext, rehearsal: Rehearsal, members: Members) => Promise<void>,
): Promise<void> {
  const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/artifacts.app.ts', context: { synchronizer } });
  try {
    await allJoined(rehearsal);
    await reportPasses(rehearsal);
    await check(context, rehearsal, new Members(rehearsal));
  } finally {
    await rehearsal.close();
  }
}

export const artifacts: readonly Scenario[] = [
  {
    name: 'efs', ci: false, about: 'artifacts are the other node\'s at once over EFS, and after a reboot',
    run: context => rehearse(context, 'efs', efs),
  },
  {
    name: 'bucket', ci: false, about: 'artifacts reach the worker through a bucket that only the manager writes, and outlive the manager',
    run: context => rehearse(context, 'bucket', bucket),
  },
  {
    name: 'svn', ci: false, about: 'artifacts reach the worker over Subversion, and only the manager commits',
    run: context => rehearse(context, 'svn', svn),
  },
];
