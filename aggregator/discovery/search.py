"""A site's address -> the feeds that it has, each one fetched and read to prove it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aggregator.config import Settings
from aggregator.discovery.pages import Candidate, feed_links, guesses
from aggregator.errors import FetchError, ParseError
from aggregator.fetch import FetchRequest, fetch_many
from aggregator.fetch.manners import policy_of
from aggregator.models import Response
from aggregator.parse.decoding import decode
from aggregator.parse.pool import ParserPool
from aggregator.polling import body_hash

log = logging.getLogger(__name__)

MOST_REQUESTS = 24
"""How many addresses one search asks for, redirects apart."""
_WITH_BODY = frozenset({200, 203, 226})


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one candidate: a feed, or why it is none in `error`."""

    url: str
    """Where it is: after permanent redirects, but not after others."""
    origin: str
    title: str = ""
    item_count: int = 0
    error: str = ""


def find_feeds(address: str, settings: Settings) -> Iterator[Found]:
    """Yield what a site's address leads to: itself, or the feeds that its pages name.

    Pages that look like lists of feeds are read, too. Guesses are tried last, and only
    where nothing was found; those that fail are not told.
    """
    with ParserPool(settings.limits, workers=1) as parsers:
        yield from _Search(settings, parsers).run(address)


class _Search:
    def __init__(self, settings: Settings, parsers: ParserPool) -> None:
        self._settings = settings
        self._parsers = parsers
        self._asked: set[str] = set()
        self._feeds: set[str] = set()  # addresses and body hashes
        self._pages: list[Response] = []

    def run(self, address: str) -> Iterator[Found]:
        yield from self._try([Candidate(address, "address")])
        base = self._pages[0].url if self._pages else address
        for _ in range(2):  # the page asked for, then the lists of feeds it links to
            pages, self._pages = self._pages, []
            for page in pages:
                text, _ = decode(page.body, page.headers.get("content-type", ""))
                yield from self._try(feed_links(text, page.url))
        if not self._feeds:
            yield from self._try(guesses(base))

    def _try(self, candidates: Iterable[Candidate]) -> Iterator[Found]:
        """Fetch and read candidates; feeds are yielded once, HTML pages are kept."""
        requests: list[FetchRequest] = []
        by_number: dict[int, Candidate] = {}
        for one in candidates:
            if one.url not in self._asked and len(self._asked) < MOST_REQUESTS:
                self._asked.add(one.url)
                by_number[len(requests)] = one
                requests.append(FetchRequest(len(requests), one.url))
        answers = {
            request.feed_id: answer
            for request, _, answer in fetch_many(requests, policy_of(self._settings))
        }
        for number, candidate in by_number.items():
            found = self._found(candidate, answers[number])
            if found and not (found.error and candidate.origin == "guess"):
                yield found

    def _found(
        self, candidate: Candidate, answer: Response | FetchError
    ) -> Found | None:
        """Return what an answer is; None for a page, and for a feed met before."""
        url, origin = candidate.url, candidate.origin
        if isinstance(answer, FetchError):
            return Found(url, origin, error=str(answer))
        if answer.status not in _WITH_BODY:
            if origin == "address":  # its host may have feeds all the same
                self._pages.append(answer)
            return Found(url, origin, error=f"HTTP {answer.status}")
        try:
            document = self._parsers.submit(answer).result()
        except ParseError as error:
            if error.kind == "html" and origin in ("address", "anchor"):
                self._pages.append(answer)
                return None
            return Found(url, origin, error=str(error))
        marks = {answer.url, body_hash(answer.body)}
        if marks & self._feeds:
            return None
        self._feeds |= marks
        url = answer.permanent_url or url
        return Found(url, origin, document.title, len(document.entries))
