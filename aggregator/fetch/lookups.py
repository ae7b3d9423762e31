"""Names -> addresses, in threads that may be abandoned: getaddrinfo has no deadline."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.errors import FetchError
from aggregator.fetch.addresses import Allowed
from aggregator.limits import Limits

LookUp = Callable[[str], Sequence[str]]
"""Returns the addresses of a name, best first; may block and may raise `OSError`."""

_Answer = Sequence[str] | FetchError
_KEPT_S = 60.0  # an answer is used again for so long, a failure too


class Refused(OSError):
    """An address lies outside the public internet and no one allowed it."""


def system_addresses(host: str) -> list[str]:
    """Ask the system; raises `OSError`."""
    found = socket.getaddrinfo(
        host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    # A scope (index 3) is something that only link-local addresses have.
    return [str(one[4][0]) for one in found if len(one[4]) < 4 or not one[4][3]]


def is_name(host: str) -> bool:
    """Say whether a URL's host has to be looked up."""
    try:
        ip_address(host)
    except ValueError:
        return host != ""
    return False


class Resolver(AbstractResolver):
    """Looks every name up once, for as long as a run of requests takes."""

    def __init__(self, look_up: LookUp, allowed: Allowed, limits: Limits) -> None:
        self._ask_system = look_up
        self._allowed = allowed
        self._limits = limits
        self._free = asyncio.Semaphore(limits.lookup_count)
        self._tasks: dict[str, tuple[float, asyncio.Task[_Answer]]] = {}
        self._took: dict[str, float] = {}

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,
    ) -> list[ResolveResult]:
        """Return the addresses of a name that may be dialled."""
        answer = await self._answer(host)
        if isinstance(answer, FetchError):
            raise FetchError(*answer.args)  # each request its own: they carry traces
        if not answer:
            raise FetchError("dns", f"{host} has no address")
        good = [one for one in answer if self._allowed.allows(one, host, port)]
        if not good:
            raise Refused(refusal(host, answer[0]))
        return [_result(host, one, port) for one in good[: self._limits.address_count]]

    async def look_up(self, host: str) -> None:
        """Look a name up ahead of time; what goes wrong, `resolve` raises."""
        await self._answer(host)

    def took(self, host: str) -> float:
        """Return how many seconds looking a name up took, 0 for none."""
        return self._took.get(host, 0.0)

    async def close(self) -> None:
        """Nothing is held: threads end by themselves."""

    async def _answer(self, host: str) -> _Answer:
        loop = asyncio.get_running_loop()
        at, task = self._tasks.get(host, (0.0, None))
        if task is None or (task.done() and loop.time() - at > _KEPT_S):
            task = loop.create_task(self._ask(host))
            self._tasks[host] = loop.time(), task
        # Others wait for it, too: who gives up must not take it along.
        return await asyncio.shield(task)

    async def _ask(self, host: str) -> _Answer:
        clock = asyncio.get_running_loop().time
        seconds = self._limits.lookup.total_seconds()
        try:
            async with asyncio.timeout(self._limits.total.total_seconds()):
                await self._free.acquire()
        except TimeoutError:
            return FetchError("dns", f"no look-up of {host}: too many others hang")
        began = clock()
        try:
            async with asyncio.timeout(seconds):
                return await self._in_thread(host)
        except TimeoutError:
            return FetchError(
                "dns", f"looking up {host} took longer than {seconds:g} s"
            )
        except OSError as error:
            reason = error.strerror or "no answer"
            return FetchError("dns", f"{host} cannot be looked up: {reason}")
        except UnicodeError:
            return FetchError("scheme", f"{host} is no name")
        finally:
            self._took[host] = clock() - began

    def _in_thread(self, host: str) -> asyncio.Future[Sequence[str]]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()

        def settle(result: Sequence[str] | Exception) -> None:
            self._free.release()
            if answer.done():
                return
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        def work() -> None:
            result: Sequence[str] | Exception
            try:
                result = self._ask_system(host)
            except (OSError, UnicodeError) as error:
                result = error
            with contextlib.suppress(RuntimeError):  # nobody waits: the loop has ended
                loop.call_soon_threadsafe(settle, result)

        threading.Thread(target=work, name="lookup", daemon=True).start()
        return answer


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


def refusal(host: str, address: str) -> str:
    """Say that an address may not be dialled, and what can change that."""
    name = f"{host} is {address}" if host.strip("[]") != address else address
    return (
        f"refused: {name}, which is no public address;"
        " allow_private in feeds.yaml can allow it"
    )
