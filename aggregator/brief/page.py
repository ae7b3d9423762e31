"""A brief -> one HTML file that needs nothing else, and the hashes of all renderings; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from aggregator.brief.links import Links
from aggregator.brief.manifest import render_json
from aggregator.brief.plain import render_text
from aggregator.brief.sentences import Sentences
from aggregator.brief.values import Brief

FORMATS = ("html", "txt", "json")


def loader() -> PackageLoader:
    """Return where the templates of a brief are: the site shows it with the same."""
    return PackageLoader("aggregator.brief", "templates")


@cache
def _template() -> Template:
    environment = Environment(
        loader=loader(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("standalone.html")


def render_html(brief: Brief) -> str:
    """Write a brief as one HTML file without scripts, pictures or style sheets."""
    return _template().render(
        brief=brief, say=Sentences(brief), links=Links(brief.site_url)
    )


def render(brief: Brief, form: str) -> str:
    """Write a brief in one of `FORMATS`."""
    return {"html": render_html, "txt": render_text, "json": render_json}[form](brief)


def hashes(brief: Brief) -> Mapping[str, str]:
    """Return the SHA-256 of each rendering, by its format."""
    return {
        form: hashlib.sha256(render(brief, form).encode()).hexdigest()
        for form in FORMATS
    }
