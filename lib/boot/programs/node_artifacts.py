"""What a node does about folders of the product that it has in common with others: they are on a file system, or copied.

A library, not a command. `document` is the part of the node's document about it, `value` resolves its values.
"""
import node_efs
import node_rsync


def prepare(document, value, home, user, program):
    """Once, before the product starts."""
    if "fileSystem" in document:
        node_efs.share(value(document["fileSystem"]), value(document["accessPoint"]), document["folders"], home, user, program)
        return
    node_rsync.prepare(document, home, user, program)
    if not _is_worker(document):
        node_rsync.recover()
    node_rsync.serve(document["port"], document["folders"], home, user, program)
    if _is_worker(document):
        node_rsync.copy_on_timer(document["seconds"])


def mount(document, home):
    """After each start of the machine."""
    if "fileSystem" in document:
        node_efs.bind_all(document["folders"], home)


def serve(document, _value, secret, _home):
    """Before each start of the member's server."""
    node_rsync.write_server_keys(*_key_pair(document, secret))


def copy(document, value, secret, home):
    """Of a worker, whenever its timer says so; of a manager, when it takes the place of another."""
    work = node_rsync.mirror if _is_worker(document) else node_rsync.restore
    work(node_rsync.members(document["from"], value), document, home, lambda: _key_pair(document, secret))


def _is_worker(document):
    return "seconds" in document


def _key_pair(document, secret):
    return [secret(document["keyPair"], field) for field in ("privateKey", "publicKey")]
