"""How this program behaves towards servers: settings -> a fetch policy."""

from __future__ import annotations

import aggregator
from aggregator.config import Settings
from aggregator.fetch.client import FetchPolicy


def policy_of(settings: Settings) -> FetchPolicy:
    """Return the policy that every request of these settings is made by."""
    contact = settings.user_agent_contact
    return FetchPolicy(
        user_agent=f"topic-aggregator/{aggregator.__version__}"
        + (f" (+{contact})" if contact else ""),
        allow_private=settings.allow_private,
        concurrency=settings.concurrency,
        per_host_concurrency=settings.per_host_concurrency,
        per_host_spacing=settings.per_host_spacing,
        limits=settings.limits,
    )
