"""https over real sockets: a certificate that is not right is named, never accepted."""

from __future__ import annotations

import shutil
import ssl
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import FetchError
from aggregator.fetch import FetchPolicy, FetchRequest, fetch_many
from aggregator.fetch.dialling import tls_context
from aggregator.limits import Limits
from aggregator.models import Document, Feed, FeedState, Outcome, Response
from aggregator.polling import Intervals, poll_of
from tests.certificates import Authority
from tests.hostile import HostileServer, Play, reply

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs openssl's command"
)

NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)
LOCALHOST = "127.0.0.1"
LIMITS = Limits(connect=timedelta(seconds=2), total=timedelta(seconds=4))
FEED: dict[str, Play] = {"/f": lambda _: reply("<rss/>", ETag='"1"')}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine trust our authority, as an operator's might trust his own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


def fetch(server: HostileServer, path: str = "/f") -> Response | FetchError:
    policy = FetchPolicy("tester/1", allow_private=(f"{LOCALHOST}/32",), limits=LIMITS)
    ((_, _, answer),) = fetch_many([FetchRequest(1, server.base + path)], policy)
    return answer


def refusal_of(tls: ssl.SSLContext) -> str:
    with HostileServer(dict(FEED), tls=tls) as server:
        answer = fetch(server)
    assert isinstance(answer, FetchError)
    assert answer.kind == "tls"
    assert server.asked == []
    return str(answer)


def test_a_good_certificate_is_accepted(authority: Authority) -> None:
    tls = authority.server("good", host=LOCALHOST)
    with HostileServer(dict(FEED), tls=tls) as server:
        answer = fetch(server)
    assert isinstance(answer, Response)
    assert (answer.status, answer.warning) == (200, "")


def test_f033_an_expired_certificate_is_named(authority: Authority) -> None:
    text = refusal_of(authority.server("expired", host=LOCALHOST, days=-1))
    assert text == "the certificate is not valid: certificate has expired"


def test_f033_a_certificate_of_another_host_is_named(authority: Authority) -> None:
    text = refusal_of(authority.server("other", host="192.0.2.1"))
    assert "the certificate is not valid: IP address mismatch" in text
    assert LOCALHOST in text


def test_f033_a_certificate_that_vouches_for_itself_is_named(
    authority: Authority,
) -> None:
    text = refusal_of(authority.self_signed())
    assert text == "the certificate is not valid: self-signed certificate"


def test_f033_an_authority_that_nobody_knows_is_named(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    text = refusal_of(stranger.server("strange", host=LOCALHOST))
    assert "unable to get local issuer certificate" in text


def test_f033_tls_of_old_is_refused(authority: Authority) -> None:
    tls = authority.server("old", host=LOCALHOST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = ssl.TLSVersion.TLSv1
    tls.set_ciphers("ALL:@SECLEVEL=0")
    assert "no safe connection" in refusal_of(tls)


def test_plain_http_on_a_port_for_tls_is_an_error(authority: Authority) -> None:
    with HostileServer(dict(FEED)) as server:
        server.base = server.base.replace("http:", "https:")
        answer = fetch(server)
    assert isinstance(answer, FetchError)


def redirecting(
    location: str, status: str = "301 Moved Permanently"
) -> dict[str, Play]:
    return {"/f": lambda _: reply(b"", status, Location=location)}


def test_a_redirect_that_gives_up_encryption_is_noted_and_not_believed(
    authority: Authority,
) -> None:
    tls = authority.server("good", host=LOCALHOST)
    with (
        HostileServer(dict(FEED)) as plain,
        HostileServer(redirecting(f"{plain.base}/f"), tls=tls) as secure,
    ):
        answer = fetch(secure)
    assert isinstance(answer, Response)
    assert answer.permanent_url == ""
    assert answer.warning == f"not encrypted: redirects to {plain.base}/f"
    feed = Feed(1, f"{secure.base}/f", "F", "", "", FeedState.NEW)
    document = Document("T", "", "", ())
    poll = poll_of(feed, NOW, NOW, answer, document, Intervals())
    assert (poll.outcome, poll.warning) == (Outcome.OK, answer.warning)


def test_a_redirect_to_encryption_is_what_it_should_be(authority: Authority) -> None:
    tls = authority.server("good", host=LOCALHOST)
    with (
        HostileServer(dict(FEED), tls=tls) as secure,
        HostileServer(redirecting(f"{secure.base}/f")) as plain,
    ):
        answer = fetch(plain)
    assert isinstance(answer, Response)
    assert (answer.permanent_url, answer.warning) == (f"{secure.base}/f", "")
