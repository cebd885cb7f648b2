#!/usr/bin/python3
"""
A stand-in for udev in each node: udevd does not run in a container. It carries out the one rule that matters for a
node's network, which is that of amazon-ec2-net-utils, for each network interface that is there and each that comes and goes.
"""

import os
import re
import subprocess

RULES = '/usr/lib/udev/rules.d/99-vpc-policy-routes.rules'
#: As `ip -oneline monitor link` writes them: "5: ens6@if9: <BROADCAST,MULTICAST> ..." and "Deleted 5: ens6@if9: ...".
EVENT = re.compile(r'(Deleted )?\d+: ([^:@\s]+)')


def main() -> None:
    monitor = subprocess.Popen(['ip', '-oneline', 'monitor', 'link'], stdout=subprocess.PIPE, text=True)
    present = set()
    for device in sorted(os.listdir('/sys/class/net')):
        see(present, device)
    for line in monitor.stdout:
        deleted, device = EVENT.match(line).groups()
        forget(present, device) if deleted else see(present, device)


def see(present: set, device: str) -> None:
    if device not in present and device != 'lo':
        present.add(device)
        carry_out('add', device)


def forget(present: set, device: str) -> None:
    if device in present:
        present.discard(device)
        carry_out('remove', device)


def carry_out(action: str, device: str) -> None:
    with open(RULES, encoding='utf-8') as rules:
        lines = [line for line in rules if f'ACTION=="{action}"' in line]
    for command in re.findall(r'RUN\+="([^"]+)"', ''.join(lines)):
        print(command.replace('$name', device), flush=True)
        subprocess.run(command.replace('$name', device).split(), check=False)


if __name__ == '__main__':
    main()
