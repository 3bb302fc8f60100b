"""Group: one write that reaches many connections.

Writing every line into every member's buffer costs members x lines in Python. A group keeps the
lines of a turn once; a member only has a position in them, which is the beginning unless it took
part of them over already. At the end of the turn the members at the same position share one
joined bytes object and get one `send` each. So a line costs the same whatever the group's size,
and a turn costs a system call per member.

What a connection is owed by its groups goes out in the order in which it was said, also between
groups and with its own writes: whoever is about to write to a connection itself, or to leave it
out of a line, first moves what it is owed into its own buffer (`take_over`).
"""

from __future__ import annotations

import socket
from typing import Protocol

from reactor.interfaces import Loop
from reactor.turn import LINE_BYTES


class Member(Protocol):
    """What a group asks of a Connection; its methods are described there."""

    sock: socket.SocketType
    direct: bool
    groups: tuple[Group, ...]

    @property
    def is_open(self) -> bool:
        """See Connection."""
        ...

    def enqueue(self, data: bytes) -> None:
        """See Connection."""
        ...

    def sent_directly(self, data: bytes, sent: int) -> None:
        """See Connection."""
        ...

    def settled(self) -> None:
        """See Connection."""
        ...

    def abort(self, reason: str) -> None:
        """See Connection."""
        ...


class Group:
    """Connections that are spoken to together. All methods are for the loop's own thread."""

    __slots__ = ("_ahead", "_alone", "_lines", "_members", "_runs", "_turn")

    def __init__(self, reactor: Loop) -> None:
        self._turn = reactor.turn
        self._members: dict[Member, None] = {}  # as an ordered set
        self._lines: list[bytes] = []  # what was said this turn
        self._ahead: dict[Member, int] = {}  # who has had how many of them already
        # Where in `_lines` this group took the word from another, under the loop's count of such
        # changes: what it takes to put the lines of several groups back in order.
        self._runs: list[tuple[int, int]] = []
        self._alone: tuple[Group, ...] = ()  # shared by all members that are in no other group

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, member: Member) -> bool:
        return member in self._members

    def add(self, member: Member) -> None:
        """Let a connection hear what is said from now on. Once in is in."""
        if member in self._members or not member.is_open:
            return
        if not self._members:
            self._alone = (self,)
        self._members[member] = None
        member.groups = (*member.groups, self) if member.groups else self._alone
        if self._lines:
            self._moved_to_end(member)

    def discard(self, member: Member) -> None:
        """Let a connection hear nothing more; what was said up to now is still due to it."""
        if member not in self._members:
            return
        if member.is_open:
            take_over(member)
        del self._members[member]
        if not self._members:
            self._alone = ()  # it would keep the group alive until the garbage collector comes
        self._ahead.pop(member, None)
        member.groups = tuple(group for group in member.groups if group is not self)
        if not any(member in group._ahead for group in member.groups):
            member.settled()

    def send(self, data: bytes, but: Member | None = None) -> None:
        """Have bytes sent to every member, except `but`, at the end of this turn. Raises TypeError
        for what is not bytes."""
        if not isinstance(data, bytes):
            raise TypeError(f"a group takes bytes, not {type(data).__name__}")
        lines = self._lines
        if but is not None and but in self._members:
            if self._ahead.get(but, 0) != len(lines):
                take_over(but)
            lines.append(data)
            self._ahead[but] = len(lines)
            but.direct = False
        else:
            lines.append(data)
        if self._turn.speaking is not self:
            run = self._turn.next_run(self, is_first=not self._runs)
            self._runs.append((run, len(lines) - 1))
        self._turn.owed_bytes += len(data) + LINE_BYTES

    def flush(self, *, alone: bool) -> None:
        """Send the turn's lines. Called by the loop. `alone`: no other group spoke this turn."""
        data = b"".join(self._lines)
        size, count = len(data), len(self._lines)
        ahead = self._ahead
        for member in self._members:
            if not alone and len(member.groups) > 1:
                if ahead.get(member) == count:  # it took over what another group owed it, too
                    continue
                if _several_spoke(member):
                    take_over(member)
                    continue
            if member.direct:
                # What `Connection.flush` does, without its call: this loop runs once for each
                # member and turn, and is where the whole server's time goes.
                try:
                    sent = member.sock.send(data)
                except (BlockingIOError, InterruptedError):
                    sent = 0
                except OSError as error:
                    member.abort(error.strerror or str(error))
                    continue
                if sent != size:
                    member.sent_directly(data, sent)
            elif member not in ahead:
                member.enqueue(data)
        for member, had in ahead.items():
            if had != count:
                take_over(member)

    def end_turn(self) -> None:
        """Forget the turn's lines: everybody has them. Called by the loop."""
        self._lines.clear()
        self._runs.clear()
        for member in self._ahead:
            member.settled()
        self._ahead.clear()

    def _moved_to_end(self, member: Member) -> None:
        self._ahead[member] = len(self._lines)
        member.direct = False

    def _owed(self, member: Member) -> list[tuple[int, bytes]]:
        """What a member has not had, a joined piece per run, each under the run's number."""
        position = self._ahead.get(member, 0)
        ends = [start for _, start in self._runs[1:]] + [len(self._lines)]
        return [
            (run, b"".join(self._lines[max(start, position) : end]))
            for (run, start), end in zip(self._runs, ends, strict=True)
            if end > position
        ]


def _several_spoke(member: Member) -> bool:
    return sum(1 for group in member.groups if group._lines) > 1


def take_over(member: Member) -> None:
    """Move what a member's groups owe it into its own buffer, in the order in which it was said."""
    pieces: list[tuple[int, bytes]] = []
    for group in member.groups:
        if group._lines and group._ahead.get(member, 0) != len(group._lines):
            pieces += group._owed(member)
            group._moved_to_end(member)
    if pieces:
        pieces.sort()
        member.enqueue(b"".join([data for _, data in pieces]))
