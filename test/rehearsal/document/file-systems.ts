/** EFS file systems with their mount targets and access points. */
import * as efs from '@aws-sdk/client-efs';
import { Clients, Json } from './clients';

const ROOT_PERMISSIONS = '755';

export async function fileSystems(clients: Clients): Promise<Json[]> {
  const all = (await clients.efs.send(new efs.DescribeFileSystemsCommand({}))).FileSystems ?? [];
  return Promise.all(all.map(each => fileSystem(clients, each)));
}

async function fileSystem(clients: Clients, system: efs.FileSystemDescription): Promise<Json> {
  const which = { FileSystemId: system.FileSystemId };
  const [targets, points, policy] = await Promise.all([
    clients.efs.send(new efs.DescribeMountTargetsCommand(which)).then(answer => answer.MountTargets ?? []),
    clients.efs.send(new efs.DescribeAccessPointsCommand(which)).then(answer => answer.AccessPoints ?? []),
    clients.efs.send(new efs.DescribeFileSystemPolicyCommand(which)).then(answer => answer.Policy, noPolicy),
  ]);
  return {
    id: system.FileSystemId,
    arn: system.FileSystemArn,
    ...policy === undefined ? {} : { policy },
    mountTargets: await Promise.all(targets.map(each => mountTarget(clients, each))),
    accessPoints: points.map(accessPoint),
  };
}

function noPolicy(error: Error): undefined {
  if (error.name === 'PolicyNotFound') return undefined;
  throw error;
}

async function mountTarget(clients: Clients, target: efs.MountTargetDescription): Promise<Json> {
  const answer = await clients.efs.send(new efs.DescribeMountTargetSecurityGroupsCommand({ MountTargetId: target.MountTargetId }));
  return { address: target.IpAddress, zone: target.AvailabilityZoneName, securityGroups: answer.SecurityGroups ?? [] };
}

function accessPoint(point: efs.AccessPointDescription): Json {
  const { Path, CreationInfo } = point.RootDirectory!;
  return {
    id: point.AccessPointId,
    arn: point.AccessPointArn,
    path: Path ?? '/',
    ...CreationInfo ? {
      owner: { uid: CreationInfo.OwnerUid, gid: CreationInfo.OwnerGid, permissions: CreationInfo.Permissions ?? ROOT_PERMISSIONS },
    } : {},
  };
}
