"""Fuzzing: a running server from outside, as `chat fuzz` does it; and our parsers from inside.

tongues        what to type in each dialect, what may come back, and who may hear of it
typists        what to type in JSON
conversation   who does what: plain data, and how it stands in a file
drawing        a conversation for every seed
mutations      what is wrong with it
playing        the same over real sockets
watching       what must not come back
saving         where findings go
probing        whether the server is well
process        what it takes
growth         whether it takes more and more
campaign       all of that, again and again
command        what `chat fuzz` does

properties     what must hold of our framers and parsers, and of the core
targets        runs these, with atheris or without
"""
