"""Unit vectors in, cluster ids out: each row joins an open cluster or opens one."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from aggregator.clustering.adopting import homes
from aggregator.clustering.board import NONE, Board
from aggregator.clustering.constraints import Constraints
from aggregator.clustering.contract import Clusterer
from aggregator.clustering.cutting import Grams
from aggregator.clustering.openclusters import OpenClusters
from aggregator.clustering.outcomes import Outcome, Outcomes
from aggregator.clustering.passes import Merge, Passes, Rules, Split, touched
from aggregator.clustering.placer import Placer
from aggregator.clustering.state import ClusterState, Floats, Member, Weights
from aggregator.words.titles import NOTHING, Title

__all__ = ["NONE", "ClusterState", "Member", "Merge", "Split", "StreamingClusterer"]

Ints = npt.NDArray[np.int64]

_CHUNK = 512  # rows compared at once: bounds memory, changes no result
_NEAR = 1 / 3  # the part of the threshold below which a cluster is no runner-up
_HALF_WAY = 0.5  # to a join: what a row must score with a lone one to draw it nearer
_FEW = 100  # open clusters up to which the plain threshold holds


class StreamingClusterer(Outcomes, Clusterer):
    """Cluster unit rows as they arrive, over a sliding window of open clusters.

    Parameters
    ----------
    threshold : float
        The score from which a row joins while few clusters are open; below it, it
        opens one.
    crowding : float
        What is added to it for every tenfold of 100 open clusters: the best of many
        strangers scores higher than the best of few.
    carriers : float
        How many words, in effect, must carry a join: 1 / (sum of their squared shares
        of the score). One word that two texts happen to share carries none, unless
        there is hardly another in them.
    agreement : float
        How alike two groups of long texts must be, as a part of how alike their own
        members are, to be one event: `regroup` splits below it, merges above it.
    merge_margin : float
        By what factor a merge must beat `agreement`, so that no pair is split and
        merged in turns.
    cohesion : float
        The mean cosine of two members below which a cluster is a subject, not an
        event: it is cut whatever its sides agree on, and no merge may lead there.
    core : float
        The mean cosine with all other members below which a member is put out.
    window_hours : float
        How far in time a row may lie from the middle of a cluster's span and still
        join it. Clusters whose last row is older than the newest time seen by more
        than this are forgotten.
    decay_hours : float
        Scores fall by a factor e for each so many hours from that middle.
    max_terms, max_members : int
        How many columns, the heaviest, and rows, the newest, a cluster keeps.

    Attributes
    ----------
    labels_, scores_, contributions_ and the others of `Outcomes`
        What the last call decided of each row, and why.
    splits_, merges_ : list of Split, list of Merge
        What the last `regroup` did, in order, all splits before all merges.
    put_outs_ : list of Split
        Whom it then put out of what it had merged, for being below `core`.
    refused_merges_ : list of Refusal
        What it would have merged but for people or titles; told once a pair.
    clusters_ : OpenClusters
        The open clusters, all of them: a mapping of id to ClusterState.
    changed_, closed_ : ndarray of int
        Clusters whose state changed in the last call and still stand, and clusters
        forgotten in the last `partial_fit`.
    next_id_ : int
        The id that the next cluster will get.

    Notes
    -----
    The score is the geometric mean of two cosines, that with the cluster's centroid
    and the mean of those with its members, times exp(-gap / `decay_hours`), where gap
    is the time from the middle of the cluster's span. The first cosine alone lets large
    clusters grow without end, the second alone shuts them too early; and a story that
    goes on for weeks closes behind itself and opens a new chapter.

    Rows are taken in the order given: sort a batch by (time, id) and the order of
    arrival inside it does not matter. Ties go to the older cluster. Clamp times that
    lie in the future: they would close every window.

    Examples
    --------
    >>> import numpy as np
    >>> clusterer = StreamingClusterer(threshold=0.5)
    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [0.8, 0.6]])
    >>> clusterer.partial_fit(X, times=[0.0, 1.0, 2.0]).labels_.tolist()
    [0, 1, 0]
    """

    def __init__(
        self,
        *,
        threshold: float = 0.1,
        crowding: float = 0.035,
        carriers: float = 1.3,
        agreement: float = 0.6,
        cohesion: float = 0.16,
        core: float = 0.07,
        merge_margin: float = 1.05,
        window_hours: float = 240.0,
        decay_hours: float = 100.0,
        max_terms: int = 2000,
        max_members: int = 400,
    ) -> None:
        self.threshold = threshold
        self.crowding = crowding
        self.carriers = carriers
        self.agreement = agreement
        self.cohesion = cohesion
        self.core = core
        self.merge_margin = merge_margin
        self.window_hours = window_hours
        self.decay_hours = decay_hours
        self.max_terms = max_terms
        self.max_members = max_members

    def __sklearn_tags__(self) -> Any:
        """Say that sparse rows are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def restore(self, clusters: Iterable[ClusterState], next_id: int) -> Self:
        """Go on from `clusters`, minting from `next_id` or past the highest id."""
        self.clusters_ = OpenClusters(clusters)
        self.next_id_ = max([next_id, *(id + 1 for id in self.clusters_)])
        self.newest_ = max((c.last for c in self.clusters_.values()), default=-np.inf)
        self.n_seen_ = 0
        self.changed_: Ints = np.empty(0, dtype=np.int64)
        self._near_lone: set[tuple[int, int]] = set()
        self._grams = Grams()
        self._pairs: set[tuple[int, int]] = set()
        self._told: set[tuple[int, int, str]] = set()
        return self.obey(Constraints())

    def obey(self, constraints: Constraints) -> Self:
        """Let no pass go against these from now on; they follow what it does."""
        self._constraints = constraints
        return self

    def fit(
        self,
        X: Any,
        y: object = None,
        *,
        times: npt.ArrayLike | None = None,
        keys: Sequence[int] | None = None,
        titles: Sequence[Title] | None = None,
        meanings: Weights | None = None,
    ) -> Self:
        """Forget every cluster, then assign each row of `X`."""
        self.restore([], 0)
        return self._partial_fit(X, times, keys, titles, meanings, reset=True)

    def partial_fit(
        self,
        X: Any,
        y: object = None,
        *,
        times: npt.ArrayLike | None = None,
        keys: Sequence[int] | None = None,
        titles: Sequence[Title] | None = None,
        meanings: Weights | None = None,
    ) -> Self:
        """Assign each row of `X`, in order.

        `times` are hours, all 0 when left out; `keys` name the rows in `splits_` and
        in the members of a state, and count on from 0 when left out; `titles` say what
        keeps alike rows apart; `meanings` are second vectors, as `Sense.rows` makes
        them, of shape (n_items, n_dimensions): in every call or in none.
        """
        if not hasattr(self, "clusters_"):
            self.restore([], 0)
        return self._partial_fit(
            X,
            times,
            keys,
            titles,
            meanings,
            reset=not hasattr(self, "n_features_in_"),
        )

    def regroup(self, frozen: Collection[int] = ()) -> Self:
        """Split what the last call mixed and merge what it brought together.

        Only clusters that the call touched are looked at, and pairs of clusters that
        one of its rows was near to; what was merged then puts out the members that are
        below `core`. A lone row that one of the call's rows was near to goes into the
        cluster of that row if it scores by now what a join asks for. Ids in `frozen`
        are left as they are: a person has decided on them. The larger side keeps the
        id, then the older.
        """
        passes = Passes(
            self.clusters_,
            Rules(self.agreement, self.merge_margin, self.cohesion, self.core),
            self.mint,
            self._left,
            self._constraints,
            self._grams,
        )
        fixed = set(frozen)
        changed = self.changed_.tolist()
        passes.split(set(changed) - fixed - self._constraints.pins.keys())
        pairs = [pair for pair in self._pairs if not fixed & set(pair)]
        passes.merge(pairs, self.max_terms, self.max_members)
        self._adopt(passes, fixed)
        passes.put_out()
        self.splits_, self.merges_ = passes.splits, passes.merges
        self.put_outs_ = passes.put_outs
        self.refused_merges_ = [
            refused
            for refused in passes.refusals
            if (refused.a, refused.b, refused.why) not in self._told
        ]
        self._told |= {
            (refused.a, refused.b, refused.why) for refused in passes.refusals
        }
        # of clusters that have closed nothing is told again: no need to remember
        self._told = {
            (a, b, why)
            for a, b, why in self._told
            if a in self.clusters_ and b in self.clusters_
        }
        self.changed_ = np.array(touched(passes, changed), dtype=np.int64)
        return self

    def _adopt(self, passes: Passes, fixed: set[int]) -> None:
        led = {merge.gone: merge.kept for merge in passes.merges}
        asked = self.asked()
        found = [
            home
            for home in homes(self.clusters_, self._near_lone, led, asked, self._left)
            if not fixed & {home.id, home.lone}
        ]
        passes.adopt(found, asked, self.carriers, self.max_terms, self.max_members)

    def replace(
        self, clusters: Mapping[int, ClusterState], gone: Iterable[int] = ()
    ) -> Self:
        """Go on from these in place of what stood under their ids; forget `gone`."""
        oldest = self.newest_ - self.window_hours
        for id in gone:
            self.clusters_.pop(id, None)
        for id, cluster in clusters.items():
            if cluster.last >= oldest:
                self.clusters_[id] = cluster.trimmed(self.max_terms, self.max_members)
            else:
                self.clusters_.pop(id, None)
        return self

    def mint(self) -> int:
        """Return an id that no cluster has had."""
        self.next_id_ += 1
        return self.next_id_ - 1

    def _partial_fit(
        self,
        X: Any,
        times: npt.ArrayLike | None,
        keys: Sequence[int] | None,
        titles: Sequence[Title] | None,
        meanings: Weights | None,
        *,
        reset: bool,
    ) -> Self:
        # a quiet cycle has no rows
        X = self._rows(X, reset=reset, least=int(times is None))
        n_rows = X.shape[0]
        hours = np.zeros(n_rows) if times is None else np.asarray(times, float)
        if keys is None:
            keys = range(self.n_seen_, self.n_seen_ + n_rows)
        if hours.shape != (n_rows,) or len(keys) != n_rows:
            raise ValueError(
                f"{n_rows} rows need as many times and keys, not {hours.shape} times "
                f"and {len(keys)} keys"
            )
        titles = titles or [NOTHING] * n_rows
        M = np.empty((n_rows, 0), np.float32) if meanings is None else meanings
        if len(M) != n_rows:
            raise ValueError(f"{n_rows} rows need as many meanings, not {len(M)}")
        self.n_seen_ += n_rows
        self._near_lone = set()
        self._forget(hours)
        outcomes: list[Outcome] = []
        for start in range(0, n_rows, _CHUNK):
            rows = slice(start, start + _CHUNK)
            outcomes += self._place(
                X[rows], M[rows], hours[rows], keys[rows], titles[rows]
            )
        self._tell(outcomes, X.shape)
        # a roundup may join, but brings nothing together
        self._pairs = {
            pair
            for outcome, title in zip(outcomes, titles, strict=True)
            if not title.is_roundup
            for pair in outcome.pairs
        }
        return self

    def _forget(self, hours: Floats) -> None:
        self.newest_ = float(np.max(hours, initial=self.newest_))
        oldest = self.newest_ - self.window_hours
        closed = [
            id
            for id in self.clusters_.last_before(oldest)
            if not self._constraints.awaits(id)
        ]
        for id in closed:
            del self.clusters_[id]
        self.closed_ = np.array(closed, dtype=np.int64)

    def _place(
        self,
        X: csr_matrix,
        M: Weights,
        hours: Floats,
        keys: Sequence[int],
        titles: Sequence[Title],
    ) -> list[Outcome]:
        floor = _NEAR * self.threshold
        board = Board(self.clusters_, X, M, hours, keys, titles, self._decay, floor)
        placer = Placer(board, self._constraints, self.asked, self.carriers, self.mint)
        outcomes = [placer.place(row) for row in range(X.shape[0])]
        self._near_lone |= {
            (outcomes[row].label, lone)
            for row, lone in board.near_lone(self.asked() * _HALF_WAY)
            if not titles[row].is_roundup  # brings nothing together
        }
        for id in {outcome.label for outcome in outcomes}:
            self.clusters_[id] = self.clusters_[id].trimmed(
                self.max_terms, self.max_members
            )
        return outcomes

    def asked(self) -> float:
        """Return the score to join by now: the best of many strangers scores higher."""
        crowd = max(len(self.clusters_) / _FEW, 1.0)
        return self.threshold + self.crowding * math.log10(crowd)

    def _decay(self, gaps: Floats) -> Floats:
        """Return what is left of a score after `gaps` hours, 0 outside the window."""
        left: Floats = np.exp(gaps / -self.decay_hours)
        left[gaps > self.window_hours] = 0.0
        return left

    def _left(self, gap: float) -> float:
        """Return what is left of a score after `gap` hours: `_decay` for one."""
        return math.exp(gap / -self.decay_hours) if gap <= self.window_hours else 0.0
