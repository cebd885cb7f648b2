"""What a phase of the boot fails of.

A library, not a command.
"""


class CodedError(Exception):
    """`code` is short enough for a signal; the message never holds a secret."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def code_of(problem):
    """The short text by which a signal names what went wrong."""
    if getattr(problem, "code", None):
        return str(problem.code)
    if isinstance(problem, OSError) and problem.errno == 28:
        return "disk-full"
    return type(problem).__name__
