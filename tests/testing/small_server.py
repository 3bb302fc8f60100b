"""A chat server as small as they come, that shares no code with ours: a thread for each client."""

from __future__ import annotations

import socketserver
import threading

names: dict[SmallHandler, str] = {}
lock = threading.Lock()


class SmallHandler(socketserver.StreamRequestHandler):
    """LOGIN, MSG, DM, WHO, PING and QUIT, and lines that end as telnet has them."""

    def handle(self) -> None:
        try:
            said_goodbye = self.talk()
        except OSError:
            said_goodbye = False  # a reset connection ends like a closed one
        with lock:
            name = names.pop(self, None)
            if name is not None:
                self.tell_others(f"INFO {name} disconnected")
            if said_goodbye:
                self.tell("BYE")

    def talk(self) -> bool:
        for data in self.rfile:
            verb, _, rest = data.decode().strip().partition(" ")
            if verb == "QUIT":
                return True
            with lock:
                self.answer(verb, rest)
        return False

    def answer(self, verb: str, rest: str) -> None:
        if verb == "PING":
            self.tell("PONG")
        elif verb == "LOGIN" and self not in names:
            taken = rest in names.values()
            if not taken:
                names[self] = rest
            self.tell("ERR username-taken" if taken else "OK")
        elif self not in names or verb == "LOGIN":
            self.tell("ERR already-logged-in" if self in names else "ERR not-logged-in")
        elif verb == "WHO":
            self.tell(*[f"USER {name}" for name in names.values()])
        elif verb == "MSG":
            self.tell_others(f"MSG {names[self]} {rest}")
        elif verb == "DM":
            to, _, text = rest.partition(" ")
            there = [client for client, name in names.items() if name == to]
            for client in there:
                client.tell(f"DM {names[self]} {text}")
            if not there:
                self.tell("ERR no-such-user")

    def tell(self, *lines: str) -> None:
        try:
            self.wfile.write("".join([f"{line}\r\n" for line in lines]).encode())
        except OSError:
            return  # its own thread will notice

    def tell_others(self, line: str) -> None:
        for client in names:
            if client is not self:
                client.tell(line)


class SmallServer(socketserver.ThreadingTCPServer):
    """On a port that the system chooses; in threads that end with the process."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SmallHandler)
        self.thread = threading.Thread(target=self.serve_forever, args=[0.01], daemon=True)
        self.thread.start()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return host, port

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()
