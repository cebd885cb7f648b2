"""Checks that files hold what a plan says, with readers that share no code with the program that wrote them: ElementTree with
XPath, tomllib where Python has it, read_back's reader of Java's properties.

Usage:   verify_plan.py PLAN.json RESOLUTIONS.json HOME ROOT
Output:  JSON: how many values were compared by kind, and those that are wrong
"""
import json
import os
import re
import sys

from read_back import properties, xml_root

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "lib", "boot", "programs"))
from carbon_configuration_plan import expanded  # noqa: E402

STEP = re.compile(r"/([\w.:-]+)((?:\[[^\]]*\])*)")


def main(plan_file, resolutions_file, home, root):
    plan, known = load(plan_file), load(resolutions_file)
    checker = Checker(known, plan.get("members"))
    for file in plan["files"]:
        name = file["file"]
        path = root + name if name.startswith("/") else os.path.join(home, name)
        for edit in (each for edit in file["edits"] for each in expanded(edit)):
            checker.check(path, file.get("namespace"), edit)
    json.dump({"compared": checker.compared, "wrong": checker.wrong}, sys.stdout)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Checker:
    def __init__(self, known, members):
        self.known = known
        self.compared, self.wrong = {}, []
        self.members = known.get("members", []) if not members or "hosts" not in members else [
            {key: self.plain(value) for key, value in member.items()} for member in members["hosts"]]

    def plain(self, value, member=None):
        if not isinstance(value, dict):
            return value
        if "env" in value:
            return self.known["env"][value["env"]]
        if "metadata" in value:
            return self.known["metadata"][value["metadata"]]
        if "secret" in value:
            return self.known["secrets"][value["secret"]][value["field"]]
        if "join" in value:
            return "".join(self.plain(each, member) for each in value["join"])
        if "xml" in value:
            return self.plain(value["xml"], member).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if "word" in value:
            return self.plain(value["word"], member)
        return member[value["member"]]

    def equal(self, kind, place, found, wanted):
        self.compared[kind] = self.compared.get(kind, 0) + 1
        if found != wanted:
            self.wrong.append([place, found, wanted])

    def check(self, path, namespace, edit):
        if "set" in edit:
            element = self.one(path, namespace, edit["set"])
            if "text" in edit:
                self.equal("xml text", edit["set"], element.text or "", self.plain(edit["text"]))
            for name, value in edit.get("attributes", {}).items():
                self.equal("xml attribute", edit["set"] + "/@" + name, element.get(name), self.plain(value))
        elif "replace" in edit:
            self.children(edit["replace"], self.one(path, namespace, edit["replace"]), edit["children"], namespace)
        elif "property" in edit:
            self.equal("property", edit["property"], properties(path, "").get(edit["property"]), self.plain(edit["value"]))
        elif "table" in edit:
            self.table(path, edit)
        elif "content" in edit:
            with open(path, encoding="utf-8", newline="") as file:
                self.equal("content", path, file.read(), self.plain(edit["content"]))
        else:
            raise SystemExit("no check for %s" % sorted(edit))

    def one(self, path, namespace, place):
        root = xml_root(path)
        steps = STEP.findall(place)
        prefix = "{%s}" % namespace if namespace else ""
        if root.tag != prefix + steps[0][0]:
            raise SystemExit("%s: the root is %s" % (place, root.tag))
        found = [root]
        for name, predicates in steps[1:]:
            found = [each for parent in found for each in parent.iterfind(prefix + name + predicates)]
        if len(found) != 1:
            raise SystemExit("%s matches %d elements" % (place, len(found)))
        return found[0]

    def children(self, place, element, wanted, namespace):
        wanted = [{"name": each[0], "text": each[1]} if isinstance(each, list) else each for each in wanted]
        expanded = [(each, member) for each in wanted for member in (self.members if "each" in each else [None])]
        self.equal("xml children", place, [child.tag for child in element], [("{%s}" % namespace if namespace else "") + each["name"] for each, _ in expanded])
        for child, (each, member) in zip(element, expanded):
            for name, value in each.get("attributes", {}).items():
                self.equal("xml attribute", place, child.get(name), self.plain(value, member))
            if "text" in each:
                self.equal("xml text", place + "/" + each["name"], child.text or "", self.plain(each["text"], member))
            if "children" in each:
                nested = [dict(zip(("name", "text"), grand)) if isinstance(grand, list) else grand for grand in each["children"]]
                for grand in nested:
                    if isinstance(grand.get("text"), dict) and "member" in grand["text"]:
                        grand["text"] = member[grand["text"]["member"]]
                self.children(place + "/" + each["name"], child, nested, namespace)

    def table(self, path, edit):
        import tomllib
        with open(path, "rb") as file:
            found = tomllib.load(file)
        for part in edit["table"].split(".") if edit["table"] else []:
            found = found[part]
        for key, value in edit["values"].items():
            wanted = value
            if isinstance(value, list):
                wanted = [self.plain(each["value"], member) for each in value for member in self.members] if value and "each" in value[0] else value
            elif isinstance(value, dict):
                wanted = self.plain(value)
            self.equal("toml", edit["table"] + "." + key, found.get(key), wanted)


if __name__ == "__main__":
    main(*sys.argv[1:])
