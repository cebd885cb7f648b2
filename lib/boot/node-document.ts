import { ConfigurationPlan, StaticMember, Value } from '../configuration/plan';

/** A file in a bucket, for the node. */
export interface FileSource { readonly bucket: Value; readonly key: Value; readonly sha256?: string }

/** One database, which is there before the node boots. */
export interface SchemaModel {
  readonly name: string;
  /** Late-bound name of the secret with `username` and `password`. */
  readonly secret: string;
  /** Nothing but the product makes tables in it. */
  readonly empty?: true;
}

/** How the database server is verified: by which authorities, and where the node keeps them. */
export interface DatabaseTlsModel {
  /** PEM file of RDS's authorities, an asset of the stack's as the boot programs are. */
  readonly asset?: FileSource;
  /** PEM file of the user's, with a checksum. */
  readonly source?: FileSource;
  /** Files on the node. */
  readonly pem: string;
  readonly keystore: string;
}

export interface DatabasesModel {
  readonly endpoint: Value;
  readonly port: Value;
  /** Any certificate is accepted where absent. */
  readonly tls?: DatabaseTlsModel;
  /** `secret`: late-bound name of the secret with `username` and `password` of the user with whom servers take turns when they start. */
  readonly start: { readonly secret: string };
  readonly schemas: readonly SchemaModel[];
}

/** Folders of the product, relative to its home, that a node has in common with others: on a file system, or in a bucket. */
export type ArtifactsModel = SharedFolders | PublishedFolders;

export interface SharedFolders {
  readonly fileSystem: Value;
  readonly accessPoint: Value;
  readonly folders: readonly string[];
  /** The node's role may not write. */
  readonly readOnly?: true;
}

/** What the manager publishes below a prefix of a bucket, and workers copy. */
export interface PublishedFolders {
  readonly bucket: Value;
  readonly prefix: string;
  readonly folders: readonly string[];
  /** How often the node looks for changes. */
  readonly seconds: number;
  /** It is the one that publishes. */
  readonly publishes?: true;
}

/** The key store that all nodes of a cluster have. */
export interface KeystoreDocument {
  /** Late-bound name of the secret with `keystore`, `password` and `alias`. */
  readonly secret: string;
  /** File, relative to the product's home. */
  readonly file: string;
  readonly type: 'JKS' | 'PKCS12';
}

export interface StartModel {
  readonly cluster: Value;
  readonly tag: Value;
  readonly value: Value;
  readonly ports: readonly number[];
  /**
   * The members that all servers look for, where they do not look for all members. `nodes`: they are nodes of this cluster, which record that they
   * have joined; members elsewhere count as joined when they answer.
   */
  readonly wellKnown?: { readonly hosts: readonly StaticMember[]; readonly nodes?: true };
}

export interface HealthDocument {
  readonly url: string;
  /** Time from the start of its service until its server must be healthy, the wait for the server that founds the cluster included. */
  readonly seconds: number;
  /** Time that the load balancer takes to notice, which the node waits before it says that it is in service. */
  readonly settling?: number;
  /** The node tells its group when it has not answered for so long, because no load balancer does. */
  readonly patience?: number;
}

/** Log files and metrics that the machine sends to CloudWatch. */
export interface LogsModel {
  /** What the names of log streams begin with; the instance's id follows. Metrics have it as their dimension `Group`. */
  readonly stream: string;
  /** Where the product is below its folder, if it is. */
  readonly home?: string;
  /** Which there are; each goes to the log group of the late-bound value of that name, `carbonLog`. */
  readonly files: readonly LogName[];
  /** Under which namespace the machine publishes its own metrics; absent where it publishes none. */
  readonly metrics?: { readonly namespace: string };
}

/** How long the product's logs and heap dumps stay on the machine, and how many bytes all of its logs may have. */
export interface LogLimits {
  readonly days: number;
  readonly bytes: number;
  /** Where the product is below its folder, if it is. */
  readonly home?: string;
}

/** The boot programs know where each is, and how its lines tell their time. */
export type LogName = 'boot' | 'carbon' | 'audit' | 'access' | 'nginx';

/** When a script of the user's runs, relative to a phase of the boot. */
export type BootScripts = Readonly<Record<string, readonly Value[]>>;

/** What the boot program is told, as JSON that the user data carries. The order of keys is the order in which a reader wants them. */
export interface NodeDocument {
  /** What it is besides a member of the cluster: a Carbon server that balances load. */
  readonly kind?: 'elastic-load-balancer';
  readonly product: {
    readonly title: string;
    readonly script: string;
    readonly arguments: readonly string[];
    /** Environment of the start script. */
    readonly environment?: Readonly<Record<string, string>>;
    /** The processes of the product do not reach the instance metadata service; they do where absent. */
    readonly metadata?: 'closed';
  };
  readonly pack: FileSource;
  /** JDBC driver; absent where the product needs none. */
  readonly driver?: { readonly folder: string; readonly source?: FileSource; readonly className: string };
  readonly java: { readonly version: number; readonly accepted: readonly number[]; readonly home?: string };
  readonly trust: {
    /** The product's trust store, relative to its home. */
    readonly store: string;
    /** The authorities that the machine's Java trusts go into it. */
    readonly systemRoots: boolean;
    readonly certificates: readonly { readonly alias: string; readonly source: FileSource }[];
  };
  /** The pack's own where absent. */
  readonly keystore?: KeystoreDocument;
  readonly artifacts?: ArtifactsModel;
  readonly databases?: DatabasesModel;
  /** The network interface whose address this node keeps, whichever instance it is. */
  readonly interface?: { readonly id: Value; readonly address: Value };
  /**
   * How servers start so that they are one cluster: one founds it, with the turn of this name, among the instances with this tag, whose members
   * have these ports; then all others start at once. Absent where each starts as it likes.
   */
  readonly start?: StartModel;
  /** The line of the server's log, relative to its home, that says that it is a member of its cluster; given with `start`. */
  readonly join?: { readonly log: string; readonly line: string };
  readonly health: HealthDocument;
  /** How its auto scaling group learns that it has left its cluster. Absent where it is no member. */
  readonly leaving?: { readonly hook: string };
  readonly signal: { readonly stack: Value; readonly resource: Value };
  /** Absent where logs stay on the machine. */
  readonly logs?: LogsModel;
  readonly logLimits: LogLimits;
  readonly scripts?: BootScripts;
  readonly configuration: ConfigurationPlan;
}

/** One host name that a load balancer of NGINX serves. */
export interface NginxHostModel {
  readonly purpose: 'service' | 'console';
  readonly name: string;
  /** Value of the role tag of the nodes behind it. */
  readonly role: string;
  /** Port of the nodes for requests that came without TLS; absent where there are none. */
  readonly http?: number;
  readonly https: number;
  /** Health check of the nodes, without their address: `https://:9443/path`, `tcp://:9611`. */
  readonly health: string;
  /** Cookie of the product's session, where requests of one session must reach one node. */
  readonly sessionCookie?: string;
  /** Port besides 443 at which it is served. */
  readonly port?: number;
}

/** What the boot program of a load balancer of NGINX is told. */
export interface NginxDocument {
  readonly kind: 'nginx';
  readonly edition: { readonly plus: boolean; readonly version?: string };
  /** The nodes are the running instances with the tag; the tag `roleTag` says what each is. */
  readonly discovery: { readonly tag: Value; readonly value: Value; readonly roleTag: string; readonly seconds: number };
  /** Late-bound name of a secret with `certificate` and `privateKey`, or the names of a certificate to be made on the node. */
  readonly certificate: { readonly secret: string } | { readonly selfSigned: readonly string[] };
  /** In the words of NGINX. */
  readonly tls: { readonly protocols: string; readonly ciphers: string };
  readonly limits: { readonly timeoutSeconds: number; readonly bodyBytes: number };
  /** Connections begin with the PROXY protocol, which names the client. */
  readonly proxyProtocol: boolean;
  /** What port 80 is for. */
  readonly http: 'service' | 'redirect' | 'none';
  readonly healthPort: number;
  readonly stickiness: 'route-cookie' | 'cookie' | 'learn';
  readonly service: NginxHostModel;
  readonly console?: NginxHostModel;
  readonly health: HealthDocument;
  readonly signal: NodeDocument['signal'];
  readonly logs?: LogsModel;
  readonly scripts?: BootScripts;
}

/** What a machine is told, whatever it becomes. */
export type MachineDocument = NodeDocument | NginxDocument;

/** What is known of a machine before its group is made; the rest is the group's own. */
export type NodeContent =
  | Omit<NodeDocument, 'signal' | 'logs' | 'scripts' | 'interface' | 'leaving'>
  | Omit<NginxDocument, 'signal' | 'logs' | 'scripts'>;

/** JSON with one edit on a line: a change of one value is a change of one line in a snapshot. */
export function documentText(document: MachineDocument): string {
  const head = Object.entries(document)
    .filter(([key, value]) => value !== undefined && key !== 'configuration')
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const lines = 'configuration' in document ? [...head, configurationText(document.configuration)] : head;
  return `{\n${lines.join(',\n')}\n}`;
}

function configurationText(configuration: ConfigurationPlan): string {
  const files = configuration.files.map(file => {
    const { edits, ...about } = file;
    const lines = edits.map(edit => JSON.stringify(edit)).join(',\n');
    return `${JSON.stringify(about).slice(0, -1)},"edits":[\n${lines}\n]}`;
  });
  const members = configuration.members ? `"members":${JSON.stringify(configuration.members)},\n` : '';
  return `"configuration":{${members}"files":[\n${files.join(',\n')}\n]}`;
}
