"""Titles of the open window -> stored meanings, a little each cycle, until all have one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.config import Settings
from aggregator.errors import EncodingError
from aggregator.models import EncoderStage, EncoderState, Item, ItemMeaning
from aggregator.store import Store

if TYPE_CHECKING:
    from aggregator.clustering.meaning import Sense, Vector
    from aggregator.encoding import Meanings

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Titles encoded and stored in one go: a quarter of a second."""
CALIBRATION = 2_000
"""What titles have in common is learned from so many of the newest."""
AGAIN = timedelta(minutes=10)
"""When an encoder that failed is tried again."""
PATIENCE_S = 5.0
"""How long a cycle waits for a model to load; one that is fetched takes longer."""


class MeaningPass:
    """Keeps the encoder, and says when clusters may rely on it.

    `sense` is None until every item of the open window has a meaning of this model,
    and again after the encoder failed: so clusters come from words and meanings, or
    from words alone, and never from a mixture.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        now: Callable[[], datetime],
        stop: threading.Event,
        slice: timedelta = timedelta(seconds=1),
    ) -> None:
        self.store, self.settings = store, settings
        self.now, self.stop = now, stop
        self.slice = slice
        self.sense: Sense | None = None
        self._meanings: Meanings | None = None
        self._opening: threading.Thread | None = None
        self._opened: Meanings | EncodingError | None = None
        self._again_at: datetime | None = None
        self._is_noted = False

    def run(self) -> None:
        """Do a slice of what is missing; without a model named, forget the state."""
        if not self.settings.semantic.model:
            self._forget()
        elif self.sense is None and not self._rests():
            try:
                self._advance()
            except EncodingError as error:
                self._fail(error)

    def catch_up(self) -> None:
        """Do all that is missing, as far as it can be done now."""
        before = None
        while self.sense is None:
            self.run()
            state = self.store.encoder_state()
            if state is None or state == before or self.stop.is_set():
                return
            before = state

    def of(self, items: Sequence[Item]) -> Vector | None:
        """Return what the titles mean, None while clusters come from words alone."""
        if self.sense is None or self._meanings is None:
            return None
        try:
            return self._meanings.of(items)
        except EncodingError as error:
            self._fail(error)
            return None

    def _forget(self) -> None:
        if not self._is_noted and self.store.encoder_state() is not None:
            self.store.note_encoder(None)
        self._is_noted = True

    def _rests(self) -> bool:
        return self._again_at is not None and self.now() < self._again_at

    def _advance(self) -> None:
        meanings = self._meanings or self._open()
        if meanings is None:
            return
        until = time.monotonic() + self.slice.total_seconds()
        while items := self.store.items_without_meaning(meanings.model, AT_ONCE):
            self.store.save_meanings(self._read(meanings, items))
            if self.stop.is_set() or time.monotonic() >= until:
                break
        done, total = self.store.meaning_counts(meanings.model)
        if done < total or not total:
            self._note(EncoderState(meanings.model, EncoderStage.ENCODING, done, total))
            if items:
                log.info("encoder model=%s done=%d of=%d", meanings.model, done, total)
        else:
            self._begin(meanings, done)

    def _open(self) -> Meanings | None:
        """Return the encoder when it is loaded, without waiting for a slow network."""
        if self._opening is None:
            self._opened = None
            self._opening = threading.Thread(
                target=self._load, name="encoder", daemon=True
            )
            self._opening.start()
            self._opening.join(PATIENCE_S)
        if self._opening.is_alive():
            choice = self.settings.semantic
            self._note(EncoderState(choice.model, EncoderStage.LOADING))
            return None
        self._opening = None
        if isinstance(self._opened, EncodingError):
            raise self._opened
        self._meanings = self._opened
        return self._meanings

    def _load(self) -> None:
        from aggregator.encoding import open_meanings

        try:
            self._opened = open_meanings(self.settings)
        except EncodingError as error:
            self._opened = error
        except Exception as error:  # its thread must not end without an answer
            log.exception("encoder")
            self._opened = EncodingError(repr(error))

    def _read(self, meanings: Meanings, items: Sequence[Item]) -> Sequence[ItemMeaning]:
        """Return the meanings of some items; a title that breaks the encoder has none."""
        try:
            rows = meanings.of(items)
        except EncodingError:
            if len(items) > 1:
                return [one for item in items for one in self._read(meanings, [item])]
            if not meanings.works():
                raise
            log.warning("encoder model=%s unreadable=%d", meanings.model, items[0].id)
            rows = meanings.none(1)
        return [
            ItemMeaning(item.id, meanings.model, row)
            for item, row in zip(items, meanings.packed(rows), strict=True)
        ]

    def _begin(self, meanings: Meanings, count: int) -> None:
        """Let clusters rely on meanings from now on."""
        from aggregator.clustering.meaning import Sense

        model = meanings.model
        known = self.store.common_meaning(model)
        if known is None or known[1] < meanings.enough <= count:
            newest = self.store.newest_meanings(model, CALIBRATION)
            common = meanings.common(meanings.unpacked(newest))
            self.store.save_common_meaning(model, common.tobytes(), len(newest))
        else:
            common = meanings.common_of(known[0])
        self.sense = Sense(model, common)
        self._note(EncoderState(model, EncoderStage.ON, count, count))
        log.info("encoder model=%s on=true items=%d", model, count)

    def _fail(self, error: EncodingError) -> None:
        """Go on with words alone, say so, and try again later."""
        log.warning("encoder failed=true error=%s", error)
        self._again_at = self.now() + AGAIN
        model = self._meanings.model if self._meanings else self.settings.semantic.model
        self.sense = self._meanings = None
        state = EncoderState(model, EncoderStage.FAILED, error=str(error))
        known = self.store.encoder_state()
        if known is not None and known.model == model:
            state = replace(state, done=known.done, total=known.total)
        self._note(state)

    def _note(self, state: EncoderState) -> None:
        if state != self.store.encoder_state():
            self.store.note_encoder(state)
