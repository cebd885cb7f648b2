import { KnownVersions, repositoryLayout, versionOf } from './catalogue-version';
import { carbonDatabase, userAndRegistryDatabases } from './databases';
import { ProductVersion } from './product-version';
import { consoleProfile, withoutConsole } from './profiles';

export const APPLICATION_SERVER = { pack: 'wso2as', title: 'WSO2 Application Server' };

function applicationServer(version: string, kernel: string): ProductVersion {
  const layout = repositoryLayout(kernel, false);
  return versionOf({
    ...APPLICATION_SERVER,
    version,
    kernel,
    profiles: [
      consoleProfile({ name: 'default', layout }),
      // Not a value of -Dprofile: the flag makes deployment read-only and leaves the console out. Web applications keep sessions.
      withoutConsole(consoleProfile({ name: 'worker', layout, arguments: ['-DworkerNode=true'] })),
    ],
    profileByRole: { manager: 'default', worker: 'worker' },
    databases: [carbonDatabase(), ...userAndRegistryDatabases(kernel)],
    sources: [
      `wso2/product-as v${version} pom.xml (kernel), master-datasources.xml, catalina-server.xml`,
      'Clustering Guide 4.4.x, Setting up the Database (names of the shared databases)',
      'inferred: the worker flag and its health check (general practice with Carbon 4)',
    ],
  });
}

export const APPLICATION_SERVER_VERSIONS = new KnownVersions(applicationServer, [
  ['5.3.0', '4.4.1'],
]);
