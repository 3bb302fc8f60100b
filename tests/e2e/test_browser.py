"""A page of another site, in a real browser: the one that chat/dialects/README.md shows."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.chatting import HOST
from tests.e2e.browser import chromium
from tests.e2e.support import nc
from tests.programs import ROOT, needs, running_server

pytestmark = needs("chromium", "nc")

README = (ROOT / "chat/dialects/README.md").read_text(encoding="utf-8")
(PAGE,) = re.findall(r"```html\n(.*?)```", README, re.DOTALL)
SHOWN_ADDRESS = "localhost:4000"


class Site:
    """A site that has one page, which chats at whatever address it is told."""

    def __init__(self) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(site.page)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self.server.server_port}"
        self.page = b""

    def chat_at(self, port: int) -> None:
        assert SHOWN_ADDRESS in PAGE
        self.page = PAGE.replace(SHOWN_ADDRESS, f"{HOST}:{port}").encode()


@contextmanager
def running_site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()
        thread.join()


def test_a_page_of_a_site_that_is_welcome(tmp_path: Path) -> None:
    with (
        running_site() as site,
        running_server("0", "--origin", site.url) as server,
        nc(server.port) as ben,
        chromium(tmp_path) as page,
    ):
        ben.log_in("Ben")
        ben.send("JOIN tea")
        ben.expect("OK")
        site.chat_at(server.port)
        page.open(site.url)
        ben.expect("INFO ann joined tea")
        ben.send("SAY tea Grüße, 😀 <b>")
        assert '"from":"Ben","text":"Grüße, 😀 <b>"' in page.read_past("Grüße")
        page.run("""say({ type: "say", room: "tea", text: "hello from a page 😀" })""")
        ben.expect("SAID tea ann hello from a page 😀")
        page.run("chat.close()")
        ben.expect("INFO ann disconnected")
        ben.interrupt()


def test_a_page_of_any_other_site(tmp_path: Path) -> None:
    with running_site() as site, running_server("0") as server, chromium(tmp_path) as page:
        site.chat_at(server.port)
        page.open(site.url)
        assert "403" in page.wait("Network.webSocketFrameError")["errorMessage"]
