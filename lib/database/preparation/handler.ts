/**
 * The Lambda function that prepares the databases of a cluster: databases, users and tables, before the first node boots.
 *
 * Called by  CloudFormation, when the custom resource is created, changed or deleted
 *
 * `npm run build` makes function/index.js of it.
 */
import { splitQuery } from 'dbgate-query-splitter';
import { mysqlSplitterOptions } from 'dbgate-query-splitter/lib/options';
import { createConnection } from 'mysql2/promise';
import { answer, ResourceRequest } from '../../access/rotation/resource-request';

const PHYSICAL_ID = 'databases';

export function handler(event: ResourceRequest<{ readonly Endpoint: string }>): Promise<void> {
  return answer(event, PHYSICAL_ID, async () => {
    const connection = await createConnection({ host: event.ResourceProperties.Endpoint, flags: ['-IGNORE_SPACE'] });
    for (const each of splitQuery('SELECT 1', mysqlSplitterOptions)) await connection.query(String(each));
    await connection.end();
    return PHYSICAL_ID;
  });
}
