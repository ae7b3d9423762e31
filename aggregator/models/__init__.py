"""The nouns: frozen values that travel between modules; no SQL, HTTP or NumPy.

Every time is an aware `datetime` in UTC with whole seconds.
"""

from aggregator.models.audit import AuditRow
from aggregator.models.clusters import (
    Cluster,
    ClusterUpdate,
    Decision,
    DecisionKind,
    Grouping,
    Merge,
    Moves,
    OpenCluster,
    SharedTerm,
    Split,
)
from aggregator.models.feeds import (
    Document,
    Entry,
    Feed,
    FeedConfig,
    FeedState,
    Outcome,
    Poll,
    PollRow,
    Response,
)
from aggregator.models.items import (
    Carrier,
    Evidence,
    Item,
    ItemVector,
)
from aggregator.models.lifecycle import LifecycleState, StateChange
from aggregator.models.subscriptions import Push, Subscription, SubscriptionState
from aggregator.models.topics import (
    THRESHOLD,
    Group,
    Name,
    Near,
    Pattern,
    Profile,
    Term,
    Topic,
    TopicScore,
)
from aggregator.models.trends import (
    Count,
    Delivery,
    FeedCount,
)
from aggregator.models.views import ClusterCard, SearchHit, Status

__all__ = [
    "THRESHOLD",
    "AuditRow",
    "Carrier",
    "Cluster",
    "ClusterCard",
    "ClusterUpdate",
    "Count",
    "Decision",
    "DecisionKind",
    "Delivery",
    "Document",
    "Entry",
    "Evidence",
    "Feed",
    "FeedConfig",
    "FeedCount",
    "FeedState",
    "Group",
    "Grouping",
    "Item",
    "ItemVector",
    "LifecycleState",
    "Merge",
    "Moves",
    "Name",
    "Near",
    "OpenCluster",
    "Outcome",
    "Pattern",
    "Poll",
    "PollRow",
    "Profile",
    "Push",
    "Response",
    "SearchHit",
    "SharedTerm",
    "Split",
    "StateChange",
    "Status",
    "Subscription",
    "SubscriptionState",
    "Term",
    "Topic",
    "TopicScore",
]
