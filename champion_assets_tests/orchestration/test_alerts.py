"""Alarms reach a real webhook and a real mail server; one that does not arrive is an error that betrays no secret."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from champion_assets.orchestration.alerts import AlarmNotDelivered, alarm
from champion_assets.settings import Settings


@contextmanager
def served(server: socketserver.TCPServer) -> Iterator[int]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def test_the_webhook_gets_title_and_text(settings: Settings) -> None:
    got: list[dict[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        status = 200

        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(Hook.status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Hook)) as port:
        hooked = settings.model_copy(update={"alarm_webhook": SecretStr(f"http://127.0.0.1:{port}/token-1234")})
        assert alarm(hooked, "late", "the file") == ["log", "webhook"]
        assert got == [{"title": "late", "text": "the file"}]
        Hook.status = 500
        with pytest.raises(AlarmNotDelivered, match="500") as told:
            alarm(hooked, "late", "the file")
    with pytest.raises(AlarmNotDelivered) as gone:
        alarm(hooked, "late", "the file")
    assert "token-1234" not in str(told.value) + str(gone.value) + repr(gone.value.__cause__)


class _Mail(socketserver.StreamRequestHandler):
    letters: list[str] = []

    def handle(self) -> None:
        self.wfile.write(b"220 hello\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    letter += part
                self.letters.append(letter.decode())
                self.wfile.write(b"250 taken\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 fine\r\n")


def test_the_mail_server_gets_a_letter(settings: Settings) -> None:
    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mail)) as port:
        posted = settings.model_copy(
            update={"alarm_email": "me@example.org", "smtp_url": SecretStr(f"smtp://127.0.0.1:{port}")}
        )
        assert alarm(posted, "run failed", "why it failed") == ["log", "e-mail"]
    assert "Subject: Champion: run failed" in _Mail.letters[0]
    assert "why it failed" in _Mail.letters[0]
    with pytest.raises(AlarmNotDelivered, match="CHAMPION_SMTP_URL"):
        alarm(posted, "run failed", "why it failed")
