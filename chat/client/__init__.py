"""`chat connect`: a terminal client for servers that speak the JSON dialect over WebSocket.

Most of it knows neither a terminal nor a network. `conversation.py` is the middle: it is told what
was typed and what came from the server, and says what is to be sent. `model.py` is what there is
to be shown, `show.py` how. Around them are thin shells: `link.py` has the connection, `screen.py`
the terminal, and `plain.py` takes its place where there is none.
"""
