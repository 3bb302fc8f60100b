"""What is typed, and what is shown."""

from __future__ import annotations

from typing import Final

from tests.testing.bugs.bug import Bug

BASE = "chat/dialects/base.py"
ENGINE = "chat/core/engine.py"
LINE = "chat/dialects/line.py"
SLASH = "chat/dialects/slash.py"

BUGS: Final = (
    Bug(
        "text that is no UTF-8 is too much for a dialect",
        BASE,
        "            text = line.decode()\n        except UnicodeDecodeError:\n",
        "            text = line.decode()\n        except UnicodeEncodeError:\n",
    ),
    Bug(
        "a time that is left out is too much for a ban",
        BASE,
        "span = seconds(words[0]) if words else None",
        "span = seconds(words[0])",
    ),
    Bug(
        "a name that is left out is too much for a kick",
        LINE,
        'Verb(commands.Kick, "<room> <username> [<reason>]", needing(2, _kick))',
        'Verb(commands.Kick, "<room> <username> [<reason>]", needing(1, _kick))',
    ),
    Bug(
        "a password that is left out is too much for a login",
        SLASH,
        "needing(2, _login)",
        "_login",
    ),
    Bug(
        "who turns out to speak another dialect is answered in the first one",
        ENGINE,
        "        session.dialect = dialect\n",
        "",
    ),
    Bug(
        "who turns out to speak another dialect never arrives",
        ENGINE,
        "        session.dialect = dialect\n        return self._arrive(session, now)\n",
        "        session.dialect = dialect\n        return []\n",
    ),
    Bug(
        "an answer has no line end",
        BASE,
        'return (text + "\\n").encode() if text else b""',
        'return text.encode() if text else b""',
    ),
)
