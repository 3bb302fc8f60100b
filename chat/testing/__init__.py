"""What this server is tested with, for whoever tests a server or a protocol of their own.

`python3 -m chat.testing.simulation` runs whole servers, with everyone on them, in simulated time.
"""
