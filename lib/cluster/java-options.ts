import { Token } from 'aws-cdk-lib';
import { CarbonClusterProps } from './carbon-cluster-props';
import { outOfMemoryOptions } from '../boot/out-of-memory';

const DEFAULT_PROXY_PORT = 3128;
/** Reached directly whatever the proxy is: the node itself, and instance metadata. */
const NEVER_BY_PROXY = ['localhost', '127.*', '169.254.169.254'];

/** In seconds. Java's own choice too, but under a security manager it would keep a name for ever, and a database fails over by its name. */
const NAME_CACHE = '-Dsun.net.inetaddr.ttl=30';

/** What goes into JAVA_OPTS, which the product's start script passes on: the script itself stays as it is. */
export function javaOptions(props: CarbonClusterProps, versions: readonly number[], home?: string): string[] {
  const heap = props.heapSize?.toMebibytes();
  const options = [
    NAME_CACHE,
    ...outOfMemoryOptions(versions, home),
    ...(heap === undefined ? [] : [`-Xms${heap}m`, `-Xmx${heap}m`]),
    ...proxyOptions(props),
    ...(props.javaOptions ?? []),
  ];
  options.forEach(checkOption);
  return options;
}

function proxyOptions(props: CarbonClusterProps): string[] {
  if (props.httpsProxyHost === undefined) {
    if (props.nonProxyHosts === undefined && props.httpsProxyPort === undefined) return [];
    throw new Error('nonProxyHosts and httpsProxyPort say nothing without httpsProxyHost, give it too');
  }
  return [
    `-Dhttps.proxyHost=${props.httpsProxyHost}`,
    `-Dhttps.proxyPort=${props.httpsProxyPort ?? DEFAULT_PROXY_PORT}`,
    `-Dhttp.nonProxyHosts=${[...NEVER_BY_PROXY, ...(props.nonProxyHosts ?? [])].join('|')}`,
  ];
}

/** The start script leaves splitting to the shell, which knows no quotes by then. */
function checkOption(option: string): void {
  if (Token.isUnresolved(option)) throw new Error('javaOptions must be known at synthesis, give literal options');
  if (/^[!-~]+$/.test(option)) return;
  throw new Error(`javaOptions: '${option}' has white space or characters beyond ASCII, which the start script would split or spoil: `
    + 'give one option each, without them');
}
