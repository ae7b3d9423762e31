"""Every page in a real browser: narrow and wide, light and dark."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from aggregator.serving import SiteServer
from tests.browsing import save_sample, site_over

pytestmark = pytest.mark.browser

PATHS = (
    "/",
    "/topics/",
    "/topics/border-policy",
    "/clusters/",
    "/clusters/1",
    "/items/1",
    "/feeds/",
    "/feeds/1",
    "/feeds/10",
    "/feeds/13",
    "/briefs/",
    "/briefs/1",
    "/search?q=bridge",
    "/no-such-page",
)
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "about:blank",
)

# Text whose contrast with what lies behind it is under 4.5 (3 where it is large), as
# WCAG 2 counts: relative luminance, backgrounds looked up through the ancestors.
CONTRAST = """
(() => {
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const color = rgb(getComputedStyle(node).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.getClientRects().length) continue;
    if (node.closest('.skip')) continue;
    const style = getComputedStyle(node);
    const pair = [light(rgb(style.color)), light(behind(node))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5))
      poor.push(`${walker.currentNode.data.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return poor;
})()
"""
OPEN_ALL = "document.querySelectorAll('details').forEach(node => { node.open = true })"
# Links and buttons too small to hit with a finger, but for those inside running text.
SMALL_TARGETS = """
[...document.querySelectorAll('nav a, button, select, input')]
  .filter(node => node.getClientRects().length)
  .filter(node => node.getBoundingClientRect().height < 24)
  .map(node => node.textContent.trim() || node.name)
"""


@dataclass
class Page:
    """One tab, driven through the DevTools protocol."""

    socket: aiohttp.ClientWebSocketResponse
    events: list[dict[str, Any]] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer, keeping what happens meanwhile."""
        number = next(self.ids)
        await self.socket.send_json({"id": number, "method": method, "params": params})
        while True:
            message = await self.socket.receive_json(timeout=20)
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])
            self.events.append(message)

    async def until(self, method: str) -> None:
        """Wait for an event."""
        while not any(event["method"] == method for event in self.events):
            self.events.append(await self.socket.receive_json(timeout=20))

    async def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        answer = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        return answer["result"].get("value")

    async def open(self, url: str, width: int, scheme: str) -> None:
        """Load a page at a width and in a colour scheme."""
        self.events.clear()
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        await self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        await self.call("Page.navigate", url=url)
        await self.until("Page.loadEventFired")

    async def picture(self, path: Path) -> None:
        """Write a picture of the whole page."""
        answer = await self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True
        )
        path.write_bytes(base64.b64decode(answer["data"]))

    def requested(self) -> list[str]:
        """Return every address that the page asked for."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """Return what the browser's console holds against the page."""
        return [
            event["params"]["entry"]["text"]
            for event in self.events
            if event["method"] == "Log.entryAdded"
        ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the sample as the daemon serves it; return its address."""
    path = save_sample(tmp_path_factory.mktemp("site"))
    with site_over(path) as app:
        server = SiteServer(app, "127.0.0.1", 0, threads=2)
        yield f"http://127.0.0.1:{server.port}"
        server.close()


@pytest.fixture(scope="module")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start one browser for all tests; return the address of its DevTools."""
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no chromium here, and CI must look at the pages")
        pytest.skip("chromium is not installed")
    profile = tmp_path_factory.mktemp("profile")
    browser = subprocess.Popen(
        [chromium, f"--user-data-dir={profile}", *FLAGS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _devtools_address(profile / "DevToolsActivePort", browser)
    finally:
        browser.terminate()
        browser.wait(timeout=10)


def _devtools_address(path: Path, browser: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and browser.poll() is None:
        if path.exists() and len(lines := path.read_text().splitlines()) == 2:
            return f"http://127.0.0.1:{lines[0]}"
        time.sleep(0.05)
    pytest.fail("chromium did not start")


def in_page(devtools: str, visit: Callable[[Page], Awaitable[None]]) -> None:
    """Run `visit` in a tab of its own."""

    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            async with session.put(f"{devtools}/json/new?about:blank") as answer:
                tab = await answer.json(content_type=None)
            address = tab["webSocketDebuggerUrl"]
            async with session.ws_connect(address, max_msg_size=0) as socket:
                page = Page(socket)
                for domain in ("Page", "Network", "Log", "Runtime"):
                    await page.call(f"{domain}.enable")
                await visit(page)
            async with session.get(f"{devtools}/json/close/{tab['id']}"):
                pass

    asyncio.run(run())


@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_and_can_be_read_at_every_width_in_both_schemes(
    site: str, devtools: str, path: str
) -> None:
    async def visit(page: Page) -> None:
        for width, scheme in itertools.product(WIDTHS, SCHEMES):
            await page.open(site + path, width, scheme)
            await page.evaluate(OPEN_ALL)
            where = f"{path} at {width} px, {scheme}"
            scroll = await page.evaluate("document.documentElement.scrollWidth")
            assert scroll <= width, f"{where} is {scroll} px wide"
            assert await page.evaluate(CONTRAST) == [], where
            assert await page.evaluate(SMALL_TARGETS) == [], where
            if folder := os.environ.get("SCREENSHOTS"):
                name = f"{path.strip('/').replace('/', '-') or 'brief'}-{width}-{scheme}.png"
                await page.picture(Path(folder) / name.replace("?", "-"))

    in_page(devtools, visit)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_asks_no_other_host_for_anything_and_breaks_no_policy(
    site: str, devtools: str, path: str
) -> None:
    async def visit(page: Page) -> None:
        await page.open(site + path, 1280, "light")
        assert all(url.startswith(site) for url in page.requested())
        assert any(url.endswith("site.css") for url in page.requested())
        refused = [text for text in page.complaints() if "404" not in text]
        assert refused == []

    in_page(devtools, visit)


def test_the_first_tab_stop_skips_to_the_content_and_is_seen(
    site: str, devtools: str
) -> None:
    async def visit(page: Page) -> None:
        await page.open(site + "/", 360, "light")
        for kind in ("keyDown", "keyUp"):
            await page.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key="Tab",
                code="Tab",
                windowsVirtualKeyCode=9,
            )
        assert await page.evaluate("document.activeElement.className") == "skip"
        top = await page.evaluate("document.activeElement.getBoundingClientRect().top")
        assert top >= 0

    in_page(devtools, visit)


def test_every_link_can_be_seen_when_it_has_the_focus(site: str, devtools: str) -> None:
    async def visit(page: Page) -> None:
        await page.open(site + "/", 1280, "dark")
        for _ in range(6):
            for kind in ("keyDown", "keyUp"):
                await page.call(
                    "Input.dispatchKeyEvent",
                    type=kind,
                    key="Tab",
                    code="Tab",
                    windowsVirtualKeyCode=9,
                )
            style = "getComputedStyle(document.activeElement).outlineStyle"
            assert await page.evaluate(style) == "solid"

    in_page(devtools, visit)
