"""What a node does about folders of the product that it has in common with others: they are on a file system, or in a bucket.

A library, not a command. `document` is the part of the node's document about it, `value` resolves its values.
"""
import node_bucket
import node_efs


def prepare(document, value, home, user, program):
    """Once, before the product starts."""
    if "fileSystem" in document:
        read_only = document.get("readOnly", False)
        node_efs.share(value(document["fileSystem"]), value(document["accessPoint"]), document["folders"], home, user, program, read_only)
        return
    node_bucket.prepare(document, home, user, program)


def mount(document, home):
    """After each start of the machine."""
    if "fileSystem" in document:
        node_efs.bind_all(document["folders"], home)


def copy(document, value, home):
    """Whenever the timer of the node says so: as the service's user."""
    node_bucket.copy(document, value(document["bucket"]), home)
