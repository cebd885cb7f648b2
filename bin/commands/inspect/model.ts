/**
 * What the configuration files of one Carbon server say, in one model for XML and TOML. The readers fill it, the traps and the
 * props are functions of it.
 */

/** Where something is written: a file relative to the folder that was asked for, and a line of it where known. */
export interface Place { readonly file: string; readonly line?: number }

/** A text of a file. */
export interface Text {
  readonly text: string;
  readonly place: Place;
  /** The secure vault holds the value; the text is none. */
  readonly secured?: boolean;
}

/** A named text: a parameter of the clustering element, a property, a line of a properties file. */
export interface NamedText extends Text { readonly name: string }

export interface Member { readonly host: string; readonly port?: string; readonly place: Place }

export interface Clustering {
  readonly place: Place;
  /** `enable="true"`, or a membership scheme in deployment.toml. */
  readonly enabled: boolean;
  readonly agentClass?: Text;
  /** By the names of axis2.xml: `local_member_port` of deployment.toml is `localMemberPort` here. */
  readonly parameters: readonly NamedText[];
  readonly properties: readonly NamedText[];
  /** Nothing where the file has no list. */
  readonly members?: readonly Member[];
  readonly groupManagement?: Text;
  /** Keys of the table `clustering` that the table does not have. */
  readonly misplaced?: readonly NamedText[];
}

/** What meets TLS clients: Tomcat's HTTPS connector, or the pass-through listener. */
export interface TlsListener {
  readonly name: string;
  readonly kind: 'servlet' | 'passThrough';
  readonly place: Place;
  readonly ciphers?: Text;
  readonly protocols?: Text;
  readonly proxyPort?: Text;
}

export interface Keystore { readonly file: Text; readonly password?: Text }

export interface Datasource {
  readonly name: Text;
  readonly jndiName?: Text;
  readonly url?: Text;
  readonly username?: Text;
  readonly password?: Text;
  readonly driver?: Text;
  readonly pool: readonly NamedText[];
}

export interface RemoteInstance {
  readonly place: Place;
  readonly id?: Text;
  readonly dbConfig?: Text;
  readonly readOnly?: Text;
  readonly cacheId?: Text;
}

export interface Mount { readonly path: Text; readonly instanceId?: Text; readonly targetPath?: Text }

export interface Registry {
  readonly place: Place;
  readonly current?: Text;
  readonly dbConfigs: readonly { readonly name: Text; readonly datasource?: Text }[];
  readonly instances: readonly RemoteInstance[];
  readonly mounts: readonly Mount[];
}

export interface Users {
  readonly adminName?: Text;
  readonly adminPassword?: Text;
  readonly datasource?: Text;
}

export interface Synchronizer {
  readonly place: Place;
  readonly enabled: boolean;
  readonly autoCommit: boolean;
  readonly url?: Text;
  readonly user?: Text;
  readonly password?: Text;
}

export interface Server {
  readonly place: Place;
  readonly hostName?: Text;
  readonly managementHostName?: Text;
  readonly offset?: Text;
  readonly synchronizer?: Synchronizer;
}

/** Kernel and Hazelcast, and how we know. */
export interface ProductFacts {
  readonly pack?: string;
  readonly version?: string;
  readonly kernel?: string;
  readonly hazelcast?: string;
  /** `--product`, `bin/version.txt`, ...; nothing where the product is unknown. */
  readonly source?: string;
}

export interface Configuration {
  readonly style: 'xml' | 'toml';
  /** deployment.toml or axis2.xml, relative to the folder that was asked for. */
  readonly mainFile: string;
  /** Folder of the configuration files relative to the product's home, as `ConfigurationOverlay` names files below it. */
  readonly folder: string;
  readonly product: ProductFacts;
  readonly clustering?: Clustering;
  /** Clustering of an axis2.xml that lies beside a deployment.toml. */
  readonly besideToml?: Clustering;
  readonly listeners: readonly TlsListener[];
  readonly keystores: readonly Keystore[];
  readonly datasources: readonly Datasource[];
  readonly registry?: Registry;
  readonly users?: Users;
  readonly server?: Server;
  readonly hazelcastProperties: readonly NamedText[];
  /** Lines of log4j.properties or log4j2.properties. */
  readonly logging: readonly NamedText[];
  /** What makes Hazelcast ignore axis2.xml: etc/hazelcast.xml, or a property in the start script. */
  readonly overriding: readonly Text[];
  /** Files that are no XML or no TOML. */
  readonly malformed: readonly (Text)[];
  /** Tables of deployment.toml. */
  readonly tables: readonly string[];
  /** `WSDLEPRPrefix` of the pass-through transports. */
  readonly wsdlPrefixes: readonly NamedText[];
}

/** The text of a parameter; the last of that name, as Axis2 takes it. */
export function parameterOf(clustering: Clustering | undefined, name: string): NamedText | undefined {
  return clustering?.parameters.filter(each => each.name === name).at(-1);
}

export function namedText(texts: readonly NamedText[], name: string): NamedText | undefined {
  return texts.filter(each => each.name === name).at(-1);
}

/** `${...}`, `$env{...}`, `$secret{...}`: something else says the value. */
export function isReference(text: string): boolean {
  return /\$(env|sys|secret|ref)?\{/.test(text);
}

/** A secret stands in the file itself. */
export function isWritten(secret: Text | undefined): secret is Text {
  return secret !== undefined && !secret.secured && secret.text.trim() !== '' && !isReference(secret.text);
}

export function isTrue(text: Text | undefined): boolean {
  return text?.text.trim().toLowerCase() === 'true';
}

/** 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|localhost|::1|0:0:0:0:0:0:0:1)$/i.test(host.trim());
}
