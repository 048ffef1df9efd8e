"""A port that leads to another one, until it is shut: who comes then is refused, as by a machine that is off."""
import contextlib
import selectors
import socket
import threading


class Gate:
    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.lock = threading.Lock()
        self.listener, self.connections = None, set()
        with socket.socket() as any_port:
            any_port.bind(("127.0.0.1", 0))
            self.port = any_port.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.open()

    def open(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self):
        """Ends all connections, and refuses others."""
        with self.lock:
            listener, self.listener = self.listener, None
            ended, self.connections = self.connections, set()
        for each in [listener, *ended]:
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        if listener is not None:
            listener.close()

    def _accept(self, listener):
        while True:
            try:
                came, _ = listener.accept()
            except OSError:   # it was shut
                return
            threading.Thread(target=self._pass_on, args=(listener, came), daemon=True).start()

    def _pass_on(self, listener, came):
        with came, contextlib.suppress(OSError), socket.create_connection(self.target) as there:
            pair = {came: there, there: came}
            with self.lock:
                if self.listener is not listener:
                    return
                self.connections.update(pair)
            try:
                self._copy(pair)
            finally:
                with self.lock:
                    self.connections.difference_update(pair)

    @staticmethod
    def _copy(pair):
        with selectors.DefaultSelector() as ready:
            for each in pair:
                ready.register(each, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    data = key.fileobj.recv(1 << 16)
                    if not data:
                        return
                    pair[key.fileobj].sendall(data)
