"""One node of the test: the real start program, and around it what systemd does with it.

A library, not a command. `boot.before_start` and `boot.after_start` run as they are, with the real client of the database. Modelled are: AWS's answers
(all instances run from the beginning), the configuration (the list of members is that of all nodes), and the service, which starts a server again
RESTART_SECONDS after its start has failed or it has ended.
"""
import json
import os
import sys
import time
from unittest import mock

RESTART_SECONDS = 15
PORT = 5701
CLUSTER = "start-test"


class Node:
    """`host` starts and stops its server; `say` reports what happens, as a tuple."""

    def __init__(self, index, world, say):
        self.index, self.world, self.say = index, world, say
        self.id, self.address = instance_id(index), address_of(index)
        self.folder = os.path.join(world.folder, self.id)

    def run(self):
        """Does not return."""
        sys.path.insert(0, self.world.programs)
        os.makedirs(os.path.join(self.folder, "run"), exist_ok=True)
        sys.stdout = open(os.path.join(self.folder, "program.log"), "a", buffering=1, encoding="utf-8")
        sys.stderr = sys.stdout
        boot = self._boot()
        while True:
            self._start(boot)
            self.say("down", self.id)
            time.sleep(RESTART_SECONDS)

    def _start(self, boot):
        """One start of the service, until its server is gone."""
        if boot.before_start() != 0:
            return self.say("refused", self.id)
        host = self.world.start_server(self.id, self.address, self._log)
        try:
            self.running = lambda: host.alive(self.address)
            self.say("starting", self.id)
            if boot.after_start() != 0:
                self.say("failed", self.id, open(os.path.join(self.folder, "run", "start-failure"), encoding="utf-8").read())
                return None
            self.say("member", self.id, host.name)
            while host.alive(self.address):
                time.sleep(0.2)
        finally:
            host.stop(self.address)
        return None

    @property
    def _log(self):
        return os.path.join(self.folder, "wso2carbon.log")

    def _boot(self):
        import boot
        import node_aws
        import node_packages
        import node_service
        run = os.path.join(self.folder, "run")
        document = {
            "start": {"cluster": CLUSTER, "tag": "t", "value": "v", "ports": [PORT]}, "join": {"log": "wso2carbon.log", "line": "Cluster initialization completed"},
            "health": {"seconds": 900}, "configuration": {},
            "databases": {"endpoint": "127.0.0.1", "port": str(self.world.database_port), "start": {"secret": "Start"}, "admin": "Admin"},
        }
        for name, content in (("node.json", json.dumps(document)), ("values", "Region=eu-west-1\nStart=arn:start\nAdmin=arn:admin\n")):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(content)
        real = boot.Node
        for module, name, value in ((boot, "RUN", run), (boot, "CONFIGURED", run + "/configured"), (boot, "START_FAILURE", run + "/start-failure"),
                                    (boot, "LOG_OFFSET", run + "/log-offset"), (boot, "STARTED_FOR", run + "/started-for"),
                                    (boot, "Node", lambda: self._real(real)), (boot, "apply", lambda _: boot.write(boot.CONFIGURED, "")),
                                    (node_aws, "aws", self._aws), (node_packages, "mysql_client", lambda: self.world.mysql_client),
                                    (node_service, "runs", lambda: self.running())):
            setattr(module, name, value)
        real.home = self.folder
        return boot

    def _real(self, node_class):
        node = node_class(self.folder)
        node.resolver.cloud_metadata = mock.Mock(get={"instance-id": self.id, "local-ipv4": self.address}.get)
        return node

    def _aws(self, *arguments, **_):
        if arguments[0] == "secretsmanager":
            user, password = self.world.users[arguments[arguments.index("--secret-id") + 1]]
            return {"VersionId": "1", "SecretString": json.dumps({"username": user, "password": password})}
        return {"Reservations": [{"Instances": [{"InstanceId": instance_id(each), "PrivateIpAddress": address_of(each)} for each in range(self.world.count)]}]}


def instance_id(index):
    return "i-%03d" % index


def address_of(index):
    return "127.0.1.%d" % (index + 1)
