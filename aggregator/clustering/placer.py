"""One row after another -> its cluster, by score, by what titles say and by people."""

from __future__ import annotations

from collections.abc import Callable

from aggregator.clustering.board import NONE, Board, Choice
from aggregator.clustering.constraints import Constraints
from aggregator.clustering.outcomes import Outcome
from aggregator.clustering.vetoes import ROUNDUP, is_lone_word, refusal
from aggregator.words.titles import NOTHING

_REFUSALS = 5  # clusters that a title may speak against, before it opens its own


class Placer:
    """Puts the rows of a board into clusters, in order; each is seen by the next.

    `asked` says the score to join by, `carriers` how many words must carry it, and
    `mint` gives the id of a cluster that a row opens.
    """

    def __init__(
        self,
        board: Board,
        constraints: Constraints,
        asked: Callable[[], float],
        carriers: float,
        mint: Callable[[], int],
    ) -> None:
        self.board, self.constraints = board, constraints
        self.asked, self.carriers, self.mint = asked, carriers, mint

    def place(self, row: int) -> Outcome:
        """Put `row` where it belongs."""
        asked, key = self.asked(), self.board.members[row].key
        if self.board.members[row].title.is_roundup:
            asked *= ROUNDUP
        choice, home, barred = self.board.choose(row), None, NONE
        if key in self.constraints:
            choice, home, barred = self._obeyed(row, choice, asked)
        if home is None:
            outcome = self._by_score(row, choice, asked)._replace(barred=barred)
        else:
            outcome = Outcome(home, choice, asked, is_bound=True, barred=barred)
        self.board.join(row, outcome.label)
        if key in self.constraints:
            self.constraints.joined(key, outcome.label)
        return outcome

    def _by_score(self, row: int, choice: Choice, asked: float) -> Outcome:
        choice, refused = self._unrefused(row, choice, asked)
        is_near = choice.score >= asked
        is_vetoed = is_near and is_lone_word(choice.score, choice.parts, self.carriers)
        label = choice.id if is_near and not is_vetoed else self.mint()
        return Outcome(label, choice, asked, is_vetoed, refused=refused)

    def _obeyed(
        self, row: int, free: Choice, asked: float
    ) -> tuple[Choice, int | None, int]:
        """Return what people let a row choose, where it must go, what they barred."""
        key = self.board.members[row].key
        home = self.constraints.home(key)
        barred = self.constraints.barred(key)
        if home not in self.board.clusters:
            home = None
        if home is None and free.id not in barred and free.runner_up not in barred:
            return free, None, NONE
        stopped = free.id if free.id in barred and free.score >= asked else NONE
        return self.board.choose(row, barred, home), home, stopped

    def _unrefused(
        self, row: int, choice: Choice, asked: float
    ) -> tuple[Choice, tuple[int, str]]:
        """Return the best cluster that neither its title nor a person speaks against.

        Beside it the first that its title does speak against.
        """
        member = self.board.members[row]
        title = member.title
        if title is NOTHING:  # as most are: no need to read the members' titles
            return choice, (NONE, "")
        refused: dict[int, str] = {}
        while choice.score >= asked and len(refused) < _REFUSALS:
            why = refusal(title, self.board.clusters[choice.id].titles)
            if not why:
                break
            refused[choice.id] = why
            people = self.constraints
            barred = people.barred(member.key) if member.key in people else set()
            choice = self.board.choose(row, barred | refused.keys())
        return choice, next(iter(refused.items()), (NONE, ""))
