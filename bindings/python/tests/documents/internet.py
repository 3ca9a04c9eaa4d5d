"""The hosts that the documents name, on loopback: an HTTP proxy that is each of them.

A CLI is sent here by the environment (HTTPS_PROXY, HTTP_PROXY, and a certificate authority of our own). A request to
a host is recorded and handed to the scripted model, under the script that the host stands for.
"""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import trustme


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes | None:
        """At most so many bytes; none when it has ended."""


@dataclass(frozen=True)
class Asked:
    """A request as it came: for which host, its target with the query, its headers in lower case."""

    host: str
    target: str
    headers: dict[str, str]


class Internet:
    """A proxy on a port of loopback. ``scripts`` says which script of the model a host ("name:port") stands for."""

    def __init__(self, model_port: int, folder: Path, scripts: dict[str, str]) -> None:
        self.asked: list[Asked] = []
        self._model_port = model_port
        self._scripts = scripts
        self._authority = trustme.CA()
        self._certificate = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self._certificate))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="internet", daemon=True).start()

    def env(self) -> dict[str, str]:
        """The environment that sends a CLI here for everything but 127.0.0.1."""
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), self.url)
        trust = {name: str(self._certificate) for name in ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")}
        return {
            **proxies,
            **trust,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            "NODE_USE_ENV_PROXY": "1",
        }

    def close(self) -> None:
        """Takes no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(60)
        try:
            with connection:
                method, target, head = _head(connection.makefile("rb", buffering=0))
                if method != "CONNECT":
                    host, _, path = target.partition("://")[2].partition("/")
                    self._hand_on(connection, method, host, "/" + path, head)
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                name, _, port = target.rpartition(":")
                with self._secured(connection, name) if port == "443" else connection as inner:
                    method, path, head = _head(inner.makefile("rb", buffering=0))
                    self._hand_on(inner, method, target, path, head)
        except (OSError, ValueError):
            return  # the client has left, or speaks something else: what it asked is not recorded

    def _secured(self, connection: socket.socket, host: str) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        return context.wrap_socket(connection, server_side=True)

    def _hand_on(
        self, client: socket.socket, method: str, host: str, target: str, head: list[tuple[str, str]]
    ) -> None:
        self.asked.append(Asked(host, target, dict(head)))
        script = self._scripts.get(host)
        if script is None:
            client.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return
        body = _body(client.makefile("rb", buffering=0), dict(head))
        kept = [
            (name, value)
            for name, value in head
            if name not in ("content-length", "transfer-encoding", "connection")
        ]
        lines = [f"{method} /s/{script}{target} HTTP/1.1", *(f"{name}: {value}" for name, value in kept)]
        lines += [f"content-length: {len(body)}", "connection: close", "", ""]
        with socket.create_connection(("127.0.0.1", self._model_port)) as model:
            model.sendall("\r\n".join(lines).encode("latin-1") + body)
            while True:
                piece = model.recv(65536)
                if not piece:
                    return
                client.sendall(piece)


def _head(stream: Readable) -> tuple[str, str, list[tuple[str, str]]]:
    """Method, target and headers. It reads byte by byte, because what follows belongs to somebody else."""
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        byte = stream.read(1)
        if not byte:
            raise ValueError("it ended within the head")
        text += byte
    first, *lines = text.decode("latin-1").strip().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.partition(":") for line in lines]
    return method, target, [(name.strip().lower(), value.strip()) for name, _, value in pairs]


def _exactly(stream: Readable, size: int) -> bytes:
    text = b""
    while len(text) < size:
        piece = stream.read(size - len(text))
        if not piece:
            raise ValueError("it ended within the body")
        text += piece
    return text


def _body(stream: Readable, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return _exactly(stream, int(headers.get("content-length", "0")))
    whole = b""
    while True:
        line = b""
        while not line.endswith(b"\r\n"):
            line += _exactly(stream, 1)
        size = int(line.split(b";")[0], 16)
        whole += _exactly(stream, size)
        _exactly(stream, 2)
        if size == 0:
            return whole
