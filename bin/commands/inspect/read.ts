import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UsageFailure } from '../../command';
import { Configuration, NamedText, ProductFacts, Text } from './model';
import { foundProduct } from './product';
import { propertiesOf } from './properties-file';
import { readToml } from './read-toml';
import { readAxis2, readCarbon, readCatalinaServer, readDatasources, readRegistry, readUserMgt } from './read-xml';
import { TomlFile } from './toml-file';
import { MalformedFile, XmlFile } from './xml-file';

const MAIN_FILES = ['deployment.toml', 'axis2/axis2.xml'];

/** Below a product's home; Enterprise Integrator has `conf`. */
const CONF_FOLDERS = ['', 'repository/conf', 'conf'];
const START_SCRIPTS = ['wso2server.sh', 'integrator.sh', 'business-process.sh', 'broker.sh', 'api-manager.sh', 'api-cp.sh', 'gateway.sh',
  'traffic-manager.sh', 'key-manager.sh'];

type FileParts = Pick<Configuration, 'listeners' | 'datasources'> & Partial<Configuration>;

/** Reads the configuration files of a conf folder or a product's home. Nothing is written anywhere. */
export function readConfiguration(folder: string, product?: ProductFacts): Configuration {
  return new ConfigurationReader(folder, confFolder(folder)).read(product);
}

function confFolder(folder: string): string {
  const found = CONF_FOLDERS.find(each => MAIN_FILES.some(file => existsSync(join(folder, each, file))));
  if (found !== undefined) return join(folder, found);
  const what = existsSync(folder) && statSync(folder).isDirectory() ? `has no ${MAIN_FILES.join(' and no ')}` : 'is no folder';
  throw new UsageFailure(`${folder} ${what}: name a product's home or its configuration folder`);
}

class ConfigurationReader {
  private readonly malformed: Text[] = [];
  private readonly home?: string;

  /** `asked` is the folder that places are relative to, `conf` the one with the configuration files. */
  public constructor(private readonly asked: string, private readonly conf: string) {
    const real = realpathSync(conf).replace(/\\/g, '/');
    const home = real.replace(/(\/repository|\/wso2\/[^/]+)?\/conf$/, '');
    this.home = home === real ? undefined : home;
  }

  public read(product: ProductFacts | undefined): Configuration {
    const isToml = existsSync(join(this.conf, 'deployment.toml'));
    const carbon = this.xml('carbon.xml');
    const serverText = (path: string): string | undefined => carbon?.text(carbon.root, path)?.text.trim();
    return {
      style: isToml ? 'toml' : 'xml',
      mainFile: this.name(isToml ? MAIN_FILES[0] : MAIN_FILES[1]),
      folder: this.folder(),
      product: product ?? foundProduct(this.home, serverText('Name'), serverText('Version')),
      ...this.common(isToml),
      ...(isToml ? this.tomlParts() : this.xmlParts(carbon)),
      malformed: this.malformed,
    };
  }

  private common(toml: boolean): Pick<Configuration, 'hazelcastProperties' | 'logging' | 'overriding' | 'tables' | 'keystores' | 'wsdlPrefixes'> {
    return {
      // Of a product with deployment.toml it is written anew at each start, like the XML.
      hazelcastProperties: toml ? [] : this.properties('hazelcast.properties'),
      logging: [...this.properties('log4j.properties'), ...this.properties('log4j2.properties')],
      overriding: this.overriding(),
      tables: [],
      keystores: [],
      wsdlPrefixes: [],
    };
  }

  private tomlParts(): FileParts {
    const toml = this.toml();
    return { listeners: [], datasources: [], ...(toml ? readToml(toml) : {}), besideToml: this.axis2().clustering };
  }

  private xmlParts(carbon: XmlFile | undefined): FileParts {
    const axis2 = this.axis2();
    const catalina = this.xml('tomcat/catalina-server.xml');
    const datasources = this.xml('datasources/master-datasources.xml');
    const registry = this.xml('registry.xml');
    const users = this.xml('user-mgt.xml');
    const connectors = catalina ? readCatalinaServer(catalina) : { listeners: [], keystores: [] };
    const server = carbon ? readCarbon(carbon) : { keystores: [] };
    return {
      clustering: axis2.clustering,
      wsdlPrefixes: axis2.wsdlPrefixes,
      listeners: [...connectors.listeners, ...axis2.listeners],
      keystores: [...server.keystores, ...connectors.keystores],
      datasources: datasources ? readDatasources(datasources) : [],
      ...(registry ? { registry: readRegistry(registry) } : {}),
      ...(users ? { users: readUserMgt(users) } : {}),
      ...(server.server ? { server: server.server } : {}),
    };
  }

  private axis2(): ReturnType<typeof readAxis2> {
    const file = this.xml('axis2/axis2.xml');
    return file ? readAxis2(file) : { listeners: [], wsdlPrefixes: [] };
  }

  private toml(): TomlFile | undefined {
    return this.parsed('deployment.toml', (content, name) => new TomlFile(content, name));
  }

  private xml(file: string): XmlFile | undefined {
    return this.parsed(file, (content, name) => new XmlFile(content, name));
  }

  private parsed<T>(file: string, parse: (content: string, name: string) => T): T | undefined {
    const content = this.content(file);
    if (content === undefined) return undefined;
    try {
      return parse(content, this.name(file));
    } catch (error) {
      if (!(error instanceof MalformedFile)) throw error;
      this.malformed.push({ text: error.message, place: { file: this.name(file), ...(error.line ? { line: error.line } : {}) } });
      return undefined;
    }
  }

  private properties(file: string): NamedText[] {
    const content = this.content(file);
    return content === undefined ? [] : propertiesOf(content, this.name(file));
  }

  private content(file: string): string | undefined {
    const path = join(this.conf, file);
    if (!existsSync(path)) return undefined;
    const bytes = readFileSync(path);
    return bytes.toString(/^<\?xml[^>]*encoding=["']ISO-8859-1["']/i.test(bytes.toString('latin1', 0, 200)) ? 'latin1' : 'utf8');
  }

  /** etc/hazelcast.xml, or the property that names another such file. */
  private overriding(): Text[] {
    const found: Text[] = [];
    if (existsSync(join(this.conf, 'etc/hazelcast.xml'))) found.push({ text: 'etc/hazelcast.xml', place: { file: this.name('etc/hazelcast.xml') } });
    for (const script of START_SCRIPTS) {
      const path = join(this.home ?? this.conf, 'bin', script);
      const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
      const index = lines.findIndex(line => !line.trimStart().startsWith('#') && line.includes('-Dhazelcast.config='));
      if (index >= 0) found.push({ text: '-Dhazelcast.config', place: { file: this.name(path, true), line: index + 1 } });
    }
    return found;
  }

  private name(file: string, absolute = false): string {
    return relative(realpathSync(this.asked), absolute ? file : join(realpathSync(this.conf), file)).replace(/\\/g, '/');
  }

  private folder(): string {
    return this.home === undefined ? 'repository/conf' : relative(this.home, realpathSync(this.conf)).replace(/\\/g, '/');
  }
}
