import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { grantSecretValue, secretId } from '../access/secret-access';
import { LateBoundValues } from '../boot/late-bound-values';
import { Edit, FileEdits, TableValue, Value } from '../configuration/plan';
import { checkXmlText } from '../configuration/xml-text';

/** Collects what values need from the node: late-bound values by name, grants to its role. */
interface Binding {
  readonly role: iam.IRole;
  readonly values: LateBoundValues;
  /** A name for the next late-bound value, the same at every synthesis. */
  readonly nextName: () => string;
}

type Bind<T> = (binding: Binding) => T;

/** A value of a configuration file. */
export class ConfigurationValue {
  /** A text; where it holds a token, the node fills in what CloudFormation made of it. */
  public static text(text: string): ConfigurationValue {
    return new ConfigurationValue(({ values, nextName }) => (Token.isUnresolved(text) ? values.value(nextName(), text) : text), text);
  }

  /**
   * The value of a secret, read on the node at boot.
   *
   * @param secret the secret
   * @param jsonField field of the secret's JSON; the whole secret where absent
   */
  public static secret(secret: secretsmanager.ISecret, jsonField?: string): ConfigurationValue {
    return new ConfigurationValue(({ role, values, nextName }) => {
      grantSecretValue(secret, role);
      return { secret: values.name(nextName(), secretId(secret)), ...(jsonField === undefined ? {} : { field: jsonField }) };
    });
  }

  /** Instance metadata of the node, a path below `latest/meta-data/`: `local-ipv4`. */
  public static metadata(path: string): ConfigurationValue {
    return new ConfigurationValue(() => ({ metadata: path }), undefined, true);
  }

  /** @internal */
  public readonly _bind: Bind<Value>;
  /** The text, where it is known at synthesis. @internal */
  public readonly _literal?: string;
  /** @internal */
  public readonly _differsByNode: boolean;

  private constructor(bind: Bind<Value>, literal?: string, differsByNode = false) {
    this._bind = bind;
    this._literal = literal !== undefined && !Token.isUnresolved(literal) ? literal : undefined;
    this._differsByNode = differsByNode;
  }
}

/** One edit of one configuration file. */
export class ConfigurationEdit {
  /**
   * Sets the text of the element at a path, which is added if it is absent.
   *
   * @param path absolute, a name and predicates for each step: `/axisconfig/parameter[@name='hotdeployment']`
   * @param value the text
   */
  public static text(path: string, value: ConfigurationValue): ConfigurationEdit {
    checkXmlValue(path, value);
    checkSharedValue(path, value);
    return new ConfigurationEdit(binding => ({ set: checkedPath(path), text: value._bind(binding) }));
  }

  /** Sets an attribute of the element at a path, which is added if it is absent. */
  public static attribute(path: string, name: string, value: ConfigurationValue): ConfigurationEdit {
    checkXmlValue(`${path}/@${name}`, value);
    return new ConfigurationEdit(binding => ({ set: checkedPath(path), attributes: { [name]: value._bind(binding) } }));
  }

  /** Removes every element that a path matches. */
  public static remove(path: string): ConfigurationEdit {
    return new ConfigurationEdit(() => ({ remove: checkedPath(path) }));
  }

  /** Sets a key of a properties file. */
  public static property(key: string, value: ConfigurationValue): ConfigurationEdit {
    return new ConfigurationEdit(binding => ({ property: key, value: value._bind(binding) }));
  }

  /**
   * Sets keys of a table of a TOML file; everything else in the table stays.
   *
   * @param table name of the table, `apim.gateway`; empty for the keys before the first table
   * @param values value by key; a value goes into the file as a TOML string
   */
  public static table(table: string, values: { [key: string]: ConfigurationValue }): ConfigurationEdit {
    return new ConfigurationEdit(binding => ({
      table,
      values: Object.fromEntries(Object.entries(values).map(([key, value]): [string, TableValue] => [key, value._bind(binding)])),
    }));
  }

  /** @internal */
  public readonly _bind: Bind<Edit>;

  private constructor(bind: Bind<Edit>) {
    this._bind = bind;
  }
}

/** Edits of your own, applied after those of the cluster: whatever the library does not know, and whatever you know better. */
export class ConfigurationOverlay {
  /**
   * Edits of one of the product's files.
   *
   * @param file path relative to the product's home, `repository/conf/axis2/axis2.xml`; its ending says how it is edited: .xml,
   * .properties or .toml
   * @param edits the edits, in their order
   */
  public static edits(file: string, ...edits: ConfigurationEdit[]): ConfigurationOverlay {
    checkFile(file);
    if (!/\.(xml|properties|toml)$/.test(file)) {
      throw new Error(`configurationOverlays: '${file}' ends in none of .xml, .properties and .toml, use ConfigurationOverlay.wholeFile`);
    }
    return new ConfigurationOverlay(binding => ({ file, edits: edits.map(edit => edit._bind(binding)) }));
  }

  /**
   * Edits of an XML file whose elements are in a namespace, such as carbon.xml.
   *
   * @param file path relative to the product's home
   * @param namespace the namespace that steps of the paths are in
   * @param edits the edits, in their order
   */
  public static namespacedEdits(file: string, namespace: string, ...edits: ConfigurationEdit[]): ConfigurationOverlay {
    checkFile(file);
    return new ConfigurationOverlay(binding => ({ file, namespace, edits: edits.map(edit => edit._bind(binding)) }));
  }

  /** A whole file, in place of the product's or beside it. */
  public static wholeFile(file: string, content: ConfigurationValue): ConfigurationOverlay {
    checkFile(file);
    return new ConfigurationOverlay(binding => ({ file, edits: [{ content: content._bind(binding) }] }));
  }

  private readonly bind: Bind<FileEdits>;

  private constructor(bind: Bind<FileEdits>) {
    this.bind = bind;
  }

  /** @internal */
  public _bind(role: iam.IRole, values: LateBoundValues, index: number): FileEdits {
    let count = 0;
    return this.bind({ role, values, nextName: () => `Overlay${index}Value${count++}` });
  }
}

function checkFile(file: string): void {
  const relative = !file.startsWith('/') && !file.split('/').some(part => part === '' || part === '.' || part === '..');
  if (relative) return;
  throw new Error(`configurationOverlays: '${file}' is no path below the product's home, give one such as repository/conf/carbon.xml`);
}

function checkedPath(path: string): string {
  if (/^\/[^/]/.test(path) && !path.endsWith('/')) return path;
  throw new Error(`configurationOverlays: path '${path}' is not absolute, give one such as /Server/Ports/Offset`);
}

function checkXmlValue(path: string, value: ConfigurationValue): void {
  if (value._literal !== undefined) checkXmlText(`configurationOverlays: value of ${path}`, value._literal);
}

/** Two nodes with different cache ids do not tell each other what they changed. */
function checkSharedValue(path: string, value: ConfigurationValue): void {
  if (!value._differsByNode || !/\/cacheId$/.test(path)) return;
  throw new Error(`configurationOverlays: value of ${path} would differ between nodes, give one that is the same on all: user@jdbcUrl`);
}
