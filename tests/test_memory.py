"""What was freed is the system's again."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from aggregator.memory import give_back, keep_little, many_objects

# Every tenth block stays, so that the others cannot simply fall off the heap's end.
PROGRAM = """
from pathlib import Path
from aggregator.memory import give_back, keep_little

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20

keep_little()
blocks = [bytearray(100_000) for _ in range(1_000)]
blocks = blocks[::10]
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone can be told")
def test_what_was_freed_between_what_is_kept_goes_back_to_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) > 40


def test_it_may_be_asked_for_at_any_time() -> None:
    keep_little()
    give_back()
    give_back()


@pytest.mark.parametrize("was_on", [True, False])
def test_cycles_are_looked_for_again_after_many_objects_were_made(was_on: bool) -> None:
    if not was_on:
        gc.disable()
    try:
        with pytest.raises(ValueError, match="broken"), many_objects():
            assert not gc.isenabled()
            raise ValueError("broken")
        assert gc.isenabled() is was_on
    finally:
        gc.enable()
