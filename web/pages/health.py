"""`/healthz` and `/readyz`: for machines that watch this one."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify

from aggregator.brief.alarms import is_late
from aggregator.errors import StoreError
from aggregator.wording import iso

from ..context import now, reader, settings

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def live() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Say whether the database answers and polling goes on."""
    try:
        status = reader().status()
    except StoreError as error:
        log.error("not_ready error=%s", error)
        return jsonify(status="database"), 503
    encoder = reader().encoder_state()
    polled_at = status.last_poll_at
    answer: dict[str, object] = {
        "last_poll_at": iso(polled_at) if polled_at else None,
        "waiting": status.waiting_count,
    }
    if encoder is not None:
        # no reason to be taken out of service: all goes on with words alone
        answer["encoder"] = {
            "stage": encoder.stage,
            "done": encoder.done,
            "total": encoder.total,
        }
    if is_late(status, now(), settings().poll_interval):
        return jsonify(status="late", **answer), 503
    return jsonify(status="ok", **answer), 200
