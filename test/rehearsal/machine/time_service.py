"""
The Amazon Time Sync Service at 169.254.169.123: answers NTP clients with this host's clock, which is also that of every node.

Of NTP it knows a client's question (RFC 5905, mode 3) and nothing else.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from typing import Optional

import network
from system import call_in_namespace

_EPOCH = 2208988800
_CLIENT, _SERVER = 3, 4


class TimeService:
    def __init__(self) -> None:
        self._socket: Optional[socket.socket] = None

    def start(self) -> None:
        def open_socket() -> socket.socket:
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            opened.bind((network.TIME_ADDRESS, 123))
            return opened

        self._socket = call_in_namespace(network.ROUTER, open_socket)
        threading.Thread(target=self._serve, args=(self._socket,), name='time', daemon=True).start()

    def stop(self) -> None:
        if self._socket:
            self._socket.close()

    @staticmethod
    def _serve(opened: socket.socket) -> None:
        while True:
            try:
                question, client = opened.recvfrom(512)
            except OSError:
                return
            answer = answer_to(question, time.time())
            if answer:
                opened.sendto(answer, client)


def answer_to(question: bytes, now: float) -> Optional[bytes]:
    if len(question) < 48 or question[0] & 7 != _CLIENT:
        return None
    stamp = struct.pack('>II', (int(now) + _EPOCH) % 2 ** 32, int(now % 1 * 2 ** 32))
    # Version of the question, stratum 3, no root delay; the originate timestamp is the client's transmit timestamp.
    return bytes([question[0] & 0x38 | _SERVER, 3, 6, 0xec]) + bytes(12) + stamp + question[40:48] + stamp + stamp
