/** Authorities that issue certificates as RDS does: a root that clients know, and one below it that signs for servers. By OpenSSL. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

const DAYS = '7';
const KEY = ['-newkey', 'rsa:2048', '-nodes'];

export class Authority {
  /** PEM of the root. */
  public readonly root: string;
  private readonly subordinate: string;

  public constructor(private readonly folder: string, name: string) {
    this.root = path.join(folder, `${name}.pem`);
    openssl('req', '-x509', ...KEY, '-days', DAYS, '-subj', `/O=${name}/CN=${name} Root CA`, '-addext', 'basicConstraints=critical,CA:TRUE',
      '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', `${this.root}.key`, '-out', this.root);
    this.subordinate = path.join(folder, `${name}-subordinate.pem`);
    this.sign(this.root, this.subordinate, `/O=${name}/CN=${name} Subordinate CA`, ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign,cRLSign']);
  }

  /** A folder with server.crt, to which the subordinate's certificate is appended as RDS sends it, and server.key. */
  public issue(server: string, alternativeNames: string): string {
    const folder = path.join(this.folder, server);
    fs.mkdirSync(folder);
    const certificate = path.join(folder, 'server.crt');
    this.sign(this.subordinate, certificate, `/CN=${server}`, ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=serverAuth', `subjectAltName=${alternativeNames}`]);
    fs.appendFileSync(certificate, fs.readFileSync(this.subordinate));
    fs.renameSync(`${certificate}.key`, path.join(folder, 'server.key'));
    return folder;
  }

  private sign(issuer: string, certificate: string, subject: string, extensions: readonly string[]): void {
    fs.writeFileSync(`${certificate}.ext`, extensions.join('\n'));
    openssl('req', '-new', ...KEY, '-subj', subject, '-keyout', `${certificate}.key`, '-out', `${certificate}.csr`);
    openssl('x509', '-req', '-in', `${certificate}.csr`, '-CA', issuer, '-CAkey', `${issuer}.key`, '-CAcreateserial', '-days', DAYS,
      '-sha256', '-extfile', `${certificate}.ext`, '-out', certificate);
  }
}

function openssl(...options: string[]): void {
  execFileSync('openssl', options, { stdio: 'ignore' });
}
