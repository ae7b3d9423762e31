"""Strings in, strings out: HTML to plain text, canonical URLs, fingerprints."""

from __future__ import annotations

import hashlib
import html as html_module
import re
import unicodedata
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

import nh3

from aggregator.limits import Limits

# What no setting lifts: nh3 takes 1.0 s for the worst 100 KB and 8.8 s for 250 KB.
_MOST = Limits()
UNTITLED = "(untitled)"

# C0 and C1 controls but for white space; soft hyphens and byte order marks, which
# hide words from a search; bidirectional embeddings, which reach beyond their element.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff]"
)
# Markup that separates words: without a blank before it "<p>a</p><p>b</p>" reads "ab".
_BLOCK = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|dl|dt|dd|h[1-6]|hr|table|tr|td|th|tbody|thead|section"
    r"|article|aside|header|footer|figure|figcaption|blockquote|pre|img|form|button|video|audio|iframe|select|option)\b)",
    re.IGNORECASE,
)
_LONGEST_CHARACTER = 30  # code points; what is longer is a prank
_FLAG_HALVES = re.compile("[\U0001f1e6-\U0001f1ff]+$|^[\U0001f1e6-\U0001f1ff]")
_NO_TEXT = frozenset(
    {"script", "style", "noscript", "template", "svg", "math", "iframe", "object"}
)
_CLEANER = nh3.Cleaner(tags=set(), clean_content_tags=set(_NO_TEXT))

_TRACKING = re.compile(
    r"(?:utm_\w*|mtm_\w*|matomo_\w*|pk_\w*|piwik_\w*|hsa_\w*|at_(?:medium|campaign"
    r"|custom\d*|link\w*|ptr_name|format|bbc_team)|ns_(?:mchannel|source|campaign"
    r"|linkname|fee)|fb_(?:action|source|ref)\w*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid"
    r"|msclkid|twclid|ttclid|yclid|ysclid|li_fat_id|igshid|igsh|mc_[ce]id|_hsenc|_hsmi"
    r"|mkt_tok|vero_(?:id|conv)|oly_(?:enc|anon)_id|wickedid|rb_clickid|s_cid|cmpid"
    r"|xtor|wt\.\w+|ref_src|ref_url|_openstat|spm|guccounter|guce_referrer\w*)",
    re.IGNORECASE,
)
# Nothing here needs a change: no port, query, blank, dot segment or upper-case host.
_CANONICAL = re.compile(
    r"https?://[a-z0-9][a-z0-9-]*+(?:\.[a-z0-9][a-z0-9-]*+)*+(?<!-)"
    r"(?::(?!80/|443/)[1-9][0-9]{1,3})?/"
    r"(?:[\w~%,;=:!*()'@+-][\w~%,;=:!*()'@+.-]*+/)*+(?:[\w~%,;=:!*()'@+-][\w~%,;=:!*()'@+.-]*+)?",
    re.ASCII,
)
_PORTS = {"http": 80, "https": 443}
_URL_SAFE = "/%:@!$&'()*+,;=~-._?[]|"
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]")


def plain_text(html: str, limit: int) -> str:
    """Return HTML or text as readable plain text of at most `limit` characters."""
    text = _wanted(html[: _MOST.html_chars])
    if "<" in text:
        text = _CLEANER.clean(_BLOCK.sub(" <", text))
    if "&" in text:
        text = _wanted(html_module.unescape(text))
    return cut(" ".join(text.split()), limit)


def _wanted(text: str) -> str:
    # nothing unwanted is printable, and to ask that takes a fifth of the time
    return text if text.isprintable() else _UNWANTED.sub("", text)


def clean_text(text: str, limit: int) -> str:
    """Return text that is no markup without controls and surplus white space."""
    return cut(" ".join(_wanted(text[: limit * 8]).split()), limit)


def clean_title(text: str) -> str:
    """Return a title fit to show: one line of at most 1,000 characters, never blank."""
    title = clean_text(text, _MOST.title_chars)
    visible = any(unicodedata.category(c)[0] not in "CZ" for c in title)
    return title if visible else UNTITLED


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`; no character is left in halves."""
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    for _ in range(min(end, _LONGEST_CHARACTER)):
        if not _joins(text[end - 1], text[end]):
            break
        end -= 1
    flags = _FLAG_HALVES.search(text, max(end - 40, 0), end)
    if flags and len(flags[0]) % 2 and _FLAG_HALVES.match(text[end]):
        end -= 1
    return (text[:end].rstrip() + "…")[:limit]


def _joins(before: str, after: str) -> bool:
    """Say whether two neighbouring code points are parts of one that people see."""
    return (
        before == "\u200d"
        or after in "\u200d\ufe0e\ufe0f"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or unicodedata.category(after) in {"Mn", "Me", "Mc"}
    )


def canonical_url(url: str, base: str = "") -> str:
    """Return an http(s) address without what does not tell pages apart, else ''.

    Scheme and host are in lower case; passwords, default ports, fragments and
    tracking parameters are gone. The result is its own canonical form.
    """
    if _CANONICAL.fullmatch(url) and len(url) <= _MOST.url_chars:
        return url  # most are: 2 instead of 25 us
    text = re.sub(
        r"[\t\r\n]", "", _UNWANTED.sub("", url[: _MOST.url_chars * 2])
    ).strip()
    text = text.replace("\\", "/")  # as browsers read it
    try:
        parts = urlsplit(urljoin(base, text) if base else text)
        host = _host(parts)
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not host or not text:
        return ""
    path = quote(parts.path, safe=_URL_SAFE) or "/"
    kept = [
        pair
        for pair in parts.query.split("&")
        if pair and not _TRACKING.fullmatch(pair.partition("=")[0])
    ]
    query = quote("&".join(kept), safe=_URL_SAFE)
    result = urlunsplit((parts.scheme, host, path, query, ""))
    return result if len(result) <= _MOST.url_chars else ""


def without_password(url: str) -> str:
    """Return a URL without user and password: fit for logs, pages and the store."""
    head, separator, rest = url.partition("://")
    if not separator:
        return url
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    _, at, host = authority.rpartition("@")
    return f"{head}://{host}{rest[len(authority) :]}" if at else url


def fingerprint(*texts: str) -> str:
    """Return 32 hexadecimal digits that stand for these texts, in this order."""
    digest = hashlib.blake2b(digest_size=16)
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def _host(parts: SplitResult) -> str:
    """Return host and port as they stand in a canonical URL, '' for none that can be.

    Raises `ValueError` for a port that is no number.
    """
    host = (parts.hostname or "").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    if ":" in host:
        host = f"[{host}]"
    if not _HOST.fullmatch(host) or ".." in host:
        return ""
    port = parts.port
    return host if port in {None, _PORTS.get(parts.scheme)} else f"{host}:{port}"
