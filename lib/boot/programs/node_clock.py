"""How long the first boot may take, so that its signal arrives while CloudFormation still waits for one.

A library, not a command. The document says how many seconds a node has from the start of its service until it is in service. CloudFormation
waits five minutes longer (`HEALTH_MARGIN` in lib/cluster/start-time.ts): for the machine to start, for all phases before the service, and for
the signal. A phase that is not over when the time is stops where it is, and the stack hears of it with the phase's name.
"""
import os
import signal
import time

from node_error import CodedError

# Of CloudFormation's five minutes, what the boot may take from the start of the user data; the rest is for the machine until then, and for the signal.
PREPARATION_SECONDS = 240
# The waits of a phase end earlier than the boot does, because their own reasons tell more.
RESERVE_SECONDS = 15
# The uptime of the machine when its user data began, which the bootstrap script passes on.
BEGAN = "CARBON_CLUSTER_BEGAN"

_running = None


def left(otherwise):
    """Seconds that a wait may take: what is left of the boot, or `otherwise` where this process runs no boot."""
    return _running.left() if _running else otherwise


def _beginning():
    """The user data's start by the clock that `time.monotonic` reads, which no time service sets. Both count from the start of the machine."""
    now, began = time.monotonic(), float(os.environ.get(BEGAN) or "inf")
    return began if 0 <= began <= now else now


class Budget:
    """All that a process asks takes about so long together; each question has its LEAST_SECONDS none the less."""

    LEAST_SECONDS = 10

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def __enter__(self):
        global _running  # as a boot's
        _running = self
        return self

    def __exit__(self, *_):
        global _running
        _running = None

    def left(self):
        return max(self.LEAST_SECONDS, self.end - time.monotonic())


class LateError(CodedError):
    """The time of the boot is over."""


class BootClock:
    """Ends whatever the program does when the time is over, by SIGALRM."""

    def __init__(self, seconds):
        self.began = _beginning()
        self.seconds = seconds

    def __enter__(self):
        global _running  # the alarm belongs to the whole process, too
        _running = self
        signal.signal(signal.SIGALRM, self._over)
        self._set()
        return self

    def __exit__(self, *_):
        global _running
        _running = None
        signal.setitimer(signal.ITIMER_REAL, 0)

    def left(self):
        """Seconds that a wait may take."""
        return max(1, int(self._ends() - time.monotonic()) - RESERVE_SECONDS)

    def _ends(self):
        return self.began + self.seconds + PREPARATION_SECONDS

    def _set(self):
        # A time of 0 would switch the timer off.
        signal.setitimer(signal.ITIMER_REAL, max(0.1, self._ends() - time.monotonic()))

    def _over(self, *_):
        raise LateError("late", "the boot took longer than %d s, which is all the time that bootTimeout leaves it" % (time.monotonic() - self.began))
