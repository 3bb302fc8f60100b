"""What chat is."""

from __future__ import annotations

from typing import Final

from tests.testing.bugs.bug import Bug

ACCOUNT = "chat/core/handlers/account.py"
ADDRESSES = "chat/core/addresses.py"
ATTEMPTS = "chat/core/attempts.py"
DELIVERY = "chat/core/delivery.py"
ENGINE = "chat/core/engine.py"
MESSAGES = "chat/core/handlers/messages.py"
MODERATION = "chat/core/handlers/moderation.py"
RECORDS = "chat/core/records.py"
ROLES = "chat/core/roles.py"
ROOMS = "chat/core/handlers/rooms.py"
SESSION = "chat/core/session.py"
SITES = "chat/core/sites.py"
TEXT = "chat/core/text.py"
WORLD = "chat/core/world.py"

BUGS: Final = (
    # --- names ----------------------------------------------------------------------------------
    Bug(
        "who leaves keeps the name",
        WORLD,
        "        del self.sessions[user.session]\n        del self.users[fold(user.name)]\n",
        "        del self.sessions[user.session]\n",
    ),
    Bug(
        "who takes another name keeps the old one, too",
        WORLD,
        "        del self.users[fold(user.name)]\n        user.name = name\n",
        "        user.name = name\n",
    ),
    Bug(
        "Bob and bob are two",
        TEXT,
        "        return name.lower()\n",
        "        return name\n",
    ),
    Bug(
        "a name may be as long as one likes",
        TEXT,
        "return len(name) <= max_chars and _ASCII_NAME",
        "return _ASCII_NAME",
    ),
    Bug(
        "a name that is taken is taken again",
        ACCOUNT,
        "(holder is not None and holder.session != entry.session)",
        "(holder is not None and holder.session == entry.session)",
    ),
    Bug(
        "a name of the server's own is given away",
        ACCOUNT,
        "key in RESERVED or (",
        "(",
    ),
    Bug(
        "a registered name needs no password",
        ACCOUNT,
        "    if key in world.accounts and holder is None and not proven:\n"
        '        raise Refusal("password-required", name)\n',
        "",
    ),
    Bug(
        "any password will do",
        ENGINE,
        "if not outcome or account is None or account.password != job.stored:",
        "if account is None or account.password != job.stored:",
    ),
    Bug(
        "the answer to a password fails when who asked is gone",
        ENGINE,
        "        session = self._sessions.get(session_id)\n        if session is None:\n"
        "            return []\n        session.tag = tag\n",
        "        session = self._sessions[session_id]\n        session.tag = tag\n",
    ),
    Bug(
        "a job stays after it is finished",
        ENGINE,
        "self._jobs.pop(session_id)",
        "self._jobs[session_id]",
    ),
    Bug(
        "who is gone still has a session",
        ENGINE,
        "        self._delivery.forget(session)\n        return actions\n\n    def time_out",
        "        return actions\n\n    def time_out",
    ),
    # --- rooms ----------------------------------------------------------------------------------
    Bug(
        "an empty room stays",
        WORLD,
        "        if not room.members:\n            self.end_if_over(key)\n",
        "",
    ),
    Bug(
        "who leaves a room stays its operator",
        WORLD,
        "        room.operators.discard(user.session)\n",
        "",
    ),
    Bug(
        "one more may come into a room than there is room for",
        ROOMS,
        "if len(room.members) >= capacity and",
        "if len(room.members) > capacity and",
    ),
    Bug(
        "one may be in one room more than in as many as one may",
        ROOMS,
        "if len(user.rooms) >= limits.rooms_per_user_max and",
        "if len(user.rooms) > limits.rooms_per_user_max and",
    ),
    Bug(
        "there may be one room too many",
        ROOMS,
        "if len(world.rooms) >= limits.rooms_max and",
        "if len(world.rooms) > limits.rooms_max and",
    ),
    Bug(
        "who is banned comes in again",
        ROOMS,
        "if banned == fold(user.name) and ban.holds(entry.at):",
        "if banned == fold(user.name) and not ban.holds(entry.at):",
    ),
    Bug(
        "who is muted speaks",
        MESSAGES,
        "    if room.charter.mutes:\n        check_not_muted(room, user, entry.at)\n",
        "",
    ),
    Bug(
        "who is muted speaks by going away",
        MESSAGES,
        "    for key in user.rooms if text else ():\n",
        "    for key in ():\n",
    ),
    Bug(
        "who is muted sets the topic",
        ROOMS,
        "    check_not_muted(room, user, entry.at)\n    topic",
        "    topic",
    ),
    Bug(
        "who is muted takes another name, and speaks",
        ACCOUNT,
        "if name == old != new and ban.holds",
        "if name == old == new and ban.holds",
    ),
    Bug(
        "who may speak again is still muted",
        MODERATION,
        "    mutes = _without(room.charter.mutes, fold(entry.command.name))\n",
        "    mutes = room.charter.mutes\n",
    ),
    Bug(
        "a ban never runs out",
        RECORDS,
        "return not self.until or now < self.until",
        "return not self.until or bool(now)",
    ),
    Bug(
        "anyone may moderate a room",
        ROLES,
        "    if user is not None and not world.operates(user, fold(room.name)):\n",
        "    if user is None and not world.operates(user, fold(room.name)):\n",
    ),
    Bug(
        "who is kicked stays",
        MODERATION,
        "    return told, *_put_out(world, user, room), Done()\n",
        "    return told, Done()\n",
    ),
    Bug(
        "history is one message too long",
        ROOMS,
        "    messages = _last(room, count, world.limits)\n",
        "    messages = _last(room, count + 1, world.limits)\n",
    ),
    Bug(
        "history lacks the latest message",
        ROOMS,
        "    messages = _last(room, count, world.limits)\n",
        "    messages = _last(room, count, world.limits)[:-1]\n",
    ),
    # --- who is away ----------------------------------------------------------------------------
    Bug(
        "who speaks is still away",
        MESSAGES,
        "return (_come_back(world, user, entry.at), said) if user.away else (said,)",
        "return (said,)",
    ),
    Bug(
        "who goes away does not hear of it",
        DELIVERY,
        "        self._tell_neighbours(event, None, actions)\n        if not event.rooms:\n",
        "        self._tell_neighbours(event, event.session, actions)\n"
        "        if not event.rooms:\n",
    ),
    Bug(
        "the silent are away too soon",
        ENGINE,
        "silent_since = now - (limits.away_after_s or inf)",
        "silent_since = now - (limits.away_after_s or inf) / 2",
    ),
    Bug(
        "who was silent for long is away for ever",
        ENGINE,
        "(user.away if silent else not user.idle)",
        "(user.away or not silent)",
    ),
    # --- limits ---------------------------------------------------------------------------------
    Bug(
        "there may be one client too many",
        ENGINE,
        "if len(self._sessions) >= self.world.limits.clients_max:",
        "if len(self._sessions) > self.world.limits.clients_max:",
    ),
    Bug(
        "one more may come from an address than may",
        SITES,
        "self._counts.get(_key(address), 0) >= most",
        "self._counts.get(_key(address), 0) > most",
    ),
    Bug(
        "who is gone counts where they came from",
        DELIVERY,
        "        self.sites.discard(session.address)\n",
        "",
    ),
    Bug(
        "a network of IPv6 is as many as its addresses",
        ADDRESSES,
        "bits = min(IPV6_SITE_BITS, plain.max_prefixlen)",
        "bits = plain.max_prefixlen",
    ),
    Bug(
        "there may be one ban or mute too many in a room",
        MODERATION,
        "if len(rest) >= world.limits.bans_per_room_max",
        "if len(rest) > world.limits.bans_per_room_max",
    ),
    Bug(
        "there may be one job too many",
        ATTEMPTS,
        "if waiting >= limits.jobs_max:",
        "if waiting > limits.jobs_max:",
    ),
    Bug(
        "all who ever tried a password are remembered",
        ATTEMPTS,
        "        while len(self._buckets) > limits.attempts_tracked_max:\n"
        "            del self._buckets[next(iter(self._buckets))]\n",
        "",
    ),
    Bug(
        "the same time fills the bucket again and again",
        SESSION,
        "        self.tokens = min(level, full)\n        self.filled_at = now\n",
        "        self.tokens = min(level, full)\n",
    ),
    Bug(
        "who was silent for long has no limit",
        SESSION,
        "self.tokens = min(level, full)",
        "self.tokens = level",
    ),
    # --- who hears what -------------------------------------------------------------------------
    Bug(
        "who speaks is echoed to without having asked for it",
        DELIVERY,
        "but = None if self.settings.echo else event.session",
        "but = event.session if self.settings.echo else None",
    ),
    Bug(
        "an audience is never left",
        DELIVERY,
        "        if size > 1:\n",
        "        if size > 0:\n",
    ),
    Bug(
        "an audience ends with the first who leaves it",
        DELIVERY,
        "audiences[dialect.name] = first, audience, size + 1",
        "audiences[dialect.name] = first, audience, 1",
    ),
    Bug(
        "who is put out leaves the audience of who put them out",
        DELIVERY,
        "        dialect = self.sessions[event.session].dialect\n",
        "        dialect = _session.dialect\n",
    ),
    Bug(
        "who is gone leaves the first of their rooms alone",
        DELIVERY,
        "for room in event.rooms:",
        "for room in event.rooms[:1]:",
    ),
    # --- what is kept ---------------------------------------------------------------------------
    Bug(
        "what is not saved is true",
        ENGINE,
        '        if not kept:\n            return self._deliver((Refused("not-saved"),), session)\n'
        "        return self._tell",
        "        return self._tell",
    ),
    Bug(
        "a number is not given back",
        WORLD,
        "            else:\n                room.seq -= 1\n",
        "",
    ),
    Bug(
        "what could not be kept is history",
        WORLD,
        "            if kept:\n                room.history.append(said)\n            else:\n",
        "            room.history.append(said)\n            if not kept:\n",
    ),
    Bug(
        "numbers begin anew after a restart",
        WORLD,
        "            room.seq = seq\n",
        "",
    ),
)
