"""WebSocket, JSON, and the server's administration."""

from __future__ import annotations

from typing import Final

from tests.testing.bugs.bug import Bug

DELIVERY = "chat/core/delivery.py"
ENGINE = "chat/core/engine.py"
FRAMED = "chat/websocket.py"
FRAMER = "reactor/websocket.py"
JSON = "chat/dialects/json.py"
ROOMS = "chat/core/handlers/rooms.py"
SERVER = "chat/core/handlers/server.py"
TOLD = "chat/dialects/json_told.py"

BUGS: Final = (
    # --- frames ---------------------------------------------------------------------------------
    Bug(
        "nobody waits for a pong",
        FRAMER,
        "        self.awaits_pong = True\n",
        "",
    ),
    Bug(
        "nothing but a pong is a sign of life",
        FRAMER,
        "            self.awaits_pong = False\n",
        '            self.awaits_pong = self.awaits_pong and data[:1] != b"\\x8a"\n',
    ),
    Bug(
        "a pong alone is no sign of life",
        FRAMER,
        "            self.awaits_pong = False\n",
        '            self.awaits_pong = self.awaits_pong and data[:1] == b"\\x8a"\n',
    ),
    Bug(
        "pings are not answered",
        FRAMER,
        "[answer for answer in answers if answer[:1] == _PONG][-1:]",
        "[]",
    ),
    Bug(
        "what is no text is passed over",
        FRAMER,
        "        self.ended, self.problem = True, problem\n"
        "        self._goodbye = _close_frame(code, problem)\n",
        "        self.problem = problem\n",
    ),
    Bug(
        "a close has no code",
        FRAMER,
        "return self._goodbye or _close_frame(code, reason)",
        'return self._goodbye or _CLOSE + b"\\0"',
    ),
    Bug(
        "whoever breaks the rules is told goodbye",
        FRAMER,
        "return self._goodbye or _close_frame(code, reason)",
        "return _close_frame(code, reason)",
    ),
    Bug(
        "a message that comes in fragments is forgotten up to the last of them",
        FRAMER,
        "        if frame.fin:\n            message,",
        "        self._message[:] = frame.data\n        if frame.fin:\n            message,",
    ),
    Bug(
        "a frame is taken for whole as soon as its head is there",
        FRAMER,
        "            if end > len(data) or end - start > self._max_bytes:\n",
        "            if end - start > self._max_bytes:\n",
    ),
    Bug(
        "a frame that is not all there is forgotten",
        FRAMER,
        "            self._begun = data[end:]\n",
        '            self._begun = b""\n',
    ),
    Bug(
        "a frame is put in a frame",
        FRAMED,
        'return text_frame(line[:-1]) if line else b""',
        'return text_frame(text_frame(line[:-1])) if line else b""',
    ),
    Bug(
        "who is gone is still pinged",
        FRAMED,
        "        self._shell.heartbeat.discard(connection)\n",
        "",
    ),
    Bug(
        "who is silent in WebSocket is thought idle",
        FRAMED,
        "        shell.idle.discard(connection)\n",
        "",
    ),
    # --- JSON -----------------------------------------------------------------------------------
    Bug(
        "what is said is acknowledged twice",
        DELIVERY,
        "            self.reply(event, session, then)\n",
        "            then.append(Send(session.id, session.dialect.answer(event, session.tag)))\n",
    ),
    Bug(
        "an acknowledgement has the number before",
        JSON,
        '"room": event.room, "seq": event.seq, "time": at}',
        '"room": event.room, "seq": event.seq - 1, "time": at}',
    ),
    Bug(
        "an answer has no id",
        JSON,
        'return encoded({"type": answer["type"], "id": tag} | answer)',
        "return encoded(answer)",
    ),
    Bug(
        "a number is told twice",
        TOLD,
        '"seq":{event.seq},',
        '"seq":{event.seq - (event.seq % 7 == 0)},',
    ),
    Bug(
        "what is resumed begins one too early",
        ROOMS,
        "    missed, held = room.seq - entry.command.seq, len(room.history)\n",
        "    missed, held = room.seq - entry.command.seq + 1, len(room.history)\n",
    ),
    Bug(
        "what is read back ends one too early",
        ENGINE,
        "return Recalled(job.room, messages, ",
        "return Recalled(job.room, messages[:-1], ",
    ),
    Bug(
        "the answer to a password has no id",
        ENGINE,
        "            return []\n        session.tag = tag\n        if outcome",
        "            return []\n        if outcome",
    ),
    Bug(
        "who is away looks as if they were there",
        TOLD,
        '"away" if name in absent else "active"',
        '"active"',
    ),
    Bug(
        "who asked for a WebSocket counts for ever where they came from",
        FRAMED,
        "        self._shell.requesting.discard(self.address_of(connection))\n",
        "        pass\n",
    ),
    # --- the administration ---------------------------------------------------------------------
    Bug(
        "who is in a room that is closed stays",
        SERVER,
        "return RoomClosed(room.name, entry.at), *removed, Done()",
        "return RoomClosed(room.name, entry.at), Done()",
    ),
    Bug(
        "who is kept out from now on stays",
        ENGINE,
        "            if isinstance(event, Excluded):\n                actions += self._send_away",
        "            if isinstance(event, Refused):\n                actions += self._send_away",
    ),
    Bug(
        "who is disconnected by the administration keeps the connection",
        SERVER,
        'Ended(user.session, "kicked"), Done()',
        "Done()",
    ),
)
