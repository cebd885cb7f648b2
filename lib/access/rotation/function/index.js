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

// lib/access/rotation/handler.ts
var handler_exports = {};
__export(handler_exports, {
  handler: () => handler
});
module.exports = __toCommonJS(handler_exports);
var import_client_ec2 = require("@aws-sdk/client-ec2");
var import_client_iam2 = require("@aws-sdk/client-iam");
var import_client_secrets_manager2 = require("@aws-sdk/client-secrets-manager");

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

// lib/access/rotation/rotated-access-keys.ts
var import_client_iam = require("@aws-sdk/client-iam");
var import_client_secrets_manager = require("@aws-sdk/client-secrets-manager");
var DAY = 24 * 60 * 60 * 1e3;
var UNUSED_DAYS = 7;
var MOST_KEYS = 2;
var ATTEMPTS = 24;
var PAUSE = 5e3;
var RotatedAccessKeys = class {
  constructor(userName, services) {
    this.userName = userName;
    this.services = services;
  }
  userName;
  services;
  /** A new key beside the current one, as the pending version of the secret. */
  async createSecret(secretId, token) {
    const current = await this.currentVersion(secretId);
    if (current.id === token || await this.version(secretId, "AWSPENDING", token)) {
      this.services.log("the new access key is there already");
      return;
    }
    await this.makeRoom(current.key.accessKeyId);
    const { AccessKey: made } = await this.services.iam.send(new import_client_iam.CreateAccessKeyCommand({ UserName: this.userName }));
    const key = { accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey };
    try {
      await this.services.secrets.send(new import_client_secrets_manager.PutSecretValueCommand({
        SecretId: secretId,
        ClientRequestToken: token,
        SecretString: JSON.stringify(key),
        VersionStages: ["AWSPENDING"]
      }));
    } catch (problem) {
      await this.delete(key.accessKeyId);
      throw problem;
    }
    this.services.log("there is a new access key");
  }
  /** The new key does what members need. Secrets Manager also asks this of a secret that it has never rotated. */
  async testSecret(secretId, token) {
    for (let attempt = 1; ; attempt++) {
      try {
        const { key } = await this.version(secretId, "AWSPENDING", token) ?? await this.currentVersion(secretId);
        await this.services.tryAsMember(key);
        this.services.log("the access key finds members");
        return;
      } catch (problem) {
        if (attempt === ATTEMPTS) throw problem;
        await this.services.pause(PAUSE);
      }
    }
  }
  /** From now on, servers that start take the new key. */
  async finishSecret(secretId, token) {
    const current = await this.currentVersion(secretId);
    if (current.id === token) return;
    await this.services.secrets.send(new import_client_secrets_manager.UpdateSecretVersionStageCommand({
      SecretId: secretId,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: token,
      RemoveFromVersionId: current.id
    }));
    this.services.log("the new access key is the current one");
  }
  /** Disables what was replaced and is no longer used; who still needs it after all can have it enabled again. */
  async retire(secretId) {
    const current = await this.currentVersion(secretId);
    const pending = await this.version(secretId, "AWSPENDING");
    const kept = [current.key.accessKeyId, pending?.key.accessKeyId];
    for (const key of await this.keys()) {
      if (kept.includes(key.AccessKeyId) || key.Status !== "Active") continue;
      if (this.daysSince(key.CreateDate) < UNUSED_DAYS || await this.isInUse(key)) continue;
      await this.services.iam.send(new import_client_iam.UpdateAccessKeyCommand({ UserName: this.userName, AccessKeyId: key.AccessKeyId, Status: "Inactive" }));
      this.services.log(`the access key before the current one is disabled: it was not used for ${UNUSED_DAYS} days`);
    }
  }
  /** Before the user goes: IAM deletes none that has keys. A user that is gone already has none. */
  async deleteAll() {
    try {
      for (const { AccessKeyId: id } of await this.keys()) await this.delete(id);
    } catch (problem) {
      if (problem.name !== "NoSuchEntityException") throw problem;
    }
  }
  /** Of the keys that are not the current one, the oldest that nobody uses gives way. */
  async makeRoom(currentId) {
    const keys = await this.keys();
    if (keys.length < MOST_KEYS) return;
    for (const key of keys.filter((each) => each.AccessKeyId !== currentId)) {
      if (await this.isInUse(key)) continue;
      await this.delete(key.AccessKeyId);
      this.services.log("the access key before the current one is deleted");
      return;
    }
    throw new Error(`the access key of ${this.userName} before the current one was used within ${UNUSED_DAYS} days, so there is no place for a new one: restart the servers of the cluster one after the other, each takes the current key, and rotate the secret again after that time`);
  }
  async isInUse(key) {
    const { AccessKeyLastUsed: last } = await this.services.iam.send(new import_client_iam.GetAccessKeyLastUsedCommand({ AccessKeyId: key.AccessKeyId }));
    return last?.LastUsedDate !== void 0 && this.daysSince(last.LastUsedDate) < UNUSED_DAYS;
  }
  async keys() {
    const { AccessKeyMetadata: keys = [] } = await this.services.iam.send(new import_client_iam.ListAccessKeysCommand({ UserName: this.userName }));
    return keys.sort((a, b) => a.CreateDate.getTime() - b.CreateDate.getTime());
  }
  async delete(id) {
    await this.services.iam.send(new import_client_iam.DeleteAccessKeyCommand({ UserName: this.userName, AccessKeyId: id }));
  }
  async currentVersion(secretId) {
    const current = await this.version(secretId, "AWSCURRENT");
    if (current) return current;
    throw new Error("the secret has no current version");
  }
  /** Nothing where there is none of that stage, or none with a value yet. */
  async version(secretId, stage, id) {
    try {
      const answer2 = await this.services.secrets.send(new import_client_secrets_manager.GetSecretValueCommand({ SecretId: secretId, VersionStage: stage, VersionId: id }));
      return { id: answer2.VersionId, key: JSON.parse(answer2.SecretString) };
    } catch (problem) {
      if (problem.name === "ResourceNotFoundException") return void 0;
      throw problem;
    }
  }
  daysSince(date) {
    return (this.services.now() - date.getTime()) / DAY;
  }
};

// lib/access/rotation/handler.ts
async function handler(event) {
  if ("ResponseURL" in event) return about(event);
  const keys = keysOf(process.env.USER_NAME);
  return "retire" in event ? keys.retire(event.retire) : step(event, keys);
}
function keysOf(userName) {
  return new RotatedAccessKeys(userName, {
    iam: new import_client_iam2.IAMClient({}),
    secrets: new import_client_secrets_manager2.SecretsManagerClient({}),
    tryAsMember: describeInstances,
    now: Date.now,
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    log: console.log
  });
}
async function describeInstances(credentials) {
  const ec2 = new import_client_ec2.EC2Client({ region: process.env.MEMBERSHIP_REGION, credentials, maxAttempts: 1 });
  await ec2.send(new import_client_ec2.DescribeInstancesCommand({ MaxResults: 5 }));
}
async function step({ Step: name, SecretId: secretId, ClientRequestToken: token }, keys) {
  switch (name) {
    case "createSecret":
      return keys.createSecret(secretId, token);
    // IAM has known the new key since it made it.
    case "setSecret":
      return;
    case "testSecret":
      return keys.testSecret(secretId, token);
    case "finishSecret":
      return keys.finishSecret(secretId, token);
    default:
      throw new Error(`'${name}' is no step of a rotation`);
  }
}
async function about(request) {
  const { UserName: userName } = request.ResourceProperties;
  return answer(request, userName, async () => {
    if (request.RequestType === "Delete") await keysOf(userName).deleteAll();
    return userName;
  });
}
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  handler
});
