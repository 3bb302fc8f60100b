"""Shell: does for the core what it can't do itself, and tells it what happens.

Sockets, timers and the time of day are here; what they mean is not. The reactor's callbacks
become the core's inputs in `handlers.py`; here, the core's actions become calls of the reactor.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final

from chat.core import ChatCore, actions
from chat.core.actions import Action, Audience, Send
from chat.core.commands import Command, Login
from chat.core.entry import check_command
from chat.core.errors import Refusal
from chat.core.events import Event, Refused, Told
from chat.core.jobs import CheckPassword, HashPassword, Job, Outcome
from chat.core.sites import Sites
from chat.dialects import LOCAL
from chat.heartbeat import Heartbeat
from chat.idle import IdleClock
from chat.local import Host, LocalGroup, LocalUser
from chat.passwords import hash_password, is_password
from reactor import Connection, Group, Reactor

log = logging.getLogger("chat")

TIDY_S = 10.0  # how often the core looks around while people are there


class Shell:
    """The core, and what it acts on. A session's number is its connection's, or local user's."""

    def __init__(
        self,
        core: ChatCore,
        reactor: Reactor,
        wall_clock: Callable[[], float],
        connection_lost: Callable[[], object],
        stop: Callable[[], object],
    ) -> None:
        self.core = core
        self.reactor = reactor
        self.wall_clock = wall_clock  # seconds since the epoch: the core's time
        self.connection_lost = connection_lost  # told after each, when the core has been
        self.stop = stop  # the server, when its administration wants it
        self.table = PERFORM  # what is done with the core's actions
        self.work: dict[type[Job], Work] = WORK  # how its jobs are done
        self.idle = IdleClock(reactor, self._time_out)
        self.heartbeat = Heartbeat(reactor)
        self.requesting = Sites()  # those who may come to speak WebSocket, and have no session yet
        self.origins: frozenset[str] = frozenset()  # of other sites whose pages may chat here
        self.locals: dict[int, LocalUser] = {}
        self._groups: dict[Audience, Group | LocalGroup] = {}
        self._tidies = False  # a timer runs

    # --- users in this process ------------------------------------------------------------------

    def join(self, name: str, host: Host) -> LocalUser:
        """A user in this process. Raises Refusal, as when the name is taken, or TypeError."""
        self.commit()
        user = LocalUser(host, self.reactor.next_id())
        self.locals[user.session] = user
        self.keep_tidy()
        try:
            self._answers(user, self.core.connect(user.session, LOCAL, self.wall_clock()))
            self.ask(user, Login(name, proven=True))  # a program in process needs no password
        except (Refusal, TypeError):
            self.leave(user, "refused")
            raise
        return user

    def ask(self, user: LocalUser, command: Command) -> list[Event]:
        """What a local user is answered. Raises Refusal, and TypeError for what is no command."""
        if user.session not in self.locals:
            raise Refusal("not-logged-in")
        check_command(command)
        self.commit()
        return self._answers(user, self.core.submit(user.session, command, self.wall_clock()))

    def _answers(self, user: LocalUser, happened: list[Action]) -> list[Event]:
        """Do everything but what is for the one who asked: that is the answer."""
        answers: list[Event] = []
        for action in self.at_once(happened):
            mine = isinstance(action, Send) and action.session == user.session
            data: Any = action.data if isinstance(action, Send) else None
            if mine and not isinstance(data, Told):  # a message to oneself happens, too
                answers.append(data)
            else:
                self.perform(action)
        for answer in answers:
            if isinstance(answer, Refused):
                raise Refusal(answer.code, answer.detail)
        return answers

    def at_once(self, happened: list[Action]) -> Iterable[Action]:
        """The same actions, and instead of a job those that its result calls for: who asks in
        process waits for the answer."""
        for action in happened:
            if isinstance(action, actions.RunJob):
                outcome = _outcome(action.session, self.work[type(action.job)], action.job)
                now = self.wall_clock()
                yield from self.at_once(self.core.finish(action.session, outcome, now))
            else:
                yield action

    def leave(self, user: LocalUser, reason: str) -> None:
        """A local user is gone."""
        self.commit()
        if user.session in self.locals:
            note("in process", user.session, "left", reason=reason)
            self.perform_all(self.core.disconnect(user.session, reason, self.wall_clock()))
            del self.locals[user.session]  # not before: it has to be found to be taken out of rooms
            user.close(reason)

    def commit(self) -> None:
        """Have what others said heard, if it waits for something. Nothing does here."""

    # --- now and then ---------------------------------------------------------------------------

    def keep_tidy(self) -> None:
        """Somebody is there: have the core look around every TIDY_S, until nobody is. Where nobody
        is, nothing wakes the loop."""
        if not self._tidies:
            self._tidies = True
            self.reactor.call_later(TIDY_S, self._tidy)

    def _tidy(self) -> None:
        self._tidies = False
        if self.reactor.connections or self.locals:
            self.keep_tidy()
        self.perform_all(self.core.tidy(self.wall_clock()))

    # --- the core's actions ---------------------------------------------------------------------

    def perform_all(self, happened: list[Action]) -> None:
        """Do what the core wants done, in order."""
        for action in happened:
            self.table[type(action)](self, action)

    def perform(self, action: Action) -> None:
        """Do one thing that the core wants done."""
        self.table[type(action)](self, action)

    def _time_out(self, connection: Connection) -> None:
        happened = self.core.time_out(connection.id, self.wall_clock())
        self.perform_all(happened)
        if not happened:  # no session yet
            connection.close("idle timeout")

    def _peer(self, session: int) -> Any:
        """Who is at the other end: a Connection or a LocalUser, whose faces are alike."""
        return self.reactor.connections.get(session) or self.locals.get(session)

    def _send(self, action: actions.Send) -> None:
        peer = self._peer(action.session)
        if peer is not None:  # None: the core could not be told that it is gone, a bug of ours
            peer.write(action.data)

    def _publish(self, action: actions.Publish) -> None:
        group = self._groups.get(action.audience)
        if group is not None:  # None: all of them are about to be closed, and in no group any more
            group.send(action.data, None if action.but is None else self._peer(action.but))

    def _enter(self, action: actions.Enter) -> None:
        group = self._groups.get(action.audience)
        if group is None:
            local = action.audience.dialect == LOCAL.name
            group = self._groups[action.audience] = LocalGroup() if local else Group(self.reactor)
        peer = self._peer(action.session)
        if peer is not None:
            group.add(peer)

    def _exit(self, action: actions.Exit) -> None:
        group = self._groups.get(action.audience)
        if group is None:
            return
        peer = self._peer(action.session)
        if peer is not None:
            group.discard(peer)
        if not len(group):
            del self._groups[action.audience]

    def _close(self, action: actions.Close) -> None:
        peer = self._peer(action.session)
        self.locals.pop(action.session, None)
        if peer is not None:
            peer.close(action.reason)

    def _hold(self, action: actions.Hold) -> None:
        connection = self.reactor.connections[action.session]
        connection.put_back(action.line)
        connection.pause_reading()
        connection.heard_at = self.reactor.now + action.delay_s  # not idle before it is handled
        self.reactor.call_later(action.delay_s, connection.resume_reading)

    def _run_job(self, action: actions.RunJob) -> None:
        """In a worker; until it is done, the connection's lines wait. Each kind of job has its own:
        nothing that waits for the disk is to wait for a hundred passwords, too."""
        connection = self.reactor.connections.get(action.session)
        if connection is not None:
            connection.pause_reading()
        work, kind = self.work[type(action.job)], type(action.job).__name__
        then = partial(self._finished, action.session)
        self.reactor.run_in_worker(work, action.job, then=then, kind=kind)

    def _finished(self, session: int, future: Future[Outcome]) -> None:
        outcome = _outcome(session, future.result)
        connection = self.reactor.connections.get(session)
        try:
            self.perform_all(self.core.finish(session, outcome, self.wall_clock()))
        except Exception:  # a bug of ours
            log.exception("#%d: the core failed on what a job came to", session)
            if connection is not None:  # it would wait for ever
                connection.abort("internal error")
        if connection is not None:
            connection.resume_reading()

    def _stop_server(self, _action: actions.StopServer) -> None:
        self.stop()

    def _report(self, action: actions.Report) -> None:
        connection = self.reactor.connections.get(action.session)
        where = connection.peer if connection is not None else "in process"
        user = {"user": action.name} if action.name else {}
        note(where, action.session, action.what, **user)


def _outcome(session: int, work: Callable[..., Outcome], *arguments: Any) -> Outcome:
    """What a job came to; None if it failed."""
    try:
        return work(*arguments)
    except Exception:
        log.exception("#%d: a job failed", session)
        return None


def _check_password(job: CheckPassword) -> bool:
    return is_password(job.password, job.stored)


def _hash_password(job: HashPassword) -> str:
    return hash_password(job.password)


Work = Callable[[Any], Outcome]

WORK: Final[dict[type[Job], Work]] = {
    CheckPassword: _check_password,
    HashPassword: _hash_password,
}

Performer = Callable[[Any, Any], None]

PERFORM: Final[dict[type[Action], Performer]] = {
    actions.Send: Shell._send,
    actions.Publish: Shell._publish,
    actions.Enter: Shell._enter,
    actions.Exit: Shell._exit,
    actions.Close: Shell._close,
    actions.Hold: Shell._hold,
    actions.RunJob: Shell._run_job,
    actions.StopServer: Shell._stop_server,
    actions.Report: Shell._report,
}


def note(
    where: str, number: int, what: str, level: int = logging.INFO, /, **details: object
) -> None:
    """One line of log about a connection; never anything that someone said.

    The fields are the record's `args`, where a formatter that wants them apart finds them.
    """
    if log.isEnabledFor(level):
        fields = {"peer": where, "connection": number, "event": what, **details}
        # `log.log` would look for who called it, and for an exception: 1.3 us for nothing.
        make, text = logging.getLogRecordFactory(), _TEXTS[tuple(details)]
        log.handle(make(log.name, level, "", 0, text, (fields,), None))


_TEXTS: Final[dict[tuple[str, ...], str]] = {
    (): "%(peer)s #%(connection)d %(event)s",
    ("user",): "%(peer)s #%(connection)d %(event)s as %(user)s",
    ("reason",): "%(peer)s #%(connection)d %(event)s: %(reason)s",
    ("reason", "seconds"): "%(peer)s #%(connection)d %(event)s after %(seconds).3f s: %(reason)s",
}
