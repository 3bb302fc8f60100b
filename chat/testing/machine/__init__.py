"""People who talk on any server, and a model that says what each of them is to read.

    from chat.testing.machine import talk_to
    TestMyServer = talk_to(("127.0.0.1", 4000)).TestCase

`talk.py` has the machine, `model.py` the protocol as a few dictionaries, `subjects/` what can be
under test.
"""

from chat.testing.machine.talk import Talk, someone, talk_to

__all__ = ["Talk", "someone", "talk_to"]
