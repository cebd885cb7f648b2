"""Applies a configuration plan to the files of a WSO2 Carbon product.

The plan's format is described in lib/configuration/PLAN.md. The vendor's files are the base: whatever no edit names
stays as it is, byte for byte. Every edit is made in memory before the first file is written.

Usage:      carbon_configuration.py --plan PLAN.json --home DIR [options]

Arguments:  --plan FILE         the plan, as JSON
            --home DIR          the product's home, which relative paths of the plan are below
            --out DIR           write the results below this folder and leave the files themselves alone
            --values FILE       late-bound values, a line NAME=value for each, the value as it is
            --resolutions FILE  JSON with env, metadata, secrets and members, which the plan's references resolve to
            --set NAME=VALUE    a late-bound value; goes before --values, which goes before --resolutions
            --placeholders      let a text such as <secret Name.field> stand for what does not resolve
            --owner USER        give the files and new folders below the home to this user
            --diff              print what would change, and write nothing; shows secrets that were resolved
            --root DIR          what absolute paths are below, / by default

Output:     a line for each file: changed, unchanged or created, and the file as the plan names it

Exit codes: 0 done; 1 the plan cannot be applied, one line on standard error names file and path, and no file was
            touched unless the line says that one cannot be written; 2 wrong usage

As a library: prepare() makes the changes, write() writes them, resolve() resolves one value, and a Resolver knows what
only the node knows.
"""

import argparse
import sys

from carbon_files import UnsafeFileError
from carbon_configuration_changes import Change, prepare, redirect, write
from carbon_configuration_plan import ConfigurationError, load_plan, read_json
from carbon_configuration_values import Resolver, StaticResolver, resolve

__all__ = ["Change", "ConfigurationError", "Resolver", "StaticResolver", "load_plan", "prepare", "redirect", "resolve",
           "write"]

RESOLUTIONS = {"env": dict, "metadata": dict, "secrets": dict, "members": list}


def main(arguments):
    options = _parse(arguments)
    # A node's locale may be C, and paths and contents need not be ASCII.
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        _run(options)
    except (ConfigurationError, UnsafeFileError) as error:
        print("carbon_configuration: " + " ".join(str(error).split()), file=sys.stderr)
        return 1
    return 0


def _run(options):
    changes = prepare(load_plan(options.plan), options.home, _resolver(options), options.root)
    if options.diff:
        for change in changes:
            sys.stdout.writelines(_difference(change))
        return
    write(changes if options.out is None else redirect(changes, options.out), options.owner)
    for change in changes:
        print(change.status, change.file)


def _resolver(options):
    given = _resolutions(options.resolutions) if options.resolutions else {}
    env = dict(given.get("env", {}))
    env.update(read_values(options.values) if options.values else {})
    env.update(options.set)
    return StaticResolver(env, given.get("metadata"), given.get("secrets"), given.get("members"), options.placeholders)


def _resolutions(path):
    given = read_json(path)
    for key, kind in RESOLUTIONS.items():
        if not isinstance(given, dict) or not isinstance(given.get(key, kind()), kind):
            raise ConfigurationError("%s: needs env, metadata and secrets as objects, and members as a list" % path)
    for member in given.get("members", []):
        if not isinstance(member, dict) or set(member) != {"host", "port"}:
            raise ConfigurationError("%s: a member needs host and port" % path)
    return given


def read_values(path):
    """Lines NAME=value. Nothing is unquoted or unescaped: the values come from CloudFormation as they are."""
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            lines = [line for line in file.read().split("\n") if line]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("%s: cannot be read: %s" % (path, error)) from None
    for number, line in enumerate(lines, 1):
        if "=" not in line:
            raise ConfigurationError("%s: value %d has no =" % (path, number))
    return dict(line.split("=", 1) for line in lines)


def _difference(change):
    # Only this command needs it, and every run would pay for importing it.
    import difflib
    before = "a/" + change.file.lstrip("/") if change.old is not None else "/dev/null"
    after = "b/" + change.file.lstrip("/")
    for line in difflib.unified_diff(_lines(change.old or b""), _lines(change.new), before, after):
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def _lines(data):
    return [line.decode("utf-8", "backslashreplace") for line in data.splitlines(keepends=True)]


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="carbon_configuration.py", allow_abbrev=False, formatter_class=_formatter,
                                     description="Applies a configuration plan to the files of a WSO2 Carbon product.")
    parser.add_argument("--plan", required=True, metavar="FILE", help="the plan, as JSON")
    parser.add_argument("--home", required=True, metavar="DIR", help="the product's home")
    parser.add_argument("--out", metavar="DIR", help="write the results below this folder instead")
    parser.add_argument("--values", metavar="FILE", help="late-bound values, a line NAME=value for each")
    parser.add_argument("--resolutions", metavar="FILE", help="JSON with env, metadata, secrets and members")
    parser.add_argument("--set", action="append", default=[], type=_named_value, metavar="NAME=VALUE",
                        help="a late-bound value")
    parser.add_argument("--placeholders", action="store_true", help="let a text stand for what does not resolve")
    parser.add_argument("--owner", metavar="USER", help="give the files and new folders below the home to this user")
    parser.add_argument("--diff", action="store_true", help="print what would change, and write nothing")
    parser.add_argument("--root", default="/", metavar="DIR", help="what absolute paths are below")
    return parser.parse_args(arguments)


def _formatter(prog):
    # With a width argparse does not import what asks the terminal for one, which every run would pay for.
    return argparse.HelpFormatter(prog, width=100)


def _named_value(text):
    name, separator, value = text.partition("=")
    if not name or not separator:
        raise argparse.ArgumentTypeError("%s is not NAME=VALUE" % text)
    return name, value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
