import { CloudWatchLogsClient, CreateLogGroupCommand, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';

/**
 * Gives the log group that RDS makes for a database a retention. It is created where RDS has had nothing to write yet, because only a group that
 * exists can have one, and RDS takes what is there. A template cannot have the group: it would collide with RDS's.
 */
export async function retain(logGroupName: string, retentionInDays: number): Promise<void> {
  const client = new CloudWatchLogsClient({});
  try {
    await client.send(new CreateLogGroupCommand({ logGroupName }));
  } catch (problem) {
    if ((problem as Error).name !== 'ResourceAlreadyExistsException') throw problem;
  }
  await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
}
