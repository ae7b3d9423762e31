"""The wheel holds both packages and what they need, and works where it is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEMO = """
import sys
import aggregator.cli
assert aggregator.cli.__file__.startswith({home!r})
sys.argv = ["aggregator", "demo", "--port", "0"]
aggregator.cli.main()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--disable-pip-version-check",
            "--no-index",
            "--wheel-dir",
            str(folder),
            str(ROOT),
        ],
        check=True,
        timeout=120,
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_has_two_top_level_packages_and_their_files(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "aggregator",
        "web",
    }
    assert "web/templates/base.html" in names
    assert "web/static/site.css" in names
    assert any(
        name.endswith(".yaml") and name.startswith("aggregator/demo") for name in names
    )
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_wheel_runs_its_demo(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--disable-pip-version-check",
            "--no-compile",
            "--target",
            str(home),
            str(wheel),
        ],
        check=True,
        timeout=120,
    )
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            DEMO.format(home=str(home)),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = ""
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            address = found[0]
            break
    try:
        assert address, process.communicate(timeout=10)
        with urllib.request.urlopen(address + "healthz", timeout=10) as answer:
            assert answer.status == 200
    finally:
        process.terminate()
        process.communicate(timeout=15)


def test_a_foreign_package_named_web_is_explained(tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text("# PyPI's web.py, say\n")
    found = subprocess.run(
        [sys.executable, "-m", "aggregator", "demo", "--port", "0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 1
    assert "environment of its own" in found.stderr
