"""The interface that a well-known member takes over."""
import json
import os
import subprocess
import sys
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
CONFIGURE = "import sys; sys.path.insert(0, %r); import node_interface; node_interface.configure(%r, '10.0.1.9', 1)"


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
        with mock.patch.object(node_interface.time, "sleep"):
            return node_interface.attach(ec2, "eni-1", "i-mine", seconds)

    def test_a_free_interface_is_taken(self):
        ec2 = FakeEc2(None)
        self.assertEqual(self.attach(ec2), MAC)
        self.assertEqual(ec2.attached, [("--network-interface-id", "eni-1", "--instance-id", "i-mine", "--device-index", "1")])

    def test_one_that_is_ours_stays(self):
        ec2 = FakeEc2("i-mine")
        self.assertEqual(self.attach(ec2), MAC)
        self.assertEqual(ec2.attached, [])

    def test_one_that_another_instance_still_has_is_waited_for(self):
        ec2 = FakeEc2("i-old", "i-old", None)
        self.attach(ec2)
        self.assertEqual(len(ec2.attached), 1)

    def test_one_that_is_never_free_fails(self):
        with self.assertRaisesRegex(node_interface.InterfaceError, "eni-1 still belongs to i-old") as caught:
            self.attach(FakeEc2("i-old"), seconds=-1)
        self.assertEqual(caught.exception.code, "interface")


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

    def test_a_second_time_changes_nothing(self):
        state = "echo [; ip -json rule show; echo ,; ip -json route show table 100; echo ,; ip -json address show dev late0; echo ]"
        self.assertEqual(self.run_in_machine(2, state)[:2], self.run_in_machine(1, state)[:2])


if __name__ == "__main__":
    unittest.main()
