"""Applying a plan: to our own fixtures, to hostile values, and to the vendor's files where they are at hand.

What the program wrote is read back by readers that are not its own: ElementTree, tomllib, and the properties reader
below. The vendor's files are looked for in the folder that CARBON_CONF names.
"""
import ast
import difflib
import glob
import json
import os
import pwd
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from unittest import mock

try:
    import tomllib
except ImportError:  # Python 3.9 and 3.10
    tomllib = None

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
PROGRAMS = os.path.join(ROOT, "lib", "boot", "programs")
PROGRAM = os.path.join(PROGRAMS, "carbon_configuration.py")
FIXTURES = os.path.join(HERE, "fixtures")
CARBON_CONF = os.environ.get("CARBON_CONF", os.path.join(ROOT, "..", "shared", "carbon-conf"))
sys.path.insert(0, PROGRAMS)
import carbon_configuration as program  # noqa: E402
import carbon_configuration_changes as changes_module  # noqa: E402
import carbon_files  # noqa: E402
from carbon_configuration_properties import PropertiesFile  # noqa: E402
from carbon_configuration_toml import TomlFile  # noqa: E402
from carbon_configuration_values import Values  # noqa: E402
from carbon_configuration_xml import XmlFile  # noqa: E402

AXIS2 = "conf/axis2/axis2.xml"
CARBON = "conf/carbon.xml"
CATALINA = "conf/tomcat/catalina-server.xml"
DATASOURCES = "conf/datasources/master-datasources.xml"
REGISTRY = "conf/registry.xml"
LOG4J = "conf/log4j.properties"
TOML = "conf/deployment.toml"
HOSTS = "/etc/hosts"
CARBON_NAMESPACE = "http://wso2.org/projects/carbon/carbon.xml"
IN_CARBON = "{%s}" % CARBON_NAMESPACE
CLUSTERING = "/axisconfig/clustering"

RESOLUTIONS = {
    "env": {"Region": "eu-west-1", "Hostile": "<&>\"'"},
    "metadata": {"local-ipv4": "10.0.0.5"},
    "secrets": {"Key": {"id": "AKIA", "secret": "s&<>\"'/+ ", "port": 3306}, "Whole": "all of it"},
    "members": [{"host": "10.0.0.9", "port": "4000"}, {"host": "10.0.0.5", "port": "4000"}],
}
MEMBERS = {"tag": "Cluster", "value": {"env": "Region"}, "port": "4000"}

EMOJI = "\U0001F600"
HOSTILE = [
    "", " ", "  two leading", "two trailing  ", "\ttab first", "tab\tinside", "line\nfeed", "carriage\rreturn", "both\r\nof them",
    "a&b<c>d", "\"double\" 'single'", "back\\slash", "trailing\\", "\\", "\\u0041", "$dollar ${ref}", "`tick`", "]]>", "<!--", "-->",
    "<![CDATA[", "#hash", "!bang", "=equals", ":colon", "a=b:c", "%percent", "&amp;", "&#10;", "caf\u00e9", "\u20ac", "\u4f60\u597d",
    EMOJI, "x" + EMOJI + "y", "\u00a0", "\u2028", "\x7f", "\x85", "{}[],", "'''", '"""', "\"", "'",
]
# What XML 1.0 cannot hold, but the other two can.
CONTROLS = ["\x00", "\x01", "\x0c", "\x1f", "\x1b[0m"]


class FixtureTest(unittest.TestCase):
    """A home folder with the fixtures in it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.home = os.path.join(self.folder, "home")
        shutil.copytree(FIXTURES, self.home)
        self.root = os.path.join(self.folder, "root")
        os.makedirs(os.path.join(self.root, "etc"))
        shutil.move(os.path.join(self.home, "conf", "hosts"), self.path(HOSTS))
        self.resolver = program.StaticResolver(**RESOLUTIONS)

    def path(self, name):
        return os.path.join(self.root, name.lstrip("/")) if name.startswith("/") else os.path.join(self.home, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def put(self, name, data):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)

    def mode(self, name):
        return stat.S_IMODE(os.stat(self.path(name)).st_mode)

    def prepare(self, files, members=None):
        plan = {"files": files}
        if members is not None:
            plan["members"] = members
        return program.prepare(json.loads(json.dumps(plan)), self.home, self.resolver, self.root)

    def apply(self, files, members=None, owner=None):
        changes = self.prepare(files, members)
        program.write(changes, owner)
        return [change.status for change in changes]

    def edit(self, name, *edits, **about):
        """Applies the edits to one file, asserts that a second run finds nothing to do, and returns old and new bytes."""
        old = self.read(name) if os.path.exists(self.path(name)) else b""
        members = about.pop("members", None)
        files = [dict(about, file=name, edits=list(edits))]
        self.apply(files, members)
        new = self.read(name)
        before = os.stat(self.path(name))
        self.assertEqual(self.apply(files, members), ["unchanged"])
        self.assertEqual((os.stat(self.path(name)).st_ino, os.stat(self.path(name)).st_mtime_ns), (before.st_ino, before.st_mtime_ns))
        self.assertEqual(self.read(name), new)
        return old, new

    def assertRefused(self, message, files, members=None):
        """The plan is refused with that message, which is one line, and no file is touched."""
        before = self.snapshot()
        with self.assertRaises(program.ConfigurationError) as raised:
            self.apply(files, members)
        self.assertIn(message, str(raised.exception))
        self.assertEqual(self.snapshot(), before)
        return str(raised.exception)

    def snapshot(self):
        return {path: (os.stat(path).st_ino, os.stat(path).st_mtime_ns) for path in glob.glob(self.folder + "/**", recursive=True)}


def difference(old, new):
    """The lines taken away and the lines put in their places, with their line ends."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    removed, added = [], []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            removed += before[i:j]
            added += after[k:m]
    return removed, added


def element(data, path):
    """The one element at a path of ElementTree's."""
    found = ElementTree.fromstring(data).findall(path)
    assert len(found) == 1, (path, found)
    return found[0]


def java_properties(data):
    """A reader after the specification of java.util.Properties.load, character by character."""
    source = data.decode("iso-8859-1") + "\n"
    result, at = {}, 0

    def skip(characters):
        nonlocal at
        while at < len(source) and source[at] in characters:
            at += 1

    def read(ends):
        nonlocal at
        text = ""
        while source[at] not in ends + "\r\n":
            character, at = source[at], at + 1
            if character != "\\":
                text += character
                continue
            if at >= len(source) - 1:
                break
            character, at = source[at], at + 1
            if character == "u":
                text, at = text + chr(int(source[at:at + 4], 16)), at + 4
            elif character in "\r\n":
                if character == "\r" and source[at:at + 1] == "\n":
                    at += 1
                skip(" \t\f")
            else:
                text += {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(character, character)
        return text

    while at < len(source):
        skip(" \t\f\r\n")
        if at >= len(source):
            break
        if source[at] in "#!":
            while source[at] not in "\r\n":
                at += 1
            continue
        key = read("=: \t\f")
        skip(" \t\f")
        if source[at] in "=:":
            at += 1
            skip(" \t\f")
        # Two 16-bit halves are one character in Java.
        result[key] = read("").encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    return result


class PropertiesReaderTest(unittest.TestCase):
    def test_the_reader_of_these_tests(self):
        data = b"#c\\\na=b\n ! d\nk\\ 1 : v\\\n   w\nx\\u0041=\\ud83d\\ude00\nbare\nblank sep\nend=a\\\\\nlast=z\\"
        self.assertEqual(java_properties(data), {"a": "b", "k 1": "vw", "xA": EMOJI, "bare": "", "blank": "sep", "end": "a\\", "last": "z"})


class XmlTest(FixtureTest):
    def test_fixtures_have_their_traps(self):
        self.assertTrue(self.read(AXIS2).startswith(b"<!--"))
        for name in (AXIS2, REGISTRY):
            self.assertEqual(self.read(name).count(b"\r\n"), self.read(name).count(b"\n"))
        self.assertIn(b"Caf\xe9", self.read(CARBON))

    def test_text_and_attribute_of_existing_elements(self):
        old, new = self.edit(AXIS2,
                             {"set": CLUSTERING, "attributes": {"enable": "true"}, "existing": True},
                             {"set": CLUSTERING + "/parameter[@name='membershipScheme']", "text": "aws"})
        self.assertEqual(difference(old, new), (
            [b'                enable="false">\r\n', b'        <parameter name="membershipScheme">multicast</parameter>\r\n'],
            [b'                enable="true">\r\n', b'        <parameter name="membershipScheme">aws</parameter>\r\n']))

    def test_new_element_has_the_siblings_indent_and_the_files_line_end(self):
        old, new = self.edit(AXIS2, {"set": CLUSTERING + "/parameter[@name='region']", "text": {"env": "Region"}})
        self.assertEqual(difference(old, new), ([], [b'        <parameter name="region">eu-west-1</parameter>\r\n']))
        self.assertEqual(ElementTree.fromstring(new).find("clustering")[-1].get("name"), "region")

    def test_commented_elements_never_match(self):
        listener = "/axisconfig/transportReceiver[@name='https'][@class='org.example.SslListener']"
        old, new = self.edit(AXIS2, {"set": listener + "/parameter[@name='WSDLEPRPrefix']", "text": "https://a.b/",
                                     "attributes": {"locked": "false"}})
        self.assertEqual(difference(old, new), ([], [b'        <parameter name="WSDLEPRPrefix" locked="false">https://a.b/</parameter>\r\n']))
        old, new = self.edit(AXIS2, {"set": CLUSTERING + "/parameter[@name='properties']/property[@name='port.mapping.8280']",
                                     "attributes": {"value": "9764"}})
        self.assertEqual(difference(old, new), ([], [b'            <property name="port.mapping.8280" value="9764"/>\r\n']))

    def test_each_edit_sees_those_before_it(self):
        path = CLUSTERING + "/parameter[@name='properties']/property"
        self.edit(AXIS2,
                  {"set": path + "[@name='new']", "attributes": {"value": "1"}},
                  {"set": path + "[@name='new']", "attributes": {"other": "2"}, "existing": True})
        new = self.read(AXIS2)
        self.assertEqual(element(new, "clustering/parameter/property[@name='new']").attrib, {"name": "new", "value": "1", "other": "2"})

    def test_members(self):
        child = {"each": "members", "name": "member", "children": [{"name": "hostName", "text": {"member": "host"}},
                                                                   {"name": "port", "text": {"member": "port"}}]}
        old, new = self.edit(AXIS2, {"replace": CLUSTERING + "/members", "children": [child]}, members=MEMBERS)
        members = element(new, "clustering/members")
        self.assertEqual([[part.text for part in member] for member in members], [["10.0.0.5", "4000"], ["10.0.0.9", "4000"]])
        before, after = old.splitlines(True), new.splitlines(True)
        first = before.index(b"        <members>\r\n")
        self.assertEqual(after[:first + 1], before[:first + 1])
        self.assertEqual(after[first + 9:], before[first + 5:])
        self.assertEqual(after[first + 1:first + 5], [b"            <member>\r\n", b"                <hostName>10.0.0.5</hostName>\r\n",
                                                      b"                <port>4000</port>\r\n", b"            </member>\r\n"])

    def test_members_from_the_plan_may_be_references(self):
        members = {"hosts": [{"host": {"metadata": "local-ipv4"}, "port": "4001"}, {"host": "10.0.0.1", "port": "4000"}]}
        child = {"each": "members", "name": "member", "attributes": {"at": {"join": [{"member": "host"}, ":", {"member": "port"}]}}}
        _, new = self.edit(AXIS2, {"replace": CLUSTERING + "/members", "children": [child]}, members=members)
        self.assertEqual([each.get("at") for each in element(new, "clustering/members")], ["10.0.0.5:4001", "10.0.0.1:4000"])

    def test_a_replaced_element_that_is_right_keeps_its_own_layout(self):
        self.put("a.xml", b"<a><b   x='1' ><c>1</c> <!-- kept -->\n<d/></b></a>")
        old, new = self.edit("a.xml", {"replace": "/a/b[@x='1']", "children": [{"name": "c", "text": "1"}, {"name": "d"}]})
        self.assertEqual(old, new)

    def test_empty_members(self):
        self.resolver = program.StaticResolver(env={"Region": "x"}, members=[])
        _, new = self.edit(AXIS2, {"replace": CLUSTERING + "/members", "children": [{"each": "members", "name": "member"}]}, members=MEMBERS)
        self.assertIn(b"        <members></members>\r\n", new)

    def test_default_namespace_and_another_encoding(self):
        old, new = self.edit(CARBON,
                             {"set": "/Server/HostName", "text": "caf\u00e9.example.com \u20ac"},
                             {"set": "/Server/Ports/Offset", "text": "2"},
                             {"set": "/Server/DeploymentSynchronizer/Enabled", "text": "true"},
                             namespace=CARBON_NAMESPACE)
        self.assertEqual(difference(old, new), (
            [b"        <Offset>0</Offset>\n", b"        <Enabled>false</Enabled>\n"],
            [b"        <Offset>2</Offset>\n", b"        <Enabled>true</Enabled>\n", b"    <HostName>caf\xe9.example.com &#8364;</HostName>\n"]))
        self.assertEqual(element(new, IN_CARBON + "HostName").text, "caf\u00e9.example.com \u20ac")

    def test_without_the_namespace_nothing_matches(self):
        self.assertRefused("/Server matches no element", [{"file": CARBON, "edits": [{"set": "/Server/HostName", "text": "x"}]}])

    def test_other_text_that_is_equal_stays_as_it_is_written(self):
        old, new = self.edit(CARBON, {"set": "/Server/Name", "text": "Caf\u00e9 & Server"}, namespace=CARBON_NAMESPACE)
        self.assertEqual(old, new)
        text = "for <all> & everything"
        old, new = self.edit(DATASOURCES, {"set": "/datasources-configuration/datasources/datasource[name='FIXTURE_DB']/description", "text": text})
        self.assertEqual(old, new)

    def test_both_forms_of_an_empty_element(self):
        _, new = self.edit(CARBON, {"set": "/Server/Empty", "text": "a"}, {"set": "/Server/AlsoEmpty", "text": "b"}, namespace=CARBON_NAMESPACE)
        self.assertIn(b"    <Empty>a</Empty>\n    <AlsoEmpty>b</AlsoEmpty>\n", new)
        _, new = self.edit(CARBON, {"set": "/Server/Empty", "text": ""}, namespace=CARBON_NAMESPACE)
        self.assertIn(b"    <Empty></Empty>\n", new)

    def test_children_of_both_forms_of_an_empty_element(self):
        _, new = self.edit(CARBON, {"set": "/Server/Empty/Child", "text": "a"}, {"replace": "/Server/AlsoEmpty", "children": [{"name": "Child"}]},
                           namespace=CARBON_NAMESPACE)
        self.assertIn(b"    <Empty>\n        <Child>a</Child>\n    </Empty>\n    <AlsoEmpty>\n        <Child/>\n    </AlsoEmpty>\n", new)

    def test_attribute_layouts(self):
        old, new = self.edit(CATALINA,
                             {"set": "/Server/Service/Connector[@port='9763']", "attributes": {"proxyPort": "80"}, "existing": True},
                             {"set": "/Server/Service/Connector[@port='9443']", "attributes": {"sslEnabledProtocols": "TLSv1.2", "ciphers": "A,B",
                                                                                              "keystoreFile": "it's \"quoted\""}},
                             {"set": "/Server/Service/Engine", "attributes": {"jvmRoute": "n1"}},
                             {"set": "/Server/Service/Engine/Host", "attributes": {"deployXML": "true"}})
        self.assertEqual(difference(old, new), (
            [b'                   URIEncoding="UTF-8"/>\n',
             b'                   sslEnabledProtocols="TLSv1,TLSv1.1"\n',
             b"                   keystoreFile='${carbon.home}/\"keys\".jks'\n",
             b"                   URIEncoding='UTF-8'/>\n",
             b'        <Engine name="Catalina" defaultHost="localhost">\n',
             b'                  appBase="${carbon.home}/webapps/"/>\n'],
            [b'                   URIEncoding="UTF-8"\n', b'                   proxyPort="80"/>\n',
             b'                   sslEnabledProtocols="TLSv1.2"\n',
             b"                   keystoreFile='it&apos;s \"quoted\"'\n",
             b"                   URIEncoding='UTF-8'\n", b"                   ciphers='A,B'/>\n",
             b'        <Engine name="Catalina" defaultHost="localhost" jvmRoute="n1">\n',
             b'                  appBase="${carbon.home}/webapps/" deployXML="true"/>\n']))
        self.assertEqual(element(new, "Service/Connector[@port='9763']").get("note"), "larger > smaller, said 'he'")

    def test_attribute_of_a_tag_without_any(self):
        self.put("a.xml", b"<a>\n  <b/>\n  <c />\n</a>\n")
        _, new = self.edit("a.xml", {"set": "/a/b", "attributes": {"x": "1"}}, {"set": "/a/c", "attributes": {"y": "2"}},
                           {"set": "/a/c", "text": "z"})
        self.assertEqual(new, b'<a>\n  <b x="1"/>\n  <c y="2">z</c>\n</a>\n')

    def test_prefixed_names(self):
        path = "/datasources-configuration/datasources/datasource/definition/configuration/password[@svns:secretAlias='a & b']"
        _, new = self.edit(DATASOURCES, {"set": path, "text": "p", "attributes": {"svns:other": "x"}, "existing": True})
        password = element(new, ".//password")
        self.assertEqual((password.text, password.get("{http://example.com/vault}other")), ("p", "x"))
        self.assertRefused("does not declare the prefix of no:such",
                           [{"file": DATASOURCES, "edits": [{"set": path, "attributes": {"no:such": "x"}}]}])

    def test_a_file_that_writes_its_namespace_with_a_prefix(self):
        self.put("a.xml", b'<p:a xmlns:p="urn:x">\n  <p:b>1</p:b>\n</p:a>\n')
        _, new = self.edit("a.xml", {"set": "/a/b", "text": "2"}, {"set": "/a/c[@n='1']", "text": "3"}, namespace="urn:x")
        self.assertEqual(new, b'<p:a xmlns:p="urn:x">\n  <p:b>2</p:b>\n  <p:c n="1">3</p:c>\n</p:a>\n')

    def test_a_namespace_declared_further_in(self):
        self.put("a.xml", b'<a><b xmlns="urn:x"><c>1</c></b><b><c>2</c></b></a>')
        _, new = self.edit("a.xml", {"set": "/a/b/c", "text": "3"})
        self.assertEqual(new, b'<a><b xmlns="urn:x"><c>1</c></b><b><c>3</c></b></a>')

    def test_new_datasource(self):
        replace = {"replace": "/datasources-configuration/datasources/datasource[name='NEW_DB']", "children": [
            {"name": "name", "text": "NEW_DB"},
            {"name": "jndiConfig", "children": [{"name": "name", "text": "jdbc/New"}]},
            {"name": "definition", "attributes": {"type": "RDBMS"}, "children": [
                {"name": "configuration", "children": [{"name": "url", "text": "jdbc:mysql://db/x?a=1&b=2"},
                                                       {"name": "password", "text": {"secret": "Key", "field": "secret"}}]}]}]}
        old, new = self.edit(DATASOURCES, replace)
        removed, added = difference(old, new)
        self.assertEqual(removed, [])
        self.assertEqual(b"".join(added), b"""        <datasource>
            <name>NEW_DB</name>
            <jndiConfig>
                <name>jdbc/New</name>
            </jndiConfig>
            <definition type="RDBMS">
                <configuration>
                    <url>jdbc:mysql://db/x?a=1&amp;b=2</url>
                    <password>s&amp;&lt;&gt;"'/+ </password>
                </configuration>
            </definition>
        </datasource>
""")
        self.assertEqual(self.mode(DATASOURCES), 0o600)
        replace["children"][2]["children"][0]["children"].pop()
        self.edit(DATASOURCES, replace)
        self.assertEqual(len(ElementTree.fromstring(self.read(DATASOURCES)).findall("datasources/datasource")), 2)

    def test_child_predicate_of_a_new_element(self):
        _, new = self.edit(DATASOURCES, {"set": "/datasources-configuration/datasources/datasource[name='N'][@x='1']"})
        self.assertIn(b'        <datasource x="1">\n            <name>N</name>\n        </datasource>\n    </datasources>', new)
        _, new = self.edit(DATASOURCES, {"replace": "/datasources-configuration/datasources/datasource[name='M']",
                                         "children": [{"name": "url", "text": "u"}]})
        self.assertIn(b"            <name>M</name>\n            <url>u</url>\n", new)

    def test_remove(self):
        old, new = self.edit(AXIS2, {"remove": "/axisconfig/transportReceiver/parameter[@name='port']"}, {"remove": "/axisconfig/nothing"})
        self.assertEqual(difference(old, new), ([b'        <parameter name="port">8280</parameter>\r\n',
                                                 b'        <parameter name="port">8243</parameter>\r\n'], []))
        old, new = self.edit(DATASOURCES, {"remove": "/datasources-configuration/datasources/datasource[name='FIXTURE_DB']"})
        removed, added = difference(old, new)
        self.assertEqual((len(removed), added), (14, []))
        self.put("a.xml", b"<a><b/> <c/><b/></a>")
        self.assertEqual(self.edit("a.xml", {"remove": "/a/b"})[1], b"<a> <c/></a>")

    def test_add_behind_removed(self):
        self.put("a.xml", b"<a>\n  <b/>\n  <c/>\n</a>\n")
        self.apply([{"file": "a.xml", "edits": [{"remove": "/a/c"}, {"remove": "/a/b"}, {"set": "/a/d"}, {"set": "/a/e"}, {"remove": "/a/d"}]}])
        self.assertEqual(self.read("a.xml"), b"<a>\n    <e/>\n</a>\n")

    def test_blank_lines_before_the_end_tag_stay(self):
        self.put("a.xml", b"<a>\r\n\t<b/>\r\n\r\n</a>")
        self.assertEqual(self.edit("a.xml", {"set": "/a/c"}, {"set": "/a/d"})[1], b"<a>\r\n\t<b/>\r\n\r\n\t<c/>\r\n\t<d/>\r\n</a>")

    def test_where_only_comments_show_the_indent(self):
        self.put("a.xml", b"<a>\n\t<b>\n\t\t\t<!-- c -->\n\t</b>\n</a>\n")
        self.assertEqual(self.edit("a.xml", {"set": "/a/b/d"})[1], b"<a>\n\t<b>\n\t\t\t<!-- c -->\n\t\t\t<d/>\n\t</b>\n</a>\n")

    def test_a_file_on_one_line_stays_on_one_line(self):
        self.put("a.xml", b"<a><b/><c>1</c></a>")
        _, new = self.edit("a.xml", {"set": "/a/b/x", "text": "1"}, {"set": "/a/d", "text": "2"}, {"replace": "/a/e", "children": [{"name": "f"}]})
        self.assertEqual(new, b"<a><b><x>1</x></b><c>1</c><d>2</d><e><f/></e></a>")

    def test_text_between_comments(self):
        self.put("a.xml", b"<a>\n <b> <!--1--> old <![CDATA[<more>]]> <?pi?><!--2--></b>\n <c><!--only--></c>\n</a>")
        _, new = self.edit("a.xml", {"set": "/a/b", "text": " n "}, {"set": "/a/c", "text": "n"})
        self.assertEqual(new, b"<a>\n <b><!--1--> n <?pi?><!--2--></b>\n <c><!--only-->n</c>\n</a>")

    def test_byte_order_mark(self):
        self.put("a.xml", b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a>\n  <b>1</b>\n</a>")
        _, new = self.edit("a.xml", {"set": "/a/b", "text": EMOJI})
        self.assertEqual(new, b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a>\n  <b>" + EMOJI.encode() + b"</b>\n</a>")

    def test_ascii_file(self):
        self.put("a.xml", b"<?xml version='1.0' encoding='US-ASCII'?>\n<a b='1'/>")
        _, new = self.edit("a.xml", {"set": "/a", "attributes": {"b": "\u00e9" + EMOJI}, "text": "\u00e9"})
        self.assertEqual(new, b"<?xml version='1.0' encoding='US-ASCII'?>\n<a b='&#233;&#128512;'>&#233;</a>")

    def test_what_is_refused(self):
        def refused(message, data, *edits):
            self.put("a.xml", data)
            text = self.assertRefused(message, [{"file": "a.xml", "edits": list(edits)}])
            self.assertTrue(text.startswith("a.xml: "), text)

        set_b = {"set": "/a/b", "text": "x"}
        refused("has a DOCTYPE", b"<!DOCTYPE a><a><b/></a>", set_b)
        refused("is not XML", b"<a><b></a>", set_b)
        refused("is not XML", b"", set_b)
        refused("is not XML", b"<?xml version='1.0'?><a>\xff<b/></a>", set_b)
        refused("other encodings are not edited", "<a><b/></a>".encode("utf-16"), set_b)
        refused("other encodings are not edited", "<a><b/></a>".encode("utf-16-le"), set_b)
        refused("declares the encoding windows-1252", b"<?xml version='1.0' encoding='windows-1252'?><a/>", set_b)
        refused("declares the encoding ISO-8859-1", b"\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?><a/>", set_b)
        refused("/a/b: matches 2 elements, not one", b"<a><b/><b/></a>", set_b)
        refused("/a matches no element", b"<x/>", set_b)
        refused("/a/b matches 2 elements", b"<a><b/><b/></a>", {"set": "/a/b/c", "text": "x"})
        refused("another root element", b"<x/>", {"set": "/a", "text": "x"})
        refused("is not in the file", b"<a/>", dict(set_b, existing=True))
        refused("has child elements", b"<a><b><c/></b></a>", set_b)
        refused("both a text and child elements", b"<a/>", {"set": "/a/b[c='1']", "text": "x"})
        refused("to another value than its path asks for", b"<a/>", {"set": "/a/b[@c='1']", "attributes": {"c": "2"}})
        refused("root element", b"<a/>", {"remove": "/a"})
        refused("cannot declare a namespace", b"<a/>", {"set": "/a", "attributes": {"xmlns:x": "urn:x"}})
        refused("is no XML name", b"<a/>", {"set": "/a", "attributes": {"x y": "1"}})
        refused("is no XML name", b"<a/>", {"replace": "/a", "children": [{"name": "b><c"}]})
        refused("cannot hold the name", b"<?xml version='1.0' encoding='US-ASCII'?><a/>", {"set": "/a/\u00e9"})
        for path in ("a", "/a/", "//a", "/a[1]", "/a[@b=c]", "/a[b]", "", "/a/@b", "/a[@b='c' and @d='e']", 1):
            refused("is no path", b"<a/>", {"set": path})
        for character in ("\x00", "\x0b", "\x1b", "\ufffe", "\uffff"):
            refused("a character that XML cannot hold", b"<a/>", {"set": "/a", "text": "x" + character})
            refused("a character that XML cannot hold", b"<a/>", {"set": "/a", "attributes": {"x": character}})

    def test_predicates(self):
        self.put("a.xml", b"<a><b x='1' y=\"it's\"><n>p</n></b><b x='1' y='2'><n>q<!-- c --></n></b></a>")
        _, new = self.edit("a.xml", {"set": "/a/b[@x='1'][@y=\"it's\"]/n", "text": "r"}, {"set": "/a/b[ @x = '1' ][n='q']", "attributes": {"z": "]"}},
                           {"set": "/a/b[@z=']']", "attributes": {"w": "/"}, "existing": True})
        self.assertEqual(new, b"<a><b x='1' y=\"it's\"><n>r</n></b><b x='1' y='2' z=']' w='/'><n>q<!-- c --></n></b></a>")


class PropertiesTest(FixtureTest):
    def set(self, key, value):
        old, new = self.edit(LOG4J, {"property": key, "value": value})
        self.assertEqual(java_properties(new)[key], value)
        others = dict(java_properties(old), **{key: value})
        self.assertEqual(java_properties(new), others)
        return difference(old, new)

    def test_forms_of_lines(self):
        self.assertEqual(self.set("log4j.rootLogger", "WARN, FILE"),
                         ([b"log4j.rootLogger=INFO, CONSOLE, \\\n", b"                 LOGFILE\n"], [b"log4j.rootLogger=WARN, FILE\n"]))
        self.assertEqual(self.set("log4j.appender.CONSOLE", "x"),
                         ([b"log4j.appender.CONSOLE = org.example.Appender\n"], [b"log4j.appender.CONSOLE = x\n"]))
        self.assertEqual(self.set("with blank:colon", "2"), ([b"with\\ blank\\:colon : first\n"], [b"with\\ blank\\:colon : 2\n"]))
        self.assertEqual(self.set("twice", "third"), ([b"twice=second\n"], [b"twice=third\n"]))
        self.assertEqual(self.set("bare", "v"), ([b"bare\n"], [b"bare=v\n"]))
        self.assertEqual(self.set("blank", "=v"), ([b"blank separator\n"], [b"blank \\=v\n"]))
        self.assertEqual(self.set("indented", "v"), ([b"  indented\tvalue\n"], [b"  indented\tv\n"]))
        self.assertEqual(self.set("umlaut", "\u00fcber caf\u00e9"), ([], []))

    def test_a_commented_key_is_not_the_key(self):
        self.assertEqual(self.set("log4j.logger.com.hazelcast", "INFO"), ([], [b"log4j.logger.com.hazelcast=INFO\n"]))

    def test_new_keys_go_to_the_end(self):
        old, new = self.edit(LOG4J, {"property": "first new", "value": "1"}, {"property": "#second=:!", "value": "2"})
        self.assertEqual(new, old + b"first\\ new=1\n\\#second\\=\\:\\!=2\n")
        self.assertEqual(java_properties(new)["#second=:!"], "2")

    def test_a_file_that_is_not_there(self):
        _, new = self.edit("conf/hazelcast.properties", {"property": "hazelcast.shutdownhook.enabled", "value": "false"})
        self.assertEqual(new, b"hazelcast.shutdownhook.enabled=false\n")
        self.assertEqual(self.mode("conf/hazelcast.properties"), 0o644)

    def test_ends_of_files(self):
        for data, expected in ((b"a=1", b"a=1\nn=v\n"), (b"a=1\r\nb=2", b"a=1\r\nb=2\r\nn=v\r\n"), (b"a=1\\", b"a=1\\\n\nn=v\n"),
                               (b"a=1\\\n", b"a=1\\\n\nn=v\n"), (b"a=1\\\n\n", b"a=1\\\n\nn=v\n"), (b"#c\\", b"#c\\\nn=v\n"),
                               (b"a=1\\\\", b"a=1\\\\\nn=v\n"), (b"", b"n=v\n"), (b"a=1\\\n#b", b"a=1\\\n#b\nn=v\n")):
            with self.subTest(data):
                self.put("p.properties", data)
                _, new = self.edit("p.properties", {"property": "n", "value": "v"})
                self.assertEqual(new, expected)
                self.assertEqual(java_properties(new), dict(java_properties(data), n="v"))

    def test_value_on_a_continued_line(self):
        self.put("p.properties", b"a = \\\n   1\r\nb\\\n  c : \\\n \\\n 2 \nd=4\n")
        _, new = self.edit("p.properties", {"property": "a", "value": "x"}, {"property": "bc", "value": "y"})
        self.assertEqual(new, b"a = x\r\nb\\\n  c : y\nd=4\n")

    def test_carriage_returns_alone_end_lines(self):
        self.put("p.properties", b"a=1\rb=2\r#c=3\r")
        self.assertEqual(self.edit("p.properties", {"property": "a", "value": "x"})[1], b"a=x\rb=2\r#c=3\r")


class TomlTest(FixtureTest):
    def toml(self, *edits, name=TOML):
        old, new = self.edit(name, *edits)
        if tomllib:
            self.parsed = tomllib.loads(new.decode())
        return difference(old, new)

    def test_keys_of_a_table(self):
        self.assertEqual(self.toml({"table": "server", "values": {"hostname": "a.b", "mode": "ha", "node_ip": {"metadata": "local-ipv4"}}}), (
            [b'hostname = "localhost"\n', b'node_ip = "127.0.0.1"\n', b'mode = "alone" #alone or together\n'],
            [b'hostname = "a.b"\n', b'node_ip = "10.0.0.5"\n', b'mode = "ha" #alone or together\n']))

    def test_a_new_key_goes_behind_the_last(self):
        self.assertEqual(self.toml({"table": "server", "values": {"offset": 3, "force_local_cache": True}}),
                         ([], [b"offset = 3\n", b"force_local_cache = true\n"]))
        self.assertIn(b'together\noffset = 3\nforce_local_cache = true\n\n[super_admin]', self.read(TOML))

    def test_equal_values_stay_as_they_are_written(self):
        self.assertEqual(self.toml({"table": "super_admin", "values": {"password": "admin", "create_admin_account": True}},
                                   {"table": "cors", "values": {"allow_methods": ["GET", "PUT"]}},
                                   {"table": "gateway.environment", "array": 1, "values": {"order": 1000}}), ([], []))

    def test_kinds_differ(self):
        self.assertEqual(self.toml({"table": "super_admin", "values": {"create_admin_account": 1}}),
                         ([b"create_admin_account = true\n"], [b"create_admin_account = 1\n"]))
        self.assertEqual(self.toml({"table": "super_admin", "values": {"create_admin_account": True}})[1], [b"create_admin_account = true\n"])

    def test_a_new_table_at_the_end_of_a_file_without_line_end(self):
        old, new = self.edit(TOML, {"table": "clustering", "values": {"membership_scheme": "aws"}},
                             {"table": "clustering.properties", "values": {"tagKey": "a", "secretKey": {"secret": "Key", "field": "secret"}}})
        self.assertEqual(new, old + b'\n\n[clustering]\nmembership_scheme = "aws"\n'
                         b'\n[clustering.properties]\ntagKey = "a"\nsecretKey = "s&<>\\"\'/+ "\n')
        self.assertEqual(self.mode(TOML), 0o600)

    def test_a_table_without_keys(self):
        self.put("t.toml", b"[a]\n# nothing\n[b]\nx=1\n")
        self.assertEqual(self.edit("t.toml", {"table": "a", "values": {"k": "v"}})[1], b'[a]\nk = "v"\n# nothing\n[b]\nx=1\n')
        self.put("t.toml", b"[a]")
        self.assertEqual(self.edit("t.toml", {"table": "a", "values": {"k": "v"}})[1], b'[a]\nk = "v"\n')
        self.put("t.toml", b"[a.b]")
        self.assertEqual(self.edit("t.toml", {"table": "a", "values": {}})[1], b"[a.b]\n\n[a]\n")

    def test_multi_line_values(self):
        removed, added = self.toml({"table": "cors", "values": {"allow_methods": ["GET"], "text": "one\nline", "new": "x"}})
        self.assertEqual(added, [b'allow_methods = ["GET"]\n', b'text = "one\\nline"\n', b'new = "x"\n'])
        self.assertEqual(len(removed), 7)
        self.assertIn(b'new = "x"\n\n#[clustering]', self.read(TOML))

    def test_members_and_lists(self):
        old, new = self.edit(TOML, {"table": "clustering", "values": {
            "members": [{"each": "members", "value": {"join": [{"member": "host"}, ":", {"member": "port"}]}}], "odd": [1, True, "x", ["y"]]}},
            members=MEMBERS)
        self.assertTrue(new.endswith(b'members = ["10.0.0.5:4000", "10.0.0.9:4000"]\nodd = [1, true, "x", ["y"]]\n'))

    def test_arrays_of_tables(self):
        self.assertEqual(self.toml({"table": "gateway.environment", "array": 0, "values": {"type": "x", "new": 1}},
                                   {"table": "gateway.environment", "array": 1, "values": {"name": "y"}}),
                         ([b'type = "hybrid"\n', b'name = "Second # no comment"\n'], [b'type = "x"\n', b"new = 1\n", b'name = "y"\n']))
        self.assertEqual(self.toml({"table": "gateway.environment", "array": 2, "values": {"name": "third"}})[1][-3:],
                         [b"\n", b"[[gateway.environment]]\n", b'name = "third"\n'])

    def test_a_table_below_an_array_belongs_to_its_last_table(self):
        _, added = self.toml({"table": "event_listener.properties", "values": {"header.X-KEY": "k", "header.Y": "z"}})
        self.assertEqual(added, [b"'header.X-KEY' = \"k\"\n", b"'header.Y' = \"z\"\n"])

    def test_quoted_keys(self):
        self.toml({"table": "hazelcast", "values": {"hazelcast.max": "1", "it's": "2", "blank ed": "3", "\u00e9": "4", "tab\t'": "5"}},
                  {"table": "a.'b.c'.\"d e\"", "values": {"x": "y"}})
        self.assertTrue(self.read(TOML).endswith("""
[hazelcast]
'hazelcast.max' = "1"
"it's" = "2"
'blank ed' = "3"
'\u00e9' = "4"
"tab\\t'" = "5"

[a.'b.c'.'d e']
x = "y"
""".encode()))

    def test_quoted_headers_and_keys_of_the_file(self):
        self.put("t.toml", b"[ a . \"b\\u002Ec\" ]\n  'x.y' = 1\n\"z\\\"\"=2")
        self.assertEqual(self.edit("t.toml", {"table": "a.'b.c'", "values": {"x.y": 3, "z\"": 4, "n": 5}})[1],
                         b"[ a . \"b\\u002Ec\" ]\n  'x.y' = 3\n\"z\\\"\"=4\nn = 5\n")

    def test_a_table_made_of_dotted_keys(self):
        self.assertEqual(self.toml({"table": "keystore.tls", "values": {"file_name": "my.jks", "type": "JKS"}}),
                         ([b'tls.file_name = "sample.jks"\n'], [b'tls.file_name = "my.jks"\n', b'tls.type = "JKS"\n']))
        self.assertEqual(self.toml({"table": "keystore", "values": {"x": 1}})[1], [b"x = 1\n"])
        self.put("t.toml", b"a.b.c = 1\nz = 2\n[k]\n")
        self.assertEqual(self.edit("t.toml", {"table": "a.b", "values": {"c": 3, "d": 4}}, {"table": "a", "values": {"e": 5}})[1],
                         b"a.b.c = 3\na.b.d = 4\na.e = 5\nz = 2\n[k]\n")

    def test_root_table(self):
        self.assertEqual(self.toml({"table": "", "values": {"top": "t"}}), ([], [b'top = "t"\n', b"\n"]))
        self.assertTrue(self.read(TOML).startswith(b'top = "t"\n\n# A fixture of this project\n[server]'))
        for old, new in ((b"", b"k = 1\n"), (b"# c\n", b"# c\nk = 1\n"), (b"a=1 # c", b"a=1 # c\nk = 1\n"),
                         (b"\xef\xbb\xbf[t]\n", b"\xef\xbb\xbfk = 1\n\n[t]\n"),
                         (b"# licence\n\n# about t\n[t]\n", b"# licence\n\nk = 1\n\n# about t\n[t]\n")):
            self.put("t.toml", old)
            self.assertEqual(self.edit("t.toml", {"table": "", "values": {"k": 1}})[1], new)

    def test_line_ends_and_indent(self):
        self.put("t.toml", b"[a]\r\n  x = 1\r\n  y = '''\r\n[b]'''\r\n\r\n[b]\r\n")
        self.assertEqual(self.edit("t.toml", {"table": "a", "values": {"z": "2"}}, {"table": "c", "values": {"d": False}})[1],
                         b"[a]\r\n  x = 1\r\n  y = '''\r\n[b]'''\r\n  z = \"2\"\r\n\r\n[b]\r\n\r\n[c]\r\nd = false\r\n")

    def test_every_kind_of_value_is_passed_over(self):
        data = (b"a = [ [1, 2], [\"]\", ']', # ]\n] ]\nb = {x = {y = \"}\"}, z = [1]}\nc = 1979-05-27 07:32:00 # d\nd = -1.5e3\ne = +nan\nf = 0xff\n"
                b"g = \"\"\nh = ''\ni = \"\"\"\"\"\"\nj = '''it''s'''\nk = \"\"\"a\\\n   b\"\"\"\nl = 07:32:00\nm.n = []\no = \"\\\\\"\n[p]\nq = 1\n")
        self.put("t.toml", data)
        self.assertEqual(self.edit("t.toml", {"table": "p", "values": {"q": 2}})[1], data.replace(b"q = 1", b"q = 2"))
        values = {"c": "x", "d": "y", "f": 255, "k": "ab", "j": "it''s", "g": "", "i": ""}
        changed = self.edit("t.toml", {"table": "", "values": values})[1]
        self.assertEqual(difference(data.replace(b"q = 1", b"q = 2"), changed),
                         ([b"c = 1979-05-27 07:32:00 # d\n", b"d = -1.5e3\n", b"f = 0xff\n"], [b'c = "x" # d\n', b'd = "y"\n', b"f = 255\n"]))

    def test_xml_escaped_values(self):
        _, new = self.edit(TOML, {"table": "database.fixture_db", "values": {"url": {"xml": {"join": ["a&b<", {"env": "Hostile"}]}}}})
        self.assertIn(b'url = "a&amp;b&lt;&lt;&amp;&gt;\\"\'"\n', new)

    def test_what_is_refused(self):
        def refused(message, data, *edits):
            self.put("t.toml", data)
            self.assertTrue(self.assertRefused(message, [{"file": "t.toml", "edits": list(edits)}]).startswith("t.toml: "))

        def edit(table, key="k", **more):
            return dict(table=table, values={key: "v"}, **more)

        refused("line 2 has this table as a value", b"[a]\nb = {k = 1}\n", edit("a.b"))
        refused("line 1 has this table as a value", b"a = 1", edit("a.b"))
        refused("line 1 has this table as a value", b"a = [{k = 1}]", edit("a", array=0))
        refused("line 1 makes k a table", b"[a.k]\n", edit("a"))
        refused("line 2 makes k a table", b"[a]\nk.x = 1\n", edit("a"))
        refused("line 1 makes k a table", b"[[a.k]]\n", edit("a"))
        refused("line 2 makes k a table", b"[a]\nk = {}\n", edit("a"))
        refused("the plan has to say which", b"[[a]]\n", edit("a"))
        refused("has only 1 tables", b"[[a]]\n", edit("a", array=2))
        refused("is a table, not an array", b"[a]\n", edit("a", array=0))
        refused("from 0 on", b"", edit("a", array=-1))
        refused("line 2 begins the table again", b"[a]\n[a]\n", edit("a"))
        refused("line 3 sets k again", b"[a]\nk = 1\nk = 2\n", edit("a"))
        refused("is no dotted name", b"", edit("a..b"))
        refused("is no dotted name", b"", edit("a b"))
        refused("without quotes", b"", edit("a", "'k'"))
        refused("a number has more than 64 bits", b"", {"table": "a", "values": {"k": 2 ** 63}})
        refused("neither text", b"", {"table": "a", "values": {"k": 1.5}})
        refused("neither text", b"", {"table": "a", "values": {"k": None}})
        refused("is not UTF-8", b"\xff", edit("a"))
        for line, data in ((1, b"a"), (1, b"a = "), (2, b"\na = b c"), (1, b'a = "x'), (1, b"a = [1 2]"), (1, b"[a"), (1, b"[[a]"), (1, b"= 1"),
                           (1, b"a = 1 b = 2"), (3, b"a = [\n1,\n")):
            refused("is not TOML: line %d" % line, data, edit("x"))


class HostsTest(FixtureTest):
    ENTRY = {"address": {"metadata": "local-ipv4"}, "names": ["node.example.com", {"join": ["mgt.", "example.com"]}]}

    def test_block(self):
        old, new = self.edit(HOSTS, {"hosts": [self.ENTRY, {"address": "fd00::1", "names": ["six"]}]})
        self.assertEqual(new, old + b"# carbon-cluster begin\n10.0.0.5 node.example.com mgt.example.com\nfd00::1 six\n# carbon-cluster end\n")
        with open(self.path(HOSTS), "ab") as file:
            file.write(b"10.9.9.9 later")
        _, new = self.edit(HOSTS, {"hosts": [{"address": "10.0.0.6", "names": ["n"]}]})
        self.assertEqual(new, old + b"# carbon-cluster begin\n10.0.0.6 n\n# carbon-cluster end\n10.9.9.9 later")

    def test_a_last_line_without_end(self):
        self.put(HOSTS, b"127.0.0.1 localhost")
        _, new = self.edit(HOSTS, {"hosts": []})
        self.assertEqual(new, b"127.0.0.1 localhost\n# carbon-cluster begin\n# carbon-cluster end\n")

    def test_what_is_refused(self):
        for address in ("10.0.0", "10.0.0.5 x", "10.0.0.5\n", "fe80::1%eth0\n10.0.0.1 bank", "name", "", "010.0.0.1", "::1 evil"):
            self.assertRefused("/etc/hosts: hosts: an address is not an IP address",
                               [{"file": HOSTS, "edits": [{"hosts": [{"address": address, "names": ["n"]}]}]}])
        for name in ("a b", "a\n10.0.0.1 bank", "-a", "a-", "a..b", "", "a_b", "a" * 64, ".".join(["a" * 60] * 5), "\u00e9", "a\n", "#a"):
            self.assertRefused("/etc/hosts: hosts: a name is not a host name",
                               [{"file": HOSTS, "edits": [{"hosts": [{"address": "10.0.0.1", "names": [name]}]}]}])
        for entry in ({"address": "10.0.0.1"}, {"address": "10.0.0.1", "names": []}, {"address": "10.0.0.1", "names": "n"}, "x"):
            self.assertRefused("an entry", [{"file": HOSTS, "edits": [{"hosts": [entry]}]}])
        self.put(HOSTS, b"# carbon-cluster begin\n")
        self.assertRefused("are not one pair", [{"file": HOSTS, "edits": [{"hosts": [self.ENTRY]}]}])

    def test_a_secret_is_not_in_the_message(self):
        message = self.assertRefused("not a host name",
                                     [{"file": HOSTS, "edits": [{"hosts": [{"address": "10.0.0.1", "names": [{"secret": "Whole"}]}]}]}])
        self.assertNotIn("all of it", message)

    def test_a_missing_file(self):
        self.assertRefused("/etc/none: hosts: the file does not exist", [{"file": "/etc/none", "edits": [{"hosts": [self.ENTRY]}]}])


class FilesTest(FixtureTest):
    SET = {"set": "/Server/Ports/Offset", "text": "7"}

    def test_content(self):
        name = "conf/security/new/file.txt"
        _, new = self.edit(name, {"content": {"join": ["caf\u00e9\n", {"env": "Hostile"}]}})
        self.assertEqual(new, "caf\u00e9\n<&>\"'".encode())
        self.assertEqual(self.mode(name), 0o644)
        self.assertEqual(self.mode("conf/security/new"), 0o755)
        self.edit("/var/lib/x", {"content": "absolute"})
        self.assertEqual(self.read("/var/lib/x"), b"absolute")

    def test_new_files_do_not_depend_on_the_umask(self):
        self.addCleanup(os.umask, os.umask(0o077))
        self.edit("new/file", {"content": "x"})
        self.assertEqual((self.mode("new"), self.mode("new/file")), (0o755, 0o644))

    def test_modes(self):
        os.chmod(self.path(LOG4J), 0o640)
        self.edit(LOG4J, {"property": "a", "value": "b"})
        self.assertEqual(self.mode(LOG4J), 0o640)
        self.edit(LOG4J, {"property": "a", "value": "b"}, mode="0604")
        self.assertEqual(self.mode(LOG4J), 0o604)
        self.edit(LOG4J, {"property": "a", "value": {"join": ["x", {"secret": "Key", "field": "port"}]}}, mode="0440")
        self.assertEqual((self.mode(LOG4J), java_properties(self.read(LOG4J))["a"]), (0o440, "x3306"))

    def test_the_mode_is_made_right_even_where_the_bytes_are(self):
        edit = {"property": "a", "value": {"secret": "Whole"}}
        self.edit(LOG4J, edit)
        os.chmod(self.path(LOG4J), 0o644)
        inode = os.stat(self.path(LOG4J)).st_ino
        self.assertEqual(self.apply([{"file": LOG4J, "edits": [edit]}]), ["changed"])
        self.assertEqual((self.mode(LOG4J), os.stat(self.path(LOG4J)).st_ino), (0o600, inode))

    def test_a_secret_in_any_edit_of_a_file_makes_it_private(self):
        files = [{"file": "new.properties", "edits": [{"property": "a", "value": {"secret": "Whole"}}]},
                 {"file": "./new.properties", "edits": [{"property": "a", "value": "plain"}]},
                 {"file": LOG4J, "edits": [{"property": "a", "value": "plain"}]}]
        self.assertEqual(self.apply(files), ["created", "changed"])
        self.assertEqual((self.read("new.properties"), self.mode("new.properties"), self.mode(LOG4J)), (b"a=plain\n", 0o600, 0o644))

    def test_a_file_is_never_readable_while_a_secret_is_written(self):
        modes = []

        def fdopen(descriptor, *arguments, original=os.fdopen):
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
            return original(descriptor, *arguments)

        with mock.patch.object(os, "fdopen", fdopen):
            self.apply([{"file": LOG4J, "edits": [{"property": "a", "value": {"secret": "Whole"}}]}])
        self.assertEqual((modes, self.mode(LOG4J)), ([0o600], 0o600))

    def test_a_link_outside_of_the_home_stays_a_link(self):
        os.rename(self.path(HOSTS), os.path.join(self.folder, "elsewhere"))
        os.symlink("../../elsewhere", self.path(HOSTS))
        _, new = self.edit(HOSTS, {"hosts": [{"address": "10.0.0.5", "names": ["n"]}]})
        self.assertTrue(os.path.islink(self.path(HOSTS)))
        with open(os.path.join(self.folder, "elsewhere"), "rb") as file:
            self.assertEqual(file.read(), new)

    def assertUnsafe(self, message, name):
        edits = [{"content": "x"}]
        with self.assertRaisesRegex(carbon_files.UnsafeFileError, message):
            self.apply([{"file": name, "edits": edits}])
        self.assertEqual(carbon_files.UnsafeFileError.code, "unsafe-file")

    def test_below_the_home_no_link_is_followed(self):
        elsewhere = os.path.join(self.folder, "elsewhere")
        os.mkdir(elsewhere)
        os.symlink(os.path.join(elsewhere, "file"), self.path("conf/dangling"))
        os.symlink(elsewhere, self.path("conf/folder"))
        self.assertUnsafe("^conf/dangling is a symbolic link, expected a file$", "conf/dangling")
        self.assertUnsafe("conf/folder is a symbolic link, expected a folder$", "conf/folder/new")
        self.assertEqual(os.listdir(elsewhere), [])

    def test_below_the_home_only_files_are_read(self):
        os.mkfifo(self.path("conf/fifo"))
        self.assertUnsafe("^conf/fifo is a FIFO, expected a file$", "conf/fifo")
        self.put("conf/huge", b"")
        os.truncate(self.path("conf/huge"), carbon_files.MOST_BYTES + 1)
        self.assertUnsafe("^conf/huge is larger than 16777216 bytes$", "conf/huge")

    def test_several_kinds_of_edits_of_one_file(self):
        _, new = self.edit("new.xml", {"content": "<a>\n  <b/>\n</a>\n"}, {"set": "/a/b", "text": "1"})
        self.assertEqual(new, b"<a>\n  <b>1</b>\n</a>\n")

    def test_several_places_that_get_the_same(self):
        _, new = self.edit("new.xml", {"content": "<a>\n  <b/>\n</a>\n"}, {"replace": "/a/b", "also": ["/a/c"], "children": [["d", {"env": "Region"}]]})
        self.assertEqual([[child.tag, child[0].tag, child[0].text] for child in ElementTree.fromstring(new)], [[name, "d", "eu-west-1"] for name in ("b", "c")])
        before = self.read(TOML)
        self.edit(TOML, {"table": "x.one", "also": ["x.two", "server"], "values": {"z": "1"}})
        separate = self.read(TOML)
        with open(self.path(TOML), "wb") as file:
            file.write(before)
        self.edit(TOML, *({"table": name, "values": {"z": "1"}} for name in ("x.one", "x.two", "server")))
        self.assertEqual(self.read(TOML), separate)

    def test_owner(self):
        me = pwd.getpwuid(os.getuid()).pw_name
        self.apply([{"file": "new/file", "edits": [{"content": "x"}]}], owner=me)
        with self.assertRaisesRegex(program.ConfigurationError, "there is no user nobody-of-that-name"):
            self.apply([{"file": "new/file", "edits": [{"content": "y"}]}], owner="nobody-of-that-name")
        self.assertEqual(self.read("new/file"), b"x")

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to give files away")
    def test_owner_of_what_is_below_the_home(self):
        user = pwd.getpwnam("nobody")
        files = [{"file": "new/folder/file", "edits": [{"content": "x"}]}, {"file": CARBON, "namespace": CARBON_NAMESPACE, "edits": [self.SET]},
                 {"file": HOSTS, "edits": [{"hosts": []}]}, {"file": "/var/new/file", "edits": [{"content": "x"}]},
                 {"file": LOG4J, "edits": [{"property": "twice", "value": "second"}]}]
        self.apply(files, owner="nobody")
        for name in ("new", "new/folder", "new/folder/file", CARBON, LOG4J):
            self.assertEqual((os.stat(self.path(name)).st_uid, os.stat(self.path(name)).st_gid), (user.pw_uid, user.pw_gid), name)
        for name in (HOSTS, "/var/new", "/var/new/file"):
            self.assertEqual(os.stat(self.path(name)).st_uid, 0, name)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to give files away")
    def test_without_an_owner_a_file_keeps_its_own(self):
        os.chown(self.path(CARBON), 1234, 4321)
        self.edit(CARBON, self.SET, namespace=CARBON_NAMESPACE)
        self.assertEqual((os.stat(self.path(CARBON)).st_uid, os.stat(self.path(CARBON)).st_gid), (1234, 4321))

    def test_nothing_is_touched_when_one_edit_fails(self):
        good = [{"file": LOG4J, "edits": [{"property": "a", "value": "b"}]}, {"file": "new/file", "edits": [{"content": "x"}]}]
        for message, bad in (("conf/none.xml: /a: the file does not exist", {"file": "conf/none.xml", "edits": [{"set": "/a"}]}),
                             ("conf/none.toml: a: the file does not exist", {"file": "conf/none.toml", "edits": [{"table": "a", "values": {}}]}),
                             ("conf/none.xml: does not exist", {"file": "conf/none.xml", "edits": []}),
                             ("conf/log4j.properties: /a: is not XML", {"file": LOG4J, "edits": [{"set": "/a"}]}),
                             ("conf: cannot be read", {"file": "conf", "edits": [self.SET]}),
                             ("../x: leads out of the product's home", {"file": "../x", "edits": [{"content": "x"}]}),
                             ("env None is not known", {"file": LOG4J, "edits": [{"property": "c", "value": {"env": "None"}}]}),
                             ("metadata none is not known", {"file": LOG4J, "edits": [{"property": "c", "value": {"metadata": "none"}}]}),
                             ("secret None.f is not known", {"file": LOG4J, "edits": [{"property": "c", "value": {"secret": "None", "field": "f"}}]}),
                             ("secret Key.none is not known",
                              {"file": LOG4J, "edits": [{"property": "c", "value": {"secret": "Key", "field": "none"}}]}),
                             ("does not say where its members",
                              {"file": TOML, "edits": [{"table": "a", "values": {"b": [{"each": "members", "value": "x"}]}}]}),
                             ("outside of each", {"file": LOG4J, "edits": [{"property": "c", "value": {"member": "host"}}]}),
                             ("a property needs a key", {"file": LOG4J, "edits": [{"property": "", "value": "v"}]}),
                             ("half a character", {"file": LOG4J, "edits": [{"property": "c", "value": "\ud83d"}]})):
            with self.subTest(message):
                self.assertRefused(message, good + [bad])

    def test_shape_of_the_plan(self):
        for message, entry in (("unknown key txt", {"file": CARBON, "edits": [{"set": "/a", "txt": "x"}]}),
                               ("unknown key modus", {"file": CARBON, "edits": [], "modus": "1"}),
                               ("exactly one of", {"file": CARBON, "edits": [{"set": "/a", "remove": "/a"}]}),
                               ("exactly one of", {"file": CARBON, "edits": [{}]}),
                               ("exactly one of", {"file": CARBON, "edits": ["set"]}),
                               ("needs value", {"file": CARBON, "edits": [{"property": "x"}]}),
                               ("no list of places", {"file": CARBON, "edits": [{"replace": "/a", "also": "/b", "children": []}]}),
                               ("unknown key also", {"file": CARBON, "edits": [{"set": "/a", "also": ["/b"]}]}),
                               ("is not octal", {"file": CARBON, "edits": [], "mode": "rw"}),
                               ("is not octal", {"file": CARBON, "edits": [], "mode": 600}),
                               ("no list of edits", {"file": CARBON}),
                               ("without a file", {"edits": []}),
                               ("needs a file below the product's home", {"file": "/etc/x", "edits": [{"property": "a", "value": "b"}]}),
                               ("neither a text nor a reference", {"file": LOG4J, "edits": [{"property": "a", "value": 1}]}),
                               ("neither a text nor a reference",
                                {"file": LOG4J, "edits": [{"property": "a", "value": {"env": "A", "metadata": "b"}}]}),
                               ("neither a text nor a reference", {"file": LOG4J, "edits": [{"property": "a", "value": {"env": "A", "field": "b"}}]}),
                               ("neither a text nor a reference", {"file": LOG4J, "edits": [{"property": "a", "value": {"join": "A"}}]})):
            with self.subTest(entry):
                self.assertRefused(message, [entry])
        self.assertRefused("either hosts, or tag", [], {"tag": "x"})
        with self.assertRaisesRegex(program.ConfigurationError, "no list of files"):
            program.prepare({"file": "x"}, self.home, self.resolver)


class CrashTest(FixtureTest):
    def setUp(self):
        super().setUp()
        self.files = [{"file": LOG4J, "edits": [{"property": "a", "value": "b"}]},
                      {"file": CARBON, "namespace": CARBON_NAMESPACE, "edits": [{"set": "/Server/HostName", "text": "h"}]},
                      {"file": TOML, "edits": [{"table": "server", "values": {"hostname": "h"}}]}]
        self.old = {each["file"]: self.read(each["file"]) for each in self.files}
        self.new = {change.file: change.new for change in self.prepare(self.files)}

    def assertEachOldOrNew(self, new):
        for name in self.old:
            self.assertEqual(self.read(name), self.new[name] if name in new else self.old[name], name)

    def leftovers(self):
        return [name for _, _, names in os.walk(self.home) for name in names if name.startswith(".")]

    def test_a_rename_that_fails(self):
        for error, expected in ((OSError(5, "Input/output error"), program.ConfigurationError), (KeyboardInterrupt(), KeyboardInterrupt)):
            with self.subTest(expected):
                with mock.patch.object(os, "replace", failing_at(2, os.replace, error)), self.assertRaises(expected):
                    self.apply(self.files)
                self.assertEachOldOrNew({LOG4J})
                self.assertEqual(self.leftovers(), [])
                self.put(LOG4J, self.old[LOG4J])
        self.assertEqual(self.apply(self.files), ["changed"] * 3)
        self.assertEachOldOrNew(self.new)

    def test_a_full_disk_changes_nothing(self):
        with mock.patch.object(os, "fsync", failing_at(3, os.fsync, OSError(28, "No space left on device"))):
            with self.assertRaisesRegex(program.ConfigurationError, "^conf/deployment.toml: cannot be written: No space left on device$"):
                self.apply(self.files)
        self.assertEachOldOrNew({})
        self.assertEqual(self.leftovers(), [])

    def test_a_killed_run(self):
        """The process dies at its second rename, with no chance to clean up."""
        child = os.fork()
        if child == 0:
            try:
                os.replace = failing_at(2, os.replace, lambda: os._exit(9))
                self.apply(self.files)
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1] >> 8, 9)
        self.assertEachOldOrNew({LOG4J})
        self.assertEqual(len(self.leftovers()), 2)
        self.assertEqual(self.apply(self.files), ["unchanged", "changed", "changed"])
        self.assertEachOldOrNew(self.new)
        self.assertEqual(self.leftovers(), [])

    def test_leftovers_beside_a_file_that_is_right(self):
        self.apply(self.files)
        self.put("conf/.carbon.xml" + changes_module.TEMPORARY + "1", b"half")
        self.assertEqual(self.apply(self.files), ["unchanged"] * 3)
        self.assertEqual(self.leftovers(), [])

    def test_a_copy_is_synchronised_before_it_is_renamed_and_its_folder_after(self):
        events = []

        def fsync(descriptor, original=os.fsync):
            events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
            original(descriptor)

        def replace(source, target, original=os.replace, **options):
            events.append("rename")
            original(source, target, **options)

        with mock.patch.object(os, "fsync", fsync), mock.patch.object(os, "replace", replace):
            self.apply(self.files)
        self.assertEqual(events, ["file"] * 3 + ["rename"] * 3 + ["folder"])


def failing_at(number, original, failure):
    calls = []

    def function(*arguments, **options):
        calls.append(arguments)
        if len(calls) != number:
            return original(*arguments, **options)
        if callable(failure):
            return failure()
        raise failure
    return function


class HostileValuesTest(unittest.TestCase):
    """Values that would break out of their place if anything were escaped wrongly, read back by other readers."""

    RANDOM_TEXTS = 1000
    ALPHABET = ["&", "<", ">", '"', "'", "\\", "$", "`", "]]>", "#", "!", "=", ":", "%", " ", "  ", "\t", "\n", "\r", "\r\n", ";", "{", "}",
                "[", "]", ",", "a", "Z", "0", "u0041", "\\u", "&amp;", "--", "\u00e9", "\u00ff", "\u0100", "\u20ac", "\ud7ff",
                "\ue000", "\ufffd", EMOJI, "\U0010fffd"]

    def texts(self, seed, controls=()):
        source = random.Random(seed)
        alphabet = self.ALPHABET + list(controls)
        return HOSTILE + list(controls) + ["".join(source.choice(alphabet) for _ in range(source.randint(1, 12))) for _ in range(self.RANDOM_TEXTS)]

    def written(self, file_format, data, edit):
        """Applies one edit, and asserts that the same once more changes nothing."""
        values = Values(program.Resolver(), None)
        file = file_format(data)
        file.apply(edit, values, None)
        result = file.data()
        again = file_format(result)
        again.apply(edit, values, None)
        self.assertEqual(again.data(), result, edit)
        return result

    def test_xml(self):
        for number, encoding in enumerate(("utf-8", "ISO-8859-1", "US-ASCII")):
            data = b"<?xml version='1.0' encoding='%s'?>\n<a>\n  <b c='old' d=\"old\">old</b>\n  <e/>\n</a>\n" % encoding.encode()
            for text in self.texts(number):
                new = self.written(XmlFile, data, {"set": "/a/b", "text": text, "attributes": {"c": text, "d": text, "n": text}})
                b = element(new, "b")
                self.assertEqual((b.text or "", b.get("c"), b.get("d"), b.get("n")), (text,) * 4, encoding)
                self.assertTrue(new.endswith(b"</b>\n  <e/>\n</a>\n"))

    def test_new_xml(self):
        for text in self.texts(3):
            new = self.written(XmlFile, b"<a>\n  <b/>\n</a>\n",
                               {"replace": "/a/n", "children": [{"name": "x", "text": text, "attributes": {"y": text}}]})
            x = element(new, "n/x")
            self.assertEqual((x.text or "", x.get("y")), (text, text))

    def test_properties(self):
        data = b"# c\nb=old\nc : old\nd old\n"
        for text in self.texts(4, CONTROLS):
            new = data
            for key in ("b", "c", "d", "n"):
                new = self.written(PropertiesFile, new, {"property": key, "value": text})
            self.assertEqual(java_properties(new), dict.fromkeys("bcdn", text), new)
            self.assertTrue(new.isascii())

    def test_properties_keys(self):
        for text in self.texts(5, CONTROLS):
            if not text or ord(max(text)) > 0xffff:
                continue  # the reader of these tests joins halves of characters in values only
            new = self.written(PropertiesFile, b"a=1\n", {"property": text, "value": "v"})
            self.assertEqual(java_properties(new).get(text), "v", new)

    @unittest.skipUnless(tomllib, "needs the tomllib of Python 3.11")
    def test_toml(self):
        data = b"b = 'old' # c\n[t]\nc = \"old\"\nl = []\n"
        for text in self.texts(6, CONTROLS):
            new = self.written(TomlFile, data, {"table": "t", "values": {"c": text, "l": [text, text], "n": text}})
            self.assertEqual(tomllib.loads(new.decode()), {"b": "old", "t": {"c": text, "l": [text, text], "n": text}})
            new = self.written(TomlFile, data, {"table": "", "values": {"b": text}})
            self.assertEqual(tomllib.loads(new.decode())["b"], text)

    @unittest.skipUnless(tomllib, "needs the tomllib of Python 3.11")
    def test_toml_keys(self):
        for text in self.texts(7, CONTROLS):
            if text[:1] in ("'", '"'):
                continue
            new = self.written(TomlFile, b"[t]\n", {"table": "t", "values": {text: "v"}})
            self.assertEqual(tomllib.loads(new.decode()), {"t": {text: "v"}})

    def test_controls_are_no_xml(self):
        for text in CONTROLS:
            with self.assertRaises(program.ConfigurationError):
                self.written(XmlFile, b"<a/>", {"set": "/a", "text": text})


class RandomXmlTest(unittest.TestCase):
    """Documents of random layout: what no edit names stays, byte for byte."""

    def test_unedited_documents_are_put_together_again(self):
        source = random.Random(8)
        for _ in range(500):
            data = random_document(source)
            self.assertEqual(XmlFile(data).data(), data)

    def test_edits_change_only_what_they_name(self):
        source = random.Random(9)
        for _ in range(500):
            data = random_document(source)
            file = XmlFile(data)
            file.apply({"set": "/root/new[@n='1']", "text": "t"}, Values(program.Resolver(), None), None)
            new = file.data()
            self.assertEqual(element(new, "new").text, "t")
            file.apply({"remove": "/root/new[@n='1']"}, Values(program.Resolver(), None), None)
            self.assertEqual(shape(ElementTree.fromstring(file.data())), shape(ElementTree.fromstring(data)))
            at = next(index for index in range(len(new)) if new[index:index + 1] != data[index:index + 1])
            self.assertTrue(new.endswith(data[at:].lstrip(b" \t\r\n/>")), (data, new))


@unittest.skipUnless(tomllib, "needs the tomllib of Python 3.11")
class RandomTomlTest(unittest.TestCase):
    """Files of random layout: the key has its value, every other key has the one it had, every comment is there."""

    def test_random_files(self):
        source = random.Random(10)
        refused = 0
        for _ in range(1000):
            text = random_toml(source)
            before = tomllib.loads(text)
            names, key, value = source.choices("abc", k=source.randint(0, 2)), source.choice("klm"), source.choice(["v", 7, True, ["x", 1]])
            file = TomlFile(text.encode())
            try:
                file.apply({"table": ".".join(names), "values": {key: value}}, Values(program.Resolver(), None), None)
            except program.ConfigurationError as error:
                self.assertRegex(str(error), "makes . a table|has this table as a value|by array")
                refused += 1
                continue
            new = file.data().decode()
            table = before
            for name in names:
                table = table.setdefault(name, {})
                table = table[-1] if isinstance(table, list) else table
            table[key] = value
            self.assertEqual(tomllib.loads(new), before, (text, new))
            self.assertEqual(new.count("# note"), text.count("# note"))
        self.assertLess(refused, 500)


def random_toml(source):
    """A valid file: candidates that tomllib does not take are thrown away line by line."""
    values = ["1", "true", '"x"', "'y # no comment'", "[1, 'z']", "1.5", "1979-05-27 07:32:00", "{ k = 1, l = '}' }", '"""\n[a]\nk = 1 """',
              "'''q'''"]
    text = ""
    for _ in range(source.randint(0, 12)):
        blank, note = source.choice(["", " ", "\t"]), source.choice(["", " # note"])
        name = ".".join(source.choices("abc", k=source.randint(1, 2)))
        line = source.choice(["", "# note [a]", "[%s]" % name, "[%s]" % name, "[[%s]]" % name, "[ %s . 'd e' ]" % name]
                             + ["%s%s=%s%s" % (key, blank, blank, source.choice(values)) for key in ("k", "l", "'m'", "n", name, "n.o")])
        candidate = text + blank + line + (note if line[:1] not in "#" else "") + source.choice(["\n", "\n", "\r\n", "\n\n"])
        try:
            tomllib.loads(candidate)
        except tomllib.TOMLDecodeError:
            continue
        text = candidate
    return text if source.random() < 0.5 else text.rstrip()


def random_document(source):
    blank = ["", " ", "\n", "\r\n", "\n\t", "  \n    "]
    parts = ["text", "&amp;&#65;", "<![CDATA[<x>&]]>", "<!-- <c> -- -->".replace(" -- ", " - "), "<?p <q?>", "caf\u00e9"]

    def node(depth):
        quote = source.choice("\"'")
        tag = "e" + str(source.randint(0, 3))
        attributes = "".join("%s%s=%s%s%s" % (source.choice([" ", "\n  ", "\t"]), name, quote, source.choice(["", ">", "/>", "&lt;", "a b"]), quote)
                             for name in source.sample("abc", source.randint(0, 3)))
        if source.random() < 0.3:
            return "<%s%s%s/>" % (tag, attributes, source.choice(blank))
        return "<%s%s%s>%s</%s%s>" % (tag, attributes, source.choice(blank), content(depth), tag, source.choice(blank))

    def content(depth):
        pieces = [source.choice(parts) if depth == 0 or source.random() < 0.5 else node(depth - 1) for _ in range(source.randint(0, 4))]
        return source.choice(blank) + "".join(piece + source.choice(blank) for piece in pieces)

    return ("<!-- c -->\n<root>%s</root>\n" % content(3)).encode()


def shape(node):
    return node.tag, node.attrib, (node.text or "").split(), [(shape(each), (each.tail or "").split()) for each in node]


class CommandLineTest(FixtureTest):
    def setUp(self):
        super().setUp()
        self.plan([{"file": LOG4J, "edits": [{"property": "a", "value": {"env": "Region"}}]},
                   {"file": CARBON, "namespace": CARBON_NAMESPACE, "edits": [{"set": "/Server/Ports/Offset", "text": "0"}]},
                   {"file": "new/file", "edits": [{"content": {"secret": "Key", "field": "id"}}]},
                   {"file": HOSTS, "edits": [{"hosts": [{"address": {"metadata": "local-ipv4"}, "names": ["n"]}]}]}])
        self.resolutions = self.text_file("resolutions.json", json.dumps(RESOLUTIONS))

    def plan(self, files, **more):
        return self.text_file("plan.json", json.dumps(dict(more, files=files)))

    def text_file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        return path

    def run_program(self, *arguments, plan="plan.json"):
        done = subprocess.run([sys.executable, PROGRAM, "--plan", os.path.join(self.folder, plan), "--home", self.home, "--root", self.root,
                               *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, LC_ALL="C"))
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_apply(self):
        self.assertEqual(self.run_program("--resolutions", self.resolutions), (
            0, "changed conf/log4j.properties\nunchanged conf/carbon.xml\ncreated new/file\nchanged /etc/hosts\n", ""))
        self.assertEqual((self.read("new/file"), self.mode("new/file")), (b"AKIA", 0o600))
        self.assertEqual(self.run_program("--resolutions", self.resolutions), (
            0, "unchanged conf/log4j.properties\nunchanged conf/carbon.xml\nunchanged new/file\nunchanged /etc/hosts\n", ""))

    def test_out(self):
        before = self.snapshot()
        out = os.path.join(self.folder, "out")
        for _ in range(2):
            self.assertEqual(self.run_program("--resolutions", self.resolutions, "--out", out)[:2], (
                0, "changed conf/log4j.properties\nunchanged conf/carbon.xml\ncreated new/file\nchanged /etc/hosts\n"))
        after = {path: about for path, about in self.snapshot().items() if not path.startswith(out) and path != self.folder + "/"}
        self.assertEqual(after, {path: about for path, about in before.items() if path != self.folder + "/"})
        with open(os.path.join(out, "etc", "hosts"), "rb") as file:
            self.assertIn(b"10.0.0.5 n\n", file.read())
        with open(os.path.join(out, CARBON), "rb") as file:
            self.assertEqual(file.read(), self.read(CARBON))

    def test_diff(self):
        before = self.snapshot()
        code, output, _ = self.run_program("--placeholders", "--diff")
        self.assertEqual((code, self.snapshot()), (0, before))
        self.assertIn("--- a/conf/log4j.properties\n+++ b/conf/log4j.properties\n", output)
        self.assertIn("\n+a=<env Region>\n--- /dev/null\n+++ b/new/file\n@@ -0,0 +1 @@\n+<secret Key.id>\n\\ No newline at end of file\n", output)
        self.assertIn("\n+<metadata local-ipv4> n\n", output)
        self.assertNotIn("carbon.xml", output)

    def test_placeholders(self):
        each = {"each": "members", "value": {"join": [{"member": "host"}, ":", {"member": "port"}]}}
        self.plan([{"file": TOML, "edits": [{"table": "clustering", "values": {"members": [each], "x": {"secret": "S"}}}]},
                   {"file": AXIS2, "edits": [{"set": CLUSTERING + "/parameter[@name='domain']", "text": {"env": "Domain"}}]}],
                  members=MEMBERS)
        self.assertEqual(self.run_program("--placeholders")[0], 0)
        self.assertTrue(self.read(TOML).endswith(b'members = ["<members>:4000"]\nx = "<secret S>"\n'))
        self.assertEqual(element(self.read(AXIS2), "clustering/parameter[@name='domain']").text, "<env Domain>")

    def test_values(self):
        self.plan([{"file": "out", "edits": [{"content": {"join": [{"env": "A"}, "|", {"env": "B"}, "|", {"env": "Region"}]}}]}])
        values = self.text_file("values", "A= \"x\"=\\n$HOME' \n\nB=1\nRegion=from-values\n")
        self.assertEqual(self.run_program("--values", values, "--resolutions", self.resolutions, "--set", "B=2=3")[0], 0)
        self.assertEqual(self.read("out"), b" \"x\"=\\n$HOME' |2=3|from-values")

    def test_refused(self):
        code, output, error = self.run_program()
        self.assertEqual((code, output, error), (1, "", "carbon_configuration: conf/log4j.properties: a: env Region is not known\n"))
        self.plan([{"file": CARBON, "edits": [{"set": "/Server[@a='x\ny']/B"}]}])
        code, _, error = self.run_program()
        self.assertEqual((code, error.count("\n")), (1, 1))
        self.text_file("plan.json", "{")
        self.assertEqual(self.run_program()[0], 1)
        self.assertEqual(self.run_program(plan="none")[0], 1)
        self.plan([])
        self.assertEqual(self.run_program("--values", self.text_file("values", "no equals sign"))[0], 1)
        self.assertEqual(self.run_program("--resolutions", self.text_file("r.json", "[]"))[0], 1)
        self.assertEqual(self.run_program("--home", os.path.join(self.folder, "none"))[0], 1)

    def test_usage(self):
        for arguments in (["--set", "x"], ["--unknown"], ["--pl", "x"]):
            self.assertEqual(self.run_program(*arguments)[0], 2)
        self.assertEqual(subprocess.run([sys.executable, PROGRAM], stderr=subprocess.DEVNULL).returncode, 2)


class ResolverTest(unittest.TestCase):
    def test_each_reference_is_asked_for_once(self):
        resolver = mock.Mock(secret=mock.Mock(return_value="s"), env=mock.Mock(side_effect=KeyError("X")))
        values = Values(resolver, None)
        self.assertEqual([values.text({"secret": "A", "field": "f"}) for _ in range(3)], ["s"] * 3)
        resolver.secret.assert_called_once_with("A", "f")
        self.assertTrue(values.secret_seen)
        with self.assertRaisesRegex(program.ConfigurationError, "env X is not known"):
            values.text({"env": "X"})

    def test_the_resolver_hears_plain_texts_of_the_members(self):
        resolver = mock.Mock(env=lambda name: "stack-1", members=mock.Mock(return_value=[{"host": "b", "port": "1"}, {"host": "a", "port": "1"}]))
        values = Values(resolver, {"tag": "Cluster", "value": {"env": "Stack"}, "port": "1"})
        for _ in range(2):
            self.assertEqual([each["host"].text for each in values.members_for({"each": "members"})], ["a", "b"])
        resolver.members.assert_called_once_with({"tag": "Cluster", "value": "stack-1", "port": "1"})

    def test_other_problems_of_a_resolver_are_its_own(self):
        resolver = mock.Mock(secret=mock.Mock(side_effect=RuntimeError("throttled")))
        with self.assertRaises(RuntimeError):
            Values(resolver, None).text({"secret": "A"})

    def test_resolve(self):
        resolver = program.StaticResolver(**RESOLUTIONS)
        self.assertEqual(program.resolve({"join": ["a", {"secret": "Whole"}, {"xml": "<"}, {"secret": "Key", "field": "port"}]}, resolver),
                         "aall of it&lt;3306")
        self.assertEqual(program.resolve("plain", resolver), "plain")

    def test_a_word_is_one(self):
        def resolve(text):
            return program.resolve({"word": {"env": "W"}}, program.StaticResolver(env={"W": text}))
        for text in ("10.0.1.5", "mgt.am.example.com", "wso2.governance.domain", "a:4000", "*"):
            self.assertEqual(resolve(text), text)
        for text in ("", "a b", "a\n", "a;b", "a{", "}", "a#b", "${x}", "a,b", '"a"', "'a'", "a\\b", "a\u00a0b", "a\x00b", "a\x7f"):
            with self.assertRaisesRegex(program.ConfigurationError, "^a value that must be one word is empty or has white space") as caught:
                resolve(text)
            self.assertNotIn("W", str(caught.exception))

    def test_a_word_that_nobody_resolved_is_a_placeholder(self):
        resolver = program.StaticResolver(placeholders=True)
        self.assertEqual(program.resolve({"word": {"env": "W"}}, resolver), "<env W>")
        self.assertEqual(program.resolve({"word": {"join": ["a", {"env": "W"}]}}, resolver), "a<env W>")


class SourceTest(unittest.TestCase):
    def test_the_program_is_python_3_9(self):
        sources = glob.glob(os.path.join(PROGRAMS, "carbon_configuration*.py"))
        self.assertGreater(len(sources), 1)
        for path in sources:
            with open(path, encoding="utf-8") as file:
                ast.parse(file.read(), path, feature_version=(3, 9))


def aws_plan(folder):
    """What a node with the aws membership scheme, a shared registry and a database is told."""
    def parameter(name, value):
        return {"set": CLUSTERING + "/parameter[@name='%s']" % name, "text": value}

    def synchronizer(name, value):
        return {"set": "/Server/DeploymentSynchronizer/" + name, "text": value}

    member = {"each": "members", "name": "member",
              "children": [{"name": "hostName", "text": {"member": "host"}}, {"name": "port", "text": {"member": "port"}}]}
    configuration = [("url", {"join": ["jdbc:mysql://", {"env": "Endpoint"}, ":3306/shared?a=1&b=2"]}),
                     ("username", {"secret": "Db", "field": "username"}),
                     ("password", {"secret": "Db", "field": "password"}), ("driverClassName", "com.mysql.jdbc.Driver"), ("maxActive", "50"),
                     ("maxWait", "60000"), ("testOnBorrow", "true"), ("validationQuery", "SELECT 1"), ("validationInterval", "30000")]
    datasource = [{"name": "name", "text": "SHARED_DB"}, {"name": "description", "text": "shared by all nodes"},
                  {"name": "jndiConfig", "children": [{"name": "name", "text": "jdbc/SharedDB"}]},
                  {"name": "definition", "attributes": {"type": "RDBMS"}, "children": [
                      {"name": "configuration", "children": [{"name": name, "text": value} for name, value in configuration]}]}]
    remote = [("id", "shared"), ("dbConfig", "sharedregistry"), ("readOnly", "false"), ("enableCache", "true"), ("registryRoot", "/"),
              ("cacheId", {"join": [{"secret": "Db", "field": "username"}, "@jdbc:mysql://", {"env": "Endpoint"}]})]
    user = "/UserManager/Realm/Configuration/"
    connector = "/Server/Service/Connector[@port='%s']"
    return {"members": {"tag": "Cluster", "value": {"env": "Tag"}, "port": "4000"}, "files": [
        {"file": folder + "/axis2/axis2.xml", "edits": [
            {"set": CLUSTERING, "attributes": {"enable": "true"}, "existing": True},
            parameter("membershipScheme", "aws"), parameter("domain", "cluster.one"),
            parameter("localMemberHost", {"metadata": "local-ipv4"}), parameter("localMemberPort", "5701"),
            parameter("accessKey", {"secret": "Aws", "field": "id"}), parameter("secretKey", {"secret": "Aws", "field": "key"}),
            parameter("region", {"env": "Region"}), parameter("securityGroup", {"env": "Group"}),
            parameter("tagKey", "Cluster"), parameter("tagValue", {"env": "Tag"}),
            {"replace": CLUSTERING + "/members", "children": [member]},
            {"set": CLUSTERING + "/parameter[@name='properties']/property[@name='subDomain']", "attributes": {"value": "mgt"}},
            {"set": CLUSTERING + "/parameter[@name='properties']/property[@name='port.mapping.80']", "attributes": {"value": "9763"}}]},
        {"file": folder + "/carbon.xml", "namespace": CARBON_NAMESPACE, "edits": [
            {"set": "/Server/HostName", "text": {"env": "HostName"}}, {"set": "/Server/MgtHostName", "text": {"join": ["mgt.", {"env": "HostName"}]}},
            {"set": "/Server/Ports/Offset", "text": "1"}, synchronizer("Enabled", "true"), synchronizer("AutoCommit", "true"),
            synchronizer("SvnUrl", "http://svn/repo/"), synchronizer("SvnUser", {"secret": "Svn", "field": "username"}),
            synchronizer("SvnPassword", {"secret": "Svn", "field": "password"}), synchronizer("Extra", "new")]},
        {"file": folder + "/tomcat/catalina-server.xml", "edits": [
            {"set": connector % 9763, "attributes": {"proxyPort": "80"}, "existing": True},
            {"set": connector % 9443, "attributes": {"proxyPort": "443", "ciphers": "TLS_A,TLS_B", "sslEnabledProtocols": "TLSv1.2"},
             "existing": True}]},
        {"file": folder + "/datasources/master-datasources.xml", "edits": [
            {"replace": "/datasources-configuration/datasources/datasource[name='SHARED_DB']", "children": datasource}]},
        {"file": folder + "/registry.xml", "edits": [
            {"replace": "/wso2registry/dbConfig[@name='sharedregistry']", "children": [{"name": "dataSource", "text": "jdbc/SharedDB"}]},
            {"replace": "/wso2registry/remoteInstance[@url='https://localhost:9443/registry']",
             "children": [{"name": n, "text": v} for n, v in remote]}] + [
            {"replace": "/wso2registry/mount[@path='/_system/%s'][@overwrite='true']" % each, "children": [
                {"name": "instanceId", "text": "shared"}, {"name": "targetPath", "text": "/_system/" + each}]} for each in ("config", "governance")]},
        {"file": folder + "/user-mgt.xml", "edits": [
            {"set": user + "AdminUser/UserName", "text": "boss"}, {"set": user + "AdminUser/Password",
                                                                   "text": {"secret": "Admin", "field": "password"}},
            {"set": user + "Property[@name='dataSource']",
             "text": "jdbc/SharedDB"}, {"set": user + "Property[@name='isCascadeDeleteEnabled']", "text": "false"}]},
        {"file": folder + "/log4j.properties", "edits": [
            {"property": "log4j.logger.com.hazelcast", "value": "INFO"}, {"property": "log4j.logger.org.wso2", "value": "WARN"}]},
        {"file": folder + "/hazelcast.properties", "edits": [
            {"property": "hazelcast.shutdownhook.enabled", "value": "false"}, {"property": "hazelcast.logging.type", "value": "log4j"}]},
    ]}


AWS_PASSWORD = "p<&>\"' \\$`]]>=#:\u00e9\u20ac" + EMOJI + " "
AWS_RESOLUTIONS = {
    "env": {"Region": "eu-west-1", "Group": "cluster-group", "Tag": "stack/one & only", "HostName": "carbon.example.com",
            "Endpoint": "db.example.com"},
    "metadata": {"local-ipv4": "10.0.0.5"},
    "secrets": {"Aws": {"id": "AKIA", "key": AWS_PASSWORD}, "Db": {"username": "user", "password": AWS_PASSWORD},
                "Svn": {"username": "svn", "password": AWS_PASSWORD}, "Admin": {"password": AWS_PASSWORD}},
    "members": [{"host": "10.0.0.6", "port": "4000"}, {"host": "10.0.0.5", "port": "4000"}],
}


@unittest.skipUnless(os.path.isdir(CARBON_CONF), "the vendor's files are not here, set CARBON_CONF to their folder")
class VendorFilesTest(unittest.TestCase):
    """The real files of four products: values are in their places, everything else is as it was."""

    PRODUCTS = {"wso2as-5.3.0": "repository/conf", "wso2am-2.2.0": "repository/conf", "wso2ei-6.4.0": "conf", "wso2greg-5.3.0": "repository/conf"}

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.resolver = program.StaticResolver(**AWS_RESOLUTIONS)

    def copy(self, product):
        home = os.path.join(self.folder, product)
        shutil.copytree(os.path.join(CARBON_CONF, product), home)
        for folder, _, names in os.walk(home):
            os.chmod(folder, 0o755)
            for name in names:
                os.chmod(os.path.join(folder, name), 0o644)
        return home

    def test_aws_membership(self):
        for product, folder in self.PRODUCTS.items():
            with self.subTest(product):
                home, plan = self.copy(product), aws_plan(folder)
                changes = {os.path.basename(change.file): change for change in program.prepare(plan, home, self.resolver)}
                program.write(changes.values())
                self.check_axis2(changes["axis2.xml"])
                self.check_carbon(changes["carbon.xml"])
                self.check_catalina(changes["catalina-server.xml"])
                self.check_datasources(changes["master-datasources.xml"])
                self.check_registry(changes["registry.xml"])
                self.check_users(changes["user-mgt.xml"])
                self.check_logging(changes["log4j.properties"], changes["hazelcast.properties"])
                again = program.prepare(plan, home, self.resolver)
                self.assertEqual({change.status for change in again}, {"unchanged"})
                for name, change in changes.items():
                    private = name in ("axis2.xml", "carbon.xml", "master-datasources.xml", "registry.xml", "user-mgt.xml")
                    self.assertEqual(change.mode, 0o600 if private else 0o644, name)
                    if change.old:
                        self.check_line_ends(change)

    def check_line_ends(self, change):
        for line_end in (b"\r\n", b"\n"):
            if change.old.count(line_end) == change.old.count(b"\n"):
                self.assertEqual(change.new.count(line_end), change.new.count(b"\n"))
                return

    def check_untouched(self, change, most_removed):
        """Only that many lines are gone, every comment is still there, and what was added is in one place each."""
        removed, _ = difference(change.old, change.new)
        self.assertLessEqual(len(removed), most_removed, removed)
        self.assertEqual(change.new.count(b"<!--"), change.old.count(b"<!--"))

    def check_axis2(self, change):
        clustering = element(change.new, "clustering")
        expected = {"membershipScheme": "aws", "domain": "cluster.one", "localMemberHost": "10.0.0.5", "localMemberPort": "5701",
                    "accessKey": "AKIA", "secretKey": AWS_PASSWORD, "region": "eu-west-1", "securityGroup": "cluster-group",
                    "tagKey": "Cluster", "tagValue": "stack/one & only"}
        found = {each.get("name"): each.text for each in clustering.findall("parameter")}
        self.assertEqual({name: found[name] for name in expected}, expected)
        self.assertEqual(clustering.get("enable"), "true")
        self.assertEqual([[part.text for part in each] for each in clustering.findall("members/member")],
                         [["10.0.0.5", "4000"], ["10.0.0.6", "4000"]])
        properties = {each.get("name"): each.get("value") for each in clustering.findall("parameter/property")}
        self.assertEqual((properties["subDomain"], properties["port.mapping.80"]), ("mgt", "9763"))
        self.check_untouched(change, 10)

    def check_carbon(self, change):
        server = {"HostName": "carbon.example.com", "MgtHostName": "mgt.carbon.example.com", "Ports/Offset": "1"}
        synchronizer = {"Enabled": "true", "AutoCommit": "true", "AutoCheckout": "true", "SvnUrl": "http://svn/repo/", "SvnUser": "svn",
                        "SvnPassword": AWS_PASSWORD, "Extra": "new"}
        expected = dict(server, **{"DeploymentSynchronizer/" + name: value for name, value in synchronizer.items()})
        for path, value in expected.items():
            self.assertEqual(element(change.new, "/".join(IN_CARBON + part for part in path.split("/"))).text, value)
        self.check_untouched(change, 6)

    def check_catalina(self, change):
        http, https = (element(change.new, "Service/Connector[@port='%s']" % port) for port in ("9763", "9443"))
        self.assertEqual(http.get("proxyPort"), "80")
        self.assertEqual((https.get("proxyPort"), https.get("ciphers"), https.get("sslEnabledProtocols")), ("443", "TLS_A,TLS_B", "TLSv1.2"))
        self.check_untouched(change, 3)

    def check_datasources(self, change):
        found = [each for each in ElementTree.fromstring(change.new).findall("datasources/datasource") if each.findtext("name") == "SHARED_DB"]
        self.assertEqual(len(found), 1)
        self.assertEqual(found[0].findtext("jndiConfig/name"), "jdbc/SharedDB")
        self.assertEqual(found[0].find("definition").get("type"), "RDBMS")
        self.assertEqual(found[0].findtext("definition/configuration/url"), "jdbc:mysql://db.example.com:3306/shared?a=1&b=2")
        self.assertEqual(found[0].findtext("definition/configuration/password"), AWS_PASSWORD)
        self.check_untouched(change, 0)

    def check_registry(self, change):
        self.assertEqual(element(change.new, "dbConfig[@name='sharedregistry']/dataSource").text, "jdbc/SharedDB")
        self.assertEqual(element(change.new, "dbConfig[@name='wso2registry']/dataSource").text, "jdbc/WSO2CarbonDB")
        self.assertEqual(element(change.new, "remoteInstance/cacheId").text, "user@jdbc:mysql://db.example.com")
        self.assertEqual([(each.get("path"), each.get("overwrite"),
                           each.findtext("targetPath")) for each in ElementTree.fromstring(change.new).findall("mount")],
                         [("/_system/config", "true", "/_system/config"), ("/_system/governance", "true", "/_system/governance")])
        self.check_untouched(change, 0)

    def check_users(self, change):
        base = "Realm/Configuration/"
        self.assertEqual([element(change.new, base + each).text for each in (
            "AdminUser/UserName", "AdminUser/Password", "Property[@name='dataSource']", "Property[@name='isCascadeDeleteEnabled']")],
            ["boss", AWS_PASSWORD, "jdbc/SharedDB", "false"])
        self.check_untouched(change, 4)

    def check_logging(self, log4j, hazelcast):
        before, after = java_properties(log4j.old), java_properties(log4j.new)
        self.assertEqual(after, dict(before, **{"log4j.logger.com.hazelcast": "INFO", "log4j.logger.org.wso2": "WARN"}))
        self.assertEqual(hazelcast.new, b"hazelcast.shutdownhook.enabled=false\nhazelcast.logging.type=log4j\n")

    def test_every_file_is_put_together_again(self):
        formats = {".xml": XmlFile, ".toml": TomlFile, ".properties": PropertiesFile}
        names = [name for name in glob.glob(os.path.join(CARBON_CONF, "**", "*.*"), recursive=True) if os.path.splitext(name)[1] in formats]
        self.assertGreater(len(names), 0)
        for name in names:
            with open(name, "rb") as file:
                data = file.read()
            self.assertEqual(formats[os.path.splitext(name)[1]](data).data(), data, name)

    @unittest.skipUnless(tomllib, "needs the tomllib of Python 3.11")
    def test_deployment_toml(self):
        each = {"each": "members", "value": {"join": [{"member": "host"}, ":", {"member": "port"}]}}
        edits = [{"table": "server", "values": {"hostname": {"env": "HostName"}, "node_ip": {"metadata": "local-ipv4"}, "offset": 1}},
                 {"table": "clustering", "values": {"membership_scheme": "aws", "domain": "d", "members": [each]}},
                 {"table": "clustering.properties", "values": {"secretKey": {"xml": {"secret": "Aws", "field": "key"}}, "tagValue": {"env": "Tag"}}},
                 {"table": "database.shared_db",
                  "values": {"type": "mysql", "url": {"xml": "jdbc:mysql://db/x?a=1&b=2"}, "password": {"secret": "Db", "field": "password"}}},
                 {"table": "database.shared_db.pool_options", "values": {"maxActive": "50"}},
                 {"table": "hazelcast", "values": {"hazelcast.shutdownhook.enabled": "false"}},
                 {"table": "keystore.internal", "values": {"file_name": "internal.jks"}},
                 {"table": "transport.https.properties", "values": {"proxyPort": 443}}]
        for product in ("wso2am-3.2.0", "wso2is-5.11.0"):
            with self.subTest(product):
                home = self.copy(product)
                plan = {"files": [{"file": "repository/conf/deployment.toml", "edits": edits}], "members": {"tag": "t", "value": "v", "port": "4000"}}
                change = program.prepare(plan, home, self.resolver)[0]
                program.write([change])
                before, after = tomllib.loads(change.old.decode()), tomllib.loads(change.new.decode())
                self.assertEqual(after, self.expected(before))
                self.assertEqual(len([line for line in difference(change.old, change.new)[0] if line.strip(b"\n")]), 5 + (product == "wso2am-3.2.0"))
                self.assertEqual(program.prepare(plan, home, self.resolver)[0].status, "unchanged")

    @staticmethod
    def expected(before):
        expected = json.loads(json.dumps(before))
        expected["server"].update(hostname="carbon.example.com", node_ip="10.0.0.5", offset=1)
        escaped = AWS_PASSWORD.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        expected["clustering"] = {"membership_scheme": "aws", "domain": "d", "members": ["10.0.0.5:4000", "10.0.0.6:4000"],
                                  "properties": {"secretKey": escaped, "tagValue": "stack/one & only"}}
        expected["database"]["shared_db"].update(type="mysql", url="jdbc:mysql://db/x?a=1&amp;b=2", password=AWS_PASSWORD,
                                                 pool_options={"maxActive": "50"})
        expected["hazelcast"] = {"hazelcast.shutdownhook.enabled": "false"}
        expected["keystore"]["internal"] = {"file_name": "internal.jks"}
        expected["transport"] = {"https": {"properties": {"proxyPort": 443}}}
        return expected


if __name__ == "__main__":
    unittest.main()
