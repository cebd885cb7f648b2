"""The interface that a well-known member takes over."""
import ast
import json
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

PROGRAMS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import node_interface  # noqa: E402

MAC = "02:00:00:00:01:09"

# A machine with its first interface, and a second one that has no address yet.
MACHINE = """
ip link add eth0 type veth peer name wire0 && ip link set wire0 up && ip address add 10.0.1.20/24 dev eth0 && ip link set eth0 up
ip route add default via 10.0.1.1
ip link add late0 address %s type veth peer name wire1 && ip link set wire1 up
""" % MAC
CONFIGURE = "import sys; sys.path.insert(0, %r); import node_interface; node_interface._networkd_runs = lambda: False; " \
            "node_interface.NETWORKD_FILE = '/dev/null/none'; node_interface.configure(%r, '10.0.1.9', 1)"
# networkd is said to run and does nothing until it is told to configure the interface anew, if it then does something.
WITH_NETWORKD = """
import sys; sys.path.insert(0, %r); import node_interface
said = []
def run(*command):
    said.append(" ".join(command))
    if command[:2] == ("networkctl", "reconfigure") and %r:
        node_interface._run = original
        node_interface._configure_by_hand(command[2], "10.0.1.9")
original, node_interface._run = node_interface._run, run
node_interface._networkd_runs = lambda: True
node_interface.NETWORKD_FILE = sys.argv[1]
node_interface.RECONFIGURE_SECONDS = 0
try:
    node_interface.configure(%r, "10.0.1.9", 1)
except node_interface.InterfaceError as error:
    said.append(error.code)
print(said)
"""


class FakeEc2:
    """One interface, held by one instance after the other."""

    def __init__(self, *holders):
        self.holders = list(holders)
        self.attached = []

    def __call__(self, *arguments):
        if arguments[1] == "attach-network-interface":
            self.attached.append(arguments[2:])
            self.holders = [arguments[arguments.index("--instance-id") + 1]]
            return {}
        holder = self.holders.pop(0) if len(self.holders) > 1 else self.holders[0]
        return {"NetworkInterfaces": [dict({"MacAddress": MAC}, **({"Attachment": {"InstanceId": holder}} if holder else {}))]}


class AttachTest(unittest.TestCase):
    def attach(self, ec2, seconds=600):
        with mock.patch.object(node_interface.time, "sleep"), \
                mock.patch.object(node_interface, "declare", lambda *arguments: ec2.attached.append(("declared",) + arguments)):
            return node_interface.attach(ec2, "eni-1", "i-mine", "10.0.1.9", seconds)

    def test_a_free_interface_is_taken(self):
        ec2 = FakeEc2(None)
        self.assertEqual(self.attach(ec2), MAC)
        self.assertEqual(self.calls(ec2), [("--network-interface-id", "eni-1", "--instance-id", "i-mine", "--device-index", "1")])

    @staticmethod
    def calls(ec2):
        return [each for each in ec2.attached if each[0] != "declared"]

    def test_networkd_is_told_before_the_interface_is_attached(self):
        ec2 = FakeEc2(None)
        self.attach(ec2)
        self.assertEqual(ec2.attached[0], ("declared", MAC, "10.0.1.9"))
        self.assertIn("--network-interface-id", ec2.attached[1])

    def test_one_that_is_ours_stays(self):
        ec2 = FakeEc2("i-mine")
        self.assertEqual(self.attach(ec2), MAC)
        self.assertEqual(self.calls(ec2), [])

    def test_one_that_another_instance_still_has_is_waited_for(self):
        ec2 = FakeEc2("i-old", "i-old", None)
        self.attach(ec2)
        self.assertEqual(len(self.calls(ec2)), 1)

    def test_one_that_is_never_free_fails(self):
        with self.assertRaisesRegex(node_interface.InterfaceError, "eni-1 still belongs to i-old") as caught:
            self.attach(FakeEc2("i-old"), seconds=-1)
        self.assertEqual(caught.exception.code, "interface")


class DeclareTest(unittest.TestCase):
    """What networkd is told."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "network", os.path.basename(node_interface.NETWORKD_FILE))
        self.said = []

    def declare(self, runs=True, address="10.0.1.9"):
        with mock.patch.object(node_interface, "NETWORKD_FILE", self.file), \
                mock.patch.object(node_interface, "_networkd_runs", lambda: runs), \
                mock.patch.object(node_interface, "_run", lambda *command: self.said.append(command)):
            node_interface.declare(MAC.upper(), address)

    def text(self):
        with open(self.file, encoding="ascii") as file:
            return file.read()

    def test_the_interface_is_matched_by_its_hardware_address(self):
        self.declare()
        self.assertIn("[Match]\nMACAddress=%s\n" % MAC, self.text())
        self.assertIn("[RoutingPolicyRule]\nFrom=10.0.1.9\nTable=100\nPriority=100\n", self.text())
        self.assertEqual(self.said, [("networkctl", "reload")])

    def test_what_networkd_knows_is_not_told_again(self):
        self.declare()
        self.declare()
        self.assertEqual(len(self.said), 1)

    def test_a_changed_address_is_told(self):
        self.declare()
        self.declare(address="10.0.1.10")
        self.assertIn("From=10.0.1.10\n", self.text())
        self.assertEqual(len(self.said), 2)

    def test_a_machine_without_networkd_has_no_file(self):
        self.declare(runs=False)
        self.assertFalse(os.path.exists(self.file))
        self.assertEqual(self.said, [])

    def test_the_file_comes_before_those_of_the_images(self):
        own = os.path.basename(node_interface.NETWORKD_FILE)
        for other in ("07-ens6.network", "10-cloud-init-ens6.network", "10-netplan-ens6.network", "70-ens6.network", "80-ec2.network"):
            self.assertLess(own, other)


def may_make_networks():
    return subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL).returncode == 0


@unittest.skipUnless(may_make_networks(), "making a network namespace needs root on Linux")
class ConfigureTest(unittest.TestCase):
    def run_in_machine(self, times, then):
        program = CONFIGURE % (os.path.abspath(PROGRAMS), MAC)
        script = MACHINE + ("python3 -B -c \"%s\"\n" % program) * times + then
        done = subprocess.run(["unshare", "--net", "sh", "-euc", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return json.loads(done.stdout)

    def test_the_address_is_on_the_interface(self):
        [link] = self.run_in_machine(1, "ip -json address show dev late0")
        self.assertEqual([each["local"] for each in link["addr_info"] if each["family"] == "inet"], ["10.0.1.9"])
        self.assertIn("UP", link["flags"])

    def test_answers_leave_by_the_interface_and_all_else_does_not(self):
        routes = "echo [; ip -json route get 10.0.1.30 from 10.0.1.9; echo ,; ip -json route get 192.0.2.1 from 10.0.1.9; echo ,; " \
                 "ip -json route get 10.0.1.30; echo ]"
        found = [each[0] for each in self.run_in_machine(1, routes)]
        self.assertEqual([each["dev"] for each in found], ["late0", "late0", "eth0"])
        self.assertNotIn("gateway", found[0])
        self.assertEqual(found[1]["gateway"], "10.0.1.1")

    def with_networkd(self, heals):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "program.py")
            with open(program, "w", encoding="utf-8") as file:
                file.write(WITH_NETWORKD % (os.path.abspath(PROGRAMS), heals, MAC))
            script = MACHINE + "python3 -B %s %s/x.network" % (program, folder)
            done = subprocess.run(["unshare", "--net", "sh", "-euc", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return ast.literal_eval(done.stdout.decode())

    def test_an_interface_that_networkd_never_configures_fails_with_a_code(self):
        self.assertEqual(self.with_networkd(False), ["networkctl reload", "networkctl reconfigure late0", "interface-address"])

    def test_networkd_is_told_once_more_to_configure_the_interface(self):
        self.assertEqual(self.with_networkd(True), ["networkctl reload", "networkctl reconfigure late0"])

    def test_an_address_without_a_route_of_its_own_is_no_success(self):
        without_rule = "ip address add 10.0.1.9/32 dev late0; ip link set late0 up; python3 -B -c \"import sys; sys.path.insert(0, %r); " \
                       "import node_interface; print(int(node_interface._is_reachable('late0', '10.0.1.9')))\"" % os.path.abspath(PROGRAMS)
        self.assertEqual(self.run_in_machine(0, without_rule), 0)

    def test_a_second_time_changes_nothing(self):
        state = "echo [; ip -json rule show; echo ,; ip -json route show table 100; echo ,; ip -json address show dev late0; echo ]"
        self.assertEqual(self.run_in_machine(2, state)[:2], self.run_in_machine(1, state)[:2])


if __name__ == "__main__":
    unittest.main()
