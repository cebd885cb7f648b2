"""docs/troubleshooting.md explains each code that a boot can signal, and no other."""
import ast
import glob
import os
import re
import sys
import unittest

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "..")
PROGRAMS = os.path.join(ROOT, "lib", "boot", "programs")
sys.path.insert(0, PROGRAMS)
import boot  # noqa: E402
import node_aws  # noqa: E402
import node_nginx  # noqa: E402

# Of a service or a timer, which no signal follows: the agent that sends logs, the daily use of a key, copies, a start that the service repeats.
NEVER_SIGNALLED = {"agent", "signature", "membership-key", "not-published", "master-gone", "strangers"}
# What code_of() makes of an exception that has no code, and the codes of AWS's services that most calls may get.
MADE_BY_BOOT = {"disk-full", "aws", "CalledProcessError"} | {"AccessDeniedException", "UnauthorizedOperation", "ResourceNotFoundException"}
PHASES = {each.__name__ for each in boot.PHASES + node_nginx.PHASES}


def trees():
    for path in sorted(glob.glob(os.path.join(PROGRAMS, "*.py"))):
        with open(path, encoding="utf-8") as file:
            yield ast.parse(file.read(), path)


def classes():
    """The programs' classes of errors, by name: the code that all of a class have, True where each error brings its own, None where none does."""
    found = {}
    for tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef) or not node.name.endswith("Error"):
                continue
            fixed = [each.value.value for each in node.body if isinstance(each, ast.Assign) and each.targets[0].id == "code"]
            coded = any(getattr(base, "id", None) == "CodedError" for base in node.bases)
            found[node.name] = fixed[0] if fixed else (True if coded else None)
    return found


def literal(node, tree):
    """A text, where it is written there or is a constant of the module."""
    if isinstance(node, ast.Constant):
        return node.value
    for each in tree.body:
        if isinstance(each, ast.Assign) and isinstance(node, ast.Name) and each.targets[0].id == node.id:
            return each.value.value
    return None  # handed on from a start of the service, whose errors are found where they are raised


def codes():
    known, found = classes(), set()
    for tree in trees():
        for node in ast.walk(tree):
            name = getattr(getattr(node, "func", None), "id", None) if isinstance(node, ast.Call) else None
            if name == "AwsError":
                found |= {literal(each, tree) for each in node.args[1:2]}
            elif name == "RuntimeError" or (name in known and known[name] is None):
                found.add(name)
            elif name in known:
                found.add(literal(node.args[0], tree) if known[name] is True else known[name])
    return {each for each in found if each}


def page():
    """`phase:code` of each row of the table, as pairs."""
    with open(os.path.join(ROOT, "docs", "troubleshooting.md"), encoding="utf-8") as file:
        cells = re.findall(r"^\| (`[^|]+`) \|", file.read(), re.MULTILINE)
    names = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    return [(phase, code) for phase, _, code in (name.rpartition(":") for name in names)]


class TroubleshootingTest(unittest.TestCase):
    def test_the_codes_are_found_in_the_programs(self):
        # One of each kind: a code in a call, a code of a class, a constant, a class without one.
        self.assertLess({"checksum", "interface", "master-gone", "late", "forbidden", "ConfigurationError", "RuntimeError"}, codes())
        self.assertNotIn(None, codes())

    def test_each_code_is_explained(self):
        explained = {code for _, code in page()}
        self.assertEqual(sorted((codes() | MADE_BY_BOOT | {"bootstrap"}) - NEVER_SIGNALLED - explained), [])

    def test_no_code_is_explained_that_nothing_signals(self):
        self.assertEqual(sorted({code for _, code in page()} - codes() - MADE_BY_BOOT - {"bootstrap"}), [])

    def test_each_code_is_explained_with_a_phase_that_there_is(self):
        self.assertEqual([(phase, code) for phase, code in page() if phase not in PHASES | {"…"} and code != "bootstrap"], [])

    def test_codes_of_aws_are_those_that_the_programs_decide_by(self):
        self.assertLess({"AccessDeniedException", "UnauthorizedOperation"}, set(node_aws.REFUSED))
        self.assertIn("ResourceNotFoundException", node_aws.FINAL)


if __name__ == "__main__":
    unittest.main()
