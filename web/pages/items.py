"""`/items/<id>`: one item's text, its topics and what was decided about it."""

from __future__ import annotations

from flask import Blueprint, render_template

from aggregator.edits import edits_of

from ..context import reader

blueprint = Blueprint("items", __name__, url_prefix="/items")


@blueprint.get("/<id:item_id>")
def show(item_id: int) -> str:
    """Show an item."""
    item = reader().item(item_id)
    cluster = None if item.cluster_id is None else reader().cluster(item.cluster_id)
    return render_template(
        "item.html",
        item=item,
        cluster=cluster,
        scores=reader().item_topics([item_id]).get(item_id, ()),
        edits=edits_of(item, reader().revisions([item_id]).get(item_id, ())),
        said=reader().answers_on(item_id=item_id),
        decisions=reader().item_decisions(item_id),
    )
