/**
 * The Lambda function that prepares the databases of a cluster: databases, tables and users, before the first node boots.
 *
 * Called by  CloudFormation, when the custom resource is created or changed; its deletion changes nothing. By hand, with the secret of a database
 *            user, `{"secret": "..."}`: the password in the secret is set in the database
 * Reads      secrets, the product pack and the authorities in S3, the range of the VPC
 * Fails      with a sentence that names the script, the line and MySQL's error; what was there before is still there
 *
 * `npm ci` makes function/index.js of it.
 */
import { answer, ResourceRequest } from '../../access/rotation/resource-request';
import { AwsServices } from './aws-services';
import { reason } from './mysql-server';
import { Patience } from './patience';
import { Preparation } from './preparation';
import { PasswordRequest, PreparationProperties, ServerProperties } from './request';
import { packScripts } from './pack-scripts';

export interface PreparationContext {
  getRemainingTimeInMillis(): number;
}

type CloudFormationRequest = ResourceRequest<PreparationProperties>;

/** Constant, so that an update never deletes. */
const PHYSICAL_ID = 'carbon-cluster-databases';
/** CloudFormation takes an answer of 4096 bytes, and has to hear of a failure before Lambda ends the function. */
const LONGEST_REASON = 2000;
const MARGIN_MILLISECONDS = 60_000;
/** A server that starts or fails over answers within minutes. */
const PATIENCE_MILLISECONDS = 10 * 60_000;
const LOCK_SECONDS = 8 * 60;

export async function handler(event: CloudFormationRequest | PasswordRequest, context: PreparationContext): Promise<unknown> {
  if (!('RequestType' in event)) return replacePassword(event, context);
  return answer(event, PHYSICAL_ID, async () => {
    // Databases outlive the cluster unless their server does not.
    if (event.RequestType !== 'Delete') await prepare(event.ResourceProperties, context);
    return PHYSICAL_ID;
  });
}

async function prepare(properties: PreparationProperties, context: PreparationContext): Promise<void> {
  await attempted(properties, context, 'the databases are not prepared', async (aws, patience, preparation) => {
    const schemas = await Promise.all(properties.Schemas.map(async each => ({
      name: each.Name,
      characterSet: each.CharacterSet,
      sqlMode: each.SqlMode,
      foreignKeysOnNonUniqueKeys: each.ForeignKeysOnNonUniqueKeys === 'true',
      user: await aws.credentials(each.Secret),
      privileges: each.Privileges,
      scripts: each.Scripts,
    })));
    const startUser = await aws.credentials(properties.StartSecret);
    const networks = properties.ClientNetwork === undefined ? await aws.networks(properties.Subnets ?? []) : [properties.ClientNetwork];
    await patience.until(() => preparation(names => packScripts(aws.s3, properties.Pack, names)).run({ schemas, startUser, networks }));
  });
}

async function replacePassword({ secret }: PasswordRequest, context: PreparationContext): Promise<{ readonly user: string }> {
  if (typeof secret !== 'string') throw new Error('the payload must be {"secret": "name or ARN of the secret of a database user"}');
  const server = JSON.parse(process.env.SERVER!) as ServerProperties;
  let user = '';
  await attempted(server, context, 'the password is not replaced', async (aws, patience, preparation) => {
    const credentials = await aws.credentials(secret);
    user = credentials.username;
    await patience.until(() => preparation().setPassword(credentials));
  });
  return { user };
}

type Scripts = ConstructorParameters<typeof Preparation>[0]['scripts'];
type Work = (aws: AwsServices, patience: Patience, preparation: (scripts?: Scripts) => Preparation) => Promise<void>;

/** Everything within the time that Lambda gives; the reason of a failure is one short sentence. */
async function attempted(server: ServerProperties, context: PreparationContext, failure: string, work: Work): Promise<void> {
  const aws = new AwsServices();
  const patience = new Patience(context.getRemainingTimeInMillis() - MARGIN_MILLISECONDS, PATIENCE_MILLISECONDS);
  try {
    await patience.within(async () => {
      patience.tell('reading the secrets and the authorities of the database server');
      const admin = await aws.credentials(server.AdminSecret);
      const connections = await aws.server(server);
      patience.onEnd(() => connections.close());
      await work(aws, patience, (scripts: Scripts = async () => new Map()) => new Preparation({
        server: connections, admin, scripts, tell: step => patience.tell(step), lockSeconds: LOCK_SECONDS,
      }));
    });
  } catch (problem) {
    const sentence = `${failure}: ${reason(problem)}`;
    console.log(sentence);
    throw new Error(sentence.slice(0, LONGEST_REASON));
  }
}
