"""Dates: read in every form that feeds use, and never off by hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dates import EARLIEST, believable, parse_date

NOW = datetime(2026, 7, 2, tzinfo=UTC)
_zones = st.integers(-14 * 60, 14 * 60).map(lambda n: timezone(timedelta(minutes=n)))
_instants = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=_zones,
).map(lambda when: when.replace(microsecond=0))


@given(_instants)
def test_the_forms_of_the_standards_are_read_exactly(when: datetime) -> None:
    assert parse_date(format_datetime(when)) == when
    assert parse_date(when.isoformat()) == when
    assert parse_date(when.isoformat(" ")) == when
    assert parse_date(when.astimezone(UTC).strftime("%a %b %d %H:%M:%S %Y")) == when


@given(
    st.text(max_size=60) | st.from_regex(r"[0-9]{1,6}[-/ ][0-9A-Za-z]{1,4}[-/ ].{0,30}")
)
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    when = parse_date(text)
    if when is not None:
        assert when.tzinfo is UTC
    believed = believable(when, NOW)
    assert believed is None or EARLIEST <= believed <= NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 01 Jul 2026 12:00:00 IST",
        "2026-07-01T12:00:00+99:99",
        "Fri, 31 Dec 10000 00:00:00 GMT",
        "0000-00-00",
        "31 Feb 2026",
        "2026-07-01 noon",
        "1783000000",
        "x" * 10_000,
        "",
    ],
)
def test_what_no_one_can_be_sure_of_is_no_date(text: str) -> None:
    assert parse_date(text) is None
