"""What each command does: functions of the world and an entry, which return events.

A handler never asks who may do this, in what state or how often; the gate has (`engine.py`). It
looks at nothing but the world and the entry, and raises Refusal before it changes anything.
"""
