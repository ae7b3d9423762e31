"""Runs a function in child processes that can be killed, whatever they are doing.

One thread looks after one child over one pipe, so that a child's death can harm
nothing but the call that it was busy with. Children are programs of their own: a fork
of a program with threads can stop for ever, and multiprocessing's other ways run the
main program's module again in each of them.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import queue
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")

_CALLS_PER_CHILD = 2_000  # what leaks, leaks into a child that ends some day
_WAITING_PER_CHILD = 4  # calls that `submit` takes before it makes its caller wait
_LOOK_S = 0.25  # how often a call that is under way looks whether it shall end
_PROGRAM = (
    "import sys; from aggregator.parse.children import serve; serve(int(sys.argv[1]))"
)


class _Ended(Exception):
    """A call was ended from outside; the argument is the kind that `explain` gets."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may use."""

    cpu: timedelta
    wall: timedelta
    memory_bytes: int


class Children(Generic[A, R]):
    """Calls `function` in `count` children; the function and values must pickle.

    `explain` makes an exception of what ended a call from outside: `timeout`,
    `memory` or `crash`.
    """

    def __init__(
        self,
        function: Callable[[A], R],
        bounds: Bounds,
        explain: Callable[[str], Exception],
        count: int,
    ) -> None:
        self._function = function
        self._bounds = bounds
        self._explain = explain
        self._calls: queue.SimpleQueue[tuple[A, Future[R]] | None] = queue.SimpleQueue()
        self._room = threading.BoundedSemaphore(count * (1 + _WAITING_PER_CHILD))
        self._closed = threading.Event()
        self._threads = [
            threading.Thread(target=self._look_after, name=f"child-{n}", daemon=True)
            for n in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, value: A) -> Future[R]:
        """Have `value` worked on; waits while there is more work than children can do.

        The future raises what the function raised, or what `explain` makes.
        """
        if self._closed.is_set():
            raise RuntimeError("these children are closed")
        self._room.acquire()
        future: Future[R] = Future()
        future.add_done_callback(lambda _: self._room.release())
        self._calls.put((value, future))
        return future

    def close(self) -> None:
        """End all children at once; calls that are not done have crashed."""
        self._closed.set()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join()

    def _look_after(self) -> None:
        child: _Child | None = None
        while (call := self._calls.get()) is not None:
            value, future = call
            if self._closed.is_set():
                future.set_exception(self._explain("crash"))
                continue
            if not future.set_running_or_notify_cancel():
                continue
            try:
                if child is None or not child.is_fit():
                    if child is not None:
                        child.end()
                    child = _Child(self._function, self._bounds)
                future.set_result(child.call(value, self._closed))
            except (_Ended, OSError) as error:  # OSError: no child could start
                if child is not None:
                    child.end()
                child = None
                kind = error.args[0] if isinstance(error, _Ended) else "crash"
                future.set_exception(self._explain(kind))
            except Exception as error:  # noqa: BLE001 - it belongs to this call alone
                future.set_exception(error)
        if child is not None:
            child.end()


class _Child:
    """One child process and our end of the pipe to it."""

    def __init__(self, function: Callable[[Any], Any], bounds: Bounds) -> None:
        self._bounds = bounds
        self._call_count = 0
        self._pipe, theirs = multiprocessing.Pipe()
        path = os.pathsep.join(entry for entry in sys.path if entry)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=os.environ | {"PYTHONPATH": path},
            )
        self._send((function, bounds))

    def is_fit(self) -> bool:
        """Say whether another call may go to this child."""
        return self._call_count < _CALLS_PER_CHILD and self._process.poll() is None

    def call(self, value: Any, closed: threading.Event) -> Any:
        """Return what the function makes of `value`, or raise what it raised."""
        self._call_count += 1
        deadline = time.monotonic() + self._bounds.wall.total_seconds()
        self._send(value)
        while not self._pipe.poll(_LOOK_S):
            if closed.is_set():
                raise _Ended("crash")
            if time.monotonic() > deadline:
                raise _Ended("timeout")
        try:
            done, result = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise _Ended(self._cause_of_death()) from error
        if done:
            return result
        if isinstance(result, MemoryError):
            raise _Ended("memory") from result
        raise result

    def end(self) -> None:
        """Kill the child, if need be, and let go of everything that was its."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()

    def _send(self, value: Any) -> None:
        try:
            self._pipe.send(value)
        except OSError as error:
            raise _Ended(self._cause_of_death()) from error

    def _cause_of_death(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(1) == -signal.SIGXCPU:
                return "timeout"
        return "crash"


def serve(descriptor: int) -> None:
    """Answer calls until the other end of a pipe is closed: a child's main program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with Connection(descriptor) as pipe, contextlib.suppress(EOFError, BrokenPipeError):
        function, bounds = pipe.recv()
        with contextlib.suppress(ValueError, OSError):  # macOS cannot
            limit = (bounds.memory_bytes, resource.RLIM_INFINITY)
            resource.setrlimit(resource.RLIMIT_AS, limit)
        while True:
            value = pipe.recv()
            _bound_cpu(bounds)
            try:
                answer = (True, function(value))
            except Exception as error:  # noqa: BLE001 - it belongs to this call alone
                answer = (False, _portable(error))
            pipe.send(answer)


def _portable(error: Exception) -> Exception:
    """Return an exception that can travel: not every one can be pickled."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - anything can go wrong in a foreign __reduce__
        return RuntimeError(f"{type(error).__name__}: {error}"[:1_000])
    return error.with_traceback(None)


def _bound_cpu(bounds: Bounds) -> None:
    """Have the kernel end this process when this call has used up its time."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    until = int(usage.ru_utime + usage.ru_stime + bounds.cpu.total_seconds()) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
