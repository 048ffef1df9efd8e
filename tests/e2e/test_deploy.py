"""`scope keys` and `scope deploy` as processes, on anvil: what they print, what they refuse, and that a deployment that is
ended anywhere goes on to what one in one go comes to."""
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "release" / "apps" / "scope" / "scope"
ANVIL = ROOT / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
PATIENCE = 300   # seconds; a loaded machine is slow, and nobody waits that long if all is well
START = 1_800_000_000
# Keys of the mnemonic that all development networks have.
KEYS = {"SCOPE_DEPLOYER": "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "SCOPE_MEMBER1": "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "SCOPE_MEMBER2": "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"}
DEPLOYER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
SOMEBODY = "0x00000000000000000000000000000000000000aa"
CREATE2_DEPLOYER = "0x4e59b44847b379578588920ca78fbf26c0b4956c"
PERMIT2 = "0x000000000022d473030f116ddee9f6b43ac78ba3"


def scope(*arguments, env=None):
    return subprocess.run([BINARY, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env={**os.environ, **KEYS, **(env or {})}, timeout=PATIENCE)


class Anvil:
    """anvil, with the deterministic deployer unless it is bare."""

    def __init__(self, *arguments, bare=False, start=START):
        # To a file, since a pipe that nobody reads stops it: it logs each request.
        self.log = tempfile.NamedTemporaryFile()
        self.process = subprocess.Popen(
            [ANVIL, "--hardfork", "osaka", "--port", "0", "--timestamp", str(start),
             *(["--disable-default-create2-deployer"] if bare else []), *arguments],
            stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"Listening on 127\.0\.0\.1:(\d+)\n", pathlib.Path(self.log.name).read_text()):
                self.url = f"http://127.0.0.1:{found[1]}"
                return
            time.sleep(0.02)
        self.__exit__()
        raise AssertionError("anvil does not listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def ask(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            answer = json.load(response)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer["result"]


def arguments(anvil, out, *more):
    return ["deploy", "--l1", anvil.url, "--key", "env:SCOPE_DEPLOYER", "--rollup", "42001,42002",
            "--attester-key", "env:SCOPE_MEMBER1", "--attester-key", "env:SCOPE_MEMBER2", "--attester", SOMEBODY,
            "--fund", f"{SOMEBODY}=1.5", "--out", out, *more]


def addresses(network):
    """All contracts on L1."""
    named = [contract["address"] for contract in network["named"] if contract["chainId"] == 31337]
    return sorted({*named, *network["contracts"].values(), network["committee"]["verifier"]})


def state(anvil, network):
    """Code and storage of all contracts on L1, as far as calls show it; and what the deployer has done."""
    return {"nonce": anvil.ask("eth_getTransactionCount", DEPLOYER, "latest"),
            "code": {address: anvil.ask("eth_getCode", address, "latest") for address in addresses(network)},
            "roots": {address: anvil.ask("eth_getProof", address, [], "latest")["storageHash"]
                      for address in addresses(network)}}


@unittest.skipUnless(ANVIL.exists(), "anvil is not there")
class Deploy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        cls.anvil = Anvil()
        cls.out = cls.path / "network.json"
        cls.done = scope(*arguments(cls.anvil, cls.out))
        cls.network = json.loads(cls.out.read_text()) if cls.out.exists() else None

    @classmethod
    def tearDownClass(cls):
        cls.anvil.__exit__()
        cls.folder.cleanup()

    def test_tells_each_step_and_what_comes_next(self):
        self.assertEqual((self.done.returncode, self.done.stderr), (0, ""), self.done.stdout)
        steps = re.findall(r"^(\d+)/(\d+) (.*): (.*)$", self.done.stdout, re.M)
        self.assertEqual([int(number) for number, *_ in steps], list(range(1, 13)))
        for *_, how in steps:
            self.assertRegex(how, r"^L1 block \d+, \d+ gas$")
        self.assertIn("scope node --config scope.toml", self.done.stdout)
        self.assertFalse((self.path / "network.json.partial").exists())
        for key in KEYS.values():
            self.assertNotIn(key[2:], self.done.stdout + self.out.read_text())

    def test_keeps_each_transaction_below_the_bound(self):
        gas = [int(text) for text in re.findall(r", (\d+) gas$", self.done.stdout, re.M)]
        self.assertEqual(len(gas), 12)
        self.assertLess(max(gas), 16_777_216)

    def test_writes_what_l1_has(self):
        network = self.network
        self.assertEqual(network["version"], 1)
        self.assertEqual(network["l1"]["chainId"], 31337)
        self.assertEqual(network["l1"]["firstBlock"]["hash"],
                         self.anvil.ask("eth_getBlockByNumber", "0x0", False)["hash"])
        self.assertEqual([rollup["chainId"] for rollup in network["rollups"]], [42001, 42002])
        self.assertEqual(network["committee"]["threshold"], 2)
        self.assertEqual(len(network["committee"]["members"]), 3)
        for address in addresses(network):
            self.assertNotEqual(self.anvil.ask("eth_getCode", address, "latest"), "0x", address)
        for rollup in network["rollups"]:
            self.assertEqual(rollup["genesis"]["alloc"][SOMEBODY], {"balance": str(15 * 10**17)})

    def test_writes_over_no_network_file(self):
        again = scope(*arguments(self.anvil, self.out))
        self.assertEqual(again.returncode, 2)
        self.assertIn("is there already", again.stderr)

    def test_comes_to_the_same_whether_in_one_go_or_ended_after_each_step(self):
        with Anvil() as anvil:
            out = self.path / "steps.json"
            for _ in range(12):
                self.assertFalse(out.exists())
                step = scope(*arguments(anvil, out, "--steps", 1))
                self.assertEqual(step.returncode, 0, step.stderr)
                self.assertLess(int(anvil.ask("eth_blockNumber"), 16), 13)
            self.assertEqual(out.read_text(), self.out.read_text())
            self.assertEqual(state(anvil, self.network), state(self.anvil, self.network))
            self.assertFalse((self.path / "steps.json.partial").exists())

    def test_goes_on_after_kills(self):
        # Blocks come slowly, so that it is killed while transactions wait, and before and behind them.
        with Anvil("--block-time", "1") as anvil:
            out = self.path / "killed.json"
            delay = 0.3
            while not out.exists():
                process = subprocess.Popen([BINARY, *map(str, arguments(anvil, out))], stdout=subprocess.PIPE,
                                           stderr=subprocess.STDOUT, text=True, env={**os.environ, **KEYS})
                deadline = time.monotonic() + delay
                while process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.02)
                process.send_signal(signal.SIGKILL)
                text = process.communicate()[0]
                self.assertIn(process.returncode, (0, -signal.SIGKILL), text)
                delay += 0.3
            network = json.loads(out.read_text())
            # All but what the time of the beginning gives.
            self.assertEqual(addresses(network), addresses(self.network))
            self.assertEqual(state(anvil, network)["nonce"], state(self.anvil, self.network)["nonce"])
            self.assertEqual(state(anvil, network)["code"], state(self.anvil, self.network)["code"])

    def test_refuses_to_go_on_with_something_else(self):
        with Anvil() as anvil:
            out = self.path / "other.json"
            self.assertEqual(scope(*arguments(anvil, out, "--steps", 2)).returncode, 0)
            other = scope(*arguments(anvil, out, "--threshold", 1))
            self.assertEqual(other.returncode, 1)
            self.assertIn("had other options", other.stderr)
            other = scope(*arguments(anvil, out, "--key", "env:SCOPE_MEMBER1")[:4], "env:SCOPE_MEMBER1",
                          *arguments(anvil, out)[5:])
            self.assertIn("is by 0xf39f", other.stderr)
            # The deployer's next nonce is used by something else.
            anvil.ask("eth_sendTransaction", {"from": DEPLOYER, "to": SOMEBODY, "value": "0x1"})
            used = scope(*arguments(anvil, out))
            self.assertEqual(used.returncode, 1)
            self.assertIn("the deployer has sent something else meanwhile", used.stderr)
            self.assertFalse(out.exists())

    def test_refuses_to_go_on_on_an_l1_that_began_anew(self):
        out = self.path / "anew.json"
        with Anvil() as anvil:
            anvil.ask("eth_sendTransaction", {"from": DEPLOYER, "to": SOMEBODY, "value": "0x1"})
            self.assertEqual(scope(*arguments(anvil, out, "--steps", 2)).returncode, 0)
        for start, why in [(START, "began with its deployer's nonce 1, which is 0 on this L1"),
                           (START + 1, "is on an L1 whose block 0 is 0x")]:
            with Anvil(start=start) as anvil:
                anew = scope(*arguments(anvil, out))
                self.assertEqual(anew.returncode, 1)
                self.assertIn(why, anew.stderr)
                self.assertEqual(anvil.ask("eth_blockNumber"), "0x0")
                self.assertFalse(out.exists())

    def test_names_what_is_there_and_differs(self):
        with Anvil() as anvil:
            out = self.path / "differs.json"
            self.assertEqual(scope(*arguments(anvil, out, "--steps", 2)).returncode, 0)
            queue = self.network["contracts"]["forcedQueue"]
            anvil.ask("anvil_setCode", queue, "0x00")
            differs = scope(*arguments(anvil, out))
            self.assertEqual(differs.returncode, 1)
            self.assertIn(f"{queue}: L1 has other code there than this version of ForcedQueue", differs.stderr)

    def test_does_again_what_a_reorganisation_took_away(self):
        with Anvil() as anvil:
            out = self.path / "reorganised.json"
            self.assertEqual(scope(*arguments(anvil, out, "--steps", 9)).returncode, 0)
            anvil.ask("anvil_reorg", 4, [])
            done = scope(*arguments(anvil, out))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(state(anvil, json.loads(out.read_text()))["code"],
                             state(self.anvil, self.network)["code"])

    def test_says_what_is_missing_before_anything_is_sent(self):
        with Anvil("--balance", "2") as anvil:
            out = self.path / "poor.json"
            poor = scope(*arguments(anvil, out))
            self.assertEqual(poor.returncode, 1)
            self.assertIn("bonds and what --fund gives take 5 ETH", poor.stderr)
            self.assertEqual(anvil.ask("eth_blockNumber"), "0x0")
            self.assertFalse((self.path / "poor.json.partial").exists())
            few = scope("deploy", "--l1", anvil.url, "--key", "env:SCOPE_DEPLOYER", "--rollup", "42001",
                        "--attester", SOMEBODY, "--out", out)
            self.assertEqual(few.returncode, 2)
            self.assertIn("1 members have to sign", few.stderr)
            shown = scope("deploy", "--l1", anvil.url, "--key", KEYS["SCOPE_DEPLOYER"], "--rollup", "42001",
                          "--attester-key", "env:SCOPE_MEMBER1", "--out", out)
            self.assertEqual(shown.returncode, 2)
            self.assertNotIn(KEYS["SCOPE_DEPLOYER"][2:], shown.stderr)
            away = scope("deploy", "--l1", "http://127.0.0.1:1", "--key", "env:SCOPE_DEPLOYER", "--rollup", "42001",
                         "--attester-key", "env:SCOPE_MEMBER1", "--out", out)
            self.assertEqual(away.returncode, 1)
            self.assertIn("unreachable: 127.0.0.1:1", away.stderr)

    def test_offers_all_to_an_owner(self):
        with Anvil() as anvil:
            out = self.path / "owned.json"
            done = scope(*arguments(anvil, out, "--owner", SOMEBODY))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"{SOMEBODY} accepts", done.stdout)
            network = json.loads(out.read_text())
            bridge = next(contract["address"] for contract in network["named"]
                          if contract["chainId"] == 31337 and contract["name"] == "TokenBridge")
            # pendingOwner()
            pending = anvil.ask("eth_call", {"to": bridge, "data": "0xe30c3978"}, "latest")
            self.assertEqual(pending[-40:], SOMEBODY[2:])


class Refusing(http.server.ThreadingHTTPServer):
    """A client that hands on all but transactions without a chain id, which it refuses as geth does."""

    def __init__(self, url):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                call = json.loads(body)
                # The last item of the list that a legacy transaction is begins behind v, which is 27 or 28.
                if (isinstance(call, dict) and call["method"] == "eth_sendRawTransaction"
                        and call["params"][0].startswith(("0xf8", "0xf9")) and call["params"][0][-134:-132] in ("1b", "1c")):
                    error = {"code": -32000, "message": "only replay-protected (EIP-155) transactions allowed over RPC"}
                    answer = json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": error}).encode()
                else:
                    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
                    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                        answer = response.read()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


@unittest.skipUnless(ANVIL.exists(), "anvil is not there")
class Tools(unittest.TestCase):
    """The deterministic deployer, and Permit2 which comes by it, on an L1 that has neither."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = pathlib.Path(folder.name) / "network.json"

    def names(self):
        return {contract["name"] for contract in json.loads(self.out.read_text())["named"] if contract["chainId"] == 31337}

    def test_are_put_there_and_named(self):
        with Anvil(bare=True) as anvil:
            done = scope(*arguments(anvil, self.out))
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertIn(f"the deterministic deployer {CREATE2_DEPLOYER}: is there now", done.stdout)
            for address in (CREATE2_DEPLOYER, PERMIT2):
                self.assertNotEqual(anvil.ask("eth_getCode", address, "latest"), "0x", address)
            self.assertLessEqual({"Create2Deployer", "Permit2"}, self.names())

    def test_are_put_there_step_by_step(self):
        with Anvil(bare=True) as anvil:
            runs = 0
            while not self.out.exists():
                before = int(anvil.ask("eth_blockNumber"), 16)
                step = scope(*arguments(anvil, self.out, "--steps", 1))
                self.assertEqual(step.returncode, 0, step.stderr)
                self.assertLessEqual(int(anvil.ask("eth_blockNumber"), 16), before + 1)
                runs += 1
                self.assertLess(runs, 20)
            # One pays, and one creates; then the twelve of any deployment.
            self.assertEqual(runs, 2 + 12)
            self.assertLessEqual({"Create2Deployer", "Permit2"}, self.names())

    def test_are_left_out_where_a_client_takes_no_transaction_without_a_chain_id(self):
        with Anvil(bare=True) as anvil, Refusing(anvil.url) as client:
            done = scope(*arguments(client, self.out))
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertIn("it goes on without: L1's client takes no transaction without a chain id", done.stdout)
            self.assertTrue({"Create2Deployer", "Permit2"}.isdisjoint(self.names()))
            # Nothing was paid for it.
            self.assertEqual(anvil.ask("eth_getTransactionCount", DEPLOYER, "latest"), "0xb")

    def test_are_left_out_where_the_transaction_has_failed(self):
        with Anvil(bare=True) as anvil:
            anvil.ask("anvil_setNonce", "0x3fab184622dc19b6109349b94811493bf2a45362", "0x1")
            done = scope(*arguments(anvil, self.out))
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertIn("it goes on without: the one transaction that makes it has failed on this L1", done.stdout)
            self.assertTrue({"Create2Deployer", "Permit2"}.isdisjoint(self.names()))

    def test_are_left_out_where_the_transaction_pays_too_little(self):
        with Anvil(bare=True) as anvil:
            anvil.ask("anvil_setNextBlockBaseFeePerGas", hex(101 * 10**9))
            anvil.ask("anvil_mine")
            done = scope(*arguments(anvil, self.out))
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertIn("it goes on without: the one transaction that makes it pays less than L1's base fee", done.stdout)
            self.assertTrue({"Create2Deployer", "Permit2"}.isdisjoint(self.names()))


class Keys(unittest.TestCase):
    def test_makes_a_keystore_that_only_its_owner_reads_and_shows_whose_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "key.json"
            made = scope("keys", "new", file, "--password", "env:SCOPE_WORD", env={"SCOPE_WORD": "word"})
            self.assertEqual((made.returncode, made.stderr), (0, ""))
            self.assertRegex(made.stdout, r"^0x[0-9a-fA-F]{40}\n$")
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            shown = scope("keys", "show", file, "--password", "env:SCOPE_WORD", env={"SCOPE_WORD": "word"})
            self.assertEqual((shown.returncode, shown.stdout), (0, made.stdout))
            wrong = scope("keys", "show", file, "--password", "env:SCOPE_WORD", env={"SCOPE_WORD": "other"})
            self.assertEqual(wrong.returncode, 1)
            self.assertIn("not that of this password", wrong.stderr)
            again = scope("keys", "new", file, "--password", "env:SCOPE_WORD", env={"SCOPE_WORD": "word"})
            self.assertEqual(again.returncode, 1)
            self.assertIn("File exists", again.stderr)
            file.chmod(0o644)
            opened = scope("keys", "show", file, "--password", "env:SCOPE_WORD", env={"SCOPE_WORD": "word"})
            self.assertEqual(opened.returncode, 1)
            self.assertIn("mode 0644", opened.stderr)

    def test_asks_no_password_where_there_is_no_terminal(self):
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run([BINARY, "keys", "new", pathlib.Path(folder) / "key.json"], capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL, start_new_session=True, timeout=PATIENCE)
            self.assertEqual(made.returncode, 2)
            self.assertIn("there is no terminal", made.stderr)


if __name__ == "__main__":
    unittest.main()
