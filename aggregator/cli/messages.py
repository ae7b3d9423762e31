"""`aggregator deliver` and `alerts`: try what would be sent, before it is."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from aggregator.cli.common import CONFIG, DATA, plain, settings_of, told


@click.group()
def deliver() -> None:
    """Work with the targets of briefs and alerts."""


@deliver.command("test")
@CONFIG
def deliver_test(config: Path) -> None:
    """Send a word to every target; exit with 1 if one did not take it."""
    from aggregator.delivery.sending import send
    from aggregator.models import Message

    with told():
        targets = settings_of(config).deliver
    if not targets:
        click.echo(f"{config}: 'settings: deliver:' names no target", err=True)
        sys.exit(1)
    message = Message(
        "Topic Aggregator: a test",
        "If you can read this, briefs and alerts will arrive here.",
    )
    errors = [(target, send(target, message)) for target in targets]
    for target, error in errors:
        click.echo(f"{plain(target.name)}: {plain(error) or 'sent'}")
    sys.exit(1 if any(error for _, error in errors) else 0)


@click.group()
def alerts() -> None:
    """Work with what topics call about."""


@alerts.command("try")
@CONFIG
@DATA
@click.option(
    "--since",
    default="14d",
    show_default=True,
    help="How far to look back, such as 36h or 14d.",
)
def alerts_try(config: Path, data: Path, since: str) -> None:
    """List what the rules of feeds.yaml would have called about; send nothing."""
    from aggregator.config.values import Wrong, span
    from aggregator.daemon import DATABASE
    from aggregator.pipeline import utc_now
    from aggregator.rehearsal import rehearse
    from aggregator.store import open_reader

    try:
        back: timedelta = span("1h", "90d")(since)
    except Wrong as error:
        raise click.BadParameter(str(error), param_hint="--since") from error
    with told():
        settings = settings_of(config)
        reader = open_reader(data / DATABASE)
        try:
            found = rehearse(reader, settings, utc_now(), back)
        finally:
            reader.close()
    zone = settings.timezone
    for alert, at in found:
        told_at = at.astimezone(zone)
        raised = alert.raised_at.astimezone(zone)
        late = "" if told_at == raised else f", told at {told_at:%d %b %H:%M}"
        click.echo(f"{raised:%Y-%m-%d %H:%M}{late}  {alert.slug}  {plain(alert.text)}")
    rules = sum(bool(topic.alert) for topic in settings.topics)
    click.echo(f"{len(found)} alerts by {rules} rules in {since}", err=True)
