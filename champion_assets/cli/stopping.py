"""Ctrl-C and SIGTERM while a command works.

What belongs here: noticing a signal whoever handles it, saying so, and which exit code it means. What does not: how a
run of Dagster ends (`orchestration/interruption.py`).

Dagster replaces the handlers of both signals while it works, and where it is busy with itself a signal may be lost. So
the interpreter is told to write the number of every signal to a socket too (`signal.set_wakeup_fd`), which a thread
reads: the first signal is remembered, and `check` raises at the next block of days; the second one ends the process at
once. The lake needs no other care: an object is written whole or not at all.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_received: list[int] = []


def check() -> None:
    """Go on, unless the process was told to end.

    Raises:
        KeyboardInterrupt: it was.
    """
    if _received:
        raise KeyboardInterrupt


def exit_code() -> int:
    """128 and the number of the signal that came first, as shells have it; that of Ctrl-C if none was seen."""
    return 128 + (_received[0] if _received else signal.SIGINT)


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside the `with` block both signals raise KeyboardInterrupt, and are remembered for `check` and `exit_code`."""
    if threading.current_thread() is not threading.main_thread():  # handlers can be set there only
        yield
        return
    _received.clear()
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = {each: signal.getsignal(each) for each in _SIGNALS}
    wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    for each in _SIGNALS:
        signal.signal(each, signal.default_int_handler)
    reader = threading.Thread(target=_read, args=(ours,), name="signals", daemon=True)
    reader.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for each, handler in before.items():
            signal.signal(each, handler)
        theirs.close()
        reader.join(1)
        ours.close()


def _read(numbers: socket.socket) -> None:
    while body := numbers.recv(64):
        for number in body:
            if number not in _SIGNALS:
                continue
            _received.append(number)
            if len(_received) > 1:
                os._exit(exit_code())
            sys.stderr.write("ending after the current block; a second signal ends at once\n")
            sys.stderr.flush()
