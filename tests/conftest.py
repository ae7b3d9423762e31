"""How hypothesis searches: anew at a desk, the same examples each time in CI."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# The first example of a run pays for imports and caches: a deadline says nothing here.
settings.register_profile(
    "desk", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", parent=settings.get_profile("desk"), derandomize=True, database=None
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "desk")
