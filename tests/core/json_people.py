"""People who speak JSON, in a Chat."""

from __future__ import annotations

import json
from typing import Any

from chat.core import Limits
from chat.dialects import JSON
from tests.core.support import Chat
from tests.dialects.schema import check

Object = dict[str, Any]

UNHURRIED = Limits(rate_burst=0)


def come(chat: Chat, *names: str) -> None:
    """People who speak JSON connect and log in, under names that are free; and have read it."""
    for name in names:
        chat.connect(name, JSON)
        ask(chat, name, type="login", name=name)
    for name in names:
        chat.read(name)


def ask(chat: Chat, who: str, **asked: object) -> None:
    """Somebody sends an object that the schema allows, and jobs that it needs are done."""
    check("ask", asked)
    chat.send(who, json.dumps(asked))
    chat.finish_jobs()


def answers(chat: Chat, who: str) -> list[Object]:
    """What somebody has read that answers something."""
    return [found for found in chat.objects(who) if "id" in found and found["type"] != "message"]


def answer(chat: Chat, who: str, **asked: object) -> Object:
    """What somebody is answered to something, which is one object, and the first."""
    ask(chat, who, **asked, id="q")
    found = answers(chat, who)
    assert len(found) == 1, found
    assert found[0].pop("id") == "q"
    return found[0]
