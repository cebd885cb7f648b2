/** The JDBC drivers that the library takes, and what each promises. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fetchFromMaven } from '../maven';
import { LOCAL_FOLDER } from '../places';

export const FOLDER = path.join(LOCAL_FOLDER, 'database-tls');

export interface Driver {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  /** Compares the host name with those in the certificate. */
  readonly comparesNames: boolean;
}

const mysql = (group: string, artifact: string, version: string, comparesNames = true): Driver => ({ group, artifact, version, comparesNames });

export const DRIVERS: readonly Driver[] = [
  mysql('mysql', 'mysql-connector-java', '5.1.49', false),
  mysql('com.mysql', 'mysql-connector-j', '8.0.33'),
  mysql('com.mysql', 'mysql-connector-j', '8.4.0'),
  mysql('com.mysql', 'mysql-connector-j', '9.4.0'),
  { group: 'org.mariadb.jdbc', artifact: 'mariadb-java-client', version: '2.7.12', comparesNames: true },
];

/** A driver that the library refuses, because it takes no URL that Carbon takes. */
export const REFUSED: Driver = { group: 'org.mariadb.jdbc', artifact: 'mariadb-java-client', version: '3.5.6', comparesNames: true };

export function fileNameOf({ artifact, version }: Driver): string {
  return `${artifact}-${version}.jar`;
}

export function pathOf(driver: Driver): string {
  return path.join(FOLDER, folderOf(driver), fileNameOf(driver));
}

export function fetchDrivers(): void {
  const missing = [...DRIVERS, REFUSED].filter(each => !fs.existsSync(pathOf(each)));
  fetchFromMaven(FOLDER, missing.map(each => ({ ...each, folder: folderOf(each) })));
}

/** Connect.java, compiled for the oldest Java. */
export function classes(): string {
  const folder = path.join(FOLDER, 'classes');
  execFileSync('javac', ['-Xlint:-options', '--release', '8', '-d', folder, path.join(__dirname, 'probe/Connect.java')], { stdio: 'ignore' });
  return folder;
}

function folderOf({ artifact, version }: Driver): string {
  return `${artifact}-${version}`;
}
