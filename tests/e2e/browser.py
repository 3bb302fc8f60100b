"""A browser without a screen, driven as its own developer tools drive it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.chatting import DEADLINE_S
from tests.programs import Output

FLAGS = (
    "--headless",
    "--no-sandbox",  # for root, as whom tests in a container are run
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-port=0",
)


@contextmanager
def chromium(profile: Path) -> Iterator[Page]:
    """Chromium with an empty page, in a fresh profile."""
    process = subprocess.Popen(
        ["chromium", *FLAGS, f"--user-data-dir={profile}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # it has children, which are to end with it
    )
    assert process.stderr is not None
    output = Output(process.stderr.fileno())
    try:
        output.read_past("DevTools listening on ")
        with connect(output.read_line(), max_size=None) as tools:
            yield Page(tools)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()


class Page:
    """What a page shows and does. The DevTools protocol answers questions by their number, and
    tells of events in between."""

    def __init__(self, tools: ClientConnection) -> None:
        self._tools = tools
        self._asked = 0
        self._events: list[dict[str, Any]] = []  # that nobody has waited for yet
        self._session: dict[str, str] = {}
        target = self._ask("Target.createTarget", url="about:blank")
        attached = self._ask("Target.attachToTarget", flatten=True, **target)
        self._session = {"sessionId": attached["sessionId"]}

    def open(self, url: str) -> None:
        """Go to a page."""
        self._ask("Network.enable")
        self._ask("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """What an expression comes to, when it is no promise any more."""
        ran = self._ask("Runtime.evaluate", expression=script, awaitPromise=True)
        assert "exceptionDetails" not in ran, ran
        return ran["result"].get("value")

    def read_past(self, text: str) -> str:
        """What the page shows, as soon as this text is in it."""
        shown: str = self.run(f"""new Promise((done) => {{
            const body = document.body, wanted = {json.dumps(text)};
            const look = () => body.innerText.includes(wanted) && done(body.innerText);
            new MutationObserver(look).observe(body, {{ childList: true }});
            look();
        }})""")
        return shown

    def wait(self, event: str) -> Any:
        """The next event of this name: what it says. Those before it are forgotten."""
        while True:
            found = self._events.pop(0) if self._events else self._read()
            if found.get("method") == event:
                return found["params"]

    def _ask(self, method: str, **parameters: object) -> Any:
        self._asked += 1
        question = {"id": self._asked, "method": method, "params": parameters, **self._session}
        self._tools.send(json.dumps(question))
        while (answer := self._read()).get("id") != self._asked:
            self._events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _read(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._tools.recv(timeout=DEADLINE_S))
        return message
