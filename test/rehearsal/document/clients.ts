/** The emulator's API, asked for what was deployed. */
import * as ec2 from '@aws-sdk/client-ec2';
import * as efs from '@aws-sdk/client-efs';
import * as classic from '@aws-sdk/client-elastic-load-balancing';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import * as rds from '@aws-sdk/client-rds';
import * as route53 from '@aws-sdk/client-route-53';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { Emulator } from '../../emulator/emulator';

// Which Node.js the SDK will want one day is no concern of whoever rehearses.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** A part of the cluster document. */
export type Json = Record<string, any>;

export class Clients {
  public readonly ec2: ec2.EC2Client;
  public readonly efs: efs.EFSClient;
  public readonly classic: classic.ElasticLoadBalancingClient;
  public readonly elb: elb.ElasticLoadBalancingV2Client;
  public readonly iam: iam.IAMClient;
  public readonly rds: rds.RDSClient;
  public readonly route53: route53.Route53Client;
  public readonly secrets: secrets.SecretsManagerClient;

  public constructor(private readonly emulator: Emulator) {
    const settings = { endpoint: emulator.url, region: emulator.region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } };
    this.ec2 = new ec2.EC2Client(settings);
    this.efs = new efs.EFSClient(settings);
    this.classic = new classic.ElasticLoadBalancingClient(settings);
    this.elb = new elb.ElasticLoadBalancingV2Client(settings);
    this.iam = new iam.IAMClient(settings);
    this.rds = new rds.RDSClient(settings);
    this.route53 = new route53.Route53Client(settings);
    this.secrets = new secrets.SecretsManagerClient(settings);
  }

  /** The names that certificates of Certificate Manager are for. The project has no client of it, and needs this one call. */
  public async certificateNames(arns: readonly (string | undefined)[]): Promise<string[]> {
    const managed = arns.filter((arn): arn is string => arn !== undefined && arn.includes(':acm:'));
    const names = await Promise.all(managed.map(arn => this.namesOf(arn)));
    return [...new Set(names.flat())];
  }

  private async namesOf(arn: string): Promise<string[]> {
    const scope = `testing/20200101/${this.emulator.region}/acm/aws4_request`;
    const answer = await fetch(this.emulator.url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'CertificateManager.DescribeCertificate', 'X-Amz-Date': '20200101T000000Z',
        Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify({ CertificateArn: arn }),
    });
    const { Certificate } = await answer.json() as { Certificate: { DomainName: string; SubjectAlternativeNames?: string[] } };
    return [Certificate.DomainName, ...Certificate.SubjectAlternativeNames ?? []];
  }
}
