import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/** A data source of your own, beside those of the product. The database behind it is yours to make. */
export interface Datasource {
  /** Name of the data source, `ORDERS_DB`. */
  readonly name: string;
  /** JNDI name, `jdbc/OrdersDB`. */
  readonly jndiName: string;
  /** JDBC URL. */
  readonly url: string;
  /** Secret with the JSON fields `username` and `password`. */
  readonly secret: secretsmanager.ISecret;
  /**
   * Class of the JDBC driver. Give it for an engine other than MySQL; the driver is then yours to put into the pack.
   *
   * @default - that of the cluster's `jdbcDriver`
   */
  readonly driverClassName?: string;
  /**
   * What it is for.
   *
   * @default - the name
   */
  readonly description?: string;
  /**
   * Settings of the connection pool by name, such as `maxActive`; they go over the cluster's.
   *
   * @default - the cluster's pool settings
   */
  readonly pool?: { readonly [name: string]: string };
}
