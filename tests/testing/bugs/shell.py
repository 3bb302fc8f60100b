"""Between the loop and the core: handlers, the idle clock, jobs, and what is kept."""

from __future__ import annotations

from typing import Final

from tests.testing.bugs.bug import Bug

DURABLE = "chat/durable.py"
HANDLERS = "chat/handlers.py"
IDLE = "chat/idle.py"
SERVER = "chat/server.py"
SHELL = "chat/shell.py"

BUGS: Final = (
    Bug(
        "a name is not free after a reset",
        HANDLERS,
        "        shell.idle.discard(connection)\n        self._disconnected(connection, reason)\n",
        "        shell.idle.discard(connection)\n",
    ),
    Bug(
        "who is gone is still timed",
        HANDLERS,
        "        shell.idle.discard(connection)\n",
        "",
    ),
    Bug(
        "who sends no more is not closed",
        HANDLERS,
        'self.end(connection, "closed by client")',
        'self._disconnected(connection, "closed by client")',
    ),
    Bug(
        "the idle clock runs once",
        IDLE,
        "                self._put(connection, later)\n",
        "                continue\n",
    ),
    Bug(
        "the idle clock is too fast",
        IDLE,
        "self._reactor.call_at((number + 1) / TICKS_PER_S",
        "self._reactor.call_at(number / TICKS_PER_S",
    ),
    Bug(
        "whoever speaks is idle all the same",
        IDLE,
        "self._reactor.now if waits else connection.heard_at",
        "self._reactor.now if waits else connection.opened_at",
    ),
    Bug(
        "whom we make wait is idle",
        IDLE,
        "self._reactor.now if waits else connection.heard_at",
        "connection.heard_at",
    ),
    Bug(
        "whose line had to wait is idle as soon as it is handled",
        SHELL,
        "connection.heard_at = self.reactor.now + action.delay_s",
        "pass",
    ),
    Bug(
        "a line that is held is lost",
        SHELL,
        "        connection.put_back(action.line)\n",
        "",
    ),
    Bug(
        "nothing goes on after a job",
        SHELL,
        "        if connection is not None:\n            connection.resume_reading()\n",
        "",
    ),
    Bug(
        "a job that fails is never finished",
        SHELL,
        "        outcome = _outcome(session, future.result)\n",
        "        outcome = _outcome(session, future.result)\n"
        "        if outcome is None:\n            return\n",
    ),
    Bug(
        "groups that nobody is in stay",
        SHELL,
        "        if not len(group):\n            del self._groups[action.audience]\n",
        "",
    ),
    # --- the end --------------------------------------------------------------------------------
    Bug(
        "a server that stops still listens",
        SERVER,
        "        for listener in list(self.reactor.listeners):\n            listener.close()\n",
        "",
    ),
    Bug(
        "nobody is told that the server stops",
        SERVER,
        "        self._shell.perform_all(self.core.shut_down(self._shell.wall_clock()))\n",
        "",
    ),
    Bug(
        "a server that stops waits for nobody",
        SERVER,
        "        self._stop_if_empty()\n\n    def _give_up",
        "        self._give_up()\n\n    def _give_up",
    ),
    Bug(
        "who reads the configuration again goes by the old one",
        SERVER,
        "        self._take_over_settings()\n        if self._tls",
        "        if self._tls",
    ),
    # --- what is kept ---------------------------------------------------------------------------
    Bug(
        "what is not kept is heard",
        DURABLE,
        "            self._failed(error)\n            return False\n",
        "            self._failed(error)\n",
    ),
    Bug(
        "what is heard at once is kept later",
        DURABLE,
        "        self.table = _WAITING\n        self._waiting.append(action)\n",
        "        self.table = _WAITING\n        self.perform_all(action.then)\n"
        "        action.then.clear()\n        self._waiting.append(action)\n",
    ),
    Bug(
        "messages that are to be kept do not hold the turn open",
        DURABLE,
        "        self.reactor.turn.expect(len(action.message.text) * len(action.then))\n",
        "",
    ),
    Bug(
        "what is old is kept",
        SERVER,
        "self._shell.keep_s = self.config.keep_days * DAY_S",
        "self._shell.keep_s = 0.0",
    ),
    Bug(
        "answers overtake the messages that are to be kept",
        DURABLE,
        "        self.table = _WAITING\n",
        "",
    ),
    Bug(
        "who is closed does not get what waits for the store",
        DURABLE,
        "_AT_ONCE = (actions.Hold, actions.Save, actions.Store)",
        "_AT_ONCE = (actions.Close, actions.Hold, actions.Save, actions.Store)",
    ),
    Bug(
        "nothing ends the wait for messages to be kept",
        DURABLE,
        "        self.table = _DURABLE\n        stores",
        "        stores",
    ),
    Bug(
        "who said what could not be kept is not told",
        DURABLE,
        "                due += self.core.refuse(action)\n",
        "                pass\n",
    ),
)
