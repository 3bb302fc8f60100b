"""DurableShell: nothing is heard before it is kept, nothing is true before it is saved.

A turn's messages are kept together, at its end, before its output leaves: one commit, whatever the
number of messages. From the first of them on, all that the turn has to say waits for that, so that
the order stays. When it can't be, those messages were never said, and who sent them is told.

What is saved one by one (accounts, bans, rooms' charters) is rare, and saved on the spot.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Final

from chat.core import ChatCore, actions
from chat.core.actions import Action
from chat.core.events import Said
from chat.core.jobs import Job, ReadHistory
from chat.core.records import decode, encode
from chat.shell import PERFORM, TIDY_S, WORK, Performer, Shell, Work
from chat.store import Store, StoreError
from reactor import Reactor

log = logging.getLogger("chat")

STEP_S = 0.05  # between two steps of deleting them, for others to have their turn
WAITING_MAX_BYTES = 262_144  # of answers; then the turn's messages are kept early


class DurableShell(Shell):
    """A Shell with a store. `keep_messages` per room and `keep_s` seconds, 0 for all and for ever,
    may be changed at any time."""

    def __init__(
        self,
        core: ChatCore,
        reactor: Reactor,
        wall_clock: Callable[[], float],
        connection_lost: Callable[[], object],
        stop: Callable[[], object],
        store: Store,
    ) -> None:
        super().__init__(core, reactor, wall_clock, connection_lost, stop)
        self.keep_messages = 0
        self.keep_s = 0.0
        self.table = _DURABLE
        self.work: dict[type[Job], Work] = {**WORK, ReadHistory: self._read_history}
        self.store = store
        self._waiting: list[Action] = []  # for the messages among them to be kept
        self._waiting_bytes = 0  # of the answers among them
        self._unforgotten: list[str] = []  # rooms that are no more, but still in the store
        self._failing = False  # was so the last time, and was said in the log
        self._moving_log = False
        rooms = [(room.key, room.name, room.seq) for room in store.rooms()]
        core.load([decode(*record) for record in store.records()], rooms)
        reactor.before_flush.append(self.commit)
        reactor.call_later(TIDY_S, self._tidy)

    def at_once(self, happened: list[Action]) -> list[Action]:
        """Who asks in process hears of it when it is kept, or could not be."""
        done: list[Action] = []
        for action in super().at_once(happened):
            if isinstance(action, actions.Save):
                done += self.at_once(self._saved(action))
            elif isinstance(action, actions.Store):
                self._waiting.append(action)
                done += self._kept()
            else:
                done.append(action)
        return done

    # --- messages ---------------------------------------------------------------------------------

    def commit(self) -> None:
        """Keep what was said in this turn, and let it be heard."""
        if self._waiting:
            self.perform_all(self._kept())

    def _kept(self) -> list[Action]:
        """What there is to do now that the messages are kept, or can't be."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        self.table = _DURABLE
        stores = [action for action in waiting if type(action) is actions.Store]
        kept = self._keep([(action.key, action.message) for action in stores])
        self.core.settle(kept, self.wall_clock())
        due: list[Action] = []
        for action in waiting:
            if type(action) is not actions.Store:
                due.append(action)
            elif kept:
                due += action.then
            else:
                due += self.core.refuse(action)
        return due

    def _keep(self, messages: list[tuple[str, Said]]) -> bool:
        kept = self._try(self._append, messages)
        if self.store.checkpoint_due and not self._moving_log:
            self._moving_log = True
            self.reactor.run_in_worker(self.store.checkpoint, then=self._log_moved)
        return kept

    def _append(self, messages: list[tuple[str, Said]]) -> None:
        """Room by room, first: one that is still there would refuse its successor's numbers."""
        self._forget_rooms()
        self.store.append(messages)

    def _log_moved(self, future: Future[None]) -> None:
        self._moving_log = False
        with self._failures_noted():
            future.result()

    def _keep_later(self, action: actions.Store) -> None:
        """From the first message of a turn on, everything waits."""
        self.reactor.turn.expect(len(action.message.text) * len(action.then))
        self.table = _WAITING
        self._waiting.append(action)

    def _wait(self, action: Action) -> None:
        self._waiting.append(action)

    def _wait_to_send(self, action: actions.Send) -> None:
        """While it waits, a connection does not know how much it is owed, and reads on."""
        self._waiting.append(action)
        if isinstance(action.data, bytes):
            self._waiting_bytes += len(action.data)
            if self._waiting_bytes > WAITING_MAX_BYTES:
                self.commit()

    def _wait_with_job(self, action: actions.RunJob) -> None:
        """It may be to read what is not kept yet. Lines wait from here on."""
        connection = self.reactor.connections.get(action.session)
        if connection is not None:
            connection.pause_reading()
        self._waiting.append(action)

    def _read_history(self, job: ReadHistory) -> tuple[Said, ...] | None:
        """In a worker. None: it can't be read just now."""
        if job.key in self._unforgotten:  # what is there was said in a room that is no more
            return ()
        limits = self.core.world.limits
        after = max(0, job.since or 0)
        try:
            return self.store.recall(job.key, job.count, limits.history_read_max_bytes, after)
        except StoreError as error:  # not a bug of ours, and so no traceback
            log.error("no history was read: %s", error)
            return None

    # --- records ----------------------------------------------------------------------------------

    def _save(self, action: actions.Save) -> None:
        self.perform_all(self._saved(action))

    def _saved(self, action: actions.Save) -> list[Action]:
        records = [encode(record) for record in action.records]
        return self.core.saved(self._try(self.store.save, records), self.wall_clock())

    # --- now and then -----------------------------------------------------------------------------

    def keep_tidy(self) -> None:
        """It does so in any case: what is stored grows old while nobody is there, too."""

    def _tidy(self) -> None:
        """A step at a time: each holds up the loop for half a millisecond."""
        timer = self.reactor.call_later(TIDY_S, self._tidy)
        now = self.wall_clock()
        self.commit()  # what was said in a room is not to be kept after the room is forgotten
        self.perform_all(self.core.tidy(now))
        with self._failures_noted():
            self._forget_rooms()
            if self.store.prune(self.keep_messages, self.keep_s, now):
                self.reactor.rearm(timer, self.reactor.time() + STEP_S)

    def _forget(self, action: actions.Forget) -> None:
        self._unforgotten.append(action.key)

    def _forget_rooms(self) -> None:
        if self._unforgotten:  # at once: a hundred, one by one, take 12 ms
            self.store.forget(*self._unforgotten)
            self._unforgotten.clear()

    # --- whether it works -------------------------------------------------------------------------

    def _try(self, change: Callable[..., object], *arguments: Any) -> bool:
        """Whether it worked. The log is told when that changes."""
        try:
            change(*arguments)
        except StoreError as error:
            self._failed(error)
            return False
        except Exception:  # a bug of ours; but what waits is not to wait for ever
            log.exception("the store failed")
            return False
        if self._failing:
            log.info("the store works again")
        self._failing = False
        return True

    @contextmanager
    def _failures_noted(self) -> Iterator[None]:
        """For what nobody waits for. That it works says little: it may have had nothing to do."""
        try:
            yield
        except StoreError as error:
            self._failed(error)

    def _failed(self, error: StoreError) -> None:
        if not self._failing:
            log.error("%s; nothing can be said until this is mended", error)
        self._failing = True


_DURABLE: Final[dict[type[Action], Performer]] = {
    **PERFORM,
    actions.Store: DurableShell._keep_later,
    actions.Save: DurableShell._save,
    actions.Forget: DurableShell._forget,
}

# While something waits to be kept. What is about a connection's input can't wait.
_AT_ONCE = (actions.Hold, actions.Save, actions.Store)
_WAITING: Final[dict[type[Action], Performer]] = {
    **{kind: DurableShell._wait for kind in _DURABLE if kind not in _AT_ONCE},
    **{kind: _DURABLE[kind] for kind in _AT_ONCE},
    actions.Send: DurableShell._wait_to_send,
    actions.RunJob: DurableShell._wait_with_job,
}
