"""Certificates of a small authority of our own, made by openssl's command."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """Signs what a test needs: good, expired or for another host."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.certificate = home / "authority.pem"
        self._key = home / "authority.key"
        _openssl(
            *("req", "-x509", *_KEY, "-days", "30", "-subj", "/CN=Test authority"),
            *("-keyout", self._key, "-out", self.certificate),
        )

    def server(self, name: str, *, host: str, days: int = 30) -> ssl.SSLContext:
        """Return what a server on an IP address serves with; negative days are over."""
        key, certificate = self.home / f"{name}.key", self.home / f"{name}.pem"
        request, names = self.home / f"{name}.csr", self.home / f"{name}.names"
        names.write_text(f"subjectAltName=IP:{host}")
        _openssl(
            *("req", *_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        )
        _openssl(
            *("x509", "-req", "-in", request, "-extfile", names, "-days", str(days)),
            *("-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial"),
            *("-out", certificate),
        )
        return _context(certificate, key)

    def self_signed(self) -> ssl.SSLContext:
        """Return what a server serves with whose word is all there is."""
        key, certificate = self.home / "self.key", self.home / "self.pem"
        _openssl(
            *("req", "-x509", *_KEY, "-days", "30", "-subj", "/CN=self"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", certificate),
        )
        return _context(certificate, key)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _openssl(*arguments: object) -> None:
    subprocess.run(
        ["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30
    )
