"""Meanings beside words: the arithmetic, the switch while the daemon runs, and failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aggregator.clustering import StreamingClusterer
from aggregator.clustering.meaning import Sense
from aggregator.config import Settings
from aggregator.encoding import Meanings
from aggregator.encoding.headlines import HEADLINES
from aggregator.encoding.meanings import is_in
from aggregator.models import (
    EncoderChoice,
    EncoderStage,
    Entry,
    FeedConfig,
    Item,
    ItemMeaning,
    Outcome,
    Poll,
)
from aggregator.pipeline import Pipeline
from aggregator.store import Store, open_store
from tests.encoders import Lookup, minilm
from tests.test_clustering import drawn
from tests.test_grouping import NOW, partition, week

FEEDS = (FeedConfig("https://demo.example/feed", "Demo"),)


def directions(seed: int, n_rows: int, dimension: int = 12) -> np.ndarray:  # type: ignore[type-arg]
    X = np.random.default_rng(seed).standard_normal((n_rows, dimension))
    return (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32)


SENSE = Sense("test", np.zeros(12, dtype=np.float32))


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(2, 40))
@hypothesis_settings(deadline=None, max_examples=10)
def test_with_meanings_too_batches_of_any_size_give_the_same(
    seed: int, size: int, n_rows: int
) -> None:
    X, times = drawn(seed, n_rows), np.arange(n_rows, dtype=float)
    M = SENSE.rows(directions(seed, n_rows), np.diff(X.indptr))
    found = []
    for step in (1, size):
        clusterer, labels = StreamingClusterer(threshold=0.5), []
        for i in range(0, n_rows, step):
            part = slice(i, i + step)
            clusterer.partial_fit(X[part], times=times[part], meanings=M[part])
            labels += clusterer.labels_.tolist()
            words = np.asarray(clusterer.contributions_.sum(axis=1)).ravel()
            np.testing.assert_allclose(
                words + clusterer.meaning_scores_, clusterer.scores_, atol=1e-5
            )
        found.append(labels)
    assert found[0] == found[1]


@given(st.integers(0, 10_000))
@hypothesis_settings(deadline=None, max_examples=10)
def test_sums_of_meanings_are_those_of_the_members(seed: int) -> None:
    X, times = drawn(seed, 40), np.arange(40, dtype=float)
    M = SENSE.rows(directions(seed, 40), np.diff(X.indptr))
    clusterer = StreamingClusterer(threshold=0.3)
    for i in range(0, 40, 10):
        part = slice(i, i + 10)
        clusterer.partial_fit(X[part], times=times[part], meanings=M[part]).regroup()
    for state in clusterer.clusters_.values():
        rows = np.stack([member.meaning for member in state.members])
        assert len(rows) == state.size
        np.testing.assert_allclose(state.meaning.vector, rows.sum(axis=0), atol=1e-5)
        assert state.meaning.mass == pytest.approx(float((rows**2).sum()), abs=1e-4)


def test_two_texts_that_share_no_word_join_by_what_they_mean_and_say_so() -> None:
    X = drawn(3, 1).tolil()
    X.resize((2, 40))
    X[0] = X[1] = 0.0
    X[0, :3], X[1, 3:6] = 3**-0.5, 3**-0.5
    same = np.repeat(directions(1, 1), 2, axis=0)
    apart = StreamingClusterer().partial_fit(X.tocsr(), times=[0, 0])
    assert apart.labels_.tolist() == [0, 1]
    M = SENSE.rows(same, np.array([3, 3]))
    together = StreamingClusterer().partial_fit(X.tocsr(), times=[0, 0], meanings=M)
    assert together.runner_up_.tolist() == [-1, 0] or together.labels_[1] == 0
    assert together.meaning_scores_[1] == pytest.approx(together.scores_[1])


def test_the_longer_a_text_the_less_its_meaning_counts() -> None:
    raw = directions(1, 4)
    lengths = np.linalg.norm(SENSE.rows(raw, np.array([5, 10, 20, 0])), axis=1) ** 2
    assert lengths[0] == pytest.approx(lengths[1])
    assert lengths[1] == pytest.approx(4 * lengths[2])
    assert lengths[3] == 0.0


@pytest.mark.parametrize(
    ("title", "summary", "is_read"),
    [
        ("Quake hits port city", "The harbour was closed after the quake.", True),
        ("UN declares famine in the delta", "", True),
        ("Harbor Ledger wins prize", "", True),
        (
            "Un terremoto sacude la ciudad",
            "El puerto fue cerrado tras el sismo.",
            False,
        ),
        ("Cierre de puente en Santa Brisa", "", False),
        ("Взрыв на фабрике", "", False),
        ("", "The harbour was closed.", False),
    ],
)
def test_only_titles_of_one_language_are_read(
    title: str, summary: str, is_read: bool
) -> None:
    item = replace(week()[0], title=title, summary=summary)
    assert is_in("en", item) is is_read
    rows = Meanings(Lookup(), "en").of([item])
    assert bool(rows.any()) is is_read


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "test.db")
    yield store
    store.close()


@pytest.fixture
def choice(tmp_path: Path) -> Settings:
    minilm(tmp_path / "models" / "minilm")
    return Settings(
        path=tmp_path / "feeds.yaml",
        feeds=FEEDS,
        semantic=EncoderChoice("models/minilm", line=3),
    )


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a model however busy the machine is."""
    monkeypatch.setattr("aggregator.passes.meanings.PATIENCE_S", 60.0)


def reading(store: Store, settings: Settings, encoder: Lookup, **more: Any) -> Pipeline:
    """Return a pipeline whose encoder is this one, in the place of the model named."""
    pipeline = Pipeline(store, settings, **({"now": lambda: NOW} | more))
    passing = pipeline.meanings
    passing._load = lambda: setattr(passing, "_opened", Meanings(encoder, "en"))  # type: ignore[method-assign]
    return pipeline


def settle(pipeline: Pipeline) -> None:
    """Run until all titles are read."""
    for _ in range(20):
        pipeline.meanings.run()
        if pipeline.meanings.sense is not None:
            return
    raise AssertionError(pipeline.store.encoder_state())


def arrive(store: Store, items: list[Item]) -> None:
    entries = tuple(
        Entry(str(i.id), "", i.title, i.summary, published_at=i.at) for i in items
    )
    store.save_poll(Poll(1, NOW, NOW, Outcome.OK, None, status=200, entries=entries))


def hashes(store: Store) -> list[str]:
    rows = store.feed_items(1, limit=1000)
    return [store.item_decisions(item.id)[0].config_hash for item in reversed(rows)]


def test_an_encoder_that_is_turned_on_reads_what_is_there_and_then_helps(
    store: Store, choice: Settings
) -> None:
    items = week()
    pipeline = Pipeline(
        store, replace(choice, semantic=EncoderChoice()), now=lambda: NOW
    )
    arrive(store, items[:60])
    pipeline.groups.run()
    assert store.encoder_state() is None
    pipeline.slice = timedelta(0)  # the least that a cycle does
    pipeline.use(choice)
    seen = []
    while not seen or seen[-1][0] is not EncoderStage.ON:
        pipeline.meanings.run()
        state = store.encoder_state()
        assert state is not None
        assert len(seen) < 5
        seen.append((state.stage, state.done, state.total))
    assert seen[0] == (EncoderStage.ENCODING, 32, 60)
    assert seen[-1] == (EncoderStage.ON, 60, 60)
    arrive(store, items[60:90])
    pipeline.groups.run()
    found = hashes(store)
    assert found[0] != found[-1]
    decisions = [
        decision
        for item in store.feed_items(1, limit=30)
        for decision in store.item_decisions(item.id)
    ]
    parts = [(d.score, dict(d.parts)) for d in decisions if d.parts]
    assert any(part["meaning"] > 0.0 for _, part in parts)
    for score, part in parts:
        assert part["words"] + part["meaning"] == pytest.approx(score, abs=2e-4)
    pipeline.close()


def test_a_restart_reads_nothing_again_and_makes_the_same_clusters(
    tmp_path: Path,
) -> None:
    settings = Settings(feeds=FEEDS, semantic=EncoderChoice("lookup"))
    items, found = week(), []
    for restarts in (False, True):
        store = open_store(tmp_path / f"{restarts}.db")
        encoder = Lookup()
        pipeline = reading(store, settings, encoder)
        for start in range(0, len(items), 40):
            arrive(store, items[start : start + 40])
            if start:
                settle(pipeline)
            pipeline.groups.run()
            if restarts:
                pipeline.close()
                pipeline = reading(store, settings, encoder)
        settle(pipeline)
        assert store.meaning_counts(encoder.model) == (len(items), len(items))
        titles = [title for title in encoder.asked if title not in HEADLINES]
        assert len(titles) == len({item.id for item in items if is_in("en", item)})
        found.append(partition(store))
        pipeline.close()
        store.close()
    assert found[0] == found[1]


def test_an_encoder_that_is_turned_off_leaves_no_trace(
    store: Store, choice: Settings
) -> None:
    pipeline = reading(store, choice, Lookup())
    arrive(store, week()[:10])
    pipeline.groups.run()
    settle(pipeline)
    assert store.encoder_state() is not None
    pipeline.use(replace(choice, semantic=EncoderChoice()))
    pipeline.meanings.run()
    assert store.encoder_state() is None
    assert pipeline.meanings.sense is None
    pipeline.close()


def test_a_model_that_is_missing_stops_nothing_and_is_told_with_its_line(
    store: Store, tmp_path: Path
) -> None:
    settings = Settings(
        path=tmp_path / "feeds.yaml",
        feeds=FEEDS,
        semantic=EncoderChoice("nowhere", line=7),
    )
    pipeline = Pipeline(store, settings, now=lambda: NOW)
    arrive(store, week()[:30])
    counts = pipeline.cycle()
    assert counts.clustered == 30
    state = store.encoder_state()
    assert state is not None
    assert state.stage is EncoderStage.FAILED
    assert "feeds.yaml:7: settings.semantic.model: 'nowhere'" in state.error
    pipeline.close()


@pytest.mark.parametrize("breaks", ["raise", "shape", "nan"])
def test_an_encoder_that_fails_while_it_runs_is_done_without_until_it_works(
    store: Store, choice: Settings, breaks: str
) -> None:
    now = [NOW]
    items, encoder = week()[:90], Lookup()
    pipeline = reading(store, choice, encoder, now=lambda: now[0])
    arrive(store, items[:60])
    pipeline.groups.run()
    settle(pipeline)
    encoder.breaks, encoder.word = breaks, ""  # every text from now on
    arrive(store, items[60:])
    assert pipeline.groups.run() == 30
    state = store.encoder_state()
    assert state is not None
    assert (state.stage, state.done) == (EncoderStage.FAILED, 60)
    assert state.error
    pipeline.meanings.run()
    assert pipeline.meanings.sense is None, "not before ten minutes are over"
    encoder.breaks = ""
    now[0] += timedelta(minutes=11)
    settle(pipeline)
    state = store.encoder_state()
    assert state is not None
    assert (state.stage, state.done) == (EncoderStage.ON, 90)
    pipeline.close()


def test_one_title_that_breaks_the_encoder_means_nothing_and_stops_nothing(
    store: Store, choice: Settings
) -> None:
    items = week()[:20]
    items[7] = replace(items[7], title="The poison title of the day")
    encoder = Lookup(breaks="nan", word="poison")
    pipeline = reading(store, choice, encoder)
    arrive(store, items)
    pipeline.groups.run()
    settle(pipeline)
    state = store.encoder_state()
    assert state is not None
    assert (state.stage, state.done) == (EncoderStage.ON, 20)
    empty = [v for v in store.newest_meanings(encoder.model, 50) if not any(v)]
    assert empty
    pipeline.close()


def test_another_model_reads_all_again(store: Store) -> None:
    pipeline = Pipeline(store, Settings(feeds=FEEDS), now=lambda: NOW)
    arrive(store, week()[:5])
    pipeline.groups.run()
    ids = [item.id for item in store.items_without_meaning("one", 50)]
    assert len(ids) == 5
    store.save_meanings([ItemMeaning(id, "one", b"\0\0") for id in ids[:3]])
    assert store.meaning_counts("one") == (3, 5)
    assert store.meaning_counts("other") == (0, 5)
    store.save_meanings([ItemMeaning(id, "other", b"\0\0") for id in ids])
    assert store.meaning_counts("other") == (5, 5)
    assert store.meaning_counts("one") == (0, 5)
    assert store.common_meaning("other") is None
    store.save_common_meaning("other", b"\0\0\0\0", 5)
    assert store.common_meaning("other") == (b"\0\0\0\0", 5)
    pipeline.close()


def test_a_stop_ends_the_reading(store: Store, choice: Settings) -> None:
    stop = threading.Event()
    pipeline = reading(store, choice, Lookup(), stop=stop, slice=timedelta(hours=1))
    arrive(store, week()[:90])
    pipeline.groups.run()
    stop.set()
    pipeline.meanings.run()
    state = store.encoder_state()
    assert state is not None
    assert (state.done, state.total) == (32, 90)
    pipeline.close()
