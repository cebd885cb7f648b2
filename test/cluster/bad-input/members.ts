/** Members, names, ports, the pack: what is wrong by itself. */
import { Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BadInput } from './bad-input';
import { CarbonProduct, Distribution, Membership, NodeScaling } from '../../../lib';

const imported = (stack: Stack): ec2.IVpc => ec2.Vpc.fromVpcAttributes(stack, 'Imported', {
  vpcId: 'vpc-1', availabilityZones: ['eu-west-1a', 'eu-west-1b'], privateSubnetIds: ['subnet-1', 'subnet-2'],
});

export const MEMBERS: readonly BadInput[] = [
  ['a region with a zone letter', () => ({ membership: Membership.aws({ region: 'us-east-1a' }) }),
    "region 'us-east-1a' is an availability zone, give its region 'us-east-1'"],
  ['a text that is not a region', () => ({ membership: Membership.aws({ region: 'Ireland' }) }), "region 'Ireland' is not a region, use one such as eu-west-1"],
  ['a member port below the range', () => ({ membership: Membership.aws({ localMemberPort: 4000 }) }),
    'localMemberPort 4000 is outside 5701 to 5800, give a port of the aws membership scheme'],
  ['a member port above the range', () => ({ membership: Membership.aws({ localMemberPort: 5801 }) }),
    'localMemberPort 5801 is outside 5701 to 5800, give a port of the aws membership scheme'],
  ['no metadata for a Hazelcast that asks for it', () => ({ product: CarbonProduct.apiManager('3.2.0'), membership: Membership.aws(), instanceMetadata: false }),
    'instanceMetadata must not be false, because Hazelcast 3.12.2 of WSO2 API Manager 3.2.0 asks for instance metadata in Membership.aws(): '
    + 'leave it out, or use Membership.discovered()'],
  ['a timeout of no whole seconds', () => ({ membership: Membership.aws({ connTimeout: 0.5 }) }),
    'connTimeout must be a positive integer, got 0.5'],
  ['a connection timeout in which a busy server reaches nobody', () => ({ membership: Membership.discovered({ connTimeout: 29 }) }),
    'connTimeout must be an integer of at least 30, got 29: a server that reaches no other member in so many seconds founds a cluster of its own'],
  ['a tag key without a value', () => ({ tagKey: 'cluster' }),
    "tagKey 'cluster' has no tagValue, give both or neither: a key alone lets every cluster that uses it in"],
  ['an empty tag value', () => ({ tagValue: '' }), "tagValue '' is empty or has spaces at its ends, give a plain text"],
  ['a domain with a space', () => ({ domain: 'wso2 domain' }), "domain 'wso2 domain' is empty or has white space, give a name such as wso2.am.domain"],
  ['a group id for a name', () => ({ securityGroupName: 'sg-0123' }),
    "securityGroupName 'sg-0123' looks like an id, give a name: Hazelcast compares the group's name"],
  ['a host name with a space', () => ({ hostName: 'am example.com' }), "hostName 'am example.com' is no host name, give one such as am.example.com"],
  ['an address for a host name', () => ({ managementHostName: '10.0.0.1' }),
    "managementHostName '10.0.0.1' is no host name, give one such as am.example.com"],
  ['one host name for both', () => ({ managementHostName: 'AM.example.com' }),
    "managementHostName 'AM.example.com' is also the hostName, give the console a name of its own: the load balancer tells console and services apart by it"],
  ['one worker', () => ({ workerCount: 1 }), 'workerCount 1 is not highly available, give at least 2 or set highAvailability to false'],
  ['no worker', () => ({ workerCount: 0, highAvailability: false }), 'workerCount 0 is no whole number of at least 1, give one'],
  ['half a worker', () => ({ workerCount: 2.5 }), 'workerCount 2.5 is no whole number of at least 1, give one'],
  ['a Java that the product does not run on', () => ({ javaVersion: 17 }), 'javaVersion 17 does not run WSO2 API Manager 2.2.0, give one of 7, 8'],
  ['a boot timeout that no boot meets', () => ({ bootTimeout: Duration.minutes(2) }),
    'bootTimeout must be from 8 to 720 minutes, got 2: one server of a cluster starts first, all others start after it at once, and the largest group has 2'],
  ['a boot timeout that is too short for so many', () => ({ workerCount: 40, bootTimeout: Duration.minutes(8) }),
    'bootTimeout must be from 9 to 720 minutes, got 8: one server of a cluster starts first, all others start after it at once, and the largest group has 40'],
  ['a boot timeout that is too short for as many as there may be',
    () => ({ scaling: NodeScaling.cpu({ targetPercent: 60, maxCount: 400 }), bootTimeout: Duration.minutes(20) }),
    'bootTimeout must be from 21 to 720 minutes, got 20: one server of a cluster starts first, all others start after it at once, and the largest group has 400'],
  ['more workers than the default boot timeout holds', () => ({ workerCount: 376 }),
    'bootTimeout must be from 21 to 720 minutes, got the default of 20: one server of a cluster starts first, all others start after it at once, and the largest group has 376'],
  ['a boot timeout that CloudFormation does not take', () => ({ bootTimeout: Duration.hours(13) }),
    'bootTimeout must be from 8 to 720 minutes, got 780: one server of a cluster starts first, all others start after it at once, and the largest group has 2'],
  ['more workers than any timeout holds', () => ({ workerCount: 30_000 }), 'workerCount must be at most 21375, got 30000: '
    + 'a cluster cannot admit more servers within the 12 hours that CloudFormation waits at most'],
  ['a scaling to more nodes than any timeout holds', () => ({ scaling: NodeScaling.cpu({ targetPercent: 60, maxCount: 30_000 }) }),
    'maxCount of the scaling must be at most 21375, got 30000: a cluster cannot admit more servers within the 12 hours that CloudFormation waits at most'],
  ['clients of a VPC whose range is not known', stack => ({ vpc: imported(stack) }),
    'clients must be given, because the range of the VPC is not known: Vpc.fromVpcAttributes has no vpcCidrBlock. '
    + "Add it there, or list the clients, for example ec2.Peer.ipv4('10.0.0.0/8')"],
  ['a pack that is no zip', stack => ({ distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'B', 'bucket'), 'pack.tar') }),
    "distribution: key 'pack.tar' does not end in .zip, give the file as distributed"],
  ['a checksum that is none', stack => ({ distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'B', 'bucket'), 'p.zip', { sha256: 'x' }) }),
    "distribution: sha256 'x' is not a SHA-256 checksum, which has 64 hexadecimal digits"],
];
