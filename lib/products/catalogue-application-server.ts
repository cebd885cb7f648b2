import { repositoryLayout, versionOf } from './catalogue-version';
import { carbonDatabase, userAndRegistryDatabases } from './databases';
import { ProductVersion } from './product-version';
import { consoleProfile, withoutSessions } from './profiles';

export const APPLICATION_SERVER_PACK = 'wso2as';
export const APPLICATION_SERVER_TITLE = 'WSO2 Application Server';

export const APPLICATION_SERVER_VERSIONS: readonly ProductVersion[] = [
  applicationServer('5.3.0', '4.4.1'),
];

function applicationServer(version: string, kernel: string): ProductVersion {
  const layout = repositoryLayout(kernel, false);
  return versionOf({
    pack: APPLICATION_SERVER_PACK,
    title: APPLICATION_SERVER_TITLE,
    version,
    kernel,
    profiles: [
      consoleProfile({ name: 'default', layout }),
      // Not a value of -Dprofile: the flag makes the deployment read-only and leaves the console out.
      withoutSessionsOfConsole(),
    ],
    profileByRole: { manager: 'default', worker: 'worker' },
    databases: [carbonDatabase(), ...userAndRegistryDatabases(kernel)],
    sources: [
      `wso2/product-as v${version} pom.xml (kernel), master-datasources.xml, catalina-server.xml`,
      'inferred: the worker flag and its health check (general Carbon 4 practice), names of the shared databases (Clustering Guide 4.4.x)',
    ],
  });

  function withoutSessionsOfConsole() {
    const worker = withoutSessions(consoleProfile({ name: 'worker', layout, arguments: ['-DworkerNode=true'] }));
    // What it serves are web applications, whose sessions are theirs.
    return { ...worker, sessionCookie: 'JSESSIONID' };
  }
}
