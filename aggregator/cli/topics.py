"""`aggregator topics`: archives scored, and definitions tried before they count."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.common import (
    CONFIG,
    DATA,
    plain,
    settings_of,
    told,
    write_lines,
)
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.config import Settings
    from aggregator.models import Topic, TopicScore
    from aggregator.trials import Change, Trial


class _Span(click.ParamType[timedelta]):
    """A duration such as 14d or 36h."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        from aggregator.config.values import Wrong, span

        try:
            return value if isinstance(value, timedelta) else span("1h", "90d")(value)
        except Wrong as error:
            self.fail(f"'{value}': {error}", param, ctx)


@click.group()
def topics() -> None:
    """Work with topics."""


@topics.command("score")
@click.argument("items", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--topic", "name", required=True, help="A topic's name or slug.")
@click.option(
    "--answers",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON lines: id answer (yes or no), on items of the file, to learn from.",
)
@CONFIG
def topics_score(
    items: Path, output: Path, name: str, answers: Path | None, config: Path
) -> None:
    """Score a file of items for one topic of feeds.yaml."""
    from aggregator.archive import score_archive

    with told():
        topic = _topic(settings_of(config), name)
        count = write_lines(output, score_archive(items, topic, answers))
    click.echo(f"{count} items scored into {output}")


def _topic(settings: Settings, name: str) -> Topic:
    from aggregator.config.topicsfile import slug_of

    for topic in settings.topics:
        if slug_of(name) == topic.slug:
            return topic
    known = ", ".join(topic.name for topic in settings.topics) or "none"
    raise AggregatorError(f"no topic '{name}' in {settings.path}; there are: {known}")


@topics.command("try")
@click.argument("config", default="feeds.yaml", type=click.Path(path_type=Path))
@DATA
@click.option(
    "--since",
    default="14d",
    show_default=True,
    type=_Span(),
    help="How far back: 1h to 90d.",
)
@click.option(
    "--max-change",
    default=20.0,
    show_default=True,
    type=click.FloatRange(0, 1000),
    help="Exit with 1 where a running topic changes by more percent of its clusters.",
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0, 10_000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a topic.")
def topics_try(
    config: Path,
    data: Path,
    since: timedelta,
    max_change: float,
    limit: int,
    as_json: bool,
) -> None:
    """Show which clusters a file's topics would gain and lose; store nothing.

    Exits with 0 where no running topic changes much, 1 where one does, 2 where the
    file has mistakes or there is no database to try it on.
    """
    with told():
        settings = settings_of(config)
    try:
        trials = _trials(settings, data, since)
    except AggregatorError as error:
        click.echo(f"aggregator: {error}", err=True)
        sys.exit(2)
    for trial in trials:
        if as_json:
            click.echo(json.dumps(_row(trial), ensure_ascii=False))
        else:
            click.echo("\n".join(_told(trial, limit)))
    tried = {trial.slug for trial in trials}
    if same := [topic.slug for topic in settings.topics if topic.slug not in tried]:
        click.echo(f"run as they are: {', '.join(same)}", err=True)
    if any(trial.share * 100 > max_change for trial in trials):
        sys.exit(1)


def _trials(settings: Settings, data: Path, since: timedelta) -> Sequence[Trial]:
    from aggregator.daemon import DATABASE
    from aggregator.pipeline import utc_now
    from aggregator.store import open_reader
    from aggregator.trials import try_topics

    reader = open_reader(data / DATABASE)
    try:
        running = reader.scored_definitions()
        for slug, share in reader.rescored_shares().items():
            click.echo(
                f"{slug} is being scored again, {share:.0%} done: what it has now is "
                "not all new yet",
                err=True,
            )
        gone = sorted(set(running) - {topic.slug for topic in settings.topics})
        changed = [t for t in settings.topics if running.get(t.slug) != t.definition]
        return try_topics(reader, changed, since=utc_now() - since, gone=gone)
    finally:
        reader.close()


def _told(trial: Trial, limit: int) -> list[str]:
    """Write a trial for people: a line of counts, then what comes and goes, and why."""
    name = (
        plain(trial.topic.name) if trial.topic else f"{trial.slug} (gone from the file)"
    )
    changed = f"+{len(trial.gained)} -{len(trial.lost)}"
    share = "new" if trial.is_new else f"{trial.share:.0%}"
    counts = f"{trial.now_count} of {trial.cluster_count} clusters now"
    lines = [f"{name}: {counts}, {trial.then_count} then ({changed}, {share})"]
    for sign, changes in (("+", trial.gained), ("-", trial.lost)):
        for change in changes[:limit]:
            headline = plain(change.cluster.headline) or "(no headline)"
            lines += [
                f"  {sign} cluster {change.cluster.id}: {headline}",
                f"      now {_reason(change.now)}; then {_reason(change.then)}",
            ]
        if len(changes) > limit:
            lines.append(f"  {sign} {len(changes) - limit} more")
    return lines


def _reason(score: TopicScore) -> str:
    words = ", ".join(map(plain, score.matched))
    return f"{score.score:.2f}" + (f" by {words}" if words else "")


def _row(trial: Trial) -> dict[str, Any]:
    return {
        "topic": trial.slug,
        "new": trial.is_new,
        "gone": trial.topic is None,
        "now": trial.now_count,
        "then": trial.then_count,
        "clusters": trial.cluster_count,
        "share": round(trial.share, 4),
        "gained": [_change_row(change) for change in trial.gained],
        "lost": [_change_row(change) for change in trial.lost],
    }


def _change_row(change: Change) -> dict[str, Any]:
    return {
        "cluster": change.cluster.id,
        "headline": change.cluster.headline,
        **{
            name: {"score": round(score.score, 4), "matched": list(score.matched)}
            for name, score in (("now", change.now), ("then", change.then))
        },
    }
