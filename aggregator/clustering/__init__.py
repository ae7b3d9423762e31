"""Texts -> unit vectors -> clusters, with the reasons; no clock, no SQL."""

from aggregator.clustering.constraints import Constraints
from aggregator.clustering.estimator import (
    NONE,
    ClusterState,
    Member,
    Merge,
    Split,
    StreamingClusterer,
)

__all__ = [
    "NONE",
    "ClusterState",
    "Constraints",
    "Member",
    "Merge",
    "Split",
    "StreamingClusterer",
]
