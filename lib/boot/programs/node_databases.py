"""The databases of the product are there: the deployment has made them before this machine was launched.

A library, not a command. The server is reached through node_mysql, as the user of each database.
"""
from node_mysql import DatabaseError, literal


def look(server, schema):
    """Fails where the product would: without the database, or without tables in it."""
    name = schema["name"]
    # A user sees only tables that it may do something with.
    rows = server.run("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s" % literal(name), name)
    if rows[0][0] == "0" and not schema.get("empty"):
        raise DatabaseError("no-tables", "the database %s has no tables: the function that prepares the databases makes them when the stack is "
                            "deployed, so deploy again" % name)
    print("  %s has %s tables" % (name, rows[0][0]), flush=True)
