/** What a text may hold that it should not. */
export enum SecretKind {
  /** One of the values that the scan was given. */
  GIVEN_VALUE = 'given value',
  /** A password that every pack of WSO2 has, where a password stands. */
  DEFAULT_PASSWORD = 'default password',
  /** The id of an access key, of a user or a session. */
  ACCESS_KEY = 'access key',
  /** A private key in PEM, with its body. */
  PRIVATE_KEY = 'private key',
  /** The password in a JDBC URL. */
  JDBC_PASSWORD = 'password in a JDBC URL',
}
