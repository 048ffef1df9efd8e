"""`scope demo --l1`: the stories on clients that aren't ours. Skipped where the client is missing."""
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "release" / "apps" / "scope" / "scope"
ANVIL = ROOT / "node_modules" / ".bin" / "anvil"
GETH = os.environ.get("SCOPE_GETH", "")
STORIES = ["swap", "callback", "arbitrage", "courier", "refusal"]
# Of the phrase that all development networks have, and geth's public key for tests.
ANVIL_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ANVIL_ACCOUNT = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
GETH_KEY = "0xb71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291"
GETH_ACCOUNT = "0x71562b71999873db5b286df957af199ec94617f7"
ETHER = 10**18


def demo(*arguments, key=ANVIL_KEY):
    return subprocess.run([BINARY, "demo", *arguments], cwd=ROOT, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env={**os.environ, "SCOPE_TEST_KEY": key}, timeout=900)


def ask(url: str, method: str, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        reply = json.load(answer)
    if "error" in reply:
        raise RuntimeError(f"{method}: {reply['error']}")
    return reply["result"]


class Peer:
    """Another client's process; log and data end with it."""

    def __init__(self, mark: str):
        self.folder = tempfile.TemporaryDirectory()
        self.mark = mark
        self.process = None

    def path(self, name: str) -> str:
        return os.path.join(self.folder.name, name)

    def start(self, *command):
        with open(self.path("log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        give_up = time.monotonic() + 120
        while True:
            log = pathlib.Path(self.path("log")).read_text(encoding="utf-8", errors="replace")
            if found := re.search(self.mark, log):
                self.url = f"http://127.0.0.1:{found[1]}"
                return self
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise RuntimeError("it does not listen: " + log)
            time.sleep(0.05)

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def anvil(*flags) -> Peer:
    return Peer(r"Listening on 127\.0\.0\.1:(\d+)").start(ANVIL, "--host", "127.0.0.1", "--port", "0", *flags)


class Run:
    """What is true of a run on any L1; a subclass has its document, `self.json`, and L1, `self.url`."""

    def test_every_check_held(self):
        self.assertEqual(self.result.returncode, 0, self.result.stderr + str(self.json["checks"]["failures"]))
        self.assertEqual(self.json["checks"]["failed"], 0)
        self.assertGreater(self.json["checks"]["passed"], 90)

    def test_all_stories_settled_alone_and_together(self):
        self.assertEqual([root["name"] for root in self.json["roots"]], STORIES)
        self.assertEqual([scope["name"] for scope in self.json["scopes"]], [*STORIES, "all"])
        for scope in self.json["scopes"]:
            self.assertTrue(scope["settled"], scope)
            self.assertTrue(1 <= scope["tries"] <= 10, scope)

    def test_what_settled_stands_on_that_l1(self):
        for bundle in self.json["bundle"]:
            receipt = ask(self.url, "eth_getTransactionReceipt", bundle["transaction_hash"])
            self.assertEqual(receipt["status"], "0x1")
            self.assertEqual(int(receipt["blockNumber"], 16), bundle["l1_block"])
            self.assertEqual(int(receipt["gasUsed"], 16), bundle["gas_used"])

    def test_a_new_follower_arrives_at_the_same_heads(self):
        self.assertTrue(self.json["follower"]["equal"], self.json["follower"])
        self.assertEqual(self.json["follower"]["batches"], 13)

    def test_says_on_which_l1_and_that_nothing_was_attacked(self):
        self.assertEqual(self.json["l1"]["url"], self.url.removeprefix("http://"))
        self.assertEqual(self.json["l1"]["chain_id"], int(ask(self.url, "eth_chainId"), 16))
        self.assertEqual(self.json["l1"]["client"], ask(self.url, "web3_clientVersion"))
        self.assertEqual(self.json["attacks"], [])

    def test_says_what_it_takes_before_and_gives_back_the_rest(self):
        said = re.search(r"L1: takes up to ([\d.,]+) ETH of (0x\w+): 5\.95 ETH stay", self.result.stderr)
        self.assertIsNotNone(said, self.result.stderr)
        self.assertEqual(said[2], self.account)
        self.assertRegex(self.result.stderr, r"L1: [\d.,]+ ETH went back to " + self.account)
        spent = self.before - int(ask(self.url, "eth_getBalance", self.account, "latest"), 16)
        self.assertGreater(spent, 595 * ETHER // 100)
        self.assertLess(spent, 7 * ETHER)


@unittest.skipUnless(ANVIL.exists(), "anvil is not there")
class OnAnvil(Run, unittest.TestCase):
    """One run on anvil that mines a block each second; read by as many tests."""

    @classmethod
    def setUpClass(cls):
        cls.peer = anvil("--block-time", "1")
        cls.addClassCleanup(cls.peer.stop)
        cls.url, cls.account = cls.peer.url, ANVIL_ACCOUNT
        cls.before = int(ask(cls.url, "eth_getBalance", cls.account, "latest"), 16)
        cls.result = demo("--l1", cls.url, "--key", "env:SCOPE_TEST_KEY", "--json")
        cls.json = json.loads(cls.result.stdout) if cls.result.stdout else {}
        if not cls.json:
            raise RuntimeError(cls.result.stderr)

    def test_batches_are_calldata(self):
        self.assertEqual({(bundle["tx_type"], bundle["blobs"]) for bundle in self.json["bundle"]}, {(2, 0)})

    def test_no_key_is_told(self):
        for text in (self.result.stdout, self.result.stderr):
            self.assertNotIn(ANVIL_KEY[2:], text)


@unittest.skipUnless(ANVIL.exists(), "anvil is not there")
class OnAnvilAtOnce(unittest.TestCase):
    """anvil that mines what it is sent at once; the report for a person, twice on one L1."""

    def test_two_runs_don_t_meet(self):
        peer = anvil()
        self.addCleanup(peer.stop)
        for _ in range(2):
            result = demo("--l1", peer.url, "--key", "env:SCOPE_TEST_KEY", "--only", "refusal")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(f"settle on the L1 at {peer.url.removeprefix('http://')} (anvil", result.stdout)
            self.assertIn("built 1 time until it settled", result.stdout)
            self.assertIn("0 failed", result.stdout)
            self.assertLessEqual(max(map(len, result.stdout.splitlines())), 120)


@unittest.skipUnless(GETH and pathlib.Path(GETH).exists(), "SCOPE_GETH names no binary")
class OnPlainGeth(Run, unittest.TestCase):
    """One run on geth without a consensus client, whose testing methods mine its pool each half second."""

    @classmethod
    def setUpClass(cls):
        cls.peer = Peer(r"endpoint=127\.0\.0\.1:(\d+)[^\n]*auth=false")
        cls.addClassCleanup(cls.peer.stop)
        genesis = cls.peer.path("genesis.json")
        printed = subprocess.run([GETH, "--dev", "dumpgenesis"], capture_output=True, text=True, check=True).stdout
        pathlib.Path(genesis).write_text(json.dumps(cls.genesis_of(json.loads(printed))), encoding="utf-8")
        data = cls.peer.path("data")
        subprocess.run([GETH, "init", "--datadir", data, genesis], capture_output=True, check=True)
        cls.peer.start(GETH, "--datadir", data, "--nodiscover", "--maxpeers", "0", "--nat", "none", "--ipcdisable",
                       "--port", "0", "--authrpc.port", "0", "--http", "--http.addr", "127.0.0.1", "--http.port", "0",
                       "--http.api", "eth,net,web3,debug,testing,txpool", "--syncmode", "full", "--gcmode", "archive",
                       "--miner.gasprice", "1")
        cls.url, cls.account = cls.peer.url, GETH_ACCOUNT
        cls.before = int(ask(cls.url, "eth_getBalance", cls.account, "latest"), 16)
        over = threading.Event()
        miner = threading.Thread(target=cls.mine_until, args=(over,))
        miner.start()
        try:
            cls.result = demo("--l1", cls.url, "--key", "env:SCOPE_TEST_KEY", "--json", key=GETH_KEY)
        finally:
            over.set()
            miner.join()
        cls.json = json.loads(cls.result.stdout) if cls.result.stdout else {}
        if not cls.json:
            raise RuntimeError(cls.result.stderr)

    @staticmethod
    def genesis_of(printed: dict) -> dict:
        """Osaka from the start, without a fork of nobody's, and the account with money."""
        config = {name: value for name, value in printed["config"].items()
                  if name not in ("bogotaTime", "amsterdamTime")}
        alloc = {name: value for name, value in printed["alloc"].items() if len(value.get("code", "")) > 2}
        alloc[GETH_ACCOUNT[2:]] = {"balance": hex(10**6 * ETHER)}
        zero = "0x" + "00" * 32
        return {"config": config, "nonce": "0x0", "timestamp": "0x0", "extraData": "0x", "gasLimit": "0x3938700",
                "difficulty": "0x0", "mixHash": zero, "coinbase": "0x" + "00" * 20, "alloc": alloc,
                "baseFeePerGas": "0x3b9aca00"}

    @classmethod
    def mine_until(cls, over: threading.Event):
        number = 0
        while not over.wait(0.5):
            number += 1
            attributes = {"timestamp": hex(1_800_000_000 + 12 * number), "prevRandao": "0x" + f"{number:064x}",
                          "suggestedFeeRecipient": "0x" + "02" * 20, "withdrawals": [],
                          "parentBeaconBlockRoot": "0x" + "03" * 32}
            ask(cls.url, "testing_commitBlockV1", attributes, None)

    def test_batches_are_calldata_where_nobody_has_blobs(self):
        self.assertEqual({(bundle["tx_type"], bundle["blobs"]) for bundle in self.json["bundle"]}, {(2, 0)})


class Refused(unittest.TestCase):
    def refused(self, code: int, *arguments, key=ANVIL_KEY) -> str:
        result = demo(*arguments, key=key)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertNotIn(key.removeprefix("0x"), result.stderr)
        return result.stderr

    def test_nobody_there(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # and it doesn't listen
            place = f"127.0.0.1:{taken.getsockname()[1]}"
            text = self.refused(1, "--l1", f"http://{place}/with/a/secret", "--key", "env:SCOPE_TEST_KEY")
        self.assertIn(f"L1: unreachable: {place}", text)
        self.assertNotIn("secret", text)

    def test_no_such_host(self):
        text = self.refused(1, "--l1", "http://nobody.invalid:8545", "--key", "env:SCOPE_TEST_KEY")
        self.assertIn("L1: unreachable: nobody.invalid:8545", text)

    def test_what_is_no_url(self):
        self.assertIn("--l1", self.refused(2, "--l1", "ftp://127.0.0.1", "--key", "env:SCOPE_TEST_KEY"))
        self.assertIn("--beacon", self.refused(2, "--l1", "http://127.0.0.1:1", "--beacon", "nowhere",
                                               "--key", "env:SCOPE_TEST_KEY"))

    def test_a_key_that_is_none(self):
        l1 = ("--l1", "http://127.0.0.1:1")
        self.assertIn("--key", self.refused(2, *l1))
        self.assertIn("SCOPE_TEST_NO_KEY", self.refused(2, *l1, "--key", "env:SCOPE_TEST_NO_KEY"))
        self.assertIn("SCOPE_TEST_KEY: not 32 bytes", self.refused(2, *l1, "--key", "env:SCOPE_TEST_KEY", key="0xabc"))
        self.assertIn("no-such-file", self.refused(2, *l1, "--key", "file:/no-such-file"))
        # The key itself isn't repeated.
        self.refused(2, *l1, "--key", ANVIL_KEY)

    def test_options_that_belong_together(self):
        self.assertIn("--l1", self.refused(2, "--key", "env:SCOPE_TEST_KEY"))
        self.assertIn("--tamper", self.refused(2, "--l1", "http://127.0.0.1:1", "--key", "env:SCOPE_TEST_KEY",
                                               "--tamper", "fill-omitted"))

    @unittest.skipUnless(ANVIL.exists(), "anvil is not there")
    def test_an_account_without_money(self):
        peer = anvil()
        self.addCleanup(peer.stop)
        text = self.refused(1, "--l1", peer.url, "--key", "env:SCOPE_TEST_KEY", key="0x" + "5a" * 32)
        self.assertIn("has 0 ETH on L1, and the demonstration takes up to", text)
        self.assertEqual(int(ask(peer.url, "eth_blockNumber"), 16), 0)

    @unittest.skipUnless(ANVIL.exists(), "anvil is not there")
    def test_blobs_that_no_follower_would_find(self):
        peer = anvil()
        self.addCleanup(peer.stop)
        text = self.refused(2, "--l1", peer.url, "--beacon", peer.url, "--key", "env:SCOPE_TEST_KEY", "--data", "blobs")
        self.assertIn("--data blobs: no follower takes anvil's blocks", text)

    @unittest.skipUnless(ANVIL.exists(), "anvil is not there")
    def test_an_l1_by_the_rules_of_another_fork(self):
        peer = anvil("--hardfork", "prague")
        self.addCleanup(peer.stop)
        text = self.refused(1, "--l1", peer.url, "--key", "env:SCOPE_TEST_KEY")
        self.assertIn("not Osaka's", text)


if __name__ == "__main__":
    unittest.main()
