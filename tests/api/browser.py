"""A real Chromium without a window, asked over its own protocol (CDP) what a page shows, as time goes by."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Final

import httpx
from websockets.sync.client import ClientConnection, connect

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LOOKS: Final = 600
_OPTIONS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)
_TEXT: Final = "document.body.innerText + document.querySelectorAll('polyline').length + ' curves'"


class Page:
    """One open page."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._asked = 0

    def text(self) -> str:
        """What can be read on it now, and how many curves it has."""
        self._asked += 1
        expression = {"expression": _TEXT}
        self._connection.send(json.dumps({"id": self._asked, "method": "Runtime.evaluate", "params": expression}))
        while (told := json.loads(self._connection.recv())).get("id") != self._asked:
            pass
        return str(told["result"]["result"].get("value"))

    def text_with(self, *wanted: str) -> str:
        """What can be read as soon as all of this can, however long it takes; what there is, after many looks."""
        shown = self.text()
        for _ in range(LOOKS):
            if all(one in shown for one in wanted):
                break
            sleep(0.2)
            shown = self.text()
        return shown


@contextmanager
def browsing(address: str, folder: Path) -> Iterator[Page]:
    """A page of this address, in a browser that keeps what it keeps in a folder."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *_OPTIONS, f"--user-data-dir={folder}", "--lang=en", address]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as browser:
        try:
            assert browser.stderr is not None
            port = next(found[1] for line in browser.stderr if (found := re.search(r"ws://127\.0\.0\.1:(\d+)/", line)))
            pages: list[str] = []
            while not pages:
                listed = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False, timeout=60).json()
                pages = [one["webSocketDebuggerUrl"] for one in listed if one["type"] == "page"]
            with connect(pages[0], open_timeout=60, max_size=None) as connection:
                yield Page(connection)
        finally:
            browser.kill()
