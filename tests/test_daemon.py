"""The real process: started, asked, edited under, killed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.feedhouse import FeedHouse, feed_house, rss

COMMAND = [sys.executable, "-m", "aggregator"]
PATIENCE_S = 30


@pytest.fixture
def house() -> Iterator[FeedHouse]:
    with feed_house() as house:
        house.serve(
            "a", rss(("Bridge closed after crack is found", "Inspectors closed it."))
        )
        yield house


class Daemon:
    """A running `aggregator run`, and where its site is."""

    def __init__(self, home: Path, house: FeedHouse) -> None:
        self.home = home
        self.house = house
        self.config = home / "feeds.yaml"
        self.data = home / "data"
        self.write("feeds:\n" + f"- {{url: '{house.url('a')}', name: A}}\n")

    def write(self, feeds: str) -> None:
        self.config.write_text(
            "settings:\n  poll_interval: 1s\n  per_host_spacing: 0s\n"
            f"  allow_private: ['127.0.0.1:{self.house.port}']\n{feeds}"
        )

    def start(self, *more: str) -> Daemon:
        log = (self.home / "log").open("ab")
        self.process = subprocess.Popen(
            [
                *COMMAND,
                "run",
                "--config",
                str(self.config),
                "--data",
                str(self.data),
                "--port",
                "0",
                *more,
            ],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        log.close()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, self.log()
        self.address = found[0]
        return self

    def log(self) -> str:
        return (self.home / "log").read_text()

    def get(self, path: str = "") -> str:
        """Return a page's text, whatever its status."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return str(error.read().decode())

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, self.log()
            assert self.process.poll() is None, self.log()
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> float:
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(15)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return time.monotonic() - began

    def count(self, table: str) -> int:
        with closing(sqlite3.connect(self.data / "aggregator.db")) as db:
            return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture
def daemon(tmp_path: Path, house: FeedHouse) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path, house)
    yield daemon
    process = getattr(daemon, "process", None)
    if process is not None and process.poll() is None:
        daemon.stop(signal.SIGKILL)


def run(*args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_started_daemon_polls_clusters_and_serves_and_ends_on_sigterm(
    daemon: Daemon,
) -> None:
    daemon.start()
    daemon.until(lambda: "Bridge closed after crack is found" in daemon.get())
    assert daemon.stop() < 10
    assert daemon.process.returncode == 0
    assert "Traceback" not in daemon.log()
    assert daemon.count("decisions") == 1


def test_a_slow_server_does_not_hold_up_the_end(daemon: Daemon) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    daemon.config.write_text(
        f"settings:\n  allow_private: ['127.0.0.1:{port}']\nfeeds: ['http://127.0.0.1:{port}/silent']\n"
    )
    daemon.start()
    connection, _ = silent.accept()
    assert daemon.stop() < 10
    assert daemon.process.returncode == 0
    connection.close()
    silent.close()


def test_after_kill_9_everything_is_there_once(daemon: Daemon) -> None:
    daemon.start()
    daemon.until(
        lambda: (
            daemon.data.joinpath("aggregator.db").exists()
            and daemon.count("decisions") == 1
        )
    )
    daemon.stop(signal.SIGKILL)
    daemon.start()
    asked = len(daemon.house.asked)
    daemon.until(lambda: len(daemon.house.asked) > asked + 1)
    assert daemon.stop() < 10
    assert (daemon.count("items"), daemon.count("clusters")) == (1, 1)


def test_a_second_daemon_names_the_first_and_leaves(daemon: Daemon) -> None:
    daemon.start()
    second = run("run", "--config", daemon.config, "--data", daemon.data, "--port", 0)
    assert second.returncode == 1
    assert f"process {daemon.process.pid} already works here" in second.stderr
    poll = run("poll", "--config", daemon.config, "--data", daemon.data)
    assert "already works here" in poll.stderr


def test_a_port_in_use_is_said_plainly(daemon: Daemon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run(
            "run", "--config", daemon.config, "--data", daemon.data, "--port", port
        )
    assert found.returncode == 1
    assert f"127.0.0.1:{port}" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("delay", [0, 0.02, 0.1, 0.3])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_sigterm_right_after_the_start_ends_it_quietly(
    daemon: Daemon, host: str, delay: float
) -> None:
    """The handler took a lock of its own thread; the site's loop met a closed socket."""
    daemon.start("--host", host)
    assert daemon.get("healthz")
    time.sleep(delay)
    assert daemon.stop() < 8
    assert daemon.process.returncode == 0
    assert "Traceback" not in daemon.log()


def test_an_address_that_others_can_reach_is_refused(daemon: Daemon) -> None:
    found = run(
        "run", "--config", daemon.config, "--data", daemon.data, "--host", "0.0.0.0"
    )
    assert found.returncode == 2
    assert "no login" in found.stderr


def test_an_edited_file_is_taken_up_and_a_broken_one_changes_nothing(
    daemon: Daemon,
) -> None:
    house = daemon.house
    house.serve("b", rss(("Apple harvest is late", "Growers wait.")))
    daemon.start()
    daemon.until(lambda: "Bridge closed" in daemon.get())
    daemon.write("feeds: [\n")
    daemon.until(lambda: "kept_old" in daemon.log())
    assert "Bridge closed" in daemon.get()
    daemon.config.unlink()
    daemon.write(
        f"feeds:\n- {{url: '{house.url('a')}', name: A}}\n- {{url: '{house.url('b')}', name: B}}\n"
        "topics:\n- {name: Orchards, any: [apple]}\n"
    )
    daemon.until(lambda: "harvest is late" in daemon.get("topics/orchards"))
    assert re.search(r"kept_old=true problem=\S+feeds\.yaml:\d+: ", daemon.log())


def test_poll_does_one_cycle_and_list_tells_of_it(daemon: Daemon) -> None:
    found = run("poll", "--config", daemon.config, "--data", daemon.data)
    assert found.returncode == 0, found.stderr
    assert found.stdout == "polled 1 feeds, 0 failed, 1 new items, 1 clustered\n"
    rows = [
        json.loads(line)
        for line in run(
            "feeds", "list", "--data", daemon.data, "--json"
        ).stdout.splitlines()
    ]
    assert list(rows[0]) == [
        "url",
        "name",
        "state",
        "items",
        "last_status",
        "last_error",
        "last_polled_at",
        "next_poll_at",
    ]
    assert (
        rows[0]["name"],
        rows[0]["state"],
        rows[0]["items"],
        rows[0]["last_status"],
    ) == ("A", "ok", 1, 200)
    table = run("feeds", "list", "--data", daemon.data).stdout
    assert table.splitlines()[1].split()[:3] == ["ok", "1", "200"]
    everything = run("poll", "--all", "--config", daemon.config, "--data", daemon.data)
    assert everything.stdout.startswith("polled 1 feeds, 0 failed, 0 new items")


def test_feeds_list_without_a_database_says_so(tmp_path: Path) -> None:
    found = run("feeds", "list", "--data", tmp_path)
    assert found.returncode == 1
    assert "aggregator.db" in found.stderr


def test_the_demo_fills_every_page_within_a_minute(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        address = ""
        while not address:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            found = re.search(r"http://\S+", line)
            address = found[0] if found else ""
        began = time.monotonic()
        pages = ("", "topics/border-policy", "clusters/", "feeds/", "search?q=asylum")
        while time.monotonic() - began < 60:
            texts = [
                urllib.request.urlopen(address + page, timeout=10).read().decode()
                for page in pages
            ]
            if all("/clusters/" in text for text in texts[:3]) and "HTML" in texts[3]:
                break
            time.sleep(0.05)
        assert all("/clusters/" in text for text in texts[:3])
        assert "not a feed (HTML)" in texts[3]
        assert "<mark>" in texts[4]
    finally:
        process.terminate()
        process.communicate(timeout=15)
    assert process.returncode == 0
