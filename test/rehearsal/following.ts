/**
 * What an auto scaling group does with its instances happens on the machine too: what it launches boots, what it takes out is drained
 * and told so, and what it terminates ends. And what a load balancer finds unhealthy, the group hears of, as on AWS where its health
 * checks are those of the load balancer; the grace period after a launch is not waited for.
 */
import {
  AutoScalingClient, AutoScalingGroup, DescribeAutoScalingGroupsCommand, SetInstanceHealthCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { Emulator } from '../emulator/emulator';
import { clusterDocument, Json } from './cluster-document';
import type { Rehearsal } from './rehearsal';

const PAUSE_MS = 1000;
const CREDENTIALS = { accessKeyId: 'testing', secretAccessKey: 'testing' };

export class Follower {
  private stopped = false;
  private readonly leaving = new Set<string>();
  private readonly served = new Set<string>();
  private readonly told = new Set<string>();
  private readonly scaling: AutoScalingClient;
  private readonly ec2: EC2Client;
  private readonly running: Promise<void>;

  /** @param speed load balancers drain so many times faster than the template says */
  public constructor(private readonly rehearsal: Rehearsal, emulator: Emulator, private readonly speed: number,
    private readonly onProblem: (problem: Error) => void) {
    const settings = { endpoint: emulator.url, region: emulator.region, credentials: CREDENTIALS };
    this.scaling = new AutoScalingClient(settings);
    this.ec2 = new EC2Client(settings);
    this.running = this.run();
  }

  public async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.look().catch(error => { if (!this.stopped) this.onProblem(error as Error); });
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    }
  }

  private async look(): Promise<void> {
    const { AutoScalingGroups: groups = [] } = await this.scaling.send(new DescribeAutoScalingGroupsCommand({}));
    for (const { InstanceId: id, LifecycleState: state } of groups.flatMap(each => each.Instances ?? [])) {
      if (state!.startsWith('Terminating')) await this.takeOut(id!);
    }
    await this.endTerminated();
    await this.bootLaunched(groups);
    await this.tellUnhealthy(groups);
  }

  /** No new requests, and the metadata say what is to come, also while the load balancer still waits for old ones. */
  private async takeOut(id: string): Promise<void> {
    if (this.leaving.has(id) || !this.rehearsal.nodes.has(id)) return;
    this.leaving.add(id);
    const targets: Json[] = await this.rehearsal.command('health');
    for (const { targetGroup } of targets.filter(each => each.instance === id)) {
      await this.rehearsal.command('deregister', { targetGroup, node: id, delay: this.delayOf(targetGroup) });
    }
    await this.rehearsal.command('lifecycle', { node: id, state: 'Terminated' });
  }

  private delayOf(targetGroup: string): number {
    const group = this.rehearsal.targetGroups.find(each => each.id === targetGroup);
    return (group?.deregistrationDelay ?? 300) / this.speed;
  }

  private async endTerminated(): Promise<void> {
    const { Reservations: reservations = [] } = await this.ec2.send(new DescribeInstancesCommand({
      Filters: [{ Name: 'instance-state-name', Values: ['shutting-down', 'terminated'] }],
    }));
    for (const { InstanceId: id } of reservations.flatMap(each => each.Instances ?? [])) {
      if (!this.rehearsal.nodes.delete(id!)) continue;
      await this.rehearsal.command('terminate', { node: id });
    }
  }

  private async bootLaunched(groups: readonly AutoScalingGroup[]): Promise<void> {
    const present = groups.flatMap(each => each.Instances ?? []).filter(each => each.LifecycleState === 'InService').map(each => each.InstanceId!);
    const fresh = present.filter(id => !this.rehearsal.nodes.has(id));
    if (fresh.length === 0) return;
    const document = await clusterDocument(this.rehearsal.emulator, { healthCheckSpeed: this.speed, java: [] });
    for (const node of (document.nodes as Json[]).filter(each => fresh.includes(each.instanceId))) {
      this.rehearsal.addNode(node);
      const targetGroups = (document.targetGroups as Json[]).filter(each => each.targets.includes(node.instanceId)).map(each => each.id);
      await this.rehearsal.command('launch', { node, targetGroups });
    }
  }

  /** Once: a target that was never healthy may still be booting. */
  private async tellUnhealthy(groups: readonly AutoScalingGroup[]): Promise<void> {
    const byLoadBalancer = groups.filter(each => each.HealthCheckType?.includes('ELB')).flatMap(each => each.Instances ?? []).map(each => each.InstanceId);
    for (const { instance, state } of await this.rehearsal.command('health') as Json[]) {
      if (state === 'healthy') this.served.add(instance);
      if (state !== 'unhealthy' || !this.served.has(instance) || this.told.has(instance) || !byLoadBalancer.includes(instance)) continue;
      this.told.add(instance);
      await this.scaling.send(new SetInstanceHealthCommand({ InstanceId: instance, HealthStatus: 'Unhealthy' }));
    }
  }
}
