"""`/clusters/<id>/correct` and `/api/`: what people say of clusters, and undoing it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from aggregator.corrections import as_of_today, problem_of
from aggregator.models import Asked, Correction, CorrectionKind
from aggregator.retuning import MIN_PAIRS

from ..context import desk, now, reader, who
from ..paging import MAX_ID

blueprint = Blueprint("corrections", __name__)

MAX_ITEMS = 10_000
N_LAST = 50
_ADDRESS = re.compile(r"(?:.*/clusters/|cluster\s+|#)?([0-9]{1,19})/?", re.IGNORECASE)


@blueprint.get("/corrections/")
def index() -> str:
    """Show what was said last, and the threshold that it speaks for."""
    rows = reader().retunings()
    used = reader().used_retuning()
    return render_template(
        "corrections.html",
        corrections=reader().last_corrections(N_LAST),
        proposed=next((row for row in rows if row.used_at is None), None),
        used=used,
        past=[row for row in rows if row.used_at is not None],
        needed=MIN_PAIRS,
    )


@blueprint.post("/corrections/thresholds/<id:retuning_id>/<any(use, end):what>")
def threshold(retuning_id: int, what: str) -> Response:
    """Work by a proposed threshold from the next tick on, or by it no more."""
    if what == "use":
        desk().use_threshold(retuning_id, who(), now())
    else:
        desk().end_threshold(retuning_id, who(), now())
    return redirect(url_for(".index"), code=303)


@blueprint.post("/clusters/<id:cluster_id>/correct")
def correct(cluster_id: int) -> Response | tuple[str, int]:
    """Take what a form of a cluster's page says."""
    try:
        asked = _posted(cluster_id)
    except ValueError as error:
        return _refused(str(error), cluster_id)
    _, problem = _take(asked)
    if problem:
        return _refused(problem, cluster_id)
    return redirect(url_for("clusters.show", cluster_id=cluster_id), code=303)


@blueprint.post("/corrections/<id:correction_id>/undo")
def undo(correction_id: int) -> Response:
    """Take a correction back, and show the cluster that it was about."""
    cluster_id = reader().correction(correction_id).asked.cluster_id
    if reader().correction(correction_id).undone_at is not None:
        abort(409)
    desk().undo_correction(correction_id, who(), now())
    return redirect(url_for("clusters.show", cluster_id=cluster_id), code=303)


@blueprint.post("/api/clusters/<id:cluster_id>/<kind>")
def api_correct(cluster_id: int, kind: str) -> tuple[Response, int]:
    """Take a correction as JSON: `other`, and `items`, by its kind."""
    if kind not in set(CorrectionKind):
        abort(404)
    try:
        said = request.get_json(silent=True)
    except RecursionError:  # a hundred thousand brackets
        said = None
    try:
        asked = _of_json(CorrectionKind(kind), cluster_id, said)
    except ValueError as error:
        return jsonify(error=str(error)), 400
    correction_id, problem = _take(asked)
    if problem:
        return jsonify(error=problem), 409
    answer = jsonify(_shown(reader().correction(correction_id)))
    answer.headers["Location"] = url_for(".api_show", correction_id=correction_id)
    return answer, 202


@blueprint.get("/api/corrections/<id:correction_id>")
def api_show(correction_id: int) -> Response:
    """Show how far the clusters have followed a correction."""
    return jsonify(_shown(reader().correction(correction_id)))


@blueprint.post("/api/corrections/<id:correction_id>/undo")
def api_undo(correction_id: int) -> tuple[Response, int]:
    """Take a correction back."""
    if reader().correction(correction_id).undone_at is not None:
        return jsonify(error=f"Correction {correction_id} is undone already."), 409
    desk().undo_correction(correction_id, who(), now())
    return jsonify(_shown(reader().correction(correction_id))), 202


def _take(asked: Asked) -> tuple[int, str]:
    """Note a correction, or return why it cannot be followed."""
    reader().cluster(asked.cluster_id)
    today, members = as_of_today(asked, reader())
    pinned = dict(reader().bonds().pins)
    if problem := problem_of(today, members, pinned):
        return 0, problem
    return desk().correct(asked, who(), now()), ""


def _posted(cluster_id: int) -> Asked:
    form = request.form
    if alone := form.get("alone"):
        return Asked(CorrectionKind.SPLIT, cluster_id, None, _ids([alone]))
    kind = form.get("kind", "")
    if kind not in set(CorrectionKind):
        abort(400)
    other = form.get("other", "").strip()
    if kind in (CorrectionKind.PIN, CorrectionKind.SPLIT):
        other = ""
    return Asked(
        CorrectionKind(kind),
        cluster_id,
        cluster_named(other) if other else None,
        _ids(form.getlist("item")) if kind in ("split", "move") else (),
    )


def _of_json(kind: CorrectionKind, cluster_id: int, said: Any) -> Asked:
    if not isinstance(said, Mapping):
        raise ValueError('Send a JSON object, such as {"other": 12} or {"items": [3]}.')
    if unknown := sorted(set(said) - {"other", "items"}):
        raise ValueError(f"'{unknown[0]}': unknown key; there are 'other' and 'items'.")
    other, items = said.get("other"), said.get("items", [])
    if not isinstance(items, list):
        raise ValueError("'items': send a list of ids, such as [3, 4].")
    if other is not None:
        other = cluster_named(str(other))
    return Asked(kind, cluster_id, other, _ids(map(str, items)))


def cluster_named(text: str) -> int:
    """Return the cluster that a number or an address names; raises `ValueError`."""
    match = _ADDRESS.fullmatch(text.strip())
    if not match or not text.isascii() or not 0 < int(match[1]) <= MAX_ID:
        raise ValueError(
            f"'{text[:80]}' names no cluster. Write the number of one, or its address, "
            "such as 12 or /clusters/12."
        )
    return int(match[1])


def _ids(texts: Iterable[str]) -> tuple[int, ...]:
    found = set()
    for text in texts:
        if not re.fullmatch("[0-9]{1,19}", text, re.ASCII) or int(text) > MAX_ID:
            raise ValueError(f"'{text[:80]}' is no item: send ids, such as 3.")
        found.add(int(text))
    if len(found) > MAX_ITEMS:
        raise ValueError(f"{len(found)} items at once: send at most {MAX_ITEMS}.")
    return tuple(sorted(found))


def _shown(correction: Correction) -> dict[str, object]:
    status = "waits" if correction.waits else "followed"
    if correction.problem:
        status = "refused"
    elif correction.undone_at is not None and not correction.waits:
        status = "undone"
    return {
        "id": correction.id,
        "kind": correction.asked.kind,
        "cluster": correction.asked.cluster_id,
        "other": correction.asked.other_id,
        "items": correction.asked.item_ids,
        "who": correction.who,
        "status": status,
        "problem": correction.problem,
        "result": correction.result_id,
    }


def _refused(problem: str, cluster_id: int) -> tuple[str, int]:
    back = url_for("clusters.show", cluster_id=cluster_id)
    html = render_template(
        "error.html",
        code=409,
        heading="Nothing was changed",
        text=problem,
        back=back,
    )
    return html, 409
