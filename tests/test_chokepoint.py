"""One way out, and no way in for feed text: found by reading all of the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("aggregator/**/*.py"), *ROOT.glob("web/**/*.py")])
TEMPLATES = sorted(ROOT.glob("web/templates/**/*.html"))

# What can open a connection, and the modules that may name it. Each of these is part
# of the way that starts at fetch.fetch_many; demo and daemon listen and call nobody.
ALLOWED = {
    "aiohttp": {
        "aggregator/fetch/client.py",
        "aggregator/fetch/dialling.py",
        "aggregator/fetch/lookups.py",
    },
    "socket": {"aggregator/fetch/dialling.py", "aggregator/fetch/lookups.py"},
    "ssl": {"aggregator/fetch/dialling.py"},
    "asyncio": {"aggregator/fetch/client.py", "aggregator/fetch/lookups.py"},
    # a model that the settings name is fetched from the hub, by its own library
    "huggingface_hub": {"aggregator/encoding/hub.py"},
    "http.server": {"aggregator/demo/server.py"},
    # children of ours, over pipes of ours
    "subprocess": {"aggregator/parse/children.py", "aggregator/delivery/sending.py"},
    # sends to the addresses that the operator wrote into feeds.yaml, and to no other
    "apprise": {"aggregator/delivery/program.py"},
    "pickle": {"aggregator/parse/children.py"},
    # two functions of the C library's allocator, with numbers of ours
    "ctypes": {"aggregator/memory.py"},
}
FORBIDDEN = {
    *("urllib.request", "urllib3", "http.client", "requests", "httpx", "httpcore"),
    *("httplib2", "pycurl", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib"),
    *("nntplib", "xmlrpc", "websocket", "websockets", "paramiko", "socketserver"),
    *("tornado", "trio", "anyio", "gevent", "eventlet", "twisted", "shelve"),
    *("pty", "marshal", "dill", "cloudpickle"),
}
CALLS = {
    *("eval", "exec", "__import__", "system", "popen", "execv", "execve", "spawnv"),
    *("create_connection", "open_connection", "getaddrinfo", "gethostbyname"),
    *("urlopen", "urlretrieve", "create_datagram_endpoint", "create_subprocess_shell"),
    *("create_subprocess_exec", "render_template_string", "Markup", "getoutput"),
    *("unsafe_load", "full_load"),
}


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import, those by name at runtime too."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, one.name) for one in names)
            case ast.ImportFrom(module=module, names=names):
                yield from (
                    (node.lineno, f"{module or ''}.{one.name}") for one in names
                )
            case ast.Call(args=[ast.Constant(value=str(name)), *_]):
                called = ast.unparse(node.func)
                if called.endswith(("import_module", "__import__")):
                    yield node.lineno, name
            case _:
                pass


def used(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of every attribute, and of every function called by name."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name):
                yield node.lineno, name
            case ast.Call(func=ast.Name(id=name)):
                yield node.lineno, name
            case _:
                pass


def is_or_in(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def leaks(source: str, path: str) -> list[str]:
    """Return what a module imports or uses and may not."""
    found: list[str] = []
    for line, name in imported(source):
        barred = {one for one, paths in ALLOWED.items() if path not in paths}
        if any(is_or_in(name, module) for module in FORBIDDEN | barred):
            found.append(f"{path}:{line}: {name}")
        if name.rpartition(".")[2] in CALLS:
            found.append(f"{path}:{line}: {name}")
    for line, name in used(source):
        if name in CALLS and path != "aggregator/fetch/lookups.py":
            found.append(f"{path}:{line}: {name}")
    return found


def keywords(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, 'name=value') of every constant keyword argument."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            yield node.value.lineno, f"{node.arg}={node.value.value!r}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_only_the_fetcher_opens_connections(path: Path) -> None:
    assert leaks(path.read_text(), path.relative_to(ROOT).as_posix()) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_module_disarms_what_protects_it(path: Path) -> None:
    source = path.read_text()
    bad = {"shell=True", "verify=False", "autoescape=False", "ssl=False", "debug=True"}
    assert [one for one in keywords(source) if one[1] in bad] == []
    assert not re.search(r"\byaml\.(?:load|Loader|load_all)\b", source)
    assert not re.search(r"CERT_NONE|check_hostname|_create_unverified", source)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_trusts_what_a_feed_says(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|<script|\bon\w+=", source)
    assert not re.search(r"(?:href|src|action|content)=(?:\{\{|[^\"'\s])", source)


def test_everything_is_looked_at() -> None:
    assert len(SOURCES) > 50
    assert len(TEMPLATES) > 10
    for paths in ALLOWED.values():
        assert all((ROOT / path).exists() for path in paths), paths


@pytest.mark.parametrize(
    "source",
    [
        "import requests",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen as fetch",
        "import http.client as c",
        "import aiohttp",
        "import socket\nsocket.create_connection(('a', 1))",
        "def f(s): s.getaddrinfo('a', 1)",
        "import importlib\nimportlib.import_module('requests')",
        "async def f(loop): await loop.create_connection(None)",
        "import os\nos.system('ls')",
        "import subprocess",
        "eval('1')",
        "from flask import render_template_string",
        "from markupsafe import Markup",
        "import yaml\nyaml.unsafe_load('')",
    ],
)
def test_the_search_finds_what_it_is_for(source: str) -> None:
    assert leaks(source, "aggregator/other.py")
