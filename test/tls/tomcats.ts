/** Tomcats of Maven Central, each in a folder of its own. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LOCAL_FOLDER, makeLocalFolder } from '../places';

export const FOLDER = path.join(LOCAL_FOLDER, 'tls');

const PLUGIN = '3.8.1';
const GROUP = 'org.apache.tomcat.embed';

/** What java needs to find every class of that Tomcat. */
export function classPathOf(version: string): string {
  return path.join(FOLDER, `tomcat-${version}`, '*');
}

/** Fetches those that are not there yet, all in one run of Maven. */
export function fetchTomcats(versions: readonly string[]): void {
  const missing = versions.filter(each => !fs.existsSync(path.join(FOLDER, `tomcat-${each}`)));
  if (missing.length === 0) return;
  makeLocalFolder();
  fs.mkdirSync(FOLDER, { recursive: true });
  const aside = fs.mkdtempSync(path.join(FOLDER, 'fetch-'));
  fs.writeFileSync(path.join(aside, 'pom.xml'), pom(missing, aside));
  execFileSync('mvn', ['--batch-mode', '--quiet', '-Dstyle.color=never', '-f', path.join(aside, 'pom.xml'), 'generate-resources']);
  for (const each of missing) fs.renameSync(path.join(aside, `tomcat-${each}`), path.join(FOLDER, `tomcat-${each}`));
  fs.rmSync(aside, { recursive: true });
}

function pom(versions: readonly string[], folder: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>cdk-wso2-cluster.tls</groupId><artifactId>tomcats</artifactId><version>1</version><packaging>pom</packaging>
  <build><plugins><plugin>
    <artifactId>maven-dependency-plugin</artifactId><version>${PLUGIN}</version>
    <executions><execution><phase>generate-resources</phase><goals><goal>copy</goal></goals></execution></executions>
    <configuration><artifactItems>${versions.flatMap(each => artifacts(each, folder)).join('\n')}</artifactItems></configuration>
  </plugin></plugins></build>
</project>
`;
}

function artifacts(version: string, folder: string): string[] {
  // Newer ones have the log in the one jar, and the annotations apart.
  const own = version.startsWith('7.') ? [[GROUP, 'tomcat-embed-logging-juli']] : [['org.apache.tomcat', 'tomcat-annotations-api']];
  return [[GROUP, 'tomcat-embed-core'], ...own].map(([group, artifact]) => `<artifactItem>
      <groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>
      <outputDirectory>${folder}/tomcat-${version}</outputDirectory>
    </artifactItem>`);
}
