"""`/clusters/`: every cluster, and one of them with the reasons for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from aggregator.copies.reports import fold
from aggregator.edits import edits_of
from aggregator.models import (
    Correction,
    CorrectionKind,
    Decision,
    DecisionKind,
    Item,
    LifecycleState,
    TopicScore,
)
from aggregator.trends.reading import read_silent

from ..context import now, reader
from ..paging import asked_key, cut

blueprint = Blueprint("clusters", __name__, url_prefix="/clusters")

PAGE = 30
ABOUT_TWO = (DecisionKind.MERGED, DecisionKind.REFUSED)


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
    corrections = reader().corrections(cluster_id)
    merges = [d for d in decisions if d.kind in ABOUT_TWO]
    revisions = reader().revisions(ids)
    return render_template(
        "cluster.html",
        cluster=cluster,
        items=items,
        edits={
            item.id: edits_of(item, revisions[item.id])
            for item in items
            if item.id in revisions
        },
        sources=sources(items),
        reports=fold(items, reader().carriers(ids)),
        decisions=reader().placements(ids),
        matched=_matched(reader().item_topics(ids)),
        merges=merges,
        merged_ids=_merged_into(cluster_id, merges),
        corrections=corrections,
        is_pinned=any(holds_pin(row, cluster_id) for row in corrections),
        near=reader().near_clusters(cluster_id),
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


def holds_pin(row: Correction, cluster_id: int) -> bool:
    """Say whether a correction pins a cluster, now."""
    return (
        row.asked.kind is CorrectionKind.PIN
        and row.result_id == cluster_id
        and row.taken_at is not None
        and row.undone_at is None
        and not row.problem
    )


def _merged_into(cluster_id: int, merges: Iterable[Decision]) -> set[int]:
    """Return which of the clusters that the engine merged into one still lead there."""
    ids = {row.runner_up_id for row in merges if row.runner_up_id is not None}
    return {id for id in ids if reader().cluster(id).merged_into == cluster_id}


def sources(items: Iterable[Item]) -> dict[str, int]:
    """Return how many items each source has, in order of first appearance."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item.source] = counts.get(item.source, 0) + 1
    return counts
