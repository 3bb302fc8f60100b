"""Whether a server, whoever wrote it, speaks the protocol, as it looks from outside.

A rule is a row of a table (`line_table.py`, `slash_table.py`, `websocket_table.py`): the sentence
of the original descriptions of the protocol that it comes from, and a function that puts a few
people on the server and raises Broken when they see something else.
"""
