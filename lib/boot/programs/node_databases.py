"""Databases, users and tables, made once by whichever node comes first.

A library, not a command. The server is reached through node_mysql.
"""
import ipaddress
import os

from node_mysql import LOCK_SECONDS, DatabaseError, identifier, literal

MARKS = "carbon_cluster"


def grant_pattern(name):
    """In a GRANT, _ and % of a database's name are wildcards unless escaped."""
    return identifier(name.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%"))


def client_host(network):
    """The host part of a user's name for a network: MySQL and MariaDB both know address/netmask."""
    return network if network == "%" else ipaddress.ip_network(network, strict=False).with_netmask


def prepare(server, schemas, home, network, seconds=LOCK_SECONDS):
    """Makes what is missing of every schema: database, user, tables. `schemas` have their users' credentials; the users may
    connect from `network` only. Other nodes that do the same are waited for no longer than `seconds`."""
    host = client_host(network)
    with server.locked(min(seconds, LOCK_SECONDS)):
        server.run("CREATE DATABASE IF NOT EXISTS %s" % MARKS)
        server.run("CREATE TABLE IF NOT EXISTS %s.schemas (name VARCHAR(64) PRIMARY KEY, state VARCHAR(16) NOT NULL)" % MARKS)
        for schema in schemas:
            _prepare_schema(server, schema, home, host)


def _prepare_schema(server, schema, home, host):
    name = schema["name"]
    state = _state(server, name)
    if state == "loading":
        # The node that loaded it died in the middle. No product has ever used it: nodes start only on loaded schemas.
        print("  %s was left half loaded, starting it anew" % name, flush=True)
        server.run("DROP DATABASE IF EXISTS %s" % identifier(name))
    _prepare_user(server, schema, host)
    if state in ("loaded", "found"):
        return
    if _has_tables(server, name):
        print("  %s has tables already, they stay as they are" % name, flush=True)
        _mark(server, name, "found")
        return
    _mark(server, name, "loading")
    for script in schema["scripts"]:
        path = os.path.join(home, script)
        if not os.path.exists(path):
            raise DatabaseError("script", "the pack has no %s, which makes the tables of %s" % (script, name))
        print("  loading %s into %s" % (script, name), flush=True)
        server.load(path, name, schema.get("sqlMode"))
    _mark(server, name, "loaded")


def _prepare_user(server, schema, host):
    """The database and its user. The secret is the truth: a password that was rotated is set anew."""
    user = "%s@%s" % (literal(schema["username"]), literal(host))
    identified = "%s IDENTIFIED BY %s REQUIRE SSL" % (user, literal(schema["password"]))
    pattern = grant_pattern(schema["name"])
    held = server.run(";\n".join([
        "CREATE DATABASE IF NOT EXISTS %s CHARACTER SET %s" % (identifier(schema["name"]), schema["characterSet"]),
        "CREATE USER IF NOT EXISTS " + identified,
        "ALTER USER " + identified,
        "GRANT %s ON %s.* TO %s" % (", ".join(schema["privileges"]), pattern, user),
        "SELECT privilege_type FROM information_schema.schema_privileges WHERE grantee = %s AND table_schema = %s"
        % (literal(user), literal(pattern.strip("`"))),
    ]))
    # After the grant, so that nodes that are connected never lack what they need.
    surplus = sorted({row[0] for row in held} - set(schema["privileges"]))
    if surplus:
        server.run("REVOKE %s ON %s.* FROM %s" % (", ".join(surplus), pattern, user))


def _state(server, name):
    rows = server.run("SELECT state FROM %s.schemas WHERE name = %s" % (MARKS, literal(name)))
    return rows[0][0] if rows else None


def _mark(server, name, state):
    server.run("REPLACE INTO %s.schemas VALUES (%s, %s)" % (MARKS, literal(name), literal(state)))


def _has_tables(server, name):
    rows = server.run("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s" % literal(name))
    return rows[0][0] != "0"
