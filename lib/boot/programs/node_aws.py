"""What the boot programs ask of AWS: instance metadata by IMDSv2, and the AWS CLI for everything else.

A library, not a command. Secrets pass only through the standard output of a child process into memory.
"""
import email.utils
import errno
import http.client
import ipaddress
import json
import math
import random
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import node_aws_cli
import node_clock

METADATA = "http://169.254.169.254/latest"
TOKEN_SECONDS = "300"
METADATA_ATTEMPTS = 6
# Answers of the instance metadata service that a later request may not get: throttled, or with a token that has just expired.
METADATA_PASSING = (401, 408, 429)

# How botocore words a service's error, for both versions of the AWS CLI (ClientError.MSG_TEMPLATE in botocore/exceptions.py). What stands
# before it differs: nothing, "aws: [ERROR]: ", and for `aws s3 cp` "fatal error: " or "download failed: s3://... to ... ". Version 2 words
# errors of its own without the operation.
ERROR = re.compile(r"An error occurred \(([^()]*)\)(?: when calling the \w+ operation|:)")
# The number of an error of the operating system, as Python words it.
LOCAL_ERROR = re.compile(r"\[Errno (\d+)\]")
# Exit codes of the AWS CLI, of versions 2 and 1, for a command that it does not understand (AWS CLI user guide, "Return codes").
WRONG_USAGE = (252, 2)

# Error codes that no later attempt changes. HEAD requests have no body, so that for them S3's code is the HTTP status.
# InvalidRequestException: a secret that is marked for deletion. ResourceExistsException: another node was first.
FINAL = ("ResourceNotFoundException", "ResourceExistsException", "InvalidRequestException", "InvalidParameterException", "NoSuchBucket", "NoSuchKey",
         "NotFound", "404", "ValidationError", "ValidationException")
# Error codes that pass, however long that takes: what botocore's standard retries call throttled or transient (_THROTTLED_ERROR_CODES and
# _TRANSIENT_ERROR_CODES in botocore/retries/standard.py), and the names that services give to their HTTP status 500 and 503 ("Common errors" in
# the API references of EC2, S3, Secrets Manager, CloudFormation, Auto Scaling and KMS). Credentials that have expired are fetched anew by each call.
PASSING = ("BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
           "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown",
           "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException", "TransactionInProgressException",
           "RequestTimeout", "RequestTimeoutException",
           "InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "ServiceFailure", "ServiceUnavailable",
           "ServiceUnavailableException", "Unavailable", "DependencyTimeoutException", "KMSInternalException",
           "429", "500", "502", "503", "504", "ExpiredToken", "ExpiredTokenException")
# Error codes of a call that is not allowed, or whose key or signature the service does not know. A role that was made a moment ago is not known
# everywhere yet, which takes seconds (IAM user guide, "Changes that I make are not always immediately visible"), so these are tried for a
# shorter time than the others. So are calls of a machine whose clock is wrong, until it is set: S3's answer to a HEAD request is 403 then, too.
REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403", "AuthFailure", "InvalidAccessKeyId",
           "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException")
# Error codes of a request whose time is too far from the service's.
WRONG_TIME = ("RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture")
# Signatures are valid for five minutes (IAM user guide, "AWS Signature Version 4 for API requests"; S3 takes fifteen).
CLOCK_SECONDS = 300
REFUSED_SECONDS = 60
# Any other error code: what was made a moment ago is not known everywhere, and what is in a wrong state may leave it.
OTHER_SECONDS = 240
# How long a call is tried where no boot sets an end.
SECONDS = 240
FIRST_PAUSE = 2
LONGEST_PAUSE = 30
SELF_ATTEMPTS = 60
SELF_PAUSE = 5
# Of the AWS CLI itself: seconds until a service that does not answer is given up once, and how it asks for the role's credentials, of which its
# default is one request of one second.
CONNECT_SECONDS = "10"
CREDENTIALS = {"AWS_METADATA_SERVICE_TIMEOUT": "5", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "4"}


class AwsError(Exception):
    """A call that failed for good; the message is the line in which the AWS CLI says why.

    `code` is the service's error code, `aws` where the call never reached a service, `clock` where the machine's clock is wrong; `final` tells
    that no attempt would have succeeded.
    """

    def __init__(self, message, code=None, final=False):
        super().__init__(message)
        self.code = code or code_in(message) or "aws"
        self.final = final


class MetadataError(OSError):
    """The instance metadata service did not answer. `code` is short enough for a signal."""

    code = "metadata"


class Metadata:
    """Instance metadata, version 2 only."""

    def get(self, path):
        """One lost request must not fail a boot; a path that does not exist (404) is an answer."""
        pause = 1
        for attempt in range(1, METADATA_ATTEMPTS + 1):
            try:
                token, _ = _metadata("/api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": TOKEN_SECONDS})
                return _metadata("/meta-data/" + path, "GET", {"X-aws-ec2-metadata-token": token})[0]
            except urllib.error.HTTPError as problem:
                if problem.code < 500 and problem.code not in METADATA_PASSING:
                    raise
                last = problem
            except (OSError, http.client.HTTPException) as problem:
                last = problem
            if attempt < METADATA_ATTEMPTS:
                time.sleep(with_jitter(pause))
                pause *= 2
        raise MetadataError("instance metadata did not answer %d times: %s" % (METADATA_ATTEMPTS, last))


def _metadata(path, method, headers):
    with urllib.request.urlopen(urllib.request.Request(METADATA + path, method=method, headers=headers), timeout=5) as answer:
        return answer.read().decode(), answer.headers


def clock_error():
    """Seconds that this machine's clock is behind that of the instance metadata service, which says its time in each answer; 0 where it does not."""
    try:
        _, headers = _metadata("/api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": TOKEN_SECONDS})
        return email.utils.parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
    except (OSError, http.client.HTTPException, TypeError, ValueError):
        return 0


def aws(*arguments, seconds=None, credentials=None, final=FINAL):
    """The JSON answer of one AWS CLI call, tried again while a later try may succeed. With a file of `credentials` it is not the node's role that asks.

    It is tried for `seconds`; without them, for as long as the boot has. `final` are the error codes that no later attempt of this call changes.
    """
    began = time.monotonic()
    end = began + (node_clock.left(SECONDS) if seconds is None else seconds)
    pause = FIRST_PAUSE
    while True:
        try:
            return _call(arguments, credentials, max(1, end - time.monotonic()))
        except AwsError as problem:
            problem.final = problem.final or problem.code in final
            wait, now = with_jitter(pause), time.monotonic()
            if problem.final or now + wait > min(end, began + _patience(problem)):
                raise
            print("  again in %d s: %s" % (wait, problem), flush=True)
            time.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)


def _call(arguments, credentials, seconds):
    variables = dict(CREDENTIALS)
    if credentials:
        # Without metadata the role does not stand in for a file that the AWS CLI cannot use.
        variables.update(AWS_SHARED_CREDENTIALS_FILE=credentials, AWS_EC2_METADATA_DISABLED="true")
    command = ("aws",) + arguments + ("--output", "json", "--cli-connect-timeout", CONNECT_SECONDS)
    try:
        done = node_aws_cli.run(command, variables, seconds)
    except subprocess.TimeoutExpired:
        raise AwsError("no answer to aws %s within %d s" % (" ".join(arguments[:2]), seconds), "aws") from None
    if done.returncode == 0:
        return json.loads(done.stdout) if done.stdout.strip() else None
    raise _failure(_reason(done.stderr), done.returncode)


def _failure(message, returncode):
    code = code_in(message)
    local = LOCAL_ERROR.search(message)
    if code is None and local and int(local.group(1)) in (errno.ENOSPC, errno.EDQUOT):
        return AwsError(message, "disk-full", final=True)
    if code in WRONG_TIME or (code in REFUSED and abs(clock_error()) > CLOCK_SECONDS):
        _set_clock()
        return AwsError("the clock of this machine is wrong, and must be set: %s" % message, "clock")
    return AwsError(message, code, final=returncode in WRONG_USAGE)


def _patience(problem):
    """Seconds that a call with this error is tried."""
    if problem.code in REFUSED:
        return REFUSED_SECONDS
    return math.inf if problem.code in PASSING + ("aws", "clock") else OTHER_SECONDS


def _set_clock():
    """Chrony sets a clock at once only while it starts, and later moves it slowly unless it is told. systemd-timesyncd needs no telling."""
    if shutil.which("chronyc"):
        subprocess.run(("chronyc", "makestep"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def code_in(message):
    """The service's error code in a message of the AWS CLI; nothing where no service answered."""
    match = ERROR.search(message)
    return match.group(1) if match else None


def with_jitter(pause):
    """Nodes that were launched together must not ask again together."""
    return pause * random.uniform(0.5, 1)


def download(bucket, key, target):
    """One object to one file. The error says what S3's answer means: its own words are `Forbidden` and `Not Found`."""
    try:
        aws("s3", "cp", "--only-show-errors", "s3://%s/%s" % (bucket, key), target)
    except AwsError as problem:
        raise _download_error(problem, "s3://%s/%s" % (bucket, key)) from problem


def _download_error(problem, address):
    if problem.code in REFUSED:
        return AwsError("S3 refuses %s: either the object does not exist and the role of this node may not list the bucket, or the policy of the role, "
                        "of the bucket or of its key does not allow the role to read it (%s)" % (address, problem), "forbidden")
    if problem.code in ("404", "NotFound", "NoSuchKey", "NoSuchBucket"):
        return AwsError("S3 has no %s (%s)" % (address, problem), "not-found", final=True)
    return problem


def _reason(output):
    """The line with the error; version 2 of the AWS CLI may write details below it."""
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    if not lines:
        return "the AWS CLI gave no reason"
    return next((line for line in lines if ERROR.search(line)), lines[-1])


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
