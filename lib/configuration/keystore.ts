import { KeystoreModel } from './node-model';
import { Child, Edit, textChild } from './plan';

/** Where products keep their key stores, below the Carbon home. */
export const SECURITY_FOLDER = 'repository/resources/security';

/** The whole elements are ours: of the vendor's, nothing fits another file. */
export function keystoreEdit([path, ...also]: readonly string[], keystore: KeystoreModel): Edit {
  return {
    replace: path,
    also,
    children: [
      textChild('Location', `\${carbon.home}/${SECURITY_FOLDER}/${keystore.fileName}`),
      textChild('Type', keystore.type),
      textChild('Password', keystore.password),
      textChild('KeyAlias', keystore.alias),
      textChild('KeyPassword', keystore.password),
    ],
  };
}

/** For transports of axis2.xml, whose locations are relative to the home and whose key is the only one in the file. */
export function transportKeystoreEdit(transports: readonly string[], keystore: KeystoreModel): Edit {
  const children: Child[] = [
    textChild('Location', `${SECURITY_FOLDER}/${keystore.fileName}`),
    textChild('Type', keystore.type),
    textChild('Password', keystore.password),
    textChild('KeyPassword', keystore.password),
  ];
  const [path, ...also] = transports.map(each => `${each}/parameter[@name='keystore']`);
  return { replace: path, also, children: [{ name: 'KeyStore', children }] };
}

/** Products differ in which of the three is the others' default. */
export function keystoreTable(keystore: KeystoreModel): Edit {
  return {
    table: 'keystore.primary',
    also: ['keystore.tls', 'keystore.internal'],
    values: {
      ...Object.fromEntries(keystore.tomlNames.map(each => [each, keystore.fileName])),
      type: keystore.type,
      password: { xml: keystore.password },
      alias: { xml: keystore.alias },
      key_password: { xml: keystore.password },
    },
  };
}
