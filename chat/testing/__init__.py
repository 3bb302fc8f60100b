"""What we test ourselves with, for people who test a server or a protocol of their own."""
