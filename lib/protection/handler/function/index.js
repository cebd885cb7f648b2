// Made of ../handler.ts by npm run build: change that.
"use strict";
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// lib/protection/handler/handler.ts
var handler_exports = {};
__export(handler_exports, {
  handle: () => handle,
  handler: () => handler
});
module.exports = __toCommonJS(handler_exports);
var import_client_cloudformation = require("@aws-sdk/client-cloudformation");
var import_client_elastic_load_balancing_v22 = require("@aws-sdk/client-elastic-load-balancing-v2");
var import_client_rds2 = require("@aws-sdk/client-rds");

// lib/access/rotation/resource-request.ts
async function answer(request, otherwise, work) {
  let id;
  try {
    id = await work();
  } catch (problem) {
    return respond(request, { Status: "FAILED", Reason: problem.message, PhysicalResourceId: otherwise });
  }
  await respond(request, { Status: "SUCCESS", PhysicalResourceId: id });
}
async function respond({ StackId, RequestId, LogicalResourceId, ResponseURL }, result) {
  const body = Buffer.from(JSON.stringify({ ...result, StackId, RequestId, LogicalResourceId }));
  const response = await fetch(ResponseURL, { method: "PUT", body });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: HTTP ${response.status}`);
}

// lib/protection/handler/database-log.ts
var import_client_cloudwatch_logs = require("@aws-sdk/client-cloudwatch-logs");
async function retain(logGroupName, retentionInDays) {
  const client = new import_client_cloudwatch_logs.CloudWatchLogsClient({});
  try {
    await client.send(new import_client_cloudwatch_logs.CreateLogGroupCommand({ logGroupName }));
  } catch (problem) {
    if (problem.name !== "ResourceAlreadyExistsException") throw problem;
  }
  await client.send(new import_client_cloudwatch_logs.PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
}

// lib/protection/handler/deletion-protection.ts
var NAME = "deletion-protection";
var PATIENCE = 8 * 60 * 1e3;
var PATIENCE_TO_TAKE_BACK = 60 * 1e3;
var PAUSE = 5e3;
var PASSING = /Throttl|RequestLimitExceeded|TooManyRequests|InvalidDBInstanceState|ServiceUnavailable|InternalFailure|InternalError/;
var DeletionProtection = class {
  constructor(services) {
    this.services = services;
    this.deadline = services.now() + PATIENCE;
  }
  services;
  deadline;
  /** Gives the physical id. */
  async create({ enabled, resources }) {
    const changed = await this.switchAll(resources, enabled);
    return [NAME, ...enabled ? changed.map((each) => each.property) : []].join(":");
  }
  async update({ enabled, resources, gone = [], stackId }) {
    await this.switchAll(resources, enabled);
    if (gone.length > 0 && isRollback(await this.status(stackId))) await this.switchAll(gone, false);
  }
  /**
   * A rollback of the creation takes the protection off, so that CloudFormation may delete what it has created.
   *
   * @throws where somebody deletes a protected cluster; nothing of it has been deleted by then
   */
  async delete({ resources, stackId, physicalId }) {
    const on = await this.filter(resources, true);
    if (on.length === 0) return;
    const status = await this.status(stackId);
    if (!isRollback(status)) throw new Error(refusal(on, status));
    await this.switchAll(on.filter((each) => status === "ROLLBACK_IN_PROGRESS" || created(physicalId).includes(each.property)), false);
  }
  /** Of the stack where that is rolled back by itself; otherwise of its root, which knows why a nested stack is deleted. */
  async status(stackId) {
    const { status, rootId } = await this.patiently(() => this.services.describeStack(stackId));
    return isRollback(status) || rootId === void 0 || rootId === stackId ? status : this.status(rootId);
  }
  /** All or none; gives those that were not so before. */
  async switchAll(resources, on) {
    const changed = await this.filter(resources, !on);
    const done = [];
    try {
      for (const each of changed) {
        done.push(each);
        await this.switch(each, on);
      }
    } catch (problem) {
      await this.takeBack(done, on, problem);
    }
    return changed;
  }
  async switch(resource, on) {
    await this.patiently(() => resource.request(on));
    while (await this.isProtected(resource) !== on) await this.wait(`${resource.id} is still ${on ? "not " : ""}protected`);
    this.services.log(`deletion protection of ${resource.id} is ${on ? "on" : "off"}`);
  }
  async takeBack(done, on, problem) {
    this.services.log(`taking back: ${problem.message}`);
    this.deadline = this.services.now() + PATIENCE_TO_TAKE_BACK;
    for (const each of [...done].reverse()) {
      try {
        await this.patiently(() => each.request(!on));
      } catch (again) {
        this.services.log(`deletion protection of ${each.id} could not be taken back: ${again.message}`);
      }
    }
    throw problem;
  }
  async filter(resources, on) {
    const found = [];
    for (const each of resources) if (await this.isProtected(each) === on) found.push(each);
    return found;
  }
  isProtected(resource) {
    return this.patiently(() => resource.isProtected());
  }
  async patiently(call) {
    for (; ; ) {
      try {
        return await call();
      } catch (problem) {
        if (!PASSING.test(problem.name)) throw problem;
        await this.wait(problem.message, problem);
      }
    }
  }
  async wait(reason, problem = new Error(reason)) {
    if (this.services.now() + PAUSE > this.deadline) throw problem;
    this.services.log(`waiting: ${reason}`);
    await this.services.pause(PAUSE);
  }
};
function isRollback(status) {
  return /^(UPDATE_)?ROLLBACK_/.test(status);
}
function created(physicalId = "") {
  return physicalId.split(":").slice(1);
}
function refusal(resources, status) {
  const names = resources.map((each) => each.id).join(" and ");
  if (status !== "DELETE_IN_PROGRESS") {
    return `Deletion protection of ${names} is on, so they stay: set deletionProtection to false and deploy before you remove the cluster from its stack.`;
  }
  return `Deletion protection of ${names} is on, so nothing that the cluster needs was deleted. CloudFormation does not update a stack whose deletion has failed: to delete it, run ${resources.map((each) => `"${each.command}"`).join(" and ")}, and delete the stack again.`;
}

// lib/protection/handler/protected-resource.ts
var import_client_rds = require("@aws-sdk/client-rds");
var import_client_elastic_load_balancing_v2 = require("@aws-sdk/client-elastic-load-balancing-v2");
var DatabaseInstance = class {
  constructor(id, client) {
    this.id = id;
    this.client = client;
    this.command = `aws rds modify-db-instance --db-instance-identifier ${id} --no-deletion-protection`;
  }
  id;
  client;
  property = "DatabaseInstance";
  command;
  async isProtected() {
    const answer2 = await unlessGone("DBInstanceNotFound", () => this.client.send(new import_client_rds.DescribeDBInstancesCommand({ DBInstanceIdentifier: this.id })));
    return answer2?.DBInstances?.[0]?.DeletionProtection === true;
  }
  /** Without ApplyImmediately, which would also apply whatever else waits for the maintenance window; protection does not need it. */
  request(on) {
    return this.client.send(new import_client_rds.ModifyDBInstanceCommand({ DBInstanceIdentifier: this.id, DeletionProtection: on }));
  }
};
var ATTRIBUTE = "deletion_protection.enabled";
var LoadBalancer = class {
  constructor(id, client) {
    this.id = id;
    this.client = client;
    this.command = `aws elbv2 modify-load-balancer-attributes --load-balancer-arn ${id} --attributes Key=${ATTRIBUTE},Value=false`;
  }
  id;
  client;
  property = "LoadBalancer";
  command;
  async isProtected() {
    const question = new import_client_elastic_load_balancing_v2.DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: this.id });
    const answer2 = await unlessGone("LoadBalancerNotFound", () => this.client.send(question));
    return answer2?.Attributes?.find((each) => each.Key === ATTRIBUTE)?.Value === "true";
  }
  request(on) {
    const attributes = [{ Key: ATTRIBUTE, Value: String(on) }];
    return this.client.send(new import_client_elastic_load_balancing_v2.ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: this.id, Attributes: attributes }));
  }
};
async function unlessGone(name, ask) {
  try {
    return await ask();
  } catch (problem) {
    if (problem.name.startsWith(name)) return void 0;
    throw problem;
  }
}

// lib/protection/handler/handler.ts
var RETENTION_DAYS = 90;
function handler(event) {
  return handle(event, {});
}
async function handle(event, services) {
  const { RequestType: type, PhysicalResourceId: physicalId, ResourceProperties: properties, OldResourceProperties: old } = event;
  const protection = new DeletionProtection({ ...SERVICES, ...services });
  const resources = resourcesOf(properties);
  const request = { enabled: properties.Enabled === "true", resources, stackId: event.StackId, physicalId };
  return answer(event, physicalId ?? "deletion-protection", async () => {
    if (type === "Delete") {
      await protection.delete(request);
      return physicalId;
    }
    if (properties.DatabaseLog) await retain(properties.DatabaseLog, RETENTION_DAYS);
    if (type === "Create") return protection.create(request);
    await protection.update({ ...request, gone: resourcesOf(old).filter((each) => !resources.some(({ id }) => id === each.id)) });
    return physicalId;
  });
}
var SERVICES = {
  describeStack,
  now: Date.now,
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  log: console.log
};
function resourcesOf(properties) {
  const { DatabaseInstance: database, LoadBalancer: balancer } = properties ?? {};
  return [
    ...database ? [new DatabaseInstance(database, new import_client_rds2.RDSClient({}))] : [],
    ...balancer ? [new LoadBalancer(balancer, new import_client_elastic_load_balancing_v22.ElasticLoadBalancingV2Client({}))] : []
  ];
}
async function describeStack(stackId) {
  const { Stacks: [stack] = [] } = await new import_client_cloudformation.CloudFormationClient({}).send(new import_client_cloudformation.DescribeStacksCommand({ StackName: stackId }));
  return { status: stack.StackStatus, rootId: stack.RootId };
}
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  handle,
  handler
});
