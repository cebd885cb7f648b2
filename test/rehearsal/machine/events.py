"""What happens, as JSON lines: one object per line, each with `time` (seconds since the epoch) and `event`."""

from __future__ import annotations

import json
import threading
import time
from typing import Callable, Optional, TextIO


class Events:
    """Writes events from any thread. When the reader is gone there is nobody left to work for: `on_broken` is told."""

    def __init__(self, stream: TextIO, on_broken: Optional[Callable[[], None]] = None):
        self._stream = stream
        self._lock = threading.Lock()
        self._listeners: list[Callable[[dict], None]] = []
        self.on_broken = on_broken

    def listen(self, listener: Callable[[dict], None]) -> None:
        self._listeners.append(listener)

    def emit(self, event: str, **fields) -> dict:
        record = {'time': round(time.time(), 3), 'event': event,
                  **{key: value for key, value in fields.items() if value is not None}}
        line = json.dumps(record, ensure_ascii=False, separators=(',', ':'))
        with self._lock:
            try:
                self._stream.write(line + '\n')
                self._stream.flush()
            except (BrokenPipeError, ValueError):
                if self.on_broken is not None:
                    self.on_broken()
        for listener in self._listeners:
            listener(record)
        return record

    def phase(self, name: str) -> 'Phase':
        return Phase(self, name)


class Phase:
    """A stretch of work with a beginning, an end and a duration; a failure in it is reported under its name."""

    def __init__(self, events: Events, name: str):
        self._events = events
        self._name = name
        self._start = 0.0

    def __enter__(self) -> 'Phase':
        self._start = time.monotonic()
        self._events.emit('phase', phase=self._name, state='started')
        return self

    def __exit__(self, kind, error, trace) -> None:
        seconds = round(time.monotonic() - self._start, 3)
        state = 'finished' if error is None else 'failed'
        self._events.emit('phase', phase=self._name, state=state, seconds=seconds,
                          message=None if error is None else str(error))


class JsonLinesFile:
    """A log of JSON objects in a file, written from any thread."""

    def __init__(self, path: str):
        self.path = path
        self._lock = threading.Lock()
        self._file = open(path, 'a', encoding='utf-8')

    def write(self, record: dict) -> None:
        line = json.dumps(record, ensure_ascii=False, separators=(',', ':'))
        with self._lock:
            self._file.write(line + '\n')
            self._file.flush()
