"""`/websub/TOKEN`: where hubs verify what we asked of them, and push what is new.

The one address of the site at which a GET changes something: WebSub wants it so. It
does for a token that nobody can guess and a request that we made ourselves.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from flask import Blueprint, Response, abort, request

from aggregator.models import Subscription
from aggregator.push.websub import is_signed, lease_of, renewal_at
from aggregator.text import clean_text

from ..context import inbox, now, settings

log = logging.getLogger(__name__)
blueprint = Blueprint("websub", __name__, url_prefix="/websub")

CHALLENGE_CHARS = 1_000
REASON_CHARS = 200
ASK_AGAIN = timedelta(days=7)
"""How long a hub that refused is left alone."""


@blueprint.get("/<token>")
def verify(token: str) -> Response:
    """Echo the challenge of a hub that we asked; note a hub's refusal."""
    subscription = _subscription(token)
    mode = request.args.get("hub.mode", "")
    if request.method != "GET" or request.args.get("hub.topic") != subscription.topic:
        abort(404)
    if mode == "denied":
        reason = clean_text(request.args.get("hub.reason", ""), REASON_CHARS)
        error = f"the hub refused: {reason}" if reason else "the hub refused"
        at = now()
        inbox().deny_subscription(
            subscription.feed_id, error, at + ASK_AGAIN, at + settings().poll_interval
        )
        log.warning("push_denied feed=%d reason=%r", subscription.feed_id, reason)
        return _text("", 200)
    challenge = request.args.get("hub.challenge", "")
    fits = 0 < len(challenge) <= CHALLENGE_CHARS
    if mode != "subscribe" or not subscription.is_pending or not fits:
        abort(404)
    lease = lease_of(request.args.get("hub.lease_seconds", ""))
    inbox().confirm_subscription(
        subscription.feed_id, now() + lease, renewal_at(now(), lease)
    )
    log.info("push_confirmed feed=%d lease=%s", subscription.feed_id, lease)
    return _text(challenge, 200)


@blueprint.post("/<token>")
def receive(token: str) -> Response:
    """Queue what a hub pushes, if it is signed with the secret that we gave it.

    One that is not is answered alike: nothing is learnt by trying.
    """
    subscription = _subscription(token)
    request.max_content_length = settings().limits.push_bytes
    body = request.get_data(cache=False)
    signature = request.headers.get("X-Hub-Signature", "")
    if not is_signed(signature, body, subscription.secret):
        log.warning("push_unsigned feed=%d bytes=%d", subscription.feed_id, len(body))
        return _text("", 202)
    content_type = request.headers.get("Content-Type", "")[:REASON_CHARS]
    if not inbox().queue_push(subscription.feed_id, content_type, body, now()):
        response = _text("", 503)
        response.headers["Retry-After"] = "60"
        return response
    return _text("", 202)


def _subscription(token: str) -> Subscription:
    subscription = inbox().subscription_of(token)
    if subscription is None:
        abort(404)
    return subscription


def _text(text: str, status: int) -> Response:
    return Response(text, status=status, mimetype="text/plain")
