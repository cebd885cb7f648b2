"""The MySQL client of the machine: runs SQL on the database server, and knows what its errors mean.

A library, not a command. The client gets its credentials from an options file in memory-backed storage that only root
can read; SQL with passwords goes through its standard input. Neither is ever on a command line.
"""
import os
import re
import subprocess
import tempfile
import time

import node_clock
from node_error import CodedError

RUN = "/run/carbon-cluster"
WAIT_SECONDS = 600
WAIT_PAUSE = 5
# Numbers of errors that a later attempt may not get (MySQL's and MariaDB's error message references). Of the client: no connection (2002, 2003),
# the name does not resolve (2005), the connection is lost (2006, 2013, 2055), no TLS connection (2026). Of the server: too many connections (1040,
# 1203), it shuts down and ends statements and connections (1053, 1077, 1080, 1317, 1927 of MariaDB, 3169 of MySQL), the network failed (1152,
# 1158 to 1161), locks of others (1205, 1213), and it takes no writes: RDS's old instance after a failover, and the new one before it is promoted
# (1290 by `read_only`, 1836 by `innodb_read_only`).
NO_TLS = 2026
AWAY = (2002, 2003, 2005, 2006, 2013, 2055, NO_TLS, 1040, 1203, 1053, 1077, 1080, 1317, 1927, 3169, 1152, 1158, 1159, 1160, 1161, 1205, 1213, 1290, 1836)
# The server takes connections with TLS only, and the client made one without.
TLS_REQUIRED = 3159
# A server that is stopped may also cut a handshake short, so the number alone does not tell. Its certificate and a server without TLS do not pass.
UNTRUSTED = re.compile(r"certificate|verif", re.IGNORECASE)
WITHOUT_TLS = re.compile(r"support", re.IGNORECASE)
# As both clients begin an error, `ERROR 2005 (HY000): ...` and `ERROR 1064 (42000) at line 3: ...`; warnings of options have no number.
ERROR = re.compile(r"^ERROR (\d+)\b")
# An error of syntax quotes the statement from there on, and a statement may hold a password.
NEAR = re.compile(r" near '.*", re.DOTALL)


class DatabaseError(CodedError):
    """`code` is short enough for a signal; the message names the database, never a password. `number` is MySQL's, where the client gave one."""

    def __init__(self, code, message):
        super().__init__(code, message)
        match = ERROR.match(message)
        self.number = int(match.group(1)) if match else None

    @property
    def passes(self):
        """The server may answer a later attempt."""
        return self.code == "refused" and self.number in AWAY


class Server:
    """One MySQL or MariaDB server, as one of its users."""

    def __init__(self, client, host, port, username, password, authorities, run=RUN):
        """`authorities`: a PEM file of who may have signed the server's certificate; any certificate is accepted where there is none."""
        os.makedirs(run, mode=0o700, exist_ok=True)
        self.client = client
        handle, self.options = tempfile.mkstemp(dir=run, suffix=".cnf")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(options_text(host, port, username, password, authorities))

    def close(self):
        os.remove(self.options)

    def wait(self, seconds=WAIT_SECONDS):
        """Until it answers: a database that fails over or starts is away for a while, one that refuses stays so."""
        self.run("SELECT 1", seconds=seconds)

    def command(self, *arguments):
        return [self.client, "--defaults-extra-file=" + self.options, "--batch", "--skip-column-names"] + list(arguments)

    def run(self, sql, database=None, seconds=WAIT_SECONDS):
        """Rows of the last statement, as lists of texts. While the server is away, or takes no writes, it is asked again for `seconds`, but no
        longer than the boot has. So `sql` must be of statements that may run twice: of one whose answer was lost nobody knows whether it ran."""
        end = time.monotonic() + min(seconds, node_clock.left(seconds))
        while True:
            try:
                return self._run_once(sql, database)
            except DatabaseError as problem:
                if not problem.passes or time.monotonic() + WAIT_PAUSE > end:
                    raise
                print("  again in %d s: %s" % (WAIT_PAUSE, problem), flush=True)
            time.sleep(WAIT_PAUSE)

    def _run_once(self, sql, database):
        arguments = [database] if database else []
        done = subprocess.run(self.command("--connect-timeout=10", *arguments), input=sql.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise refusal(done.stderr)
        return [line.split("\t") for line in done.stdout.decode().splitlines()]


def options_text(host, port, username, password, authorities):
    """`loose_`: each client knows its own spelling of "a verified server or nothing", and must not stumble over the other's. Without
    authorities a client of MariaDB older than 11.4 takes a connection without TLS too; it knows no option against that."""
    values = {"host": host, "port": port, "user": username, "password": password}
    lines = ["%s=%s" % (name, option_value(value)) for name, value in values.items()]
    if authorities:
        lines += ["ssl-ca=" + option_value(authorities), "loose_ssl-mode=VERIFY_IDENTITY", "loose_ssl-verify-server-cert=1"]
    else:
        lines += ["loose_ssl-mode=REQUIRED", "loose_ssl-verify-server-cert=0"]
    return "\n".join(["[client]", "loose_ssl=1"] + lines + [""])


def option_value(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return '"%s"' % escaped


def literal(text):
    """A SQL string, from which no text gets out in either mode of the server. With NO_BACKSLASH_ESCAPES in sql_mode, which no default has, a
    backslash would arrive as two."""
    return "'%s'" % text.replace("\\", "\\\\").replace("'", "''")


def refusal(output):
    reason = _reason(output)
    error = DatabaseError("refused", reason)
    if error.number == NO_TLS and UNTRUSTED.search(reason):
        return DatabaseError("certificate", "the certificate of the database server is not from one of its authorities, or does not have the "
                             "name that the node connects to: %s" % reason)
    if error.number == TLS_REQUIRED or (error.number == NO_TLS and WITHOUT_TLS.search(reason)):
        return DatabaseError("no-tls", reason)
    return error


def _reason(output):
    """The client's last error, whatever it warns of besides; its last line where it names no error."""
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if ERROR.match(line)]
    return NEAR.sub(" (the statement is not shown)", (errors or lines or ["the client gave no reason"])[-1])
