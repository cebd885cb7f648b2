/** The key pair of a cluster: an RSA key and a certificate that the key itself has signed. */
import { generateKeyPairSync } from 'node:crypto';
import { asn1, md, pkcs12, pki, random, util } from 'node-forge';

export interface KeyPair {
  readonly key: pki.rsa.PrivateKey;
  readonly certificate: pki.Certificate;
}

const BITS = 2048;
const YEARS = 10;
const SUBJECT = [{ name: 'commonName', value: 'carbon-cluster' }];
const DNS_NAME = 2;
/** A machine whose clock is slow accepts the certificate, too. */
const DAY = 24 * 60 * 60 * 1000;

/** @param names of the servers, as in the certificate */
export function makeKeyPair(names: readonly string[], now: Date): KeyPair {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: BITS, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const key = pki.privateKeyFromPem(privateKey);
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.setRsaPublicKey(key.n, key.e);
  // Positive, as RFC 5280 asks for.
  certificate.serialNumber = `01${util.bytesToHex(random.getBytesSync(15))}`;
  certificate.validity.notBefore = new Date(now.getTime() - DAY);
  certificate.validity.notAfter = new Date(now);
  certificate.validity.notAfter.setUTCFullYear(now.getUTCFullYear() + YEARS);
  certificate.setSubject(SUBJECT);
  certificate.setIssuer(SUBJECT);
  certificate.setExtensions([
    { name: 'subjectAltName', altNames: names.map(value => ({ type: DNS_NAME, value })) },
    // Without the last usage Carbon may not encrypt with it.
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, dataEncipherment: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(key, md.sha256.create());
  return { key, certificate };
}

/** PKCS #8, in DER. */
export function privateKeyBytes({ key }: KeyPair): Buffer {
  return bytesOf(pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(key)));
}

/** X.509, in DER. */
export function certificateBytes({ certificate }: KeyPair): Buffer {
  return bytesOf(pki.certificateToAsn1(certificate));
}

/** PKCS #12 with Triple DES and SHA-1, which Java reads from version 7 on. */
export function pkcs12Bytes({ key, certificate }: KeyPair, alias: string, password: string): Buffer {
  return bytesOf(pkcs12.toPkcs12Asn1(key, [certificate], password, { algorithm: '3des', friendlyName: alias, generateLocalKeyId: true }));
}

function bytesOf(structure: asn1.Asn1): Buffer {
  return Buffer.from(asn1.toDer(structure).getBytes(), 'binary');
}
