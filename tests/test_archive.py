"""Archives through the same engine: `aggregator cluster` and `aggregator topics score`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.archive import ArchiveError, cluster_archive, read_items
from aggregator.cli import main
from aggregator.config import Settings

ROWS = [
    {
        "id": "x1",
        "title": "Ferry runs aground off Port Alder",
        "summary": "The ferry Halcyon ran aground on a sandbank with 212 aboard.",
        "published": "2026-02-01T08:00:00Z",
    },
    {
        "id": 7,
        "title": "Apple growers expect a late harvest",
        "summary": "Cold nights delayed the blossom.",
        "published": "2026-02-01T09:00:00+01:00",
    },
    {
        "id": "x3",
        "title": "Ferry Halcyon stuck on sandbank off Port Alder",
        "summary": "Tugs wait for the tide to free the ferry Halcyon, aground with 212 aboard.",
        "published": "2026-02-01T11:30:00",
        "source": "Signal",
        "url": "https://s.example/3",
    },
    {
        "id": "x4",
        "title": "Ferry Halcyon aground off Port Alder again",
        "summary": "The ferry Halcyon ran aground on a sandbank.",
        "published": "2026-06-01T11:30:00Z",
    },
]


def write(path: Path, rows: list[object]) -> Path:
    text = "".join(
        (row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows
    )
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["items.jsonl", "items.jsonl.gz"])
def test_an_archive_is_clustered_within_the_window(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out.jsonl"
    done = CliRunner().invoke(
        main, ["cluster", str(write(tmp_path / name, ROWS)), "-o", str(out)]
    )
    assert done.exit_code == 0, done.output
    found = {
        row["id"]: row["cluster"]
        for row in map(json.loads, out.read_text().splitlines())
    }
    assert list(map(type, found)) == [str, int, str, str] or set(found) == {
        "x1",
        7,
        "x3",
        "x4",
    }
    assert found["x1"] == found["x3"]
    assert len({found["x1"], found[7], found["x4"]}) == 3


def test_the_order_of_the_lines_does_not_matter(tmp_path: Path) -> None:
    def parts(rows: list[object]) -> set[frozenset[object]]:
        groups: dict[int, set[object]] = {}
        for row in cluster_archive(write(tmp_path / "i.jsonl", rows), Settings()):
            groups.setdefault(row["cluster"], set()).add(row["id"])
        return set(map(frozenset, groups.values()))

    assert parts(list(ROWS)) == parts(list(reversed(ROWS)))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "i.jsonl:2: no JSON"),
        ("[1]", "i.jsonl:2: must be an object"),
        ('{"id": 1, "published": "2026-01-01"}', "i.jsonl:2: has no 'title'"),
        (
            '{"id": 1, "title": "x", "published": "soon"}',
            "i.jsonl:2: published: 'soon' is no time",
        ),
    ],
)
def test_a_line_that_cannot_be_used_is_named(
    tmp_path: Path, line: str, message: str
) -> None:
    path = write(tmp_path / "i.jsonl", [ROWS[0], line])
    with pytest.raises(ArchiveError, match=message.replace("[", "\\[")):
        list(read_items(path))


def test_what_fails_leaves_no_half_written_output(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("as it was\n")
    path = write(tmp_path / "i.jsonl", [ROWS[0], "{"])
    done = CliRunner().invoke(main, ["cluster", str(path), "-o", str(out)])
    assert done.exit_code == 1
    assert "i.jsonl:2" in done.output
    assert out.read_text() == "as it was\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["i.jsonl", "out.jsonl"]


def test_a_file_cut_short_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = write(tmp_path / "i.jsonl.gz", ROWS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArchiveError, match=r"i\.jsonl\.gz"):
        list(read_items(path))


def test_an_archive_is_scored_for_one_topic_by_name_or_slug(tmp_path: Path) -> None:
    config = tmp_path / "feeds.yaml"
    config.write_text(
        "feeds: [https://a.example/f]\ntopics:\n- {name: Ships at sea, any: [ferry, sandbank]}\n"
    )
    out = tmp_path / "out.jsonl"
    items = write(tmp_path / "items.jsonl", ROWS)
    for name in ("Ships at sea", "ships-at-sea"):
        done = CliRunner().invoke(
            main,
            [
                "topics",
                "score",
                str(items),
                "-o",
                str(out),
                "--topic",
                name,
                "--config",
                str(config),
            ],
        )
        assert done.exit_code == 0, done.output
        rows = {row["id"]: row for row in map(json.loads, out.read_text().splitlines())}
        assert rows["x1"]["match"] is True
        assert rows["x1"]["topic"] == "ships-at-sea"
        assert rows["x1"]["matched"][0] == "Ferry"
        assert 0.5 <= rows["x1"]["score"] <= 1
        assert (rows[7]["score"], rows[7]["match"], rows[7]["matched"]) == (
            0.0,
            False,
            [],
        )
    done = CliRunner().invoke(
        main,
        [
            "topics",
            "score",
            str(items),
            "-o",
            str(out),
            "--topic",
            "boats",
            "--config",
            str(config),
        ],
    )
    assert done.exit_code == 1
    assert "there are: Ships at sea" in done.output
