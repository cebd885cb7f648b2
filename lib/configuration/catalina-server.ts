import { SECURITY_FOLDER } from './keystore';
import { ConfigurationLayout, KeystoreModel, TransportModel } from './node-model';
import { Edit, FileEdits, Value } from './plan';

/** tomcat/catalina-server.xml: the ports that clients see, and the TLS that the load balancer meets. */
export function catalinaServer(layout: ConfigurationLayout, transport: TransportModel, keystore?: KeystoreModel): FileEdits {
  const https = { ...httpsAttributes(transport), ...keystoreAttributes(keystore) };
  return {
    file: `${layout.folder}/tomcat/catalina-server.xml`,
    edits: [
      ...(transport.httpProxyPort ? [connector('9763', { proxyPort: String(transport.httpProxyPort) })] : []),
      ...(Object.keys(https).length > 0 ? [connector('9443', https)] : []),
    ],
  };
}

function connector(port: string, attributes: Record<string, Value>): Edit {
  return { set: `/Server/Service/Connector[@port='${port}']`, attributes, existing: true };
}

function httpsAttributes(transport: TransportModel): Record<string, Value> {
  return {
    ...(transport.httpsProxyPort ? { proxyPort: String(transport.httpsProxyPort) } : {}),
    ...(transport.protocols ? { sslEnabledProtocols: transport.protocols.join(',') } : {}),
    ...(transport.cipherSuites ? { ciphers: transport.cipherSuites.join(',') } : {}),
  };
}

function keystoreAttributes(keystore: KeystoreModel | undefined): Record<string, Value> {
  if (!keystore) return {};
  return {
    keystoreFile: `\${carbon.home}/${SECURITY_FOLDER}/${keystore.fileName}`,
    keystorePass: keystore.password,
    // JKS is what the connector takes it for without.
    ...(keystore.type === 'JKS' ? {} : { keystoreType: keystore.type }),
  };
}
