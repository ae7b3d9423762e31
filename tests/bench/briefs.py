"""Briefs of a week of twenty real feeds, to be read as an analyst reads them."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aggregator.config import Settings, load_settings
from aggregator.config.briefing import BriefSettings
from aggregator.editions import differences, rebuilt
from aggregator.models import FeedConfig
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from tests.bench.ground import ROOT
from tests.bench.replay_month import ARCHIVE, Served, read_archive, serve
from tests.feedhouse import FeedHouse, feed_house

ZONE = ZoneInfo("America/Chicago")
LAST = date(2021, 9, 20)
ROUND = timedelta(minutes=30)
AT = time(14, 30)
"""Of each of these days the archive has documents by then, and of none by 07:00 on the
18th: it is empty from 17 September 02:00 to 18 September 19:00 UTC."""
OUTLETS = {
    "cnntv": "CNN",
    "cnn": "CNN",
    "fox": "Fox News",
    "foxnewstv": "Fox News",
    "rnz": "RNZ",
    "rnzcovid19": "RNZ",
    "stuff": "Stuff",
    "stuffnz": "Stuff",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay the week; write its briefs, and return 1 where one cannot be rebuilt."""
    parser = argparse.ArgumentParser(prog="briefs", description=__doc__)
    parser.add_argument("--archive", type=Path, default=ARCHIVE)
    parser.add_argument("--out", type=Path, help="where the briefs are written")
    parser.add_argument("--last", type=date.fromisoformat, default=LAST)
    parser.add_argument("--at", type=time.fromisoformat, default=AT)
    options = parser.parse_args(arguments)
    logging.getLogger("aggregator").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        out = options.out or Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        with feed_house() as house, closing(open_store(out / "replay.db")) as store:
            replay(options.archive, options.last, options.at, house, store)
            return written(store, out if options.out else None)


def replay(archive: Path, last: date, at: time, house: FeedHouse, store: Store) -> None:
    """Poll the feeds every half hour as they were, up to the brief of the last day."""
    end = datetime.combine(last, at, ZONE).astimezone(UTC) + ROUND
    documents = [one for one in read_archive(archive) if one.at <= end]
    moment = documents[0].at.replace(minute=0, second=0)
    pipeline = Pipeline(store, _settings(documents, at, house), now=lambda: moment)
    waiting = list(documents)
    while moment < end:
        moment += ROUND
        while waiting and waiting[0].at <= moment:
            serve(house, waiting.pop(0))
        pipeline.cycle(due_only=False)
    pipeline.close()


def _settings(documents: Sequence[Served], at: time, house: FeedHouse) -> Settings:
    shipped = load_settings(ROOT / "feeds.yaml")
    feeds = sorted({one.feed for one in documents})
    return replace(
        shipped,
        timezone=ZONE,
        allow_private=(f"127.0.0.1:{house.port}",),
        per_host_spacing=timedelta(0),
        per_host_concurrency=8,
        brief=BriefSettings(at=at),
        feeds=tuple(
            FeedConfig(house.url(feed), feed, outlet=OUTLETS.get(feed, ""))
            for feed in feeds
        ),
    )


def written(store: Store, out: Path | None) -> int:
    """Print the briefs, or write them as files; return 1 where bytes differ."""
    failed = 0
    for row in reversed(store.briefs()):
        kept = store.kept_brief(row.id)
        changed = differences(kept)
        failed |= bool(changed)
        size = len(kept.manifest) // 1024
        verdict = f"differs: {', '.join(changed)}" if changed else "rebuilt as it was"
        print(f"== brief {row.id} of {row.day}: {size} KiB, {verdict}\n")
        if out is None:
            print(rebuilt(kept, "txt"))
            continue
        for form in kept.hashes:
            path = out / f"{row.day}.{form}"
            path.write_text(rebuilt(kept, form), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
