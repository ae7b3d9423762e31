"""`/clusters/`: every cluster, and one of them with the reasons for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from aggregator.copies.reports import fold
from aggregator.models import DecisionKind, Item, LifecycleState, TopicScore
from aggregator.trends.reading import read_silent

from ..context import now, reader
from ..paging import asked_key, cut

blueprint = Blueprint("clusters", __name__, url_prefix="/clusters")

PAGE = 30


@blueprint.get("/")
def index() -> str:
    """List all clusters, newest first, or those of several sources, or of one state."""
    min_sources = 2 if request.args.get("sources") == "2" else 1
    asked = request.args.get("state", "")
    state = LifecycleState(asked) if asked in set(LifecycleState) else None
    before = asked_key()
    cards = reader().clusters(
        before=before, min_sources=min_sources, state=state, limit=PAGE + 1
    )
    cards, older = cut(cards, PAGE, lambda c: (c.cluster.last_at, c.cluster.id))
    return render_template(
        "clusters.html",
        cards=cards,
        older=older,
        is_first=before is None,
        min_sources=min_sources,
        state=state,
        states=tuple(LifecycleState),
    )


@blueprint.get("/<id:cluster_id>")
def show(cluster_id: int) -> str | Response:
    """Show a cluster's reports, who carried them, and why each is there; a merged one redirects."""
    cluster = reader().cluster(cluster_id)
    if cluster.merged_into is not None:
        return redirect(url_for(".show", cluster_id=cluster.merged_into), code=301)
    items = reader().cluster_items(cluster_id)
    ids = [item.id for item in items]
    decisions = reader().cluster_decisions(cluster_id)
    scores = reader().cluster_topics(cluster_id)
    return render_template(
        "cluster.html",
        cluster=cluster,
        items=items,
        sources=sources(items),
        reports=fold(items, reader().carriers(ids)),
        decisions=reader().placements(ids),
        matched=_matched(reader().item_topics(ids)),
        merges=[d for d in decisions if d.kind is DecisionKind.MERGED],
        children=reader().split_children(cluster_id),
        changes=reader().state_changes(cluster_ids=[cluster_id]),
        headlines=reader().headline_changes([cluster_id]),
        scores=scores,
        silent=read_silent(reader(), [(cluster, scores)], now()).get(cluster.id, ()),
        said=reader().answers_on(cluster_id=cluster_id),
        previous=reader().previous_clusters([cluster_id]).get(cluster_id),
        chapters=reader().storyline(cluster_id),
    )


def _matched(
    scores: Mapping[int, Iterable[TopicScore]],
) -> dict[int, tuple[str, ...]]:
    """Return the words of each item that matched a topic it is on."""
    return {
        item_id: tuple(word for s in own if s.is_match for word in s.matched)
        for item_id, own in scores.items()
    }


def sources(items: Iterable[Item]) -> dict[str, int]:
    """Return how many items each source has, in order of first appearance."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item.source] = counts.get(item.source, 0) + 1
    return counts
