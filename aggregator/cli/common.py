"""What several commands share: their options, and how they say what went wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.errors import AggregatorError, ConfigError

if TYPE_CHECKING:
    from aggregator.config import Settings

CONFIG = click.option(
    "--config",
    default="feeds.yaml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The file with settings, feeds and topics.",
)
DATA = click.option(
    "--data",
    default="data",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The directory that holds the database.",
)
PORT = click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The site's port; 0 takes any that is free.",
)


@contextmanager
def told() -> Iterator[None]:
    """Turn what goes wrong on purpose into a sentence and an exit code."""
    try:
        yield
    except ConfigError as error:
        for problem in error.args[0]:
            click.echo(str(problem), err=True)
        sys.exit(2)
    except AggregatorError as error:
        click.echo(f"aggregator: {error}", err=True)
        sys.exit(1)


def settings_of(config: Path) -> Settings:
    """Read a feeds.yaml; raises `ConfigError`."""
    from aggregator.config import load_settings

    return load_settings(config)


def plain(text: str) -> str:
    """Keep a terminal safe from what a feed says."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


def write_lines(output: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write JSON lines beside the target and put them in its place when complete."""
    beside = output.with_name(output.name + ".part")
    count = 0
    try:
        with beside.open("w", encoding="utf-8") as lines:
            for count, row in enumerate(rows, 1):  # noqa: B007
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        beside.replace(output)
    except OSError as error:
        raise AggregatorError(f"{output}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return count
