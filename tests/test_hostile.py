"""A hundred and more hostile feeds at once: each ends as it should, and none harms another."""

from __future__ import annotations

import pytest

from aggregator.models import Outcome
from tests import hostile_http, hostile_items, hostile_markup, hostile_wire
from tests.hostile import Asked
from tests.hostile_case import Case, Seen, play_cases

CASES: tuple[Case, ...] = (
    hostile_http.CASES + hostile_wire.CASES + hostile_markup.CASES + hostile_items.CASES
)


@pytest.fixture(scope="module")
def played() -> tuple[dict[str, Seen], list[Asked]]:
    return play_cases(CASES)


def outcome_of(seen: Seen) -> str:
    poll = seen.first
    if poll.outcome in {Outcome.OK, Outcome.NOT_MODIFIED}:
        return "warn" if poll.warning else "ok"
    return poll.outcome.value


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id}-{case.what[:40]}")
def test_a_hostile_feed_ends_as_it_should(
    case: Case, played: tuple[dict[str, Seen], list[Asked]]
) -> None:
    seen = played[0][case.id]
    said = f"{seen.first.error} {seen.first.warning}"
    assert outcome_of(seen) in case.outcome.split("|"), said
    least, most = (case.entries,) * 2 if isinstance(case.entries, int) else case.entries
    assert least <= len(seen.entries) <= most, seen.titles[:10]
    assert case.words in said
    if seen.first.outcome in {Outcome.ERROR, Outcome.BACKOFF, Outcome.GONE}:
        assert seen.first.error and seen.first.error_kind
    if case.check is not None:
        case.check(seen)


def test_no_case_reaches_the_canary(
    played: tuple[dict[str, Seen], list[Asked]],
) -> None:
    assert played[1] == []


def test_everything_that_is_kept_can_be_stored(
    played: tuple[dict[str, Seen], list[Asked]],
) -> None:
    for seen in played[0].values():
        for poll in seen.polls:
            repr(poll).encode("utf-8")
            texts = [
                poll.error,
                poll.warning,
                poll.title,
                poll.etag,
                poll.last_modified,
            ]
            for entry in poll.entries:
                texts += [
                    entry.key,
                    entry.url,
                    entry.title,
                    entry.summary,
                    entry.author,
                ]
                assert len(entry.title) <= 1_000 and len(entry.key) <= 600
                assert entry.url == "" or entry.url.startswith(("http://", "https://"))
            for text in texts:
                text.encode("utf-8")
                assert "\x00" not in text and "\x1b" not in text
