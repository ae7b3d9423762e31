"""The first days of a month of real feeds: everything once, asked for politely."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.replay_month import ARCHIVE, replay

FIRST = (
    150  # documents: the whole month, `python -m tests.bench replay`, takes a minute
)


@pytest.mark.replay
@pytest.mark.skipif(not ARCHIVE.exists(), reason="the replay archive is not there")
def test_every_guid_of_real_feeds_is_stored_once_and_every_edit_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = replay(ARCHIVE, tmp_path / "replay.db", FIRST)
    said = capsys.readouterr().out
    assert not failed, said
    assert "unconditional requests after a feed's first answer: 0" in said
