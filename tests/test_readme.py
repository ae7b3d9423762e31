"""The manual says what the program does: settings, commands, modules, answers."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from aggregator import cli
from aggregator.config import Settings, load_settings, parse_settings
from aggregator.errors import ConfigError

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOT_SETTINGS = {"path", "feeds", "topics"}


@pytest.mark.parametrize(
    "name", [f.name for f in fields(Settings) if f.name not in NOT_SETTINGS]
)
def test_every_setting_is_in_the_manual_and_in_the_shipped_file(name: str) -> None:
    assert f"`{name}`" in README
    assert f"{name}:" in (ROOT / "feeds.yaml").read_text(encoding="utf-8")


def commands(group: click.Group, before: str = "aggregator") -> list[str]:
    found: list[str] = []
    for name, command in group.commands.items():
        full = f"{before} {name}"
        found += commands(command, full) if isinstance(command, click.Group) else [full]
    return found


@pytest.mark.parametrize("command", commands(cli.main))
def test_every_command_is_in_the_manual(command: str) -> None:
    assert f"`{command}" in README


def test_every_module_is_in_the_manual() -> None:
    for path in (ROOT / "aggregator").iterdir():
        if not path.name.startswith("_"):
            name = path.stem if path.is_file() else path.name + "/"
            assert f"`{name}`" in README, path.name


def test_no_blank_is_left_in_the_manual() -> None:
    assert re.findall(r"@[A-Z]+@", README) == []


def test_the_answers_shown_are_those_given(tmp_path: Path) -> None:
    shown = re.findall(r"^    feeds\.yaml:.*$", README, re.MULTILINE)
    text = (
        "# the manual's example\nsettings:\n  poll_intervall: 60m\nfeeds:\n"
        "  - url: https://a.example/feed\n    every: soon\n"
    )
    with pytest.raises(ConfigError) as caught:
        parse_settings(text.encode(), Path("feeds.yaml"))
    assert [line.strip() for line in shown] == [str(p) for p in caught.value.args[0]]


def test_the_example_file_has_no_mistake(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert example
    path = tmp_path / "feeds.yaml"
    path.write_text(example[1], encoding="utf-8")
    settings = load_settings(path)
    assert (len(settings.feeds), len(settings.topics)) == (2, 1)


def test_the_example_of_a_topic_has_no_mistake() -> None:
    example = re.search(r"```yaml\n(topics:\n.*?)```", README, re.DOTALL)
    assert example
    text = f"feeds: [https://a.example/feed]\n{example[1]}"
    (topic,) = parse_settings(text.encode(), Path("feeds.yaml")).topics
    assert (len(topic.any), len(topic.none), len(topic.examples)) == (6, 1, 2)


def test_pictures_and_files_that_the_manual_names_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
