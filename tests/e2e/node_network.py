"""A network of nodes as processes on another client's L1, for tests: anvil, `scope deploy`, and `scope node` in its roles."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "release" / "apps" / "scope" / "scope"
TOOLS = ROOT / "node_modules" / ".bin"
PATIENCE = 180   # seconds; a loaded machine is slow, and nobody waits that long if all is well
ROLLUPS = [42001, 42002]
PREDEPLOY = "0x5c09e00000000000000000000000000000000001"
MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11"
MARKER = "0daaa518253653d485d4b09ba76fa82610e5388c3a3b3356d852a23451800dc2"   # ends a root's data
# Keys of the mnemonic "test test test test test test test test test test test junk", as anvil has them.
USERS = [
    ("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    ("0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    ("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    ("0x90F79bf6EB2c4f870365E785982E1f101E93b906", "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
]
DEPLOYER = ("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65", "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a")
SUBMITTER = ("0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc", "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba")
MEMBERS = [
    ("0x976EA74026E726554dB657fA54763abd0C3a0aa9", "0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    ("0x14dC79964da2C08b23698B3D3cc7Ca32193d9955", "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    ("0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f", "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
]


class RpcFailure(Exception):
    def __init__(self, method, error):
        super().__init__(f"{method}: {error}")
        self.error = error


def ask(url, method, *params, timeout_s=PATIENCE):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout_s) as response:
        answer = json.load(response)
    if "error" in answer:
        raise RpcFailure(method, answer["error"])
    return answer["result"]


def number_of_head(url):
    return int(ask(url, "eth_blockNumber"), 16)


def wait_until(what, condition, patience_s=PATIENCE):
    """Returns what the condition does, when that is something; a machine that doesn't answer has not fulfilled it."""
    give_up, problem = time.monotonic() + patience_s, None
    while time.monotonic() < give_up:
        try:
            if result := condition():
                return result
        except (OSError, RpcFailure) as error:
            problem = error
        time.sleep(0.1)
    raise AssertionError(f"{what}: not in {patience_s} s ({problem})")


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Process:
    """A program with its output in a file. It ends with the object."""

    def __init__(self, name, command, folder, env=None):
        self.name, self.command, self.env = name, command, env
        self.log_file = pathlib.Path(folder) / f"{name}.log"
        self.process = None

    def start(self):
        assert self.process is None
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **(self.env or {})})
        return self

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, with_signal=signal.SIGKILL):
        """Ends it, and returns its exit code."""
        if self.process is None:
            return None
        self.process.send_signal(with_signal)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


class Anvil(Process):
    """anvil as an L1, with blocks at an interval. What is two epochs below its head is final, what is one below it is safe."""

    def __init__(self, folder, block_time_s=1, slots_in_an_epoch=4):
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.block_time_s, self.is_paused = block_time_s, False
        super().__init__("anvil", [TOOLS / "anvil", "--port", str(port), "--block-time", str(block_time_s), "--silent",
                                   "--slots-in-an-epoch", str(slots_in_an_epoch), "--hardfork", "osaka", "--order", "fees"],
                         folder)

    def start(self):
        super().start()
        wait_until("anvil answers", lambda: ask(self.url, "eth_chainId"))
        # Nothing can be proved at anvil's genesis block.
        wait_until("anvil has blocks", lambda: number_of_head(self.url) >= 2)
        return self

    def pause(self):
        """Has no block come until it goes on."""
        ask(self.url, "anvil_setIntervalMining", 0)
        self.is_paused = True

    def go_on(self):
        ask(self.url, "anvil_setIntervalMining", self.block_time_s)
        self.is_paused = False

    def mine(self):
        ask(self.url, "evm_mine")

    def reorg(self, depth):
        """Replaces the last blocks by as many empty ones. What they had waits again, as in the pool of any other client."""
        was_paused = self.is_paused
        self.pause()
        head = number_of_head(self.url)
        blocks = [ask(self.url, "eth_getBlockByNumber", hex(number), True) for number in range(head - depth + 1, head + 1)]
        lost = [transaction for block in blocks for transaction in block["transactions"]]
        raw = [ask(self.url, "eth_getRawTransactionByHash", each["hash"]) for each in lost if each["type"] != "0x3"]
        ask(self.url, "anvil_reorg", depth, [])
        for each in raw:
            with contextlib.suppress(RpcFailure):   # a sender may have sent another one with the nonce
                ask(self.url, "eth_sendRawTransaction", each)
        if not was_paused:
            self.go_on()


class NodeNetwork:
    """An L1, the contracts on it, and nodes. Use it in a with statement."""

    def __init__(self, l1=Anvil, beacon=None, data="blobs", slot_s=1, poll="100ms"):
        """@param l1  A client's class, which is started here; or the URL of one that somebody else runs."""
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.l1_process = None if isinstance(l1, str) else l1(self.folder, slot_s).start()
        self.slot_s = slot_s
        self.poll = poll
        self.websocket = ""   # of L1: where heads are subscribed
        self.l1_url = l1 if isinstance(l1, str) else self.l1_process.url
        self.beacon_url = beacon or getattr(self.l1_process, "beacon_url", self.l1_url)
        self.data = data
        self.nodes = {}
        self.ports = {}
        self.network_file = self.folder / "network.json"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.nodes.values(), self.l1_process]:
            if process is not None and process.is_running():
                process.kill()
        self.temporary.cleanup()

    # -- set-up

    def write_key(self, name, key):
        """Keys are given as environment variables of the process."""
        return {f"SCOPE_TEST_KEY_{name.upper()}": key}

    def scope(self, *arguments, env=None, check=True):
        result = subprocess.run([BINARY, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                                stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, timeout=600)
        if check and result.returncode != 0:
            raise AssertionError(f"scope {arguments[0]}: {result.returncode}\n{result.stdout}\n{result.stderr}")
        return result

    def deploy(self, *more):
        funds = [argument for address, _ in USERS for argument in ("--fund", f"{address}=1000")]
        members = [argument for index in range(len(MEMBERS))
                   for argument in ("--attester-key", f"env:SCOPE_TEST_KEY_MEMBER{index}")]
        rollups = ["--rollup", ",".join(map(str, ROLLUPS))]
        env = self.write_key("deployer", DEPLOYER[1])
        for index, (_, key) in enumerate(MEMBERS):
            env |= self.write_key(f"member{index}", key)
        return self.scope("deploy", "--l1", self.l1_url, "--key", "env:SCOPE_TEST_KEY_DEPLOYER", *members, "--threshold", 2,
                          *rollups, *funds, "--out", self.network_file, *more, env=env)

    def make_tls_key(self, name):
        """Makes a certificate with its key, and returns its fingerprint."""
        return self.scope("keys", "tls", self.folder / f"{name}.pem").stdout.split()[-1]

    def configure(self):
        """Writes the configuration of each node: a builder, an attester for each member, a follower."""
        names = ["builder", *(f"attester{index}" for index in range(len(MEMBERS))), "follower"]
        ports = iter(free_ports(3 * len(names)))
        self.ports = {name: {"rpc": next(ports), "attest": next(ports), "metrics": next(ports)} for name in names}
        prints = {name: self.make_tls_key(name) for name in names if name != "follower"}
        for name in names:
            (self.folder / f"{name}.toml").write_text(self.configuration(name, prints))

    def add_follower(self, name):
        """Writes the configuration of another follower, which knows no builder."""
        rpc, metrics = free_ports(2)
        self.ports[name] = {"rpc": rpc, "metrics": metrics}
        (self.folder / f"{name}.toml").write_text(self.configuration(name, {}, role="follower"))

    def remove(self, name):
        """Ends a node, and forgets it with all that it has."""
        self.nodes.pop(name).kill()
        self.ports.pop(name)
        shutil.rmtree(self.folder / name)

    def configuration(self, name, prints, role=None):
        role = role or name.rstrip("0123456789")
        ports = self.ports[name]
        # A builder's first client is away all the time.
        rpc = [f"http://127.0.0.1:{self.ports[name]['attest']}"] if role == "builder" else []
        parts = [f'network = "network.json"\nroles = ["{role}"]\ndata = "{name}"\n'
                 f'[l1]\nrpc = {json.dumps([*rpc, self.l1_url])}\nbeacon = ["{self.beacon_url}"]\nslot = "{self.slot_s}s"\n'
                 f'poll = "{self.poll}"\nwebsocket = "{self.websocket}"\n'
                 f'roots_with_blobs = {"true" if isinstance(self.l1_process, Anvil) else "false"}\n'
                 f'[metrics]\nlisten = "127.0.0.1:{ports["metrics"]}"\n[log]\nformat = "json"\n']
        if role == "attester":
            index = int(name.removeprefix("attester"))
            parts.append(f'[attester]\nkey = "env:SCOPE_TEST_KEY_MEMBER{index}"\nlisten = "127.0.0.1:{ports["attest"]}"\n'
                         f'tls_certificate = "{name}.pem"\n[[attester.allowed]]\nname = "builder"\nkey = "{prints["builder"]}"\n')
            return "".join(parts)
        forward = f'forward = "{self.url("builder", None)}"\n' if name == "follower" else ""
        parts.append(f'[rpc]\nlisten = "127.0.0.1:{ports["rpc"]}"\n{forward}')
        if role == "builder":
            parts.append(f'[builder]\nkey = "env:SCOPE_TEST_KEY_SUBMITTER"\ndata = "{self.data}"\nthreshold = 2\n'
                         f'tls_certificate = "builder.pem"\nsettle_after = "2s"\nproof_timeout = "60s"\n')
            for index, (address, _) in enumerate(MEMBERS):
                attester = f"attester{index}"
                parts.append(f'[[builder.attesters]]\naddress = "{address}"\n'
                             f'url = "https://127.0.0.1:{self.ports[attester]["attest"]}"\nkey = "{prints[attester]}"\n')
        return "".join(parts)

    # -- nodes

    def start(self, *names):
        env = self.write_key("submitter", SUBMITTER[1])
        for index, (_, key) in enumerate(MEMBERS):
            env |= self.write_key(f"member{index}", key)
        for name in names or self.ports:
            if name not in self.nodes:
                self.nodes[name] = Process(name, [BINARY, "node", "--config", self.folder / f"{name}.toml"], self.folder, env)
            self.nodes[name].start()

    def is_ready(self, name):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]['metrics']}/ready", timeout=5) as response:
                return response.status == 200
        except urllib.error.HTTPError:
            return False

    def metric(self, name, metric):
        """Returns the value of a metric without labels; None if there is none yet."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]['metrics']}/metrics", timeout=30) as response:
            lines = [line.split() for line in response.read().decode().splitlines()]
        return next((float(words[1]) for words in lines if words and words[0] == metric), None)

    def wait_ready(self, *names):
        for name in names or self.ports:
            try:
                wait_until(f"{name} is ready", lambda: self.is_ready(name))
            except AssertionError as error:
                raise AssertionError(f"{error}\n{self.nodes[name].log()[-5000:]}") from None

    def url(self, name, rollup):
        base = f"http://127.0.0.1:{self.ports[name]['rpc']}"
        return base if rollup is None else f"{base}/{rollup}"

    def ask(self, name, rollup, method, *params):
        return ask(self.url(name, rollup), method, *params)

    # -- users

    @staticmethod
    def sign(transactions):
        """Returns of each transaction {key, chainId, nonce, to, gas, …} the raw one and its hash, of {key, typedData} a
        signature (sign.mjs)."""
        result = subprocess.run(["node", ROOT / "tests" / "e2e" / "sign.mjs"], input=json.dumps(transactions), cwd=ROOT,
                                capture_output=True, text=True, timeout=PATIENCE, check=True)
        return json.loads(result.stdout)

    def send(self, name, rollup, raw):
        return self.ask(name, rollup, "eth_sendRawTransaction", raw)

    def receipt(self, name, rollup, transaction_hash):
        return wait_until(f"a receipt of {transaction_hash}",
                          lambda: self.ask(name, rollup, "eth_getTransactionReceipt", transaction_hash))

    def heads(self, name, rollup):
        """Returns number and hash of a rollup's heads by label."""
        heads = {}
        for label in ("latest", "safe", "finalized"):
            block = self.ask(name, rollup, "eth_getBlockByNumber", label, False)
            heads[label] = (int(block["number"], 16), block["hash"])
        return heads
