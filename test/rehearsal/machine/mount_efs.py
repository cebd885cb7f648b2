#!/usr/bin/python3
"""
A stand-in for the mount helper of amazon-efs-utils: the kernel under a rehearsal has no NFS.

Usage:      mount.efs FILE-SYSTEM[:PATH] FOLDER [-o OPTIONS]      as `mount -t efs` calls it
Options:    tls, iam, accesspoint=ID, az=ZONE, ro; others are taken and mean nothing here
Exit codes: 0 mounted; 1 wrong usage; 32 not mounted, as mount's own

It goes where the helper goes, to port 2049 of the mount target of its zone by that one's name, and asks there. What
answers is the rehearsal, which looks at the policies; then a folder that all nodes share is bound to the place. Files
written there have the writer's owner, not the access point's.
"""
import json
import os
import socket
import subprocess
import sys
import urllib.request

SHARED = '/.rehearsal/efs'
METADATA = 'http://169.254.169.254/latest/'
NFS_PORT = 2049
CONNECT_SECONDS = 5
NOT_MOUNTED = 32


class NotMounted(Exception):
    pass


def main(arguments):
    source, folder, options = parse(arguments)
    system, _, path = source.partition(':')
    system = system.split('.')[0]
    check(options)
    if not os.path.isdir(folder):
        raise NotMounted('mount point %s does not exist' % folder)
    wanted = {'path': path or '/', 'accessPoint': options.get('accesspoint'), 'iam': 'iam' in options,
              'tls': 'tls' in options}
    answer = ask(system, options.get('az') or metadata('placement/availability-zone'), wanted)
    if 'error' in answer:
        raise NotMounted(answer['error'])
    read_only = answer['readOnly'] or 'ro' in options
    bind(os.path.join(SHARED, answer['folder']), folder, read_only)


def parse(arguments):
    """`mount` itself adds -n, -v, -s and the like, which change nothing here."""
    places, texts, rest = [], [], list(arguments)
    while rest:
        one = rest.pop(0)
        if one == '-o' and rest:
            texts.append(rest.pop(0))
        elif not one.startswith('-'):
            places.append(one)
    if len(places) != 2:
        print('usage: mount.efs FILE-SYSTEM[:PATH] FOLDER [-o OPTIONS]', file=sys.stderr)
        sys.exit(1)
    words = [word for text in texts for word in text.split(',') if word]
    return places[0], places[1], dict((word.partition('=')[0], word.partition('=')[2]) for word in words)


def check(options):
    for name in ('iam', 'accesspoint'):
        if name in options and 'tls' not in options:
            raise NotMounted('the option %s needs the option tls' % name)


def metadata(path):
    lifetime = {'X-aws-ec2-metadata-token-ttl-seconds': '60'}
    request = urllib.request.Request(METADATA + 'api/token', method='PUT', headers=lifetime)
    token = urllib.request.urlopen(request, timeout=5).read().decode()
    request = urllib.request.Request(METADATA + 'meta-data/' + path, headers={'X-aws-ec2-metadata-token': token})
    return urllib.request.urlopen(request, timeout=5).read().decode()


def ask(system, zone, wanted):
    name = '%s.%s.efs.%s.amazonaws.com' % (zone, system, zone[:-1])
    try:
        addresses = socket.getaddrinfo(name, NFS_PORT, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror:
        raise NotMounted('Failed to resolve "%s": there is no file system %s, or it has no mount target in %s'
                         % (name, system, zone))
    try:
        with socket.create_connection(addresses[0][4], timeout=CONNECT_SECONDS) as connection:
            connection.sendall(json.dumps(wanted).encode() + b'\n')
            return json.loads(connection.makefile().readline())
    except (OSError, ValueError) as error:
        raise NotMounted('%s port %d: %s; does the security group of the mount target let this node in?'
                         % (name, NFS_PORT, error))


def bind(source, folder, read_only):
    subprocess.run(['mount', '--bind', source, folder], check=True)
    if read_only:
        subprocess.run(['mount', '-o', 'remount,bind,ro', folder], check=True)


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except (NotMounted, OSError, subprocess.CalledProcessError) as problem:
        print('mount.efs: %s' % problem, file=sys.stderr)
        sys.exit(NOT_MOUNTED)
