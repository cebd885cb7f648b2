/** Results as Markdown. Servers that answered alike share a column. */
import { opensslName } from '../../lib/tls/cipher-suites';
import type { Handshake, Result } from './handshakes';

export function tableOf(results: readonly Result[]): string {
  const handshakes = results.flatMap(each => each.handshakes);
  const right = handshakes.filter(each => each.predicted === each.observed).length;
  const titles = unique(results.map(each => each.connector.title));
  return [
    `${handshakes.length} answers, ${right} as predicted.`,
    servers(results),
    summary(results),
    ...titles.map(title => section(title, results.filter(each => each.connector.title === title))),
  ].join('\n\n') + '\n';
}

function servers(results: readonly Result[]): string {
  const rows = unique(results.map(each => each.server)).map(server => {
    const versions = unique(results.filter(each => each.server === server).map(each => each.jdk.version));
    return `| ${server} | ${versions.join(', ')} |`;
  });
  return ['| server | Java |', '|---|---|', ...rows].join('\n');
}

/** How many of the suites that each client offers connect. */
function summary(results: readonly Result[]): string {
  const titles = unique(results.flatMap(each => each.connector.clients.map(one => one.title)));
  const versions = unique(results.map(each => each.jdk.version));
  const rows = titles.map(title => `| ${title} | ${versions.map(version => counted(title, results.filter(each => each.jdk.version === version))).join(' | ')} |`);
  return [`| client | ${versions.map(each => `Java ${each}`).join(' | ')} |`, `|---|${versions.map(() => '---|').join('')}`, ...rows].join('\n');
}

function counted(title: string, results: readonly Result[]): string {
  const counts = results.flatMap(({ connector, handshakes }) => connector.clients.filter(each => each.title === title).map(({ client: { offer } }) => {
    const connected = handshakes.filter(each => each.observed && offer.cipherSuites.includes(each.suite) && offer.protocols.includes(each.protocol));
    return `${connected.length} of ${offer.cipherSuites.length}`;
  }));
  return unique(counts).join(' or ') || '';
}

function section(title: string, results: readonly Result[]): string {
  const columns = unique(results.map(answers)).map(each => results.filter(result => answers(result) === each));
  const rows = results[0].handshakes.map((_, index) => row(columns.map(each => each[0].handshakes[index]))).filter(each => each !== undefined);
  return [
    `### ${title[0].toUpperCase()}${title.slice(1)}`, '',
    `| suite | ${columns.map(each => names(each, results)).join(' | ')} |`, `|---|${columns.map(() => '---|').join('')}`, ...rows,
  ].join('\n');
}

function answers(result: Result): string {
  return result.handshakes.map(each => Number(each.observed)).join('');
}

/** `Java 8` where every server on it answered so. */
function names(column: readonly Result[], results: readonly Result[]): string {
  return unique(column.flatMap(({ jdk, server }) => {
    const all = results.filter(each => each.jdk.version === jdk.version).every(each => column.includes(each));
    return all ? `Java ${jdk.version}` : `${server} on Java ${jdk.version}`;
  })).join(', ');
}

/** A suite that connects nowhere is no row. */
function row(handshakes: readonly Handshake[]): string | undefined {
  if (!handshakes.some(each => each.observed)) return undefined;
  const [{ suite, protocol }] = handshakes;
  return `| ${opensslName(suite)} (${protocol}) | ${handshakes.map(each => (each.observed ? 'yes' : '-')).join(' | ')} |`;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
