"""Briefs and alerts on their way: to a real mail server and a real HTTP endpoint."""

from __future__ import annotations

import email
import email.policy
import json
import socket
import threading
import time as time_module
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller  # type: ignore[import-untyped]  # has no types
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts import cluster_alerts, may_tell_at
from aggregator.cli import main
from aggregator.config import Settings
from aggregator.delivery.compose import brief_message, unaddressed
from aggregator.delivery.lanes import Lanes
from aggregator.delivery.sending import (
    TRIES,
    mistakes,
    send,
    without_secrets,
)
from aggregator.editions import new_brief
from aggregator.models import (
    AlertKind,
    AlertRule,
    Cargo,
    Cluster,
    ClusterCard,
    Message,
    Target,
    Topic,
    TopicScore,
)
from aggregator.pipeline import Pipeline
from aggregator.rehearsal import rehearse
from aggregator.schedule import Ticker
from aggregator.store import Store, open_store
from tests import sample
from tests.browsing import page, site_over, text_of
from tests.sample import NOW

UTC_ZONE = ZoneInfo("UTC")
HOUR = timedelta(hours=1)


@dataclass
class Letterbox:
    """A mail server on loopback; `refusal` is what it answers instead of taking mail."""

    letters: list[EmailMessage] = field(default_factory=list)
    refusal: str = ""
    port: int = 0

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        if self.refusal:
            return self.refusal
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    @property
    def address(self) -> str:
        return (
            f"mailto://127.0.0.1:{self.port}?mode=insecure"
            "&from=aggregator@desk.example&to=ana@desk.example"
        )


@dataclass
class Endpoint:
    """An HTTP server on loopback that keeps what is posted to it."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    port: int = 0

    @property
    def address(self) -> str:
        return f"json://desk:s3cret-word@127.0.0.1:{self.port}/hook/"


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    with socket.create_server(("127.0.0.1", 0)) as free:  # it takes no port 0 itself
        box = Letterbox(port=free.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            found.posts.append(json.loads(self.rfile.read(length)))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Pipeline]]:
    """Start the daemon's pipeline over the sample."""
    made: list[Pipeline] = []
    path = tmp_path / "sample.db"

    def start(*targets: Target, **settings: Any) -> Pipeline:
        store = open_store(path)
        if not made:
            sample.fill(store)
        values = {"topics": sample.TOPICS, "feeds": sample.FEEDS, **settings}
        pipeline = Pipeline(store, Settings(deliver=targets, **values), now=clock)
        made.append(pipeline)
        return pipeline

    yield start
    for pipeline in made:
        pipeline.close()
        pipeline.store.close()


def keep(pipeline: Pipeline) -> int:
    """Keep a brief, queued to every target that takes briefs."""
    kept = new_brief(pipeline.store, pipeline.settings, pipeline.now())
    return pipeline.store.keep_brief(
        *(kept, "", pipeline.now()),
        targets=[t.name for t in pipeline.settings.deliver if Cargo.BRIEF in t.cargo],
        subject=brief_message(kept).title,
    )


def test_a_brief_arrives_as_a_mail_of_its_own_and_in_short_elsewhere(
    start: Callable[..., Pipeline], letterbox: Letterbox, endpoint: Endpoint
) -> None:
    pipeline = start(
        Target("desk", letterbox.address),
        Target("hook", endpoint.address),
        Target("calls", endpoint.address, (Cargo.ALERT,)),
        site_url="https://news.desk.example",
    )
    brief_id = keep(pipeline)
    assert pipeline.messages.send() == 2
    assert pipeline.messages.send() == 0
    (letter,) = letterbox.letters
    assert "Brief of " in letter["Subject"]
    html = letter.get_body(("html",))
    assert html is not None
    body = html.get_content()
    assert "<style" in body and "<script" not in body
    lead = pipeline.store.kept_brief(brief_id).row.headline
    assert lead and lead in body
    (post,) = endpoint.posts
    assert lead in post["message"]
    assert f"https://news.desk.example/briefs/{brief_id}" in post["message"]
    assert "<" not in post["message"]
    assert [d.sent_at for d in pipeline.store.dispatches()] == [NOW, NOW]


def test_what_does_not_arrive_is_tried_again_until_it_is_given_up(
    start: Callable[..., Pipeline], endpoint: Endpoint, clock: Clock
) -> None:
    pipeline = start(Target("hook", endpoint.address))
    store = pipeline.store
    brief_id = keep(pipeline)
    endpoint.status = 500
    for number, pause in enumerate(TRIES, 1):
        if number == 1:
            assert pipeline.messages.send() == 0
        else:  # a sender takes a second to start
            store.note_unsent(1, "500", clock.at + pause, clock.at)
        (dispatch,) = store.dispatches()
        assert (dispatch.try_count, dispatch.next_try_at) == (number, clock.at + pause)
        assert dispatch.error
        assert "s3cret" not in dispatch.error
        clock.at += pause - timedelta(seconds=1)
        assert pipeline.messages.send() == 0
        assert store.dispatches()[0].try_count == number
        clock.at += timedelta(seconds=1)
    assert pipeline.messages.send() == 0
    (dispatch,) = store.dispatches()
    assert (dispatch.failed_at, dispatch.next_try_at) == (clock.at, None)
    assert store.failed_count(clock.at) == 1
    assert len(endpoint.posts) == 2
    with site_over(Path(store.path)) as app:  # type: ignore[attr-defined]
        app.config["NOW"] = clock
        client = app.test_client()
        text = text_of(page(client, "/"))
        assert "1 message could not be delivered in the last day" in text
        for path in ("/messages/", f"/briefs/{brief_id}"):
            text = text_of(page(client, path))
            assert "failed , given up" in text or "failed, given up" in text
            assert "s3cret" not in text


def test_a_failure_is_followed_by_a_success(
    start: Callable[..., Pipeline], letterbox: Letterbox, clock: Clock
) -> None:
    pipeline = start(Target("desk", letterbox.address))
    keep(pipeline)
    letterbox.refusal = "451 come back later"
    assert pipeline.messages.send() == 0
    assert pipeline.store.dispatches()[0].try_count == 1
    letterbox.refusal = ""
    clock.at += TRIES[0]
    assert pipeline.messages.send() == 1
    (dispatch,) = pipeline.store.dispatches()
    assert (dispatch.sent_at, dispatch.error) == (clock.at, "")
    assert len(letterbox.letters) == 1


def test_a_target_that_is_gone_from_the_file_ends_what_was_for_it(
    start: Callable[..., Pipeline], endpoint: Endpoint
) -> None:
    pipeline = start(Target("hook", endpoint.address))
    keep(pipeline)
    pipeline.use(replace(pipeline.settings, deliver=()))
    assert pipeline.messages.send() == 0
    (dispatch,) = pipeline.store.dispatches()
    assert dispatch.failed_at and "'hook'" in dispatch.error
    assert endpoint.posts == []


def test_nothing_listening_is_an_error_in_words_and_without_the_password() -> None:
    target = Target("hook", "json://desk:s3cret-word@127.0.0.1:9/hook/")
    error = send(target, Message("A", "b"))
    assert error
    assert "s3cret" not in error and "127.0.0.1:9" not in error
    assert "s3cret" not in repr(target)


def test_an_address_that_is_no_service_is_a_mistake() -> None:
    good = Target("good", "json://127.0.0.1:9/")
    bad = Target("bad", "carrierpigeon://coop", line=7)
    ((found, error),) = mistakes([good, bad])
    assert found is bad
    assert "no address that Apprise knows" in error


@given(
    user=st.text("abcxyz", min_size=3, max_size=8),
    password=st.text("defuvw0123", min_size=3, max_size=12),
    before=st.text(max_size=20),
)
def test_no_part_of_an_address_is_ever_told(
    user: str, password: str, before: str
) -> None:
    target = Target("t", f"mailtos://{user}:{password}@mail.example?to=x@y.example")
    told = without_secrets(f"{before} {user} {password} {target.address}", target)
    assert password not in told.replace("***", "")


@pytest.mark.parametrize(
    "address",
    [
        "json://[x/ab3c-secret",
        "json://desk\u2100:ab3c-secret@127.0.0.1:9/",
        "slack://T1/B2/ab3c-secret",
        "mailtos://mail.example?user=ana&pass=ab3c-secret",
        "mailtos://mail.example?user=ana&pass=ab3c%2dsecret",
    ],
)
def test_an_odd_address_keeps_its_secret_too(address: str) -> None:
    target = Target("t", address)
    assert "secret" not in without_secrets("refused: AB3C-secret, ab3c-secret", target)
    assert "secret" not in send(target, Message("A", "b"), stopped())


def stopped() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def test_a_brief_that_cannot_be_written_keeps_no_other_message_waiting(
    start: Callable[..., Pipeline], endpoint: Endpoint, clock: Clock
) -> None:
    pipeline = start(Target("hook", endpoint.address))
    store = pipeline.store
    broken = replace(
        new_brief(store, pipeline.settings, NOW), manifest='{"of": "another time"}'
    )
    store.keep_brief(broken, "", NOW, targets=["hook"], subject="An unreadable one")
    keep(pipeline)
    assert pipeline.messages.send() == 1
    good, bad = store.dispatches()
    assert good.sent_at == NOW
    assert (bad.try_count, bad.next_try_at) == (1, NOW + TRIES[0])
    assert "could not be written" in bad.error


def test_a_stop_ends_a_sender_that_hangs_and_the_message_stays_due(
    start: Callable[..., Pipeline],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes, and says nothing
        port = silent.getsockname()[1]
        pipeline = start(Target("hook", f"json://127.0.0.1:{port}/"))
        keep(pipeline)
        sending = threading.Thread(target=pipeline.messages.send, daemon=True)
        sending.start()
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(100)  # it is in the middle of it
            pipeline.stop.set()
            sending.join(5)
            assert not sending.is_alive()
            while connection.recv(10_000):  # until the sender is gone
                pass
    (dispatch,) = pipeline.store.dispatches()
    assert (dispatch.try_count, dispatch.next_try_at) == (0, NOW)


def test_a_target_that_hangs_delays_no_other_and_is_asked_once(
    start: Callable[..., Pipeline], endpoint: Endpoint
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes, and says nothing
        port = silent.getsockname()[1]
        hanging = f"json://127.0.0.1:{port}/?rto=50"  # so long would it wait
        pipeline = start(Target("a", hanging), Target("b", endpoint.address))
        keep(pipeline)
        keep(pipeline)
        threads = threading.active_count()
        ticker = Ticker(pipeline, send=timedelta(seconds=0.3))
        ticker.start()
        try:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(100)  # its sender waits for an answer
                assert wait_for(lambda: len(endpoint.posts) == 2)
                pipeline.use(pipeline.settings)  # an edited file makes another pass
                keep(pipeline)
                assert wait_for(lambda: len(endpoint.posts) == 3)
                silent.settimeout(0.7)
                with pytest.raises(TimeoutError):
                    silent.accept()
        finally:
            assert ticker.stop(timedelta(seconds=5))
        assert wait_for(lambda: threading.active_count() <= threads)
    told = {(d.target, d.sent_at, d.try_count) for d in pipeline.store.dispatches()}
    assert told == {("a", None, 0), ("b", NOW, 1)}


def wait_for(is_so: Callable[[], bool], patience_s: float = 20.0) -> bool:
    until = time_module.monotonic() + patience_s
    while not is_so() and time_module.monotonic() < until:
        time_module.sleep(0.02)
    return is_so()


def test_lanes_give_a_target_to_one_thread_and_turns_to_all() -> None:
    lanes = Lanes()
    with lanes.take(["a", "b"]) as first, lanes.take(["a", "b"]) as second:
        assert (first, second) == ("a", "b")
        with lanes.take(["a", "b"]) as third:
            assert third is None
        with lanes.take(["a", "c"]) as third:
            assert third == "c"
    for expected in ("a", "b", "c", "a"):  # whose turn was longest ago
        with lanes.take(["c", "b", "a"]) as target:
            assert target == expected


def test_the_daily_brief_is_kept_and_queued_at_once(
    start: Callable[..., Pipeline], endpoint: Endpoint, clock: Clock
) -> None:
    pipeline = start(
        Target("hook", endpoint.address),
        Target("calls", endpoint.address, (Cargo.ALERT,)),
    )
    clock.at = NOW + timedelta(days=1)
    brief_id = pipeline.briefs.run()
    assert brief_id is not None
    (dispatch,) = pipeline.store.dispatches()
    assert (dispatch.target, dispatch.brief_id) == ("hook", brief_id)
    again = new_brief(pipeline.store, pipeline.settings, clock.at)
    day = pipeline.store.kept_brief(brief_id).row.day
    twin = replace(again, row=replace(again.row, day=day))
    assert pipeline.store.keep_brief(twin, "", clock.at, targets=["hook"]) == brief_id
    assert len(pipeline.store.dispatches()) == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("@everyone look", "@\u200beveryone look"),
        (
            "<!channel> <@U123> <#C1>",
            "<\u200b!channel> <\u200b@\u200bU123> <\u200b#C1>",
        ),
        ("3 < 4, a @ b", "3 < 4, a @ b"),
    ],
)
def test_what_a_feed_says_calls_nobody_in_a_chat(said: str, told: str) -> None:
    assert unaddressed(said) == told


# --- alerts


RULE = AlertRule(score=0.7, reports=4)
TOPIC = Topic("Border policy", "border-policy", any=("border",), alert=RULE)


def card(
    id: int, *, score: float, independent: int, first_at: datetime = NOW
) -> ClusterCard:
    return ClusterCard(
        Cluster(
            id,
            f"Story {id}",
            (),
            9,
            9,
            first_at,
            NOW,
            report_count=9,
            independent_count=independent,
        ),
        (),
        (TopicScore(TOPIC.slug, score, score >= 0.5),),
    )


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (card(1, score=0.7, independent=1), AlertKind.NEW),
        (card(1, score=0.69, independent=3), None),
        (card(1, score=0.5, independent=4), AlertKind.GREW),
        (card(1, score=0.9, independent=9), AlertKind.GREW),
        (card(1, score=0.9, independent=1, first_at=NOW - 25 * HOUR), None),
        (card(1, score=0.5, independent=4, first_at=NOW - 99 * HOUR), AlertKind.GREW),
    ],
)
def test_a_cluster_calls_once_it_is_new_or_has_grown(
    found: ClusterCard, kind: AlertKind | None
) -> None:
    alerts = cluster_alerts(TOPIC, RULE, [found], NOW)
    assert [alert.kind for alert in alerts] == ([kind] if kind else [])


CHICAGO = ZoneInfo("America/Chicago")
NIGHT = (time(22), time(6, 30))


@pytest.mark.parametrize(
    ("now", "last", "quiet", "expected"),
    [
        ("2026-03-06T15:00", None, None, "2026-03-06T15:00"),
        ("2026-03-06T15:00", "2026-03-06T14:30", None, "2026-03-06T15:30"),
        ("2026-03-06T15:00", "2026-03-06T09:30", None, "2026-03-06T15:00"),
        # 22:00 to 06:30 in Chicago is 04:00 to 12:30 in UTC, in summer an hour earlier
        ("2026-03-06T05:00", None, NIGHT, "2026-03-06T12:30"),
        ("2026-03-06T04:00", None, NIGHT, "2026-03-06T12:30"),
        ("2026-03-06T03:59", None, NIGHT, "2026-03-06T03:59"),
        ("2026-03-06T12:30", None, NIGHT, "2026-03-06T12:30"),
        ("2026-07-06T03:30", None, NIGHT, "2026-07-06T11:30"),
        ("2026-03-06T03:50", "2026-03-06T03:40", NIGHT, "2026-03-06T12:30"),
        # the night in which the clock goes forward
        ("2026-03-08T05:00", None, NIGHT, "2026-03-08T11:30"),
        ("2026-03-06T18:30", None, (time(12), time(13)), "2026-03-06T19:00"),
    ],
)
def test_a_topic_is_silent_after_a_call_and_at_night(
    now: str, last: str | None, quiet: tuple[time, time] | None, expected: str
) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    told = may_tell_at(at(now), at(last) if last else None, HOUR, quiet, CHICAGO)
    assert told == at(expected)


def alerting(rule: AlertRule) -> tuple[Topic, ...]:
    return tuple(
        replace(topic, alert=rule) if topic.slug == TOPIC.slug else topic
        for topic in sample.TOPICS
    )


def test_a_rule_that_was_taken_out_and_comes_back_is_new(
    start: Callable[..., Pipeline], endpoint: Endpoint, clock: Clock
) -> None:
    rule = AlertRule(score=0.6, cooldown=timedelta(hours=6))
    pipeline = start(Target("hook", endpoint.address), topics=alerting(rule))
    store, with_rule = pipeline.store, pipeline.settings
    pipeline.alerts.run(has_news=True)

    def happens(headline: str) -> None:
        clock.at += timedelta(minutes=5)
        story = sample.Story(
            headline,
            ("border",),
            (sample.Told(1, 0, headline),),
            ((TOPIC.slug, 0.9, ("Border",)),),
        )
        sample.save_stories(store, [story], now=clock.at)
        pipeline.alerts.run(has_news=True)

    happens("Border checkpoint at Dune Pass closes for a week")
    happens("Border fence at Ash Ford falls in a storm")  # waits for the cooldown
    assert [len(store.dispatches()), len(store.untold(TOPIC.slug))] == [1, 1]
    pipeline.use(replace(with_rule, topics=(replace(TOPIC, alert=AlertRule()),)))
    happens("Border bridge at Mill Creek is painted")
    clock.at += timedelta(hours=12)
    pipeline.use(with_rule)
    pipeline.alerts.run(has_news=False)
    pipeline.alerts.run(has_news=True)
    assert len(store.dispatches()) == 1
    happens("Border tunnel at Long Hill floods")
    assert len(store.dispatches()) == 2
    assert "Long Hill" in store.dispatches()[0].title


def test_a_new_rule_tells_of_what_comes_and_not_of_all_there_is(
    start: Callable[..., Pipeline], endpoint: Endpoint, clock: Clock
) -> None:
    rule = AlertRule(score=0.6, cooldown=timedelta(minutes=30))
    pipeline = start(Target("hook", endpoint.address), topics=alerting(rule))
    store = pipeline.store
    pipeline.alerts.run(has_news=True)
    assert store.dispatches() == ()
    told = {alert.cluster_id for alert in store.alerts()}
    assert told  # those that were there
    story = sample.Story(
        "Border checkpoint at Dune Pass closes for a week",
        ("border",),
        (sample.Told(1, 0, "Border checkpoint at Dune Pass closes for a week"),),
        ((TOPIC.slug, 0.9, ("Border",)),),
    )
    sample.save_stories(store, [story], now=clock.at)
    pipeline.alerts.run(has_news=True)
    assert pipeline.messages.send() == 1
    assert "Dune Pass" in endpoint.posts[0]["message"]
    assert endpoint.posts[0]["title"].startswith("Border policy: Border checkpoint")
    pipeline.alerts.run(has_news=True)
    assert pipeline.messages.send() == 0  # once a cluster
    # two more within the cooldown wait for its end, and come together
    for name in ("Ash Ford", "Mill Creek"):
        clock.at += timedelta(minutes=5)
        headline = f"Border fence at {name} falls in a storm"
        sample.save_stories(
            store,
            [replace(story, headline=headline, told=(sample.Told(2, 0, headline),))],
            now=clock.at,
        )
        pipeline.alerts.run(has_news=True)
        assert pipeline.messages.send() == 0
    clock.at += timedelta(minutes=21)
    pipeline.alerts.run(has_news=False)
    assert pipeline.messages.send() == 1
    assert endpoint.posts[1]["title"] == "Border policy: 2 alerts"
    assert "Ash Ford" in endpoint.posts[1]["message"]
    assert "Mill Creek" in endpoint.posts[1]["message"]


def test_alerts_of_the_night_are_told_in_the_morning(
    start: Callable[..., Pipeline], endpoint: Endpoint, clock: Clock
) -> None:
    quiet = (time(13), time(15))
    rule = AlertRule(reports=2)
    pipeline = start(
        Target("hook", endpoint.address),
        topics=alerting(AlertRule(reports=1000)),
        quiet_hours=quiet,
    )
    pipeline.alerts.run(has_news=True)
    pipeline.use(replace(pipeline.settings, topics=alerting(AlertRule(reports=900))))
    pipeline.alerts.run(has_news=True)
    store = pipeline.store
    store.raise_alerts(
        cluster_alerts(
            replace(TOPIC, alert=rule), rule, [card(1, score=0.9, independent=5)], NOW
        )
    )
    pipeline.alerts.run(has_news=True)
    assert store.dispatches() == ()
    clock.at = NOW.replace(hour=15, minute=0)
    pipeline.alerts.run(has_news=False)
    assert pipeline.messages.send() == 1
    assert "5 independent reports" in endpoint.posts[0]["message"]


def test_a_rehearsal_lists_what_would_have_called_and_sends_nothing(
    start: Callable[..., Pipeline],
) -> None:
    pipeline = start(topics=alerting(AlertRule(score=0.6, reports=3)))
    store: Store = pipeline.store
    found = rehearse(store, pipeline.settings, NOW, timedelta(days=14))
    assert found
    for alert, told_at in found:
        cluster = store.cluster(alert.cluster_id)
        assert cluster.first_at <= alert.raised_at <= NOW
        assert told_at >= alert.raised_at
        if alert.kind is AlertKind.GREW:
            assert cluster.independent_count >= 3
    times = [alert.raised_at for alert, _ in found]
    assert times == sorted(times)
    assert store.alerts() == () and store.dispatches() == ()
    assert rehearse(store, pipeline.settings, NOW, timedelta(minutes=1)) == []


def test_the_commands_send_a_word_and_list_a_rehearsal(
    tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "feeds.yaml"
    monkeypatch.setenv("HOOK", endpoint.address)
    config.write_text(
        "settings:\n  deliver:\n    - {name: hook, to: '${HOOK}'}\n"
        "feeds: [https://a.example/feed]\n"
        "topics:\n  - {name: Tides, any: [tide], alert: {score: 0.7}}\n"
    )
    run = CliRunner().invoke
    done = run(main, ["deliver", "test", "--config", str(config)])
    assert (done.exit_code, done.output) == (0, "hook: sent\n")
    assert "will arrive here" in endpoint.posts[0]["message"]
    endpoint.status = 403
    done = run(main, ["deliver", "test", "--config", str(config)])
    assert done.exit_code == 1
    assert "s3cret" not in done.output
    store = open_store(tmp_path / "aggregator.db")
    store.close()
    done = run(
        main, ["alerts", "try", "--config", str(config), "--data", str(tmp_path)]
    )
    assert done.exit_code == 0
    assert "0 alerts by 1 rules in 14d" in done.output
    config.write_text(config.read_text().replace("${HOOK}", "pigeon://coop"))
    done = run(main, ["check", str(config)])
    assert done.exit_code == 2
    assert "feeds.yaml:3" in done.output and "'hook'" in done.output
