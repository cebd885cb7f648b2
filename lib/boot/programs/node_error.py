"""What a phase of the boot fails of.

A library, not a command.
"""


class CodedError(Exception):
    """`code` is short enough for a signal; the message never holds a secret."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
