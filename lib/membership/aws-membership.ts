import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AwsMembershipCredentials } from './aws-membership-credentials';
import { AwsMembershipOptions } from './aws-membership-options';
import { connectionTimeout } from './connection-timeout';
import { awsAbilities, checkAwsMemberPort, generationOf, needsHostHeader, probedPorts, reachesRegion } from './hazelcast';
import { MembershipConfig, MembershipHost } from './membership-host';
import { awsParameters, AwsParameters } from './parameter-names';
import { checkRegion } from './region';
import { MembershipCredentials } from '../access/membership-credentials';
import { membershipPolicy } from '../access/membership-policy';
import { grantSecretValue, secretId } from '../access/secret-access';
import { LateBoundValues } from '../boot/late-bound-values';
import { ProductVersion } from '../products/product-version';

export const IMDS_V1_NEEDED = 'cdk-wso2-cluster:membershipImdsV1';

const DEFAULT_PORT = 5701;

/** Compiles the `aws` scheme for the Hazelcast and the kernel of a product version. */
export class AwsMembershipCompiler {
  private readonly localMemberPort: number;

  public constructor(private readonly options: AwsMembershipOptions) {
    this.localMemberPort = options.localMemberPort ?? DEFAULT_PORT;
    if (options.region !== undefined) checkRegion(options.region);
    checkTimeout(options.connTimeout);
  }

  public bind(scope: Construct, host: MembershipHost): MembershipConfig {
    const { product } = host;
    const region = this.options.region ?? Stack.of(scope).region;
    this.checkRegion(product, region);
    checkAwsMemberPort(product.hazelcast, this.localMemberPort);
    const credentials = this.credentials(product);
    const { needsImdsV1, needsMetadata } = awsAbilities(product.hazelcast);
    if (needsImdsV1) this.warnOfImdsV1(scope, product);
    const policy = membershipPolicy(scope, 'Policy', region);
    const secret = credentials._mode === 'access-key' ? credentials._secret ?? this.secret(scope, host, credentials, policy, region) : undefined;
    return {
      scheme: 'aws',
      localMemberPort: () => this.localMemberPort,
      memberPorts: [probedPorts(generationOf(product.hazelcast), this.localMemberPort)],
      needsImdsV1,
      needsMetadata,
      bindNode: (role, values) => {
        // Whoever signs Hazelcast's own calls, a node looks for the others before it starts.
        role.addManagedPolicy(policy);
        const key = secret ? this.accessKey(secret, role, values) : {};
        return { parameters: awsParameters(product.kernel, { ...key, ...this.filter(host, region, values) }) };
      },
    };
  }

  private checkRegion(product: ProductVersion, region: string): void {
    checkRegion(region);
    if (Token.isUnresolved(region) || reachesRegion(product.hazelcast, region)) return;
    throw new Error(`region '${region}' cannot be reached by Hazelcast ${product.hazelcast}, whose endpoint always ends in amazonaws.com: `
      + 'use Membership.discovered()');
  }

  private credentials(product: ProductVersion): AwsMembershipCredentials {
    const { instanceRole } = awsAbilities(product.hazelcast);
    const chosen = this.options.credentials;
    if (chosen?._mode === 'instance-role' && !instanceRole) {
      throw new Error(`credentials instanceRole does not work with Hazelcast ${product.hazelcast} of ${product.title} ${product.version}, `
        + 'use AwsMembershipCredentials.accessKey() or, without any key, Membership.discovered()');
    }
    return chosen ?? (instanceRole ? AwsMembershipCredentials.instanceRole() : AwsMembershipCredentials.accessKey());
  }

  private warnOfImdsV1(scope: Construct, product: ProductVersion): void {
    Annotations.of(scope).addWarningV2(IMDS_V1_NEEDED, `Hazelcast ${product.hazelcast} of ${product.title} ${product.version} asks for instance `
      + 'metadata without a token, so the nodes allow IMDSv1 (hop limit 1): whoever makes a node send a request can read its role\'s '
      + 'credentials. An account that enforces IMDSv2 (HttpTokensEnforced) refuses to launch such nodes. '
      + 'Membership.discovered() needs neither IMDSv1 nor a key');
  }

  private secret(
    scope: Construct, { encryptionKey }: MembershipHost, credentials: AwsMembershipCredentials, policy: iam.IManagedPolicy, region: string,
  ): secretsmanager.ISecret {
    return new MembershipCredentials(scope, 'Credentials', { policy, region, rotation: credentials._rotation, encryptionKey }).secret;
  }

  private accessKey(secret: secretsmanager.ISecret, role: iam.IRole, values: LateBoundValues): AwsParameters {
    grantSecretValue(secret, role);
    // The node itself uses the key, too, so that it is not taken for forgotten while a server holds it.
    if (this.options.region) values.name('MembershipRegion', this.options.region);
    const name = values.name('MembershipCredentials', secretId(secret));
    return { accessKey: { secret: name, field: 'accessKeyId' }, secretKey: { secret: name, field: 'secretAccessKey' } };
  }

  private filter(host: MembershipHost, region: string, values: LateBoundValues): AwsParameters {
    const { identity, product } = host;
    const regionValue = values.value(this.options.region ? 'MembershipRegion' : 'Region', region);
    return {
      region: regionValue,
      ...(needsHostHeader(product.hazelcast) ? { hostHeader: { join: ['ec2.', regionValue, '.amazonaws.com'] } } : {}),
      securityGroup: values.value('SecurityGroupName', identity.securityGroupName),
      tagKey: values.value('ClusterTagKey', identity.tagKey),
      tagValue: values.value('ClusterTagValue', identity.tagValue),
      ...this.timeout(product),
    };
  }

  /** From 3.12 on it is the time for a call of the EC2 API only, and nothing sets the one in which another member must be reached. */
  private timeout(product: ProductVersion): AwsParameters {
    const { connTimeout } = this.options;
    if (generationOf(product.hazelcast) === '3.5') return { connTimeout: connectionTimeout(connTimeout) };
    return connTimeout === undefined ? {} : { connTimeout: String(connTimeout) };
  }
}

function checkTimeout(seconds: number | undefined): void {
  if (seconds === undefined || (Number.isInteger(seconds) && seconds > 0)) return;
  throw new Error(`connTimeout must be a positive integer, got ${seconds}`);
}
