import { DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { wholeFile } from './bucket-object';
import { Credentials, MySqlServer } from './mysql-server';
import { ServerProperties } from './request';

/** A role that was made a moment ago is not known everywhere yet. */
const ATTEMPTS = 6;
const PAUSE_MILLISECONDS = 5000;
const NOT_YET = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|Forbidden|403)$/;
/** Without a route to the service a request would wait for minutes. */
const CLIENT = { maxAttempts: 4, requestHandler: { connectionTimeout: 5000, requestTimeout: 60_000 } };

/** What the function reads of AWS. */
export class AwsServices {
  /** Path style: the names of buckets may have dots, for which there are no certificates. */
  public readonly s3 = new S3Client({ ...CLIENT, forcePathStyle: true });
  private readonly secrets = new SecretsManagerClient(CLIENT);

  /** @throws if the secret has no `username` and `password`; the message shows nothing of its value */
  public async credentials(secret: string): Promise<Credentials> {
    const command = new GetSecretValueCommand({ SecretId: secret });
    const { SecretString: text } = await patiently(`the secret ${secret}`, () => this.secrets.send(command));
    const { username, password } = fieldsOf(text);
    if (typeof username === 'string' && typeof password === 'string') return { username, password };
    throw new Error(`the secret ${secret} must be a JSON object with username and password`);
  }

  public async server({ Endpoint, Port, Authorities }: ServerProperties): Promise<MySqlServer> {
    const authorities = Authorities && (await patiently('', () => wholeFile(this.s3, Authorities))).toString('latin1');
    return new MySqlServer({ host: Endpoint, port: Number(Port), authorities });
  }

  /** The ranges of addresses of the VPC in which the subnets are. */
  public async networks(subnets: readonly string[]): Promise<string[]> {
    const ec2 = new EC2Client(CLIENT);
    const { Subnets: found = [] } = await patiently('the subnets', () => ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...subnets] })));
    const { Vpcs: [vpc] = [] } = await patiently('the VPC', () => ec2.send(new DescribeVpcsCommand({ VpcIds: [found[0].VpcId!] })));
    const ranges = (vpc.CidrBlockAssociationSet ?? []).map(each => each.CidrBlock!);
    return ranges.filter(range => found.some(each => contains(range, each.CidrBlock!)));
  }
}

function fieldsOf(text = ''): { readonly username?: unknown; readonly password?: unknown } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Both in the notation 10.0.0.0/16. */
function contains(range: string, part: string): boolean {
  const [network, length] = range.split('/');
  const byte = (text: string): string => Number(text).toString(2).padStart(8, '0');
  const bits = (address: string): string => address.split('.').map(byte).join('').slice(0, Number(length));
  return Number(part.split('/')[1]) >= Number(length) && bits(part.split('/')[0]) === bits(network);
}

async function patiently<T>(what: string, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (problem) {
      const { name, message } = problem as Error;
      if (!NOT_YET.test(name) || attempt === ATTEMPTS) throw what ? new Error(`${what} cannot be read: ${name}: ${message}`) : problem;
    }
    await new Promise(resolve => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
}
