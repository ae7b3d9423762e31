"""The site over a database of a test's own, and pages read as a browser reads them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib  # type: ignore[import-untyped]  # has no types
from flask import Flask
from flask.testing import FlaskClient

from aggregator.config import Settings
from aggregator.editions import new_brief
from aggregator.models import DEFINITIONS
from aggregator.passes.trends import TrendPass
from aggregator.store import Store, open_reader, open_store
from tests import sample
from web import create_app

SHAPES = {"svg", "title", "desc", "rect", "path"}
ROUTES = (
    "/",
    "/topics/",
    "/topics/border-policy",
    "/topics/fisheries",
    "/topics/border-policy/trends",
    "/topics/border-policy/trends?of=items&by=hour",
    "/topics/trade/trends?of=clusters",
    "/topics/compare",
    "/topics/compare?a=trade&b=border-policy&of=items&as=count",
    "/topics/border-policy/answers",
    "/topics/try?topic=border-policy",
    "/topics/try?definition=name:+Border+policy%0Aany:+[bridge]&days=7",
    "/topics/try?definition=name:+[",
    "/clusters/",
    "/clusters/?sources=2",
    "/clusters/?state=developing",
    "/clusters/1",
    "/clusters/4",
    "/items/1",
    "/audit/",
    "/corrections/",
    "/briefs/",
    "/briefs/1",
    "/messages/",
    "/feeds/",
    *(f"/feeds/{number}" for number in range(1, 16)),
    "/search",
    "/search?q=bridge&topic=border-policy&days=7",
    "/search?q=zzzz",
)


@contextmanager
def site_over(path: Path, **settings: Any) -> Iterator[Flask]:
    """Give the site over a database; it is always `sample.NOW` there."""
    reader = open_reader(path)
    app = create_app(Settings(**{"topics": sample.TOPICS, **settings}), reader)
    app.config["NOW"] = lambda: sample.NOW
    yield app
    reader.close()


@contextmanager
def desk_over(path: Path, **settings: Any) -> Iterator[tuple[FlaskClient, Store]]:
    """Give a browser of the site that the daemon serves over a database, and its store.

    It is always `sample.NOW` there, and what is posted comes from the site's own pages.
    """
    store = open_store(path)
    app = create_app(
        Settings(**{"topics": sample.TOPICS, **settings}), store, store, store
    )
    app.config["NOW"] = lambda: sample.NOW
    client = app.test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    yield client, store
    store.close()


def save_sample(folder: Path) -> Path:
    """Make a database of the sample; return its path."""
    path = folder / "sample.db"
    store = open_store(path)
    sample.fill(store)
    settings = Settings(topics=sample.TOPICS)
    TrendPass(store, settings, lambda: sample.NOW, threading.Event()).run()
    store.keep_brief(new_brief(store, settings, sample.NOW), "", sample.NOW)
    store.close()
    return path


@contextmanager
def empty_store(path: Path) -> Iterator[Store]:
    """Give a new store that knows the sample's feeds and topics, and no items."""
    store = open_store(path)
    store.sync_feeds(sample.FEEDS, sample.NOW)
    store.sync_topics(sample.TOPICS, sample.NOW)
    store.end_rescoring(DEFINITIONS)
    yield store
    store.close()


def page(client: FlaskClient, path: str, status: int = 200) -> Element:
    """Get a page and parse it strictly: any error of structure fails."""
    answer = client.get(path)
    assert answer.status_code == status, path
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root: Element = parser.parse(answer.get_data(as_text=True))
    return root


def text_of(root: Element) -> str:
    """Return what a page says, with single spaces."""
    return " ".join("".join(root.itertext()).split())


def local(node: Element) -> str:
    """Return an element's name without the namespace that SVG comes with."""
    return str(node.tag).rpartition("}")[2]


def assert_harmless(root: Element) -> None:
    """Fail if a page would run, load or link anything that it must not."""
    for node in root.iter():
        assert local(node) not in (
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "img",
        )
        assert "style" not in node.attrib
        if local(node) == "svg":  # shapes and words, nothing that loads or runs
            assert {local(part) for part in node.iter()} <= SHAPES
        assert not [name for name in node.attrib if str(name).startswith("on")]
        assert str(node.get("src") or "/").startswith("/")
        assert node.get("action", "/").startswith("/")
        href = node.get("href", "/")
        if node.tag == "link":
            assert href.startswith("/static/")
        if not href.startswith(("/", "#")):
            assert re.match("https?://", href)
            assert node.get("rel") == "noopener noreferrer"
