"""The site among strangers: who may ask, and what no page ever says."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from aggregator.models import FeedConfig
from aggregator.serving import SiteServer
from aggregator.store import Store
from tests import sample
from tests.browsing import (
    ROUTES,
    assert_harmless,
    empty_store,
    page,
    save_sample,
    site_over,
    text_of,
)
from web.guard import CONTENT_SECURITY_POLICY, HEADERS

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title></textarea><iframe src=javascript:alert(1)>",
    "&lt;script&gt;alert(2)&lt;/script&gt;",
    "{{ 7 * 191 }}{% raw %}",
    "<b>bold</b>",
    "\u202egnp.exe\u2066",
    "x" * 3000,
)
# What would be live if it stood in a page as it stands here.
RAW = ("<script", "<img", "<svg/", "<iframe", "<b>", "1337")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_sample(tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="module")
def client(database: Path) -> Iterator[FlaskClient]:
    with site_over(database) as app:
        yield app.test_client()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with empty_store(tmp_path / "own.db") as store:
        yield store


@pytest.fixture
def own(tmp_path: Path, store: Store) -> Iterator[FlaskClient]:
    """Browse the database of `store`."""
    with site_over(tmp_path / "own.db") as app:
        yield app.test_client()


# --- who may ask, and what every answer carries


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", path, 200) for path in ROUTES),
        ("HEAD", "/", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/static/site.css", 200),
        ("GET", "/topics", 308),
        ("GET", "/nowhere", 404),
        ("GET", "/clusters/12345", 404),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/static/../../etc/passwd", 404),
        ("GET", "/static/%2e%2e/%2e%2e/pyproject.toml", 404),
        ("GET", "/topics/%00", 404),
        ("GET", "/clusters/?before=yesterday", 400),
        ("POST", "/", 403),
        ("DELETE", "/clusters/1", 403),
        ("PUT", "/feeds/1", 403),
    ],
)
def test_every_answer_carries_the_headers(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method, buffered=True)
    assert answer.status_code == status
    for name, value in HEADERS.items():
        assert answer.headers.getlist(name) == [value]


def test_the_policy_allows_nothing_but_our_own_style_and_pictures() -> None:
    assert CONTENT_SECURITY_POLICY == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8000", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]", 200),
        ("[::1]:8000", 200),
        ("news.example.org", 200),
        ("News.Example.org:443", 200),
        ("", 400),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("evil.example#localhost", 400),
        ("localhost, evil.example", 400),
        ("localhost@evil.example", 400),
        ("localhost:8000/..", 400),
        ("localhost:port", 400),
        ("127.0.0.1.nip.io", 400),
        ("[::1", 400),
        ("localhost\t", 400),
    ],
)
@pytest.mark.parametrize("path", ["/", "/static/site.css", "/healthz", "/nowhere"])
def test_only_our_own_host_names_are_answered(
    database: Path, host: str, status: int, path: str
) -> None:
    with site_over(database, allowed_hosts=("news.example.org",)) as app:
        answer = app.test_client().get(path, headers={"Host": host}, buffered=True)
    assert answer.status_code == (
        404 if (status, path) == (200, "/nowhere") else status
    )
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    if status == 400:
        assert "evil" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET / HTTP/1.1\r\nHost: localhost", 200),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", 400),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\nHost: localhost", 400),
        ("GET / HTTP/1.1", 400),
        ("GET / HTTP/1.0", 400),
        ("GET http://evil.example/ HTTP/1.1\r\nHost: evil.example", 400),
        ("GET //evil.example/ HTTP/1.1\r\nHost: localhost", 404),
        ("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost", 404),
        ("GET /static/../../../etc/passwd HTTP/1.1\r\nHost: localhost", 404),
    ],
)
def test_the_real_server_refuses_what_no_browser_would_send(
    database: Path, head: str, status: int
) -> None:
    with site_over(database) as app:
        server = SiteServer(app, "127.0.0.1", 0, threads=1)
        with socket.create_connection(("127.0.0.1", server.port), 5) as line:
            line.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        server.close()
    assert answer.split()[1] == str(status).encode(), answer[:300]
    assert b"root:" not in answer


def test_forwarded_headers_from_a_client_are_ignored(client: FlaskClient) -> None:
    answer = client.get(
        "/topics",
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"},
    )
    assert "evil" not in answer.headers["Location"]


@pytest.mark.parametrize(
    "number", ["0", "-1", "99999", str(2**63), "9" * 5000, "1e3", "abc", "１"]
)
@pytest.mark.parametrize("noun", ["clusters", "items", "feeds"])
def test_an_id_that_is_not_stored_is_a_page_not_found(
    client: FlaskClient, noun: str, number: str
) -> None:
    root = page(client, f"/{noun}/{number}", 404)
    assert "Not found" in text_of(root)


def test_an_unknown_topic_is_a_page_not_found(client: FlaskClient) -> None:
    page(client, "/topics/no-such-topic", 404)


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "2026-03-06T12:00:00Z",
        "2026-99-06T12:00:00Z.1",
        f"2026-03-06T12:00:00Z.{2**63}",
    ],
)
def test_a_page_key_that_cannot_be_read_is_a_bad_request(
    client: FlaskClient, key: str
) -> None:
    for path in ("/clusters/", "/topics/border-policy", "/feeds/1"):
        page(client, f"{path}?before={key}", 400)


def test_an_error_in_a_page_shows_nothing_of_the_exception(database: Path) -> None:
    with site_over(database) as app:

        @app.get("/broken")
        def broken() -> str:
            raise RuntimeError("secret-of-the-house")

        answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "secret-of-the-house" not in answer.get_data(as_text=True)
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_a_database_that_refuses_gives_503_and_keeps_its_reasons(
    tmp_path: Path, store: Store, own: FlaskClient
) -> None:
    with sqlite3.connect(tmp_path / "own.db") as other:
        other.execute("DROP TABLE cluster_topics")
        other.execute("ALTER TABLE feeds RENAME TO lost")
    other.close()
    for path in ("/", "/feeds/", "/clusters/"):
        answer = own.get(path)
        assert answer.status_code == 503, path
        assert "no such" not in answer.get_data(as_text=True)
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert own.get("/healthz").status_code == 200
    assert own.get("/readyz").status_code == 503


# --- hostile words


def test_hostile_words_never_stand_raw_in_a_page(
    own: FlaskClient, store: Store
) -> None:
    stories = [
        sample.Story(
            f"{bad} {number}",
            (bad,),
            tuple(
                sample.Told(
                    number % 12 + k,
                    k + 1,
                    f"{bad} {number} {k}",
                    f"border {bad}",
                    url=("javascript:alert(1)", "https://x.example/\"'><b>")[k],
                )
                for k in range(2)
            ),
            (("border-policy", 0.9, ("border", bad)),),
        )
        for number, bad in enumerate(HOSTILE)
    ]
    sample.save_stories(store, stories)
    for feed in store.feeds():
        bad = HOSTILE[feed.id % len(HOSTILE)]
        store.save_poll(
            sample.poll(
                feed.id,
                sample.NOW,
                error=bad,
                warning=bad,
                title=bad,
                site_url="javascript:alert(1)",
                permanent_url=bad,
            )
        )
    paths = [
        "/",
        "/topics/border-policy",
        "/clusters/",
        "/feeds/",
        "/search?q=border",
        "/search?q=alert",
        "/search?q=%3Cscript%3Ealert(1)%3C/script%3E",
        *(f"/clusters/{number + 1}" for number in range(len(stories))),
        *(f"/items/{number + 1}" for number in range(2 * len(stories))),
        *(f"/feeds/{feed.id}" for feed in store.feeds()),
    ]
    for path in paths:
        html = own.get(path).get_data(as_text=True)
        assert not [raw for raw in RAW if raw in without_own_bold(html)], path
        assert_harmless(page(own, path))


def without_own_bold(html: str) -> str:
    """Take out the <b> of our own templates: they hold figures and nothing else."""
    return re.sub(r"<b>[-+.,0-9]+</b>", "", html)


def test_passwords_in_addresses_are_never_shown(own: FlaskClient, store: Store) -> None:
    store.sync_feeds(
        [FeedConfig(url="https://me:s3cret@a.example/rss", name="A")], sample.NOW
    )
    (feed,) = store.feeds()
    store.save_poll(
        sample.poll(
            feed.id,
            sample.NOW,
            outcome="error",
            error="https://me:s3cret@a.example/rss did not answer",
            permanent_url="https://me:s3cret@b.example/rss",
            site_url="https://me:s3cret@a.example/",
        )
    )
    for path in ("/", "/feeds/", f"/feeds/{feed.id}"):
        assert "s3cret" not in own.get(path).get_data(as_text=True)
    assert "https://a.example/rss" in text_of(page(own, f"/feeds/{feed.id}"))


# --- what the package costs


def test_importing_the_site_loads_no_numeric_and_no_network_package() -> None:
    code = """
import sys, time
start = time.perf_counter()
import web
spent = time.perf_counter() - start
heavy = {"numpy", "scipy", "sklearn", "aiohttp", "feedparser", "apscheduler", "sqlite_utils"}
print(f"import web took {spent:.3f} s")
sys.exit(f"loaded {heavy & set(sys.modules)}" if heavy & set(sys.modules) else 0)
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    sys.stdout.write(result.stdout)
    assert result.returncode == 0, result.stderr


def test_templates_switch_escaping_off_nowhere() -> None:
    folder = Path(__file__).parent.parent / "web"
    for path in (*folder.rglob("*.html"), *folder.rglob("*.py")):
        text = path.read_text()
        for word in (
            "|safe",
            "| safe",
            "Markup",
            "autoescape",
            "render_template_string",
        ):
            assert word not in text, f"{word} in {path.name}"
