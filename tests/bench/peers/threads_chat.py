"""A thread per client, one lock, `sendall` to each: what most chat tutorials end with.

Run with `python3 -m tests.bench.peers.threads_chat PORT`.
"""

import socket
import sys
import threading

clients: dict[bytes, socket.socket] = {}
lock = threading.Lock()


def log_in(sock: socket.socket, name: bytes) -> bool:
    with lock:
        free = name not in clients
        if free:
            clients[name] = sock
        sock.sendall(b"OK\n" if free else b"ERR username-taken\n")
    return free


def broadcast(sender: bytes, text: bytes) -> None:
    line = b"MSG " + sender + b" " + text + b"\n"
    with lock:
        for name, sock in clients.items():
            if name != sender:
                try:
                    sock.sendall(line)
                except OSError:
                    continue  # that client is gone: its own thread takes it out


def serve(sock: socket.socket) -> None:
    me = None
    try:
        for line in sock.makefile("rb"):
            verb, _, rest = line.rstrip(b"\r\n").partition(b" ")
            if verb == b"LOGIN" and me is None:
                if log_in(sock, rest):
                    me = rest
            elif verb == b"MSG" and me is not None:
                broadcast(me, rest)
            else:
                sock.sendall(b"ERR unknown-command\n")
    except OSError:
        pass  # a reset connection ends like a closed one
    finally:
        if me is not None:
            with lock:
                del clients[me]
        sock.close()


def main(port: int) -> None:
    with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
        while True:
            sock, _ = listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
