"""The L1 with slots that tools/real_l1.sh runs, for tests: a chain of its own, in a folder of its own."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "real_l1.sh"
SET_UP = os.environ.get("SCOPE_REAL_L1", "")   # the folder of `REAL_L1_DIR=… tools/real_l1.sh setup`
PROGRAMS = ("bin", "venv", "genesis.json", "geth.toml", "jwt.hex")
CHAIN_ID = 32382


def is_there():
    return bool(SET_UP) and all((pathlib.Path(SET_UP) / name).exists() for name in PROGRAMS)


def free_prefix():
    """Returns the first four digits of ports of which the four are free that the script takes."""
    for prefix in range(2200, 2900):
        sockets = []
        try:
            for digit in range(1, 5):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", 10 * prefix + digit))
            return prefix
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
    raise AssertionError("no free ports")


class RealL1:
    """geth with a beacon chain. Use it in a with statement.

    @param builder  A URL that is asked with what each block is to begin.
    """

    def __init__(self, slot_s=3, builder=""):
        self.slot_s, self.builder = slot_s, builder
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        for name in PROGRAMS:
            (self.folder / name).symlink_to((pathlib.Path(SET_UP) / name).resolve())
        prefix = free_prefix()
        self.environment = {"REAL_L1_DIR": str(self.folder), "REAL_L1_PORT": str(prefix), "BUILDER": builder}
        self.url, self.websocket = f"http://127.0.0.1:{prefix}1", f"ws://127.0.0.1:{prefix}2"
        self.beacon_url = f"http://127.0.0.1:{prefix}4"
        self.genesis_s = 0

    def __enter__(self):
        try:
            self._run("up", str(self.slot_s))
        except BaseException:
            self.__exit__()
            raise
        self.genesis_s = int(self._get("/eth/v1/beacon/genesis")["data"]["genesis_time"])
        return self

    def __exit__(self, *_):
        try:
            self._run("down")
        finally:
            self.temporary.cleanup()

    def _run(self, *arguments):
        # Into a file: what it starts keeps its output open.
        with tempfile.TemporaryFile("w+") as output:
            code = subprocess.run([SCRIPT, *arguments], env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
                                  stdout=output, stderr=output, timeout=300).returncode
            output.seek(0)
            if code != 0:
                raise AssertionError(f"tools/real_l1.sh {arguments[0]}: {code}\n{output.read()}\n{self.log()[-3000:]}")

    def _get(self, path):
        with urllib.request.urlopen(self.beacon_url + path, timeout=60) as response:
            return json.load(response)

    def log(self):
        file = self.folder / "consensus.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def status(self):
        return self._get("/ctl/status")

    def fault(self, what):
        """Has something go wrong: "miss?in=2" and others (tools/real_l1.sh --help)."""
        return self._get("/ctl/" + what)

    def slot_at(self, time_s):
        return int((time_s - self.genesis_s) // self.slot_s)

    def processes(self):
        """Returns the process ids of its programs."""
        return {name: int((self.folder / f"{name}.pid").read_text()) for name in ("geth", "consensus")}
