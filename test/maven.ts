/** Jars of Maven Central, kept in folders of this repository's own. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { makeLocalFolder } from './places';

const PLUGIN = '3.8.1';

export interface Artifact {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  /** Name of a folder that has it, alone or with others. */
  readonly folder: string;
}

/** Fetches all of them in one run of Maven. A folder that is there has all that it is to have. */
export function fetchFromMaven(home: string, artifacts: readonly Artifact[]): void {
  if (artifacts.length === 0) return;
  makeLocalFolder();
  fs.mkdirSync(home, { recursive: true });
  const aside = fs.mkdtempSync(path.join(home, 'fetch-'));
  fs.writeFileSync(path.join(aside, 'pom.xml'), pom(artifacts, aside));
  execFileSync('mvn', ['--batch-mode', '--quiet', '-Dstyle.color=never', '-f', path.join(aside, 'pom.xml'), 'generate-resources']);
  for (const each of new Set(artifacts.map(({ folder }) => folder))) fs.renameSync(path.join(aside, each), path.join(home, each));
  fs.rmSync(aside, { recursive: true });
}

function pom(artifacts: readonly Artifact[], home: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>cdk-wso2-cluster.fetch</groupId><artifactId>artifacts</artifactId><version>1</version><packaging>pom</packaging>
  <build><plugins><plugin>
    <artifactId>maven-dependency-plugin</artifactId><version>${PLUGIN}</version>
    <executions><execution><phase>generate-resources</phase><goals><goal>copy</goal></goals></execution></executions>
    <configuration><artifactItems>${artifacts.map(each => item(each, home)).join('\n')}</artifactItems></configuration>
  </plugin></plugins></build>
</project>
`;
}

function item({ group, artifact, version, folder }: Artifact, home: string): string {
  return `<artifactItem>
      <groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>
      <outputDirectory>${home}/${folder}</outputDirectory>
    </artifactItem>`;
}
