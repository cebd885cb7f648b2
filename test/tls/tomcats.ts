/** Tomcats of Maven Central, each in a folder of its own. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fetchFromMaven } from '../maven';
import { LOCAL_FOLDER } from '../places';

export const FOLDER = path.join(LOCAL_FOLDER, 'tls');

const GROUP = 'org.apache.tomcat.embed';

/** What java needs to find every class of that Tomcat. */
export function classPathOf(version: string): string {
  return path.join(FOLDER, `tomcat-${version}`, '*');
}

/** Fetches those that are not there yet, all in one run of Maven. */
export function fetchTomcats(versions: readonly string[]): void {
  const missing = versions.filter(each => !fs.existsSync(path.join(FOLDER, `tomcat-${each}`)));
  fetchFromMaven(FOLDER, missing.flatMap(version => artifacts(version).map(([group, artifact]) => ({ group, artifact, version, folder: `tomcat-${version}` }))));
}

function artifacts(version: string): string[][] {
  // Newer ones have the log in the one jar, and the annotations apart.
  const own = version.startsWith('7.') ? [[GROUP, 'tomcat-embed-logging-juli']] : [['org.apache.tomcat', 'tomcat-annotations-api']];
  return [[GROUP, 'tomcat-embed-core'], ...own];
}
