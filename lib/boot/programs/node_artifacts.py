"""What a node does about folders of the product that it has in common with others: they are on a file system, served, or copied.

A library, not a command. `document` is the part of the node's document about it, `value` resolves its values.
"""
import node_efs
import node_rsync


def prepare(document, value, home, user, program):
    """Once, before the product starts."""
    folders = document["folders"]
    if "fileSystem" in document:
        node_efs.share(value(document["fileSystem"]), value(document["accessPoint"]), folders, home, user)
    elif "from" in document:
        node_rsync.copy_on_timer(document["seconds"], folders, home, user, program)
    else:
        node_rsync.serve(document["port"], folders, home, user, program)


def serve(document, _value, secret, _home):
    """Before each start of the manager's server."""
    node_rsync.write_server_keys(*_key_pair(document, secret))


def copy(document, value, secret, home):
    """Whenever the worker's timer says so."""
    place = document["from"]
    addresses = node_rsync.managers(value(place["tag"]), value(place["value"]), place["roleTag"])
    node_rsync.copy(addresses, document["port"], document["folders"], home, lambda: _key_pair(document, secret))


def _key_pair(document, secret):
    return [secret(document["keyPair"], field) for field in ("privateKey", "publicKey")]
