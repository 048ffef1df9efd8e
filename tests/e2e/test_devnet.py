"""`scope devnet` as a process: what it prints, its flags, how it ends, and the commands that talk to it."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "release" / "apps" / "scope" / "scope"
PATIENCE = 120   # seconds; a loaded machine is slow, and nobody waits that long if all is well
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
L1, A, B = 31337, 42001, 42002
MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11"
PREDEPLOY = "0x5c09e00000000000000000000000000000000001"
MARKER = "0x0daaa518253653d485d4b09ba76fa82610e5388c3a3b3356d852a23451800dc2"   # ends a root's data
ETHER = 10**18
# Functions of contracts, by their signatures' hashes.
BALANCE_OF = "0x70a08231"      # balanceOf(address)
TOKEN_BRIDGED = "0x8b00487a"   # bridgedToken(uint256,address)
DEPOSIT = "0x6e553f65"         # deposit(uint256,address)
# ScopedRequest of getBlockNumber() to Multicall3: to, value, gas limit, data.
BLOCK_NUMBER_REQUEST = (f"{MULTICALL3[2:].lower():>064}" + f"{0:064x}" + f"{100_000:064x}" + f"{0x80:064x}"
                        + f"{4:064x}" + "42cbb15c" + "0" * 56)


def selector(name, contract="ScopedCallableL2"):
    artifact = json.loads((ROOT / f"contracts/out/{contract}.sol/{contract}.json").read_text())
    return "0x" + next(value for key, value in artifact["methodIdentifiers"].items() if key.startswith(name + "("))


def asking_l1(function, sender):
    """Calldata by which a rollup's ScopedCallable asks L1 for its block number."""
    return selector(function) + f"{L1:064x}" + sender[2:].lower().rjust(64, "0") + f"{0x60:064x}" + BLOCK_NUMBER_REQUEST


def environment(more=None):
    return {**{name: value for name, value in os.environ.items() if not name.startswith("ETH_")}, **(more or {})}


def scope(*arguments, env=None):
    return subprocess.run([BINARY, *arguments], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=environment(env), timeout=PATIENCE)


class Devnet:
    """A running network. Its standard output is read line by line."""

    def __init__(self, *arguments, env=None, port=0):
        self.folder = tempfile.TemporaryDirectory()
        self.config_file = pathlib.Path(self.folder.name) / "config.json"
        self.process = subprocess.Popen(
            [BINARY, "devnet", "--config-out", self.config_file, *(["--port", str(port)] if port is not None else []),
             *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL, env=environment(env))
        self.lines = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.lines.append(None)
            self.news.notify_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        self.folder.cleanup()

    def line(self, pattern):
        """The first line in which the pattern is found; waits for it."""
        def found():
            return next((line for line in self.lines if line is not None and re.search(pattern, line)), None)
        with self.news:
            self.news.wait_for(lambda: found() or self.lines[-1:] == [None], PATIENCE)
            if found() is None:
                raise AssertionError(f"no line with {pattern}: {self.lines} {self.errors()}")
            return found()

    def errors(self):
        return self.process.stderr.read() if self.process.poll() is not None else ""

    def config(self):
        self.line("Listening on|listening")
        return json.loads(self.config_file.read_text())

    def url(self, chain_id=L1):
        return next(chain["http"] for chain in self.config()["chains"] if chain["chain_id"] == chain_id)

    def ask(self, method, *params, chain_id=L1):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url(chain_id), body), timeout=PATIENCE) as response:
            answer = json.load(response)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, chain_id=L1, **transaction):
        hash = self.ask("eth_sendTransaction", {"from": ALICE, **transaction}, chain_id=chain_id)
        return hash, self.ask("eth_getTransactionReceipt", hash, chain_id=chain_id)

    def interrupt(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


class Banner(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.devnet = Devnet()
        cls.devnet.line("Try")
        cls.text = "\n".join(line for line in cls.devnet.lines)

    @classmethod
    def tearDownClass(cls):
        cls.devnet.__exit__()

    def test_accounts_and_keys_as_launchers_read_them(self):
        for line in ("Available Accounts\n==================\n\n",
                     f"(0) {ALICE} (10000.000000000000000000 ETH)\n", f"(1) {BOB} (10000.000000000000000000 ETH)\n",
                     "\nPrivate Keys\n==================\n\n",
                     "(0) 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80\n",
                     "\nListening on 127.0.0.1:"):
            self.assertIn(line, self.text)
        self.assertEqual(len(re.findall(r"^\(\d\) 0x[0-9a-fA-F]{40} \(", self.text, re.M)), 10)
        self.assertEqual(len(re.findall(r"^\(\d\) 0x[0-9a-f]{64}$", self.text, re.M)), 10)
        self.assertLess(self.text.index("Private Keys"), self.text.index("Listening on"))
        self.assertLess(self.text.index("Listening on"), self.text.index("http://"))
        self.assertNotIn("\033", self.text)

    def test_chains_answer_on_their_ports_and_paths(self):
        for chain_id in (L1, A, B):
            self.assertEqual(int(self.devnet.ask("eth_chainId", chain_id=chain_id), 16), chain_id)
        body = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
        with urllib.request.urlopen(f"{self.devnet.url()}/{B}", body, timeout=PATIENCE) as response:
            self.assertEqual(int(json.load(response)["result"], 16), B)

    def test_accounts_have_their_ether_everywhere(self):
        for chain_id in (L1, A, B):
            balance = self.devnet.ask("eth_getBalance", BOB, "latest", chain_id=chain_id)
            self.assertEqual(int(balance, 16), 10_000 * ETHER)

    def test_contracts_have_code(self):
        contracts = self.devnet.config()["contracts"]
        names = {contract["name"] for contract in contracts}
        self.assertLessEqual({"Settlement", "ScopedCallable", "TokenBridge", "Permit2", "Multicall3"}, names)
        for contract in contracts:
            code = self.devnet.ask("eth_getCode", contract["address"], "latest", chain_id=contract["chain_id"])
            self.assertGreater(len(code), 2, contract)

    def test_what_it_says_to_try_works(self):
        command = re.search(r"cast call (.*)", self.text)[1]
        cast = ROOT / "node_modules" / "@foundry-rs" / "cast-linux-amd64" / "bin" / "cast"
        result = subprocess.run([cast, "call", *shlex.split(command)], capture_output=True, text=True, timeout=PATIENCE,
                                env=environment())
        self.assertEqual(result.returncode, 0, result.stderr)
        # A root is simulated in the block of L1 that comes next.
        self.assertEqual(int(result.stdout, 16), int(self.devnet.ask("eth_blockNumber"), 16) + 1)

    def test_document_of_methods(self):
        document = self.devnet.ask("rpc.discover")
        self.assertEqual(document["openrpc"], "1.3.2")
        self.assertIn("scope_traceScope", {method["name"] for method in document["methods"]})


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.devnet = Devnet("-v")

    @classmethod
    def tearDownClass(cls):
        cls.devnet.__exit__()

    def ask_l1(self, command, chain_id, *more):
        """A rollup's ScopedCallable asks L1 for its block number."""
        calldata = {"call": asking_l1("scopedStaticCall", "0x"), "send": asking_l1("tryScopedCall", ALICE)}[command]
        return scope(command, PREDEPLOY, calldata, *more, "--rpc-url", self.devnet.url(chain_id))

    def test_chains(self):
        result = scope("chains", "--rpc-url", self.devnet.url())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"31337 +l1 ")
        self.assertRegex(result.stdout, r"42001 +rollup ")

    def test_call_draws_what_happens_across_chains(self):
        result = self.ask_l1("call", A)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("42001 → L1", result.stdout)
        self.assertIn("[static]", result.stdout)

    def test_send_and_trace(self):
        result = self.ask_l1("send", B)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("42002 → L1", result.stdout)
        hash = result.stdout.split()[0]
        traced = scope("trace", hash, "--rpc-url", self.devnet.url())
        self.assertEqual(traced.returncode, 0, traced.stderr)
        self.assertIn("42002 → L1", traced.stdout)
        as_json = scope("trace", hash, "--json", "--rpc-url", self.devnet.url())
        self.assertEqual(json.loads(as_json.stdout)["roots"][0]["calls"][0]["target"], L1)
        self.devnet.line("scope [0-9]+ settled: 1 root")
        self.devnet.line("└─ 42002 → L1  Multicall3")   # by -v

    def test_send_on_l1_is_an_operation(self):
        # The account that alice owns pays value and fee; with neither it needs nothing.
        owned = self.devnet.ask("scope_prepareOperation", {"from": ALICE, "to": MULTICALL3, "data": "0x42cbb15c"})
        calldata = (selector("tryScopedCall") + f"{A:064x}"
                    + owned["message"]["account"][2:].lower().rjust(64, "0") + f"{0x60:064x}" + BLOCK_NUMBER_REQUEST)
        callable_ = next(contract["address"] for contract in self.devnet.config()["contracts"]
                         if (contract["chain_id"], contract["name"]) == (L1, "ScopedCallable"))
        result = scope("send", callable_, calldata, "--rpc-url", self.devnet.url())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("L1 → 42001", result.stdout)

    def test_refused_root_is_told_with_its_reason(self):
        # A rollup that there isn't.
        calldata = (selector("scopedStaticCall") + f"{4242:064x}" + "0" * 64 + f"{0x60:064x}"
                    + f"{MULTICALL3[2:].lower():>064}" + f"{0:064x}" + f"{1:064x}" + f"{0x80:064x}" + f"{0:064x}")
        result = scope("call", PREDEPLOY, calldata, "--rpc-url", self.devnet.url(A))
        self.assertEqual(result.returncode, 1)
        self.assertIn("UnknownChain", result.stdout + result.stderr)

    def test_trace_of_nothing(self):
        result = scope("trace", "0x" + "12" * 32, "--rpc-url", self.devnet.url())
        self.assertEqual((result.returncode, result.stdout), (1, ""))

    def test_trace_of_a_scope_that_there_is_not(self):
        result = scope("trace", "999", "--rpc-url", self.devnet.url())
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("no scope 999", result.stderr)

    def test_what_waits_is_said_to_wait_and_why(self):
        self.devnet.ask("evm_setAutomine", False)
        try:
            sent = self.ask_l1("send", A, "--timeout", "3")
            self.assertEqual(sent.returncode, 1)
            self.assertNotIn("was refused", sent.stderr)
            self.assertIn("blocks are mined by hand", sent.stderr)
            hash = next(word for word in sent.stderr.split() if word.startswith("0x"))
            traced = scope("trace", hash, "--rpc-url", self.devnet.url())
            self.assertEqual((traced.returncode, traced.stdout), (0, "waits: blocks are mined by hand: evm_mine\n"))
        finally:
            self.devnet.ask("evm_setAutomine", True)

    def test_nobody_there(self):
        with contextlib.closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
            result = scope("chains", "--rpc-url", url)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"--rpc-url: {url}", result.stderr)
        self.assertIn("is `scope devnet` running?", result.stderr)
        self.assertIn(f"ETH_RPC_URL: {url}", scope("chains", env={"ETH_RPC_URL": url}).stderr)

    def test_who_does_not_answer_is_not_waited_for(self):
        with contextlib.closing(socket.socket()) as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen()
            result = scope("deposit", str(A), BOB, "--value", "1", "--timeout", "1",
                           "--rpc-url", f"http://127.0.0.1:{mute.getsockname()[1]}")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no answer in 1 s", result.stderr)

    def test_what_is_no_url(self):
        for url in ("", "ftp://127.0.0.1:8545", "ws://127.0.0.1:8545"):
            result = scope("chains", "--rpc-url", url)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn("http://", result.stderr)

    def test_wrong_arguments(self):
        for arguments in (["call", "0x12", "f()"], ["call", MULTICALL3, "f(address)", "0x12"],
                          ["call", MULTICALL3, "f"], ["send", MULTICALL3, "f()", "--value", "much"]):
            result = scope(*arguments, "--rpc-url", self.devnet.url())
            self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)


class OnL1Alone(unittest.TestCase):
    """A devnet, and what a rollup's users do on its L1: docs/leaving.md."""
    GONE = "0x" + "9e" * 20

    @classmethod
    def setUpClass(cls):
        cls.devnet = Devnet("--attesters", "1", "--data", "calldata")

    @classmethod
    def tearDownClass(cls):
        cls.devnet.__exit__()

    def run_scope(self, *arguments, code=0):
        result = scope(*map(str, arguments), "--rpc-url", self.devnet.url())
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result.stdout if code == 0 else result.stdout + result.stderr

    def balance(self, account, chain_id):
        return int(self.devnet.ask("eth_getBalance", account, "latest", chain_id=chain_id), 16)

    def rollup(self, chain_id):
        return next(chain for chain in self.devnet.ask("scope_chains") if chain["chainId"] == chain_id)

    def call(self, to, data, chain_id):
        return self.devnet.ask("eth_call", {"to": to, "data": data}, "latest", chain_id=chain_id)

    def deploy_token(self):
        """A token of L1, all of which is Alice's."""
        artifact = json.loads((ROOT / "contracts/out/Token.sol/Token.json").read_text())
        name = f"{4:064x}" + b"GOLD".hex().ljust(64, "0")
        arguments = f"{0x60:064x}{0xa0:064x}{1000:064x}" + name * 2
        _, receipt = self.devnet.send(data=artifact["bytecode"]["object"] + arguments)
        return receipt["contractAddress"]

    def tokens(self, token, account, chain_id):
        """An account's balance of a token of L1 on a rollup."""
        bridge = next(contract["address"] for contract in self.devnet.ask("scope_contracts")
                      if (contract["chainId"], contract["name"]) == (chain_id, "TokenBridge"))
        word = "{:0>64}".format
        known = self.call(bridge, TOKEN_BRIDGED + f"{L1:064x}" + word(token[2:]), chain_id)
        return int(self.call("0x" + known[-40:], BALANCE_OF + word(account[2:].lower()), chain_id), 16)


class EnteringAndForcing(OnL1Alone):
    def test_a_deposit_arrives(self):
        to = "0x" + "d1" * 20
        printed = self.run_scope("deposit", A, to, "--value", ETHER)
        self.assertRegex(printed, r"queued as entry \d+ of rollup 42001\n42001 block \d+: 1 ETH arrived at 0xd1")
        self.assertEqual(self.balance(to, A), ETHER)
        index = int(re.search(r"entry (\d+)", printed)[1])
        deposit = self.devnet.ask("scope_getDeposit", A, index)
        self.assertEqual((deposit["status"], deposit["to"], int(deposit["value"], 16)), ("succeeded", to, ETHER))
        receipt = self.devnet.ask("eth_getTransactionReceipt", deposit["transactionHash"], chain_id=A)
        self.assertEqual(receipt["blockNumber"], deposit["blockNumber"])
        self.assertEqual(self.devnet.ask("scope_getForcedQueue", A), [])
        self.assertIsNone(self.devnet.ask("scope_getDeposit", A, 10**6))

    def test_a_call_that_fails_leaves_the_value_with_the_alias(self):
        printed = self.run_scope("deposit", A, MULTICALL3, "--value", 7, "--data", "0x12345678", code=1)
        alias = re.search(r"the call failed; \S+ ETH is with (0x[0-9a-f]{40})", printed)[1]
        self.assertGreaterEqual(self.balance(alias, A), 7)
        # What it says to do brings it back.
        command = shlex.split(re.search(r"^  scope (send .*)", printed, re.M)[1])
        sent = scope(*command, "--from", BOB)
        self.assertEqual(sent.returncode, 0, sent.stderr)
        self.assertEqual(self.balance(alias, A), 0)
        self.assertEqual(self.balance(MULTICALL3, A), 0)

    def test_tokens_arrive(self):
        token = self.deploy_token()
        self.assertIn(f"5 of token {token} arrived", self.run_scope("deposit", A, BOB, "--token", token, "--value", 5))
        self.assertEqual(self.tokens(token, BOB, A), 5)

    def test_a_forced_transaction_runs(self):
        printed = self.run_scope("force", A, "--to", self.GONE, "--value", 3)
        self.assertIn("it succeeded", printed)
        self.assertEqual(self.balance(self.GONE, A), 3)
        hash = re.search(r"0x[0-9a-f]{64}", printed)[0]
        self.assertEqual(self.devnet.ask("eth_getTransactionReceipt", hash, chain_id=A)["status"], "0x1")

    def signed(self, devnet=None, chain_id=A, **transaction):
        filled = {"from": BOB, "to": self.GONE, "gas": "0x5208", **transaction}
        return (devnet or self.devnet).ask("eth_signTransaction", filled, chain_id=chain_id)["raw"]

    def test_a_transaction_is_forced_once(self):
        raw = self.signed(value="0x1")
        self.assertIn("it succeeded", self.run_scope("force", A, raw))
        before = self.devnet.ask("eth_getTransactionCount", ALICE, "latest")
        self.assertRegex(self.run_scope("force", A, raw, code=2), r"stands already, in block \d+ of rollup 42001")
        self.assertEqual(self.devnet.ask("eth_getTransactionCount", ALICE, "latest"), before)

    def test_forced_transactions_of_an_account_wait_behind_each_other(self):
        with Devnet("--no-mining", "--attesters", "1", "--data", "calldata", "--rollups", "1") as devnet:
            devnet.ask("evm_mine")

            def force(*arguments):
                """Mines L1 alone meanwhile."""
                process = subprocess.Popen(
                    [BINARY, "force", str(A), *arguments, "--timeout", "3", "--rpc-url", devnet.url()], cwd=ROOT,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
                while process.poll() is None:
                    devnet.ask("evm_mine")
                    threading.Event().wait(0.1)
                return "".join(process.communicate())

            for _ in range(2):
                self.assertIn("it still waits", force("--to", self.GONE, "--value", "3"))
            raw = self.signed(devnet)
            # A stranger's entry of it that has too little gas keeps nobody out, nor their nonces back.
            settlement = next(contract["address"] for contract in devnet.ask("scope_contracts")
                              if contract["name"] == "Settlement")
            data = raw[2:] + "0" * (-len(raw[2:]) % 64)
            devnet.send(to=settlement, value=hex(ETHER), gas=hex(900_000),
                        data=selector("forceTransaction", "Settlement") + f"{A:064x}{0x60:064x}{20_999:064x}"
                        + f"{len(raw[2:]) // 2:064x}" + data)
            devnet.ask("evm_mine")
            self.assertIn("it still waits", force(raw))
            self.assertRegex(force(raw), "waits already, as entry 3 of rollup 42001")
            waiting = devnet.ask("scope_getForcedQueue", A)
            self.assertEqual([(entry.get("sender"), entry.get("nonce")) for entry in waiting],
                             [(ALICE.lower(), "0x0"), (ALICE.lower(), "0x1"), (None, None), (BOB.lower(), "0x0")])
            devnet.ask("evm_mine", chain_id=A)
            self.assertEqual([devnet.ask("scope_getForcedTransaction", A, index)["status"] for index in range(4)],
                             ["succeeded", "succeeded", "ignored", "succeeded"])

    def test_what_can_not_stand_is_not_forced(self):
        self.devnet.send(A, to=self.GONE, value="0x1")
        low = self.devnet.ask("eth_signTransaction", {"from": ALICE, "to": self.GONE, "nonce": "0x0", "gas": "0x5208"},
                              chain_id=A)["raw"]
        marker = ["--to", self.GONE, "--data", MARKER]
        before = self.devnet.ask("eth_getTransactionCount", ALICE, "latest")
        for arguments, words in (
                ([self.signed(gas="0x5207")], "RAWTX: intrinsic gas too low: have 20999, want 21000"),
                ([self.signed(maxFeePerGas="0x1", maxPriorityFeePerGas="0x1")], "max fee per gas less than block base fee"),
                ([self.signed(value=hex(20_000 * ETHER))], "insufficient funds"),
                ([low], "RAWTX: nonce too low"),
                ([self.signed(chain_id=B)], "signed for chain 42002"),
                ([self.signed(data=MARKER, gas="0xffff")], "RAWTX: a root: scoped calls can't be forced"),
                (marker, "--data: a root: scoped calls can't be forced"),
                (["--to", PREDEPLOY, "--data", asking_l1("tryScopedCall", ALICE)], "--to: a root"),
                (["--value", "3"], "--to: name")):
            self.assertIn(words, self.run_scope("force", A, *arguments, code=2))
        self.assertEqual(self.devnet.ask("eth_getTransactionCount", ALICE, "latest"), before)

    def test_deposits_that_can_not_be_are_told_before_anything_is_sent(self):
        token = self.deploy_token()
        before = self.devnet.ask("eth_getTransactionCount", BOB, "latest")
        from_bob = ["--from", BOB]
        for arguments, words in (
                ([], "--value: name what is deposited"),
                (["--value", 2**128], "below 2^128"), (["--value", -1], "whole wei"), (["--value", "1ether"], "whole wei"),
                (["--data", "0x1"], "odd number of digits"), (["--data", "0x" + "00" * 24_577], "at most 24576"),
                (["--token", token], "--value: name how much"),
                (["--token", BOB, "--value", 1], "is no token of L1"),
                (["--token", token, "--value", 1, *from_bob], f"--value: 1, and {BOB.lower()} has 0 of the token")):
            self.assertIn(words, self.run_scope("deposit", A, self.GONE, *arguments, code=2))
        wrong = ALICE.replace("F", "f", 1)
        self.assertIn("wrong checksum", self.run_scope("deposit", A, wrong, "--value", 1, code=2))
        named = scope("deposit", str(A), BOB, "--value", "1", "--rpc-url", self.devnet.url(), env={"ETH_FROM": "me"})
        self.assertIn("ETH_FROM: 'me'", named.stderr)
        named = scope("deposit", str(A), BOB, "--value", "1", env={"ETH_RPC_URL": self.devnet.url(A)})
        self.assertIn("ETH_RPC_URL: " + self.devnet.url(A), named.stderr)
        self.assertEqual(self.devnet.ask("eth_getTransactionCount", BOB, "latest"), before)

    def test_a_forced_transaction_that_fits_nowhere_does_nothing(self):
        signed = self.devnet.ask("eth_signTransaction", {"from": BOB, "to": self.GONE, "value": "0x1", "nonce": "0x999",
                                                         "gas": "0x5208"}, chain_id=A)
        self.assertIn("it did nothing", self.run_scope("force", A, signed["raw"], code=1))

    def test_a_rollup_that_no_node_here_serves_is_told(self):
        program = "0x" + "11" * 32
        with Devnet("--attesters", "1", "--data", "calldata") as devnet:
            def of_a():
                return next(chain for chain in devnet.ask("scope_chains") if chain["chainId"] == A)

            def run(*arguments):
                result = scope(*map(str, arguments), "--rpc-url", devnet.url())
                return result.stdout + result.stderr

            def of_registry(function, *words):
                word = lambda value: value[2:].lower().rjust(64, "0")
                registry = next(contract["address"] for contract in devnet.ask("scope_contracts")
                                if contract["name"] == "RollupRegistry")
                _, receipt = devnet.send(**{"from": owner}, to=registry, gas=hex(500_000),
                                         data=selector(function, "RollupRegistry") + "".join(map(word, words)))
                self.assertEqual(receipt["status"], "0x1")

            owner, verifier = of_a()["owner"], of_a()["verifier"]
            self.assertRegex(run("chains"), rf"verifier {verifier}, program {of_a()['programId']}, policy none\n")
            devnet.ask("anvil_setBalance", owner, hex(ETHER))
            devnet.ask("anvil_impersonateAccount", owner)
            of_registry("announceChange", hex(A), verifier, program, "0x0")
            devnet.ask("evm_increaseTime", 30 * 86_400 + 60)
            devnet.ask("evm_mine")
            of_registry("applyChange", hex(A))
            why = f"no node here serves rollup 42001: it has program {program} on L1"
            self.assertIn(why, run("chains"))
            self.assertRegex(run("deposit", A, BOB, "--value", 5, "--timeout", 1), f"it still waits after 1 s: {why}")
            self.assertIn("arrived at", run("deposit", B, BOB, "--value", 5))

    def test_what_waits_is_listed(self):
        with Devnet("--no-mining", "--attesters", "1", "--data", "calldata") as devnet:
            settlement = next(contract["address"] for contract in devnet.ask("scope_contracts")
                              if contract["name"] == "Settlement")
            devnet.send(to=settlement, value=hex(ETHER), gas=hex(500_000),
                        data=DEPOSIT + f"{A:064x}" + "0" * 24 + BOB[2:].lower())
            self.assertEqual(devnet.ask("scope_getForcedQueue", A), [])
            devnet.ask("evm_mine")
            queued_at = int(devnet.ask("eth_blockNumber"), 16)
            [entry] = devnet.ask("scope_getForcedQueue", A)
            self.assertEqual((entry["index"], entry["kind"], entry["from"], entry["to"]),
                             ("0x0", "deposit", ALICE.lower(), BOB.lower()))
            self.assertEqual((int(entry["queuedAt"], 16), int(entry["dueAt"], 16)), (queued_at, queued_at + 64))
            self.assertEqual(devnet.ask("scope_getDeposit", A, 0)["status"], "waiting")
            state = next(chain for chain in devnet.ask("scope_chains") if chain["chainId"] == A)
            self.assertEqual(state["forcedQueue"], {"position": "0x0", "length": "0x1"})
            devnet.ask("evm_mine", chain_id=A)
            self.assertEqual(devnet.ask("scope_getForcedQueue", A), [])
            self.assertEqual(devnet.ask("scope_getDeposit", A, 0)["status"], "succeeded")

    def test_wrong_arguments_are_told_before_anything_is_sent(self):
        nonce = self.devnet.ask("eth_getTransactionCount", ALICE, "latest")
        for arguments, words in ((["deposit", 4242, BOB], "42001, 42002"), (["deposit", A, "0x12"], "TO"),
                                 (["deposit", A, BOB, "--value", "much"], "--value"), (["force", A], "RAWTX"),
                                 (["force", A, "0x1234"], "RAWTX"), (["exit", A, "--token", "me"], "--token")):
            self.assertIn(words, self.run_scope(*arguments, code=2))
        wrong_port = scope("deposit", str(A), BOB, "--rpc-url", self.devnet.url(A))
        self.assertEqual(wrong_port.returncode, 2)
        self.assertIn("name L1's port", wrong_port.stderr)
        self.assertIn("is not closed", self.run_scope("exit", A, code=1))
        self.assertRegex(self.run_scope("close", A, code=1), r"its closing may begin from L1 block 50\d\d\d on")
        self.assertEqual(self.devnet.ask("eth_getTransactionCount", ALICE, "latest"), nonce)

    def test_chains_show_who_owns_a_rollup(self):
        owner = self.rollup(A)["owner"]
        self.assertRegex(self.run_scope("chains"), rf"42001 +owner {owner}, bond 1 ETH, forced queue: \d+ of \d+ taken")


class Leaving(OnL1Alone):
    def mine(self, blocks):
        for _ in range(blocks // 10_000):
            self.devnet.ask("anvil_mine", hex(10_000))
        self.devnet.ask("anvil_mine", hex(blocks % 10_000))

    def queue_unseen(self, token):
        """Has Alice deposit ETH, and 3 of her tokens, in an L1 block; nothing is mined by itself from then on."""
        named = {contract["name"]: contract["address"] for contract in self.devnet.ask("scope_contracts")
                 if contract["chainId"] == L1}
        word = lambda value: (value[2:].lower() if isinstance(value, str) else f"{value:x}").rjust(64, "0")
        self.devnet.ask("evm_setAutomine", False)
        for to, value, data in (
                (named["Settlement"], ETHER, DEPOSIT + word(B) + word(self.GONE)),
                (token, 0, selector("approve", "Token") + word(named["TokenBridge"]) + word(3)),
                (named["TokenBridge"], ETHER, selector("deposit", "TokenBridgeL1") + word(token) + word(B)
                 + word(self.GONE) + word(3))):
            self.devnet.send(to=to, value=hex(value), gas=hex(1_000_000), data=data)
        self.devnet.ask("evm_mine")

    def run_scope_and_mine(self, *arguments):
        """Runs a command that sends a transaction on L1, and has it mined."""
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            running = thread.submit(self.run_scope, *arguments)
            while not running.done() and not int(self.devnet.ask("txpool_status")["pending"], 16):
                time.sleep(0.1)
            self.devnet.ask("evm_mine")
            return running.result()

    def test_a_rollup_that_stopped_is_closed_and_pays(self):
        token = self.deploy_token()
        self.run_scope("deposit", B, BOB, "--token", token, "--value", 5)
        self.run_scope("deposit", B, MULTICALL3, "--value", 7, "--data", "0x12345678", code=1)   # to Alice's alias
        self.devnet.send(B, to=BOB, value="0x1")
        while int(self.rollup(B)["unsettledBlocks"], 16):
            self.devnet.ask("evm_mine")
        of_alice = self.balance(ALICE, B)

        self.mine(50_401)
        self.assertIn("has begun", self.run_scope("close", B))
        closes_at = int(self.rollup(B)["closesAt"], 16)
        self.assertIn(f"may be closed from L1 block {closes_at} on", self.run_scope("chains"))
        self.assertIn(f"has begun already; from L1 block {closes_at} on", self.run_scope("close", B, code=1))
        self.mine(50_400)
        untaken = int(self.rollup(B)["forcedQueue"]["length"], 16)
        self.queue_unseen(token)
        self.assertIn("closed for good", self.run_scope_and_mine("close", B))
        self.devnet.ask("evm_setAutomine", True)
        self.assertTrue(self.rollup(B)["closed"])
        self.assertIn("closed for good", self.run_scope("chains"))
        self.assertIn("closed for good", self.run_scope("deposit", B, BOB, "--value", 1, code=1))
        self.assertIn("closed for good", self.run_scope("close", B, code=1))

        before = self.balance(ALICE, L1)
        contract, calldata, *value = self.run_scope("exit", B, "--holder", ALICE, "--from", self.GONE, "--print").split()
        self.assertEqual((self.balance(ALICE, L1), value), (before, ["--value", "0"]))
        _, receipt = self.devnet.send(**{"from": BOB, "to": contract, "data": calldata})
        self.assertEqual(receipt["status"], "0x1")
        self.run_scope("exit", B, "--alias-of", ALICE, "--from", BOB)
        self.assertEqual(self.balance(ALICE, L1), before + of_alice + 7)
        self.assertIn("was paid already", self.run_scope("exit", B, "--holder", ALICE, "--from", BOB, code=1))
        self.assertIn("is a contract", self.run_scope("exit", B, "--holder", PREDEPLOY, code=1))
        # Bob has sent nothing there: only himself may.
        self.assertIn("only itself", self.run_scope("exit", B, "--token", token, "--holder", BOB, code=1))
        self.run_scope("exit", B, "--token", token, "--from", BOB)
        self.assertEqual(int(self.call(token, BALANCE_OF + "0" * 24 + BOB[2:].lower(), L1), 16), 5)

        self.assertIn("is failed", self.run_scope("exit", B, "--deposit", untaken - 1, code=1))
        self.assertIn("is no deposit", self.run_scope("exit", B, "--deposit", untaken + 2, code=1))
        before = self.balance(ALICE, L1)
        printed = self.run_scope("exit", B, "--deposit", untaken, "--from", BOB)
        self.assertRegex(printed, rf"ETH back to {ALICE.lower()}, deposit {untaken} of rollup 42002")
        self.assertGreater(self.balance(ALICE, L1), before + ETHER * 9 // 10)
        contract, calldata, *_ = self.run_scope("exit", B, "--deposit", untaken + 1, "--print").split()
        held = int(self.call(token, BALANCE_OF + "0" * 24 + ALICE[2:].lower(), L1), 16)
        _, receipt = self.devnet.send(**{"from": BOB, "to": contract, "data": calldata})
        self.assertEqual(receipt["status"], "0x1")
        self.assertEqual(int(self.call(token, BALANCE_OF + "0" * 24 + ALICE[2:].lower(), L1), 16), held + 3)
        self.assertIn("is refunded", self.run_scope("exit", B, "--deposit", untaken, code=1))
        # Others go on.
        self.run_scope("deposit", A, self.GONE, "--value", 1)


class Flags(unittest.TestCase):
    def test_chains_and_accounts(self):
        with Devnet("--chain-id", "1337", "--rollup-chain-ids", "77,55", "--accounts", "2", "--balance", "5",
                    "--gas-limit", "80000000", "--base-fee", "7", "--timestamp", "1900000000",
                    "--mnemonic", "abandon " * 11 + "about", "--attesters", "1", "--data", "calldata") as devnet:
            config = devnet.config()
            self.assertEqual([chain["chain_id"] for chain in config["chains"]], [1337, 55, 77])
            self.assertEqual(config["available_accounts"][0], "0x9858effd232b4033e47d90003d41ec34ecaeda94")
            self.assertEqual(len(config["private_keys"]), 2)
            for chain_id in (1337, 55, 77):
                block = devnet.ask("eth_getBlockByNumber", "0x0", False, chain_id=chain_id)
                self.assertEqual([int(block[name], 16) for name in ("gasLimit", "baseFeePerGas", "timestamp")],
                                 [80_000_000, 7, 1_900_000_000])
                balance = devnet.ask("eth_getBalance", config["available_accounts"][1], "latest", chain_id=chain_id)
                self.assertEqual(int(balance, 16), 5 * ETHER)

    def test_a_hundred_rollups_settle(self):
        with Devnet("--rollups", "100", "--block-time", "3600", "--mixed-mining", "--data", "calldata") as net:
            first, last = A, A + 99
            for chain_id in range(first, last + 1):
                net.send(chain_id, to=BOB, value="0x1")
            _, receipt = net.send(last, to=PREDEPLOY, data=asking_l1("tryScopedCall", ALICE))
            self.assertEqual(receipt["status"], "0x1")   # a root: it has settled
            while any(int(chain.get("unsettledBlocks", "0x0"), 16) for chain in net.ask("scope_chains")):
                before = net.ask("eth_blockNumber")
                net.ask("evm_mine")
                self.assertNotEqual(net.ask("eth_blockNumber"), before)
            self.assertTrue(all(net.ask("eth_getBlockByNumber", "safe", False, chain_id=chain_id)["number"] != "0x0"
                                for chain_id in range(first, last + 1)))

    def test_environment(self):
        with Devnet(env={"SCOPE_ROLLUPS": "1", "SCOPE_ACCOUNTS": "3", "SCOPE_CHAIN_ID": "99"}) as devnet:
            config = devnet.config()
            self.assertEqual([chain["chain_id"] for chain in config["chains"]], [99, A])
            self.assertEqual(len(config["available_accounts"]), 3)

    def test_accounts_of_a_genesis_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"alloc": {BOB: {"balance": "0x7"}, "0x" + "ab" * 20: {"balance": "1", "code": "0x60"}}}, file)
            file.flush()
            with Devnet("--init", file.name, "--rollups", "1") as devnet:
                self.assertEqual(int(devnet.ask("eth_getBalance", BOB, "latest"), 16), 7)
                self.assertEqual(devnet.ask("eth_getCode", "0x" + "ab" * 20, "latest"), "0x60")
                self.assertEqual(int(devnet.ask("eth_getBalance", BOB, "latest", chain_id=A), 16), 10_000 * ETHER)

    def test_mining_by_hand(self):
        with Devnet("--no-mining", "--rollups", "1") as devnet:
            hash, receipt = devnet.send(to=BOB, value="0x1")
            self.assertIsNone(receipt)
            devnet.ask("evm_mine")
            self.assertEqual(devnet.ask("eth_getTransactionReceipt", hash)["status"], "0x1")

    def test_mining_at_intervals(self):
        with Devnet("--block-time", "0.2", "--rollups", "1") as devnet:
            devnet.line(r"L1 +block 3 ")

    def test_json_is_one_object_a_line_and_nothing_else(self):
        with Devnet("--json", "--rollups", "1") as devnet:
            devnet.send(to=BOB, value="0x1")
            devnet.line('"event":"block"')
            self.assertEqual(devnet.interrupt(), 0)
            devnet.reader.join()
            events = [json.loads(line) for line in devnet.lines[:-1]]
            self.assertEqual(events[0]["event"], "listening")
            self.assertIn(("block", L1, 1), [(event["event"], event.get("chain_id"), event.get("number"))
                                             for event in events])

    def test_silent(self):
        with Devnet("--silent", "--rollups", "1", port=None, env={"SCOPE_PORT": "0"}) as devnet:
            while not devnet.config_file.exists() or not devnet.config_file.read_text():
                self.assertIsNone(devnet.process.poll())
            devnet.line = lambda *_: None   # nothing will be printed
            devnet.send(to=BOB, value="0x1")
            self.assertEqual(devnet.interrupt(), 0)
            devnet.reader.join()
            self.assertEqual(devnet.lines, [None])

    def test_log_has_a_line_for_each_block(self):
        with Devnet("--rollups", "1", "--color", "always") as devnet:
            devnet.send(to=BOB, value="0x1")
            self.assertIn("21,000 gas", devnet.line(r"L1 +block 1 +1 transaction "))
            devnet.send(chain_id=A, to=BOB, value="0x1")
            devnet.line(r"42001 +block 1 ")

    def test_solidity_for_a_project_of_ones_own(self):
        with tempfile.TemporaryDirectory() as folder:
            with Devnet("--solidity", folder, "--rollups", "1") as devnet:
                devnet.config()
                for file in ("interfaces/IScopedCallable.sol", "libraries/ScopeLib.sol"):
                    self.assertEqual((pathlib.Path(folder) / file).read_text(),
                                     (ROOT / "contracts" / "src" / file).read_text())
                # Every import is there, too.
                for file in pathlib.Path(folder).rglob("*.sol"):
                    for path in re.findall(r'from "(\.[^"]*)"', file.read_text()):
                        self.assertTrue((file.parent / path).exists(), f"{file}: {path}")


class State(unittest.TestCase):
    def balance(self, devnet, chain_id):
        return int(devnet.ask("eth_getBalance", BOB, "latest", chain_id=chain_id), 16) - 10_000 * ETHER

    def test_goes_on_where_it_was_dumped(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "state.json"
            with Devnet("--state", file, "--rollups", "1") as devnet:
                devnet.send(to=BOB, value="0x5")
                devnet.send(chain_id=A, to=BOB, value="0x6")
                self.assertEqual(devnet.interrupt(), 0, devnet.errors())
            self.assertTrue(file.exists())
            for arguments in (["--state", file], ["--state", folder], ["--load-state", file]):
                with Devnet(*arguments, "--rollups", "1") as devnet:
                    self.assertEqual((self.balance(devnet, L1), self.balance(devnet, A)), (5, 6))

    def test_terminated_is_interrupted(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "dump"
            with Devnet("--dump-state", file, "--rollups", "1") as devnet:
                devnet.config()
                self.assertEqual(devnet.interrupt(signal.SIGTERM), 0)
            self.assertTrue(file.exists())

    def test_dumps_at_intervals(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "dump"
            with Devnet("--dump-state", file, "--state-interval", "1", "--rollups", "1") as devnet:
                devnet.config()
                while not file.exists():
                    self.assertIsNone(devnet.process.poll())

    def test_wrong_files(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("no state")
            file.flush()
            for flag in ("--load-state", "--state", "--init"):
                result = scope("devnet", flag, file.name, "--port", "0")
                self.assertEqual((result.returncode, result.stdout), (1, ""), flag)
                self.assertIn(file.name, result.stderr)


class Database(unittest.TestCase):
    """--state FOLDER: every block is there at once, and the devnet goes on from it."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name) / "state"

    def devnet(self, *arguments):
        return Devnet("--state", self.folder, *arguments)

    def refused(self, *arguments, code=1):
        result = scope("devnet", "--state", str(self.folder), "--port", "0", *arguments)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        return result.stderr

    def heads(self, devnet):
        return {chain_id: devnet.ask("eth_getBlockByNumber", "latest", False, chain_id=chain_id)
                for chain_id in (L1, A, B)}

    def test_goes_on_after_a_kill(self):
        with self.devnet() as devnet:
            devnet.send(chain_id=A, to=BOB, value="0x6")    # in a block that no scope has settled
            devnet.ask("anvil_setBalance", BOB, "0x7", chain_id=B)
            root = devnet.send(chain_id=A, to=PREDEPLOY, data=asking_l1("tryScopedCall", ALICE))[1]
            devnet.ask("evm_increaseTime", 5000)
            heads, trace = self.heads(devnet), devnet.ask("scope_traceScope", 0)
            devnet.process.kill()
        self.assertEqual(root["status"], "0x1")
        with self.devnet() as devnet:
            self.assertEqual(self.heads(devnet), heads)
            self.assertEqual(devnet.ask("scope_traceScope", 0), trace)
            self.assertEqual(devnet.ask("eth_getBalance", BOB, "latest", chain_id=B), "0x7")
            devnet.ask("evm_mine")
            later = int(self.heads(devnet)[L1]["timestamp"], 16) - int(heads[L1]["timestamp"], 16)
            self.assertGreaterEqual(later, 5000)
            self.assertEqual(devnet.send(chain_id=A, to=BOB, value="0x1")[1]["status"], "0x1")
            self.assertEqual(devnet.interrupt(), 0, devnet.errors())

    def test_a_kill_loses_nothing_that_was_answered(self):
        receipts = []
        pause = 0.05
        for _ in range(8):
            with self.devnet("--rollups", "1") as devnet:
                for chain_id, hash, receipt in receipts:
                    self.assertEqual(devnet.ask("eth_getTransactionReceipt", hash, chain_id=chain_id), receipt)
                devnet.config()
                killer = threading.Timer(pause, devnet.process.kill)
                killer.start()
                try:
                    while True:
                        for chain_id in (L1, A):
                            hash, receipt = devnet.send(chain_id=chain_id, to=BOB, value="0x1")
                            receipts.append((chain_id, hash, receipt))
                except OSError:     # it is gone
                    pass
                killer.join()
            pause *= 1.4
        self.assertGreater(len(receipts), 20)

    def test_other_options_than_it_was_made_with_are_refused(self):
        with self.devnet("--rollups", "1", "--timestamp", "1700000000") as devnet:
            devnet.config()
            self.assertIn("another process", self.refused())
        self.assertIn("--rollups", self.refused("--rollups", "3", code=2))
        self.assertIn("--attesters", self.refused("--attesters", "1", code=2))
        (self.folder / "genesis.json").unlink()     # then it would be another genesis
        self.assertIn("began with", self.refused("--rollups", "1"))

    def test_what_is_missing_or_damaged_is_named(self):
        with self.devnet("--rollups", "1") as devnet:
            devnet.send(to=BOB, value="0x5")
            self.assertEqual(devnet.interrupt(), 0)
        with tempfile.TemporaryDirectory() as beside:
            kept = pathlib.Path(beside) / "kept"
            self.folder.rename(kept)
            for path in ("node", "node/SCOPE", "attester-2/SCOPE", "node/rows/CURRENT", "node/commits"):
                shutil.copytree(kept, self.folder)
                damaged = self.folder / path
                (shutil.rmtree if damaged.is_dir() else pathlib.Path.unlink)(damaged)
                self.assertRegex(self.refused(), f"{self.folder / path}|{damaged.parent}: .*{damaged.name}", path)
                shutil.rmtree(self.folder)
            shutil.copytree(kept, self.folder)
            (self.folder / "genesis.json").write_text("{")
            self.assertIn("genesis.json", self.refused())
            shutil.rmtree(self.folder)
            # An attester derives what it lost from L1; the node has L1, which nobody else has.
            shutil.copytree(kept, self.folder)
            shutil.rmtree(self.folder / "attester-2")
            with self.devnet("--rollups", "1") as devnet:
                root = devnet.send(chain_id=A, to=PREDEPLOY, data=asking_l1("tryScopedCall", ALICE))[1]
                self.assertEqual(root["status"], "0x1")
            shutil.rmtree(self.folder / "node")
            (self.folder / "attester-1").rename(self.folder / "node")
            self.assertIn("another node's", self.refused())

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small disk")
    def test_a_full_disk_ends_it_and_names_the_file(self):
        self.folder.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", self.folder],
                          capture_output=True).returncode != 0:
            self.skipTest("nothing can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.folder])
        answered = []
        with self.devnet("--rollups", "1") as devnet:
            try:
                while len(answered) < 2000:
                    answered.append(devnet.send(data="0x" + "ab" * 20_000, gas="0xf00000"))
            except (OSError, AssertionError):       # gone, or it says why not
                pass
            self.assertEqual(devnet.process.wait(PATIENCE), 1)
            self.assertIn(str(self.folder), devnet.errors())
        self.assertGreater(len(answered), 10)
        subprocess.run(["mount", "-o", "remount,size=64m", self.folder], check=True)
        with self.devnet("--rollups", "1") as devnet:
            for hash, receipt in answered:
                self.assertEqual(devnet.ask("eth_getTransactionReceipt", hash), receipt)
            self.assertEqual(devnet.send(to=BOB, value="0x1")[1]["status"], "0x1")

    def test_flags_of_a_folder_need_one(self):
        for flags in (["--archive"], ["--state-cache", "64"], ["--state", "x.json", "--archive"]):
            result = scope("devnet", *flags)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(flags[-1] if flags[-1].startswith("--") else flags[0], result.stderr)


class Errors(unittest.TestCase):
    def refused(self, *arguments, env=None, code=2):
        result = scope("devnet", *arguments, env=env)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        return result.stderr

    def test_taken_port_is_told_with_its_chain(self):
        with Devnet("--rollups", "1") as devnet:
            devnet.config()
            port = devnet.url().rsplit(":", 1)[1]
            result = scope("devnet", "--port", port, "--rollups", "1")
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertIn("L1", result.stderr)
            self.assertIn(port, result.stderr)

    def test_taken_port_of_a_rollup(self):
        for base in range(20_000, 60_000, 1_500):   # one that is free, with its rollup's, is soon found
            with contextlib.closing(socket.socket()) as taken:
                try:
                    taken.bind(("127.0.0.1", base + 1000))
                except OSError:
                    continue
                taken.listen()
                result = scope("devnet", "--port", str(base), "--rollups", "1")
                if "L1" in result.stderr:
                    continue
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertIn("42001", result.stderr)
                self.assertIn(str(base + 1000), result.stderr)
                return
        self.fail("no port is free")

    def test_unknown_flag_names_the_nearest(self):
        self.assertIn("--port", self.refused("--prot", "1"))
        self.assertIn("--block-time", self.refused("--blocktime=1"))
        result = scope("devnte")
        self.assertEqual(result.returncode, 2)
        self.assertIn("devnet", result.stderr)
        result = scope("demo", "--tampr", "x")
        self.assertIn("--tamper", result.stderr)

    def test_numbers_out_of_range(self):
        for flag, value in (("--port", "65536"), ("--rollups", "101"), ("--rollups", "0"), ("--attesters", "0"),
                            ("--accounts", "-1"), ("--balance", "1e3")):
            self.assertIn(flag, self.refused(flag, value))

    def test_environment_is_checked_too(self):
        self.assertIn("--port", self.refused(env={"SCOPE_PORT": "many"}))

    def test_contradictions(self):
        self.assertIn("--block-time", self.refused("--no-mining", "--block-time", "1"))
        self.assertIn("31337", self.refused("--rollup-chain-ids", "31337"))

    def test_mnemonic(self):
        self.assertIn("frob", self.refused("--mnemonic", "frob " * 12))
        self.assertIn("checksum", self.refused("--mnemonic", "test " * 12))
        self.assertIn("--derivation-path", self.refused("--derivation-path", "44/60"))


if __name__ == "__main__":
    unittest.main()
