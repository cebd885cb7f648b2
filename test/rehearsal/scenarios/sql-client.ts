/** The database, asked from a node as the runbook says: with the client that is there and the administrator's secret. */
import { Json } from '../cluster-document';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { aws } from './command-lines';
import { label, must } from './scenario';

export interface DatabaseOfStack {
  readonly id: string;
  readonly endpoint: string;
  /** The secret of its administrator. */
  readonly secret: string;
}

export async function databaseOf(rehearsal: Rehearsal): Promise<DatabaseOfStack> {
  const [{ DBInstanceIdentifier: id, Endpoint: { Address: endpoint } }] = (await aws(rehearsal, 'rds', 'describe-db-instances')).DBInstances as Json[];
  for (const { ARN } of (await aws(rehearsal, 'secretsmanager', 'list-secrets')).SecretList as Json[]) {
    const { SecretString: text } = await aws(rehearsal, 'secretsmanager', 'get-secret-value', '--secret-id', ARN);
    if (text.startsWith('{') && JSON.parse(text).dbInstanceIdentifier === id) return { id, endpoint, secret: ARN };
  }
  throw new Error(`no secret names ${id}`);
}

/** Writes the file of options of docs/runbook.md, which the clients of MySQL and of MariaDB read, from a secret. */
const OPTIONS_OF_SECRET = `import json, sys
print("""[client]
user=%(username)s
password="%(password)s"
loose_ssl=1
ssl-ca=/opt/carbon-cluster/database-authorities.pem
loose_ssl-mode=VERIFY_IDENTITY
loose_ssl-verify-server-cert=1
[mysqldump]
loose_set-gtid-purged=OFF""" % json.load(sys.stdin))`;

export class SqlClient {
  /** Root's on the node, and gone with it. */
  private readonly options: string;

  public constructor(private readonly rehearsal: Rehearsal, private readonly node: RehearsedNode, name = 'admin') {
    this.options = `/root/${name}.cnf`;
  }

  /** The operator reads the administrator's secret, which no node may, and pastes it into the session on the node. */
  public async open(secret: string): Promise<void> {
    await this.run(`umask 077
${await this.pasted(secret, this.options)}`);
  }

  public async query(host: string, statements: string): Promise<string> {
    return this.run(`mysql --defaults-extra-file=${this.options} --batch --skip-column-names --host ${host} <<'END'\n${statements}\nEND`);
  }

  public async copy(database: string, from: string, to: string): Promise<void> {
    await this.run(`set -o pipefail
mysqldump --defaults-extra-file=${this.options} --single-transaction --host ${from} ${database} | mysql --defaults-extra-file=${this.options} --host ${to} ${database}`);
  }

  /** Creates the databases there, too, as that server's administrator. */
  public async copyAll(databases: readonly string[], from: string, to: string, secret: string): Promise<void> {
    await this.run(`umask 077
set -o pipefail
${await this.pasted(secret, '/root/to.cnf')}
mysqldump --defaults-extra-file=${this.options} --single-transaction --host ${from} --databases ${databases.join(' ')} | mysql --defaults-extra-file=/root/to.cnf --host ${to}`);
  }

  private async pasted(secret: string, options: string): Promise<string> {
    const { SecretString: text } = await aws(this.rehearsal, 'secretsmanager', 'get-secret-value', '--secret-id', secret);
    return `python3 -c '${OPTIONS_OF_SECRET}' > ${options} <<'END'\n${text}\nEND`;
  }

  /** Whether a user may come in, with a password that is in the environment of the client only. */
  public async accepts(host: string, user: string, password: string): Promise<boolean> {
    const script = `export MYSQL_PWD='${password}'\nmysql --ssl --host ${host} --user '${user}' --execute 'SELECT 1'`;
    const { code, stderr } = await this.rehearsal.command('exec', { node: this.node.id, script });
    must(code === 0 || /Access denied/.test(stderr), `${label(this.node)} could not ask the database: ${stderr}`);
    return code === 0;
  }

  private async run(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.rehearsal.command('exec', { node: this.node.id, script: `set -e\n${script}\n` });
    must(code === 0, `${label(this.node)}: ${stderr.trim().slice(-500)}`);
    return stdout.trim();
  }
}
