import { Construct } from 'constructs';
import { ExistingMySqlOptions, RdsMySqlOptions } from './database-options';
import { DatabaseHost, DatabaseServer } from './database-server';
import { checkExistingMySql, existingMySql } from './existing-mysql';
import { rdsMySql } from './rds-mysql';
import { checkHostName } from '../network/host-names';

/**
 * Where the databases of a cluster are. A function of the deployment creates what is missing before the first node boots: a database for
 * each purpose with its tables, and for each a user that may connect with TLS only, from the cluster's network only, and to that database only.
 */
export abstract class Database {
  /** An RDS for MySQL instance of the cluster's own: encrypted, backed up, TLS only. */
  public static rdsMySql(options: RdsMySqlOptions = {}): Database {
    checkAlias(options.hostAlias);
    return new BoundDatabase((scope, host) => rdsMySql(scope, host, options));
  }

  /**
   * A server that exists: MySQL 8, or RDS and Aurora of other stacks. It must take TLS, with a certificate that has the name in `host`
   * and that one of RDS's authorities in this region, or `certificateAuthority`, has signed.
   *
   * @throws if host, port, prefix or network are none
   */
  public static existingMySql(options: ExistingMySqlOptions): Database {
    checkAlias(options.hostAlias);
    checkExistingMySql(options);
    return new BoundDatabase((_scope, host) => existingMySql(host, options));
  }

  /** @internal */
  public abstract _bind(scope: Construct, host: DatabaseHost): DatabaseServer;
}

class BoundDatabase extends Database {
  public constructor(private readonly binding: (scope: Construct, host: DatabaseHost) => DatabaseServer) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, host: DatabaseHost): DatabaseServer {
    return this.binding(scope, host);
  }
}

function checkAlias(alias: string | undefined): void {
  if (alias !== undefined) checkHostName('hostAlias', alias);
}
