#!/usr/bin/python3
"""
A stand-in for Amazon's CloudWatch agent, which no package of the nodes' distribution has: of it, what sends log files and host metrics.

Usage:      amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:PATH      as the agent's own is called
            amazon-cloudwatch-agent-ctl daemon                                      its service
Exit codes: 0 done; 1 the configuration is not what the agent takes, or nothing started

It reads the very configuration that the agent would: file_path (the newest that matches), log_group_name, log_stream_name with
{instance_id}, timestamp_format, timezone, multi_line_start_pattern. It begins each file at its beginning, goes on where it was after a
reboot, runs as `run_as_user` of the configuration, and calls CreateLogStream and PutLogEvents as the instance's role.

Of metrics it knows mem and swap (used_percent), disk (used_percent of the root), the dimensions that each entry appends, ${aws:InstanceId}, and
aggregation. It measures once a minute and calls PutMetricData. It does not show what the agent adds by itself (path and fstype as dimensions of a
single instance), and memory and swap are those of the host, which the nodes share. What else the agent can do is refused, not ignored.
"""
import datetime
import glob
import hashlib
import hmac
import json
import os
import pwd
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

HOME = '/opt/aws/amazon-cloudwatch-agent'
SELF = HOME + '/bin/amazon-cloudwatch-agent-ctl'
CONFIGURATION = HOME + '/etc/amazon-cloudwatch-agent.json'
STATE = HOME + '/logs/state.json'
UNIT = '/etc/systemd/system/amazon-cloudwatch-agent.service'
METADATA = 'http://169.254.169.254/latest/'
KNOWN = {'file_path', 'log_group_name', 'log_stream_name', 'timestamp_format', 'timezone', 'multi_line_start_pattern'}
TIMES = {'%Y': r'\d{4}', '%m': r'\d{2}', '%d': r'\d{2}', '%H': r'\d{2}', '%M': r'\d{2}', '%S': r'\d{2}', '%f': r'\d{1,9}'}
METRICS_KNOWN = {'namespace', 'append_dimensions', 'aggregation_dimensions', 'metrics_collected'}
MEASUREMENTS = {'mem': ['used_percent'], 'disk': ['used_percent'], 'swap': ['used_percent']}
ENTRY_KNOWN = {'mem': {'measurement', 'append_dimensions'}, 'swap': {'measurement', 'append_dimensions'},
               'disk': {'measurement', 'append_dimensions', 'resources', 'drop_device'}}
PAUSE_SECONDS = 2
#: The service takes 1 MiB with 26 bytes for each event; a batch that is cut at this many lines stays below.
MOST_EVENTS = 1000
MOST_BYTES = 1 << 20

UNIT_TEXT = """[Unit]
Description=Stand-in for the Amazon CloudWatch Agent
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=%s daemon
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
""" % SELF


class Refused(Exception):
    pass


def main(arguments):
    if arguments == ['daemon']:
        run()
    source = arguments[arguments.index('-c') + 1] if '-c' in arguments[:-1] else ''
    if 'fetch-config' not in arguments or '-s' not in arguments or not source.startswith('file:'):
        raise Refused('the stand-in knows: -a fetch-config -m ec2 -s -c file:PATH')
    with open(source[len('file:'):], encoding='utf-8') as file:
        configuration = json.load(file)
    check(configuration)
    for path, text in ((CONFIGURATION, json.dumps(configuration)), (UNIT, UNIT_TEXT)):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
    subprocess.run(['systemctl', 'daemon-reload'], check=True)
    subprocess.run(['systemctl', 'enable', 'amazon-cloudwatch-agent.service'], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(['systemctl', 'restart', 'amazon-cloudwatch-agent.service'], check=True)


def check(configuration):
    for entry in configuration['logs']['logs_collected']['files']['collect_list']:
        unknown = set(entry) - KNOWN
        if unknown:
            raise Refused('the stand-in does not know %s' % ', '.join(sorted(unknown)))
    if 'metrics' in configuration:
        check_metrics(configuration['metrics'])


def check_metrics(metrics):
    unknown = set(metrics) - METRICS_KNOWN | set(metrics['metrics_collected']) - set(MEASUREMENTS)
    if unknown:
        raise Refused('the stand-in does not know the metrics %s' % ', '.join(sorted(unknown)))
    if metrics['append_dimensions'] != {'InstanceId': '${aws:InstanceId}'}:
        raise Refused('the stand-in appends ${aws:InstanceId} only: other dimensions take a permission of EC2')
    for plugin, entry in entries_of(metrics):
        if set(entry) - ENTRY_KNOWN[plugin] or entry['measurement'] != MEASUREMENTS[plugin] or entry.get('resources', ['/']) != ['/']:
            raise Refused('the stand-in does not know %s of %s' % (json.dumps(entry), plugin))


def entries_of(metrics):
    for plugin, entries in metrics['metrics_collected'].items():
        yield from ((plugin, entry) for entry in (entries if isinstance(entries, list) else [entries]))


def run():
    with open(CONFIGURATION, encoding='utf-8') as file:
        configuration = json.load(file)
    service = Service(configuration['agent']['region'])
    instance = metadata('meta-data/instance-id').decode()
    state = read_state()
    become(configuration['agent'].get('run_as_user', 'root'))
    entries = configuration['logs']['logs_collected']['files']['collect_list']
    followers = [Follower(entry, instance, state.setdefault(entry['file_path'], {})) for entry in entries]
    metrics, next_look = configuration.get('metrics'), 0
    while True:
        if metrics and time.monotonic() >= next_look:
            next_look = time.monotonic() + configuration['agent'].get('metrics_collection_interval', 60)
            send_metrics(metrics, instance, Metrics(configuration['agent']['region']))
        for each in followers:
            try:
                each.send(service)
            except OSError as problem:
                print('%s: %s' % (each.entry['file_path'], problem), flush=True)
        write_state(state)
        time.sleep(PAUSE_SECONDS)


def become(user):
    """The user of run_as_user, who gets the folder in which the agent keeps its state; the agent's own start program does the same."""
    account = pwd.getpwnam(user)
    os.makedirs(os.path.dirname(STATE), exist_ok=True)
    for path in [os.path.dirname(STATE)] + [STATE] * os.path.exists(STATE):
        os.chown(path, account.pw_uid, account.pw_gid)
    os.initgroups(user, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def send_metrics(metrics, instance, service):
    try:
        service.put(metrics['namespace'], [datum for plugin, entry in entries_of(metrics) for datum in data(metrics, plugin, entry, instance)])
    except OSError as problem:
        print('metrics: %s' % problem, flush=True)


def data(metrics, plugin, entry, instance):
    """Of each measured value the datum with all dimensions, and one for each aggregation."""
    (measurement,) = entry['measurement']
    dimensions = dict(entry['append_dimensions'], InstanceId=instance)
    for value in MEASURED[plugin](entry):
        yield '%s_%s' % (plugin, measurement), value, dimensions
        for names in metrics['aggregation_dimensions']:
            yield '%s_%s' % (plugin, measurement), value, {name: dimensions[name] for name in names}


def meminfo():
    with open('/proc/meminfo', encoding='ascii') as file:
        return {line.split(':')[0]: int(line.split()[1]) for line in file}


def used_percent(total, free):
    return 100.0 * (total - free) / total if total else 0.0


def disk_used():
    """As df counts: what only root may use is neither."""
    found = os.statvfs('/')
    used = found.f_blocks - found.f_bfree
    return used_percent(used + found.f_bavail, found.f_bavail)


MEASURED = {
    'mem': lambda _: [used_percent(meminfo()['MemTotal'], meminfo()['MemAvailable'])],
    'swap': lambda _: [used_percent(meminfo()['SwapTotal'], meminfo()['SwapFree'])],
    'disk': lambda _: [disk_used()],
}


class Follower:
    """One entry of the configuration."""

    def __init__(self, entry, instance, state):
        self.entry = entry
        self.state = state
        self.stream = entry['log_stream_name'].replace('{instance_id}', instance)
        self.start = re.compile(entry['multi_line_start_pattern']) if 'multi_line_start_pattern' in entry else None
        self.time = timestamp(entry['timestamp_format']) if 'timestamp_format' in entry else None
        self.made = False

    def send(self, service):
        """What is new, if all of it arrives; the rest, and what did not, the next time."""
        files = glob.glob(self.entry['file_path'])
        if not files:
            return
        path = max(files, key=os.path.getmtime)
        with open(path, 'rb') as file:
            inode = os.fstat(file.fileno()).st_ino
            position = self.state.get('position', 0) if self.state.get('inode') == inode else 0
            if os.fstat(file.fileno()).st_size < position:
                position = 0
            file.seek(position)
            data = file.read(MOST_BYTES // 4)
        events, length = self.events(data)
        if events:
            self.put(service, events)
        self.state.update(inode=inode, position=position + length)

    def events(self, data):
        """The whole lines of the data as events, and how many bytes they are. An event of several lines ends with what it has by now."""
        length = data.rfind(b'\n') + 1
        messages = []
        for line in data[:length].decode('utf-8', 'replace').splitlines():
            if messages and self.start and not self.start.search(line):
                messages[-1] += '\n' + line
            elif line.strip():
                messages.append(line)
        return [{'timestamp': self.time_of(each), 'message': each} for each in messages], length

    def time_of(self, message):
        match = self.time and self.time[0].search(message)
        if not match:
            return int(time.time() * 1000)
        read = datetime.datetime.strptime(match.group(0), self.time[1])
        local = read.replace(tzinfo=datetime.timezone.utc) if self.entry.get('timezone') == 'UTC' else read.astimezone()
        return int(local.timestamp() * 1000)

    def put(self, service, events):
        place = {'logGroupName': self.entry['log_group_name'], 'logStreamName': self.stream}
        if not self.made:
            service.call('CreateLogStream', place, tolerated='ResourceAlreadyExistsException')
            self.made = True
        ordered = sorted(events, key=lambda each: each['timestamp'])
        for first in range(0, len(ordered), MOST_EVENTS):
            service.call('PutLogEvents', dict(place, logEvents=ordered[first:first + MOST_EVENTS]))


def timestamp(text):
    """The format as a regular expression and for strptime, whose fractions have six digits at most."""
    parts = re.split('(%.)', text)
    return re.compile(''.join(TIMES[each] if each in TIMES else re.escape(each) for each in parts)), text


class Endpoint:
    """One of AWS's services, its requests signed (Signature Version 4) as the role of the instance."""

    def __init__(self, name, region):
        self.name = name
        self.region = region
        self.host = '%s.%s.amazonaws.com' % (name, region)
        self.credentials = None

    def send(self, action, body, headers, tolerated=None):
        request = urllib.request.Request('https://%s/' % self.host, data=body, headers=self.signed(headers, body))
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                answer.read()
        except urllib.error.HTTPError as problem:
            said = problem.read().decode('utf-8', 'replace')
            self.credentials = None
            if tolerated is None or tolerated not in said:
                raise OSError('%s: %s %s' % (action, problem.code, said[:300])) from None

    def signed(self, more, body):
        credentials = self.fresh_credentials()
        now = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())
        headers = dict(more, **{'host': self.host, 'x-amz-date': now, 'x-amz-security-token': credentials['Token']})
        names = ';'.join(sorted(headers))
        canonical = '\n'.join(['POST', '/', '', *('%s:%s' % (name, headers[name]) for name in sorted(headers)), '', names,
                               hashlib.sha256(body).hexdigest()])
        scope = [now[:8], self.region, self.name, 'aws4_request']
        text = '\n'.join(['AWS4-HMAC-SHA256', now, '/'.join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
        key = ('AWS4' + credentials['SecretAccessKey']).encode()
        for part in scope:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        headers['authorization'] = 'AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s' % (
            credentials['AccessKeyId'], '/'.join(scope), names, signature)
        return headers

    def fresh_credentials(self):
        if self.credentials is None or self.credentials['until'] < time.time():
            role = metadata('meta-data/iam/security-credentials/').decode().strip()
            self.credentials = dict(json.loads(metadata('meta-data/iam/security-credentials/' + role)), until=time.time() + 600)
        return self.credentials


class Service(Endpoint):
    """CloudWatch Logs."""

    def __init__(self, region):
        super().__init__('logs', region)

    def call(self, action, document, tolerated=None):
        headers = {'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Logs_20140328.' + action}
        self.send(action, json.dumps(document).encode(), headers, tolerated)


class Metrics(Endpoint):
    """CloudWatch, by its query protocol."""

    def __init__(self, region):
        super().__init__('monitoring', region)

    def put(self, namespace, data):
        form = {'Action': 'PutMetricData', 'Version': '2010-08-01', 'Namespace': namespace}
        for index, (name, value, dimensions) in enumerate(data, 1):
            prefix = 'MetricData.member.%d.' % index
            form.update({prefix + 'MetricName': name, prefix + 'Value': repr(value)})
            for place, (key, text) in enumerate(sorted(dimensions.items()), 1):
                form.update({'%sDimensions.member.%d.Name' % (prefix, place): key, '%sDimensions.member.%d.Value' % (prefix, place): text})
        self.send('PutMetricData', urllib.parse.urlencode(form).encode(), {'content-type': 'application/x-www-form-urlencoded; charset=utf-8'})


def metadata(path):
    request = urllib.request.Request(METADATA + 'api/token', method='PUT', headers={'X-aws-ec2-metadata-token-ttl-seconds': '60'})
    with urllib.request.urlopen(request, timeout=10) as answer:
        token = answer.read().decode()
    with urllib.request.urlopen(urllib.request.Request(METADATA + path, headers={'X-aws-ec2-metadata-token': token}), timeout=10) as answer:
        return answer.read()


def read_state():
    try:
        with open(STATE, encoding='utf-8') as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return {}


def write_state(state):
    os.makedirs(os.path.dirname(STATE), exist_ok=True)
    with open(STATE + '.new', 'w', encoding='utf-8') as file:
        json.dump(state, file)
    os.replace(STATE + '.new', STATE)


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except (Refused, OSError, KeyError, ValueError, subprocess.CalledProcessError) as trouble:
        print('stand-in of the CloudWatch agent: %s' % trouble)
        sys.exit(1)
