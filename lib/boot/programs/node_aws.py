"""What the boot programs ask of AWS: instance metadata by IMDSv2, and the AWS CLI for everything else.

A library, not a command. Secrets pass only through the standard output of a child process into memory.
"""
import ipaddress
import json
import os
import subprocess
import time
import urllib.request

METADATA = "http://169.254.169.254/latest"
TOKEN_SECONDS = "300"

# A role that was made a moment ago is not known everywhere yet; a resource that does not exist will not come.
# InvalidRequestException: a secret that is marked for deletion. ResourceExistsException: another node was first.
HOPELESS = ("ResourceNotFoundException", "ResourceExistsException", "InvalidRequestException", "NoSuchBucket", "NoSuchKey", "404",
            "ValidationError", "InvalidParameter")
ATTEMPTS = 12
FIRST_PAUSE = 2
LONGEST_PAUSE = 30
SELF_ATTEMPTS = 60
SELF_PAUSE = 5


class AwsError(Exception):
    """A call that failed for good; the message is the last line of what the AWS CLI said."""

    def __init__(self, message, hopeless=False):
        super().__init__(message)
        self.hopeless = hopeless


class Metadata:
    """Instance metadata, version 2 only."""

    def get(self, path):
        request = urllib.request.Request(METADATA + "/meta-data/" + path, headers={"X-aws-ec2-metadata-token": self._token()})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()

    def _token(self):
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": TOKEN_SECONDS}
        request = urllib.request.Request(METADATA + "/api/token", method="PUT", headers=headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()


def aws(*arguments, attempts=ATTEMPTS, key=None):
    """The JSON answer of one AWS CLI call, tried again while a later try may succeed. With a key it is not the node's role that asks."""
    environment = dict(os.environ, AWS_ACCESS_KEY_ID=key["accessKeyId"], AWS_SECRET_ACCESS_KEY=key["secretAccessKey"]) if key else None
    pause = FIRST_PAUSE
    for attempt in range(1, attempts + 1):
        done = subprocess.run(("aws",) + arguments + ("--output", "json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        if done.returncode == 0:
            return json.loads(done.stdout) if done.stdout.strip() else None
        message = _last_line(done.stderr)
        hopeless = any(each in message for each in HOPELESS)
        if hopeless or attempt == attempts:
            raise AwsError(message, hopeless)
        print("  again in %d s: %s" % (pause, message), flush=True)
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def download(bucket, key, target):
    """One object to one file."""
    aws("s3", "cp", "--only-show-errors", "s3://%s/%s" % (bucket, key), target)


def _last_line(output):
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "the AWS CLI gave no reason"


class LiveResolver:
    """Resolves a plan's references on the node itself."""

    def __init__(self, values):
        self.values = values
        self.cloud_metadata = Metadata()
        self.secrets = {}
        self.versions = {}

    def env(self, name):
        return self.values[name]

    def metadata(self, path):
        return self.cloud_metadata.get(path)

    def network(self):
        """The range of addresses of the VPC, of its several the one that this node is in."""
        own = ipaddress.ip_address(self.metadata("local-ipv4"))
        blocks = self.metadata("network/interfaces/macs/%s/vpc-ipv4-cidr-blocks" % self.metadata("mac")).split()
        return next(block for block in blocks if own in ipaddress.ip_network(block))

    def secret(self, name, field=None):
        text = self._secret_text(name)
        if field is None:
            return text
        return json.loads(text)[field]

    def refreshed_secret(self, name):
        """The whole text of a secret that another node may have written a moment ago."""
        self.secrets.pop(name, None)
        return self.secret(name)

    def members(self, spec):
        """All instances with the tag, this one among them: EC2 needs a moment until it shows a new instance's tags."""
        own = self.metadata("local-ipv4")
        for _ in range(SELF_ATTEMPTS):
            members = self._tagged(spec)
            if any(each["host"] == own for each in members):
                return members
            time.sleep(SELF_PAUSE)
        raise AwsError("this node does not find itself among the instances with its cluster's tag")

    def instances(self, spec):
        """The cluster's instances that run or are about to, with id and private address."""
        tag, value = self._plain(spec["tag"]), self._plain(spec["value"])
        answer = aws("ec2", "describe-instances", "--filters", "Name=tag:%s,Values=%s" % (tag, value),
                     "Name=instance-state-name,Values=pending,running")
        found = [each for reservation in answer["Reservations"] for each in reservation["Instances"]]
        return [{"id": each["InstanceId"], "address": each["PrivateIpAddress"]} for each in found if each.get("PrivateIpAddress")]

    def _tagged(self, spec):
        hosts = sorted(each["address"] for each in self.instances(spec))
        return [{"host": host, "port": self._plain(spec["port"])} for host in hosts]

    def _plain(self, value):
        return self.values[value["env"]] if isinstance(value, dict) else value

    def _secret_text(self, name):
        if name not in self.secrets:
            answer = aws("secretsmanager", "get-secret-value", "--secret-id", self.values[name])
            self.secrets[name] = answer["SecretString"]
            self.versions[name] = answer["VersionId"]
        return self.secrets[name]


def read_values(path):
    """The late-bound values: lines NAME=value, taken as they are."""
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = [line.rstrip("\n") for line in file]
    return dict(line.split("=", 1) for line in lines if "=" in line)
