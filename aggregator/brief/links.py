"""Where the things that a brief names can be read; pure."""

from __future__ import annotations

from aggregator.brief.values import Title
from aggregator.wording import web_url


class Links:
    """The links of a brief that is read away from the site.

    Without the site's address, '' stands for every link to it; titles lead to what
    their outlets published.
    """

    def __init__(self, site_url: str) -> None:
        self._site_url = site_url

    def _at(self, path: str) -> str:
        return self._site_url and self._site_url + path

    def cluster(self, cluster_id: int) -> str:
        """Return where a cluster is."""
        return self._at(f"/clusters/{cluster_id}")

    def topic(self, slug: str) -> str:
        """Return where a topic is."""
        return self._at(f"/topics/{slug}")

    def feeds(self) -> str:
        """Return where feeds and their troubles are listed."""
        return self._at("/feeds/")

    def clusters(self) -> str:
        """Return where all clusters are listed."""
        return self._at("/clusters/")

    def title(self, title: Title) -> str:
        """Return where a title leads."""
        return web_url(title.url)

    is_outward = True
    """Whether titles lead away from the site."""
