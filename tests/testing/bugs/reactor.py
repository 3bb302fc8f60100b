"""Connections, groups, listeners, timers, and the loop."""

from __future__ import annotations

from typing import Final

from tests.testing.bugs.bug import Bug

CONNECTION = "reactor/connection.py"
GROUP = "reactor/group.py"
LISTENER = "reactor/listener.py"
LOOP = "reactor/loop.py"
TIMERS = "reactor/timers.py"
TURN = "reactor/turn.py"
WAKEUP = "reactor/wakeup.py"

BUGS: Final = (
    # --- bytes out ------------------------------------------------------------------------------
    Bug(
        "a group drops what a short write left",
        CONNECTION,
        "        self._blocked = True\n        self._append(data[sent:])\n",
        "        self._blocked = True\n",
    ),
    Bug(
        "a group takes a short write for a whole one",
        GROUP,
        "if sent != size:",
        "if not sent:",
    ),
    Bug(
        "a connection drops what a short write left",
        CONNECTION,
        "self._out = [rest] if rest else []",
        "self._out = []",
    ),
    Bug(
        "a short write is sent again whole",
        CONNECTION,
        "self._out = [rest] if rest else []",
        "self._out = [data] if rest else []",
    ),
    Bug(
        "what is written is never flushed",
        CONNECTION,
        "            self.direct = False\n            self.reactor.turn.flushing.append(self)\n",
        "            self.direct = False\n",
    ),
    Bug(
        "nothing is sent when a full socket has room again",
        CONNECTION,
        "            self._watch()\n            self.reactor.turn.flushing.append(self)\n",
        "            self._watch()\n",
    ),
    Bug(
        "a send that would block is an error",
        CONNECTION,
        "            except (BlockingIOError, InterruptedError):\n                sent = 0\n",
        "",
    ),
    Bug(
        "a slow reader is kept everything for",
        CONNECTION,
        "        if self._out_bytes > self.limits.output_max_bytes and self._blocked:\n"
        '            self.abort("too slow a reader")\n        elif not',
        "        if not",
    ),
    Bug(
        "the high-water mark is not looked at while the socket is full",
        CONNECTION,
        "        self._out_bytes += len(data)\n"
        "        if self._out_bytes > self.limits.high_water_bytes:\n"
        "            self._over_high_water()\n",
        "        self._out_bytes += len(data)\n",
    ),
    Bug(
        "nobody goes on below the low-water mark",
        CONNECTION,
        "            self._resume(BY_OUTPUT)\n",
        "            self._paused &= ~BY_OUTPUT\n",
    ),
    # --- bytes in -------------------------------------------------------------------------------
    Bug(
        "a read that would block is an error",
        CONNECTION,
        "        except (BlockingIOError, InterruptedError):\n            return\n",
        "",
    ),
    Bug(
        "a line that is held goes behind the others",
        CONNECTION,
        "self._waiting.append(line)",
        "self._waiting.insert(0, line)",
    ),
    Bug(
        "lines that wait are in the wrong order",
        CONNECTION,
        "self._waiting[:0] = lines[::-1]",
        "self._waiting[:0] = lines",
    ),
    Bug(
        "lines go on after a pause",
        CONNECTION,
        "                if self._paused:\n                    return\n",
        "",
    ),
    Bug(
        "lines that waited wait for ever",
        CONNECTION,
        "self.reactor.call_soon(self._deliver_waiting)",
        "self._watch()",
    ),
    Bug(
        "a paused connection is still watched",
        CONNECTION,
        "reading = not self._paused and not self._waiting and self._input == FLOWING",
        "reading = not self._waiting and self._input == FLOWING",
    ),
    Bug(
        "who speaks is silent all the same",
        CONNECTION,
        "        self.heard_at = self.reactor.now\n        ended",
        "        ended",
    ),
    # --- the end of a connection ----------------------------------------------------------------
    Bug(
        "who is gone stays in the groups",
        CONNECTION,
        "        del self.reactor.connections[self.id]\n        self._leave_groups()\n",
        "        del self.reactor.connections[self.id]\n",
    ),
    Bug(
        "who does not read while being closed is waited for without end",
        CONNECTION,
        "        self._give_up_in(self.limits.flush_s)\n",
        "",
    ),
    Bug(
        "who does not hang up is waited for without end",
        CONNECTION,
        "        self._give_up_in(self.limits.linger_s)\n",
        "        if self._timer is not None:\n            self.reactor.cancel(self._timer)\n",
    ),
    Bug(
        "a connection is closed in the face of who still sends",
        CONNECTION,
        "        if self._input != FLOWING:\n            self.abort()\n            return\n"
        "        if self._tls",
        "        self.abort()\n        return\n        if self._tls",
    ),
    Bug(
        "a socket is not closed",
        CONNECTION,
        "        self.sock.close()\n",
        "",
    ),
    # --- groups ---------------------------------------------------------------------------------
    Bug(
        "an answer overtakes what a group owes",
        CONNECTION,
        "            if self.groups:\n                take_over(self)\n",
        "",
    ),
    Bug(
        "who speaks loses what the others have said in the same turn",
        GROUP,
        "            if self._ahead.get(but, 0) != len(lines):\n                take_over(but)\n",
        "",
    ),
    Bug(
        "what several groups owe is in another order",
        GROUP,
        "        pieces.sort()\n",
        "",
    ),
    Bug(
        "nobody asks whether another group has spoken, too",
        TURN,
        "group.flush(alone=len(spoken) == 1)",
        "group.flush(alone=True)",
    ),
    Bug(
        "who leaves a group loses what was said before",
        GROUP,
        "        if member.is_open:\n            take_over(member)\n        del",
        "        del",
    ),
    Bug(
        "who enters a group hears what was said before",
        GROUP,
        "        if self._lines:\n            self._moved_to_end(member)\n",
        "",
    ),
    Bug(
        "who speaks hears it, too",
        GROUP,
        "self._ahead[but] = len(lines)",
        "self._ahead[but] = len(lines) - 1",
    ),
    Bug(
        "who had something ahead of the others never hears the group again",
        GROUP,
        "            member.settled()\n        self._ahead.clear()\n",
        "            member.settled()\n",
    ),
    # --- the door -------------------------------------------------------------------------------
    Bug(
        "the door stays open without descriptors",
        LISTENER,
        "        self.pause_accepting()\n        self._backoff",
        "        self._backoff",
    ),
    Bug(
        "the door stays shut for ever, once there were no descriptors",
        LISTENER,
        "self._reactor.call_later(ACCEPT_BACKOFF_S, self.resume_accepting)",
        "None",
    ),
    Bug(
        "who is refused keeps a descriptor",
        LISTENER,
        "with sock, suppress(OSError):",
        "with suppress(OSError):",
    ),
    Bug(
        "who leaves before the door opens ends the loop",
        LISTENER,
        "                continue\n",
        "                raise\n",
    ),
    # --- the loop -------------------------------------------------------------------------------
    Bug(
        "what is said at the end of a turn waits for the next one",
        LOOP,
        "while not self.turn.is_over:",
        "if not self.turn.is_over:",
    ),
    Bug(
        "a worker does not wake the loop",
        LOOP,
        "        if self._thread != threading.get_ident():  # a turn looks for callbacks itself\n"
        "            self._wakeup.wake()\n",
        "",
    ),
    Bug(
        "wake-ups are never taken out of their socket",
        WAKEUP,
        "            while len(self._reader.recv(4096)) == 4096:\n                pass\n",
        "            return\n",
    ),
    Bug(
        "a turn does not look at the clock",
        LOOP,
        "        self.now = self._clock()\n        for key",
        "        for key",
    ),
    Bug(
        "a timer that is moved is lost",
        TIMERS,
        "        self.cancel(timer)\n        self._push(timer)\n",
        "        self.cancel(timer)\n",
    ),
)
