/** Asks a listener by real handshakes. */
import { execFile } from 'node:child_process';
import { PROGRAMS } from '../../lib/boot/user-data';
import { isTls13, jsseName, opensslName } from '../../lib/tls/cipher-suites';

const PATIENCE_MS = 60_000;
/** Nobody verifies, and reading all authorities takes longer than the handshake. */
const NO_AUTHORITIES = ['-no-CAfile', '-no-CApath', '-no-CAstore'];
const OPTIONS: Readonly<Record<string, string>> = { TLSv1: '-tls1', 'TLSv1.1': '-tls1_1', 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' };
const ASK = 'import sys; sys.path.insert(0, sys.argv[1]); import node_service; print("\\n".join(node_service.probe(url) for url in sys.argv[2:]))';

/** Those of the suites with which a handshake succeeds. Those not expected to are offered together at first: who takes none takes no one. */
export async function takenBy(port: number, protocol: string, expected: readonly string[], others: readonly string[]): Promise<string[]> {
  const taken = [...await each(port, protocol, expected)];
  if (others.length === 0 || await handshake(port, protocol, others) === undefined) return taken;
  return [...taken, ...await each(port, protocol, others)];
}

async function each(port: number, protocol: string, suites: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(suites.map(suite => handshake(port, protocol, [suite])));
  return suites.filter((suite, index) => answers[index] === suite);
}

/** The suite that was agreed on. Security level 0, because OpenSSL 3 has TLS 1.0 and 1.1, and keys of 1024 bits, on no other. */
function handshake(port: number, protocol: string, suites: readonly string[]): Promise<string | undefined> {
  const names = suites.map(suite => opensslName(suite)).join(':');
  const ciphers = isTls13(suites[0]) ? ['-ciphersuites', names] : ['-cipher', `${names}:@SECLEVEL=0`];
  return new Promise((resolve, reject) => {
    const child = execFile('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, OPTIONS[protocol], ...ciphers, '-brief', ...NO_AUTHORITIES], { timeout: PATIENCE_MS },
      (error, stdout, stderr) => {
        if (error && (error.killed || error.code === 'ENOENT')) return reject(error);
        resolve(jsseName(/^Ciphersuite: (.+)$/m.exec(stdout + stderr)?.[1] ?? ''));
      });
    child.stdin!.end();
  });
}

/** What the node's own boot program gets when it asks for its health there: a status, or the name of an error. */
export function askAsNode(ports: readonly number[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    execFile('python3', ['-c', ASK, PROGRAMS, ...ports.map(port => `https://localhost:${port}/`)],
      { timeout: PATIENCE_MS, env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } },
      (error, stdout) => (error ? reject(error) : resolve(stdout.trim().split('\n'))));
  });
}
