"""CloudFormation types that moto lacks, and repairs of some that it misreads; the README beside this package lists them.

The sub-modules only make sense inside a moto server process. moto takes a service name from the second dotted part of a
model's module name, so a module is named after what it is about.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

KNOWN_VERSIONS = ('5.2.1',)
"""The versions of moto that the extension is tested with: it replaces internals, so others may break in silence."""

MODULES = ('activities', 'authorization', 'autoscaling', 'backup', 'certificates', 'classic', 'databases', 'dns', 'ec2', 'functions', 'iam', 'interfaces',
           'keys', 'leaving', 'loadbalancing', 'logs', 'messaging', 'monitoring', 'parameters', 'presigned', 'secrets', 'signals', 'storage',
           'engine', 'custom', 'faults', 'vpc_functions', 'removal', 'creation', 'refusals', 'shapes')


def check() -> None:
    """Raises ImportError, with a sentence, when there is no moto that the extension knows."""
    try:
        found = version('moto')
    except PackageNotFoundError:
        raise ImportError(f'moto is not installed; known versions: {", ".join(KNOWN_VERSIONS)}') from None
    if found not in KNOWN_VERSIONS:
        raise ImportError(f'moto {found} is installed; known versions: {", ".join(KNOWN_VERSIONS)}')


def install() -> None:
    """Registers every type and repairs what needs it. Call once, before the server starts."""
    for name in MODULES:
        module = import_module(f'{__name__}.{name}')
        if hasattr(module, 'repair'):
            module.repair()
