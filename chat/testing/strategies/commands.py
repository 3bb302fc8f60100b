"""Commands of the core, as its dialects and its programs make them, for better or worse."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from chat.core import commands
from chat.core.commands import Command
from chat.testing.strategies.values import (
    codes,
    limits,
    names,
    passwords,
    rooms,
    spans,
    targets,
    texts,
)

COMMANDS: Final[dict[type[Command], st.SearchStrategy[Any]]] = {
    commands.Login: st.builds(commands.Login, names, st.booleans()),
    commands.Guest: st.builds(commands.Guest),
    commands.Nick: st.builds(commands.Nick, names, st.booleans()),
    commands.Join: st.builds(commands.Join, rooms, st.booleans()),
    commands.Leave: st.builds(commands.Leave, rooms),
    commands.Act: st.builds(commands.Act, rooms, texts),
    commands.SetTopic: st.builds(commands.SetTopic, rooms, texts),
    commands.ShowTopic: st.builds(commands.ShowTopic, rooms),
    commands.ListRooms: st.builds(commands.ListRooms),
    commands.ListMembers: st.builds(commands.ListMembers, rooms),
    commands.Recall: st.builds(commands.Recall, rooms, st.integers(1, 100)),
    commands.Resume: st.builds(commands.Resume, rooms, texts, st.integers(0, 9)),
    commands.Say: st.builds(commands.Say, rooms, texts),
    commands.Tell: st.builds(commands.Tell, names, texts),
    commands.Away: st.builds(commands.Away, texts, st.booleans()),
    commands.Back: st.builds(commands.Back, st.booleans()),
    commands.Who: st.builds(commands.Who),
    commands.Hello: st.builds(commands.Hello),
    commands.Help: st.builds(commands.Help),
    commands.Ping: st.builds(commands.Ping),
    commands.Quit: st.builds(commands.Quit),
    commands.Disconnect: st.builds(commands.Disconnect, texts),
    commands.Authenticate: st.builds(commands.Authenticate, names, passwords),
    commands.Enrol: st.builds(commands.Enrol, names, passwords),
    commands.Register: st.builds(commands.Register, names, passwords),
    commands.LockTopic: st.builds(commands.LockTopic, rooms, st.booleans()),
    commands.Kick: st.builds(commands.Kick, rooms, names, texts),
    commands.BanUser: st.builds(commands.BanUser, rooms, names, spans, texts),
    commands.UnbanUser: st.builds(commands.UnbanUser, rooms, names),
    commands.ListBans: st.builds(commands.ListBans, rooms),
    commands.Mute: st.builds(commands.Mute, rooms, names, spans, texts),
    commands.Unmute: st.builds(commands.Unmute, rooms, names),
    commands.MakeOperator: st.builds(commands.MakeOperator, rooms, names),
    commands.RemoveOperator: st.builds(commands.RemoveOperator, rooms, names),
    commands.Administer: st.builds(commands.Administer),
    commands.ListConnections: st.builds(commands.ListConnections),
    commands.Expel: st.builds(commands.Expel, names, texts),
    commands.Exclude: st.builds(commands.Exclude, targets, spans, texts),
    commands.Readmit: st.builds(commands.Readmit, targets),
    commands.ListExclusions: st.builds(commands.ListExclusions),
    commands.Unregister: st.builds(commands.Unregister, names),
    commands.Announce: st.builds(commands.Announce, texts),
    commands.CloseRoom: st.builds(commands.CloseRoom, rooms),
    commands.ListLimits: st.builds(commands.ListLimits),
    commands.ShowStats: st.builds(commands.ShowStats),
    commands.Stop: st.builds(commands.Stop),
    commands.Settle: st.builds(commands.Settle, st.booleans()),
    commands.Tidy: st.builds(commands.Tidy),
    commands.SetLimit: st.builds(commands.SetLimit, limits, st.integers(-1, 9)),
    commands.Malformed: st.builds(commands.Malformed, codes, texts),
    commands.Blank: st.builds(commands.Blank),
}
"""One row per command, of whatever is typed by whomever."""

any_command: Final[st.SearchStrategy[Command]] = st.one_of(list(COMMANDS.values()))
