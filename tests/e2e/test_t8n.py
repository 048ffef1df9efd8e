"""scope t8n, as a filler of tests meets it: blocks of the official block tests, turned into its inputs.

Each block's pre-state is the alloc that the call for its parent wrote. Without fixtures these tests are skipped.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SCOPE_BINARY", ROOT / "build" / "release" / "apps" / "t8n" / "scope-t8n"))
sys.path.insert(0, str(ROOT / "tools"))
import run_tests  # noqa: E402  (it knows where the fixtures are)

PART = 1 if "SCOPE_TEST_FULL" in os.environ else 40   # one test in so many
ETHER = 10**18
FORKS_WITH_REWARD = {"Frontier": 5 * ETHER, "Homestead": 5 * ETHER, "EIP150": 5 * ETHER, "EIP158": 5 * ETHER,
                     "Byzantium": 3 * ETHER, "ConstantinopleFix": 2 * ETHER, "Istanbul": 2 * ETHER,
                     "Berlin": 2 * ETHER, "London": 2 * ETHER}
KEY = "0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8"
SENDER = "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"   # whose key that is
ENV = {"currentCoinbase": "0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba", "currentNumber": "0x1",
       "currentTimestamp": "0x3e8", "currentGasLimit": "0x1c9c380", "currentRandom": "0x0", "currentBaseFee": "0x7",
       "withdrawals": [], "parentBeaconBlockRoot": "0x" + "00" * 32, "parentHash": "0x" + "11" * 32}


def t8n(inputs: dict, fork: str, *more: str, body: bool = False) -> subprocess.CompletedProcess:
    command = [BINARY, "t8n", "--input.alloc=stdin", "--input.env=stdin", "--input.txs=stdin", "--output.alloc=stdout",
               "--output.result=stdout", f"--state.fork={fork}", *(["--output.body=stdout"] if body else []), *more]
    return subprocess.run(command, input=json.dumps(inputs), capture_output=True, text=True, timeout=600)


def payload(data: bytes) -> tuple[bytes, bytes]:
    """The first RLP item of the data, with its header, and what follows it."""
    first = data[0]
    if first < 0x80:
        size, start = 1, 0
    elif first < 0xB8 or 0xC0 <= first < 0xF8:
        size, start = first - (0xC0 if first >= 0xC0 else 0x80), 1
    else:
        start = 1 + first - (0xF7 if first >= 0xF8 else 0xB7)
        size = int.from_bytes(data[1:start], "big")
    return data[:start + size], data[start + size:]


def items(data: bytes) -> list[bytes]:
    """The items of an RLP list."""
    start = 1 if data[0] < 0xF8 else 1 + data[0] - 0xF7
    rest, result = data[start:], []
    while rest:
        item, rest = payload(rest)
        result.append(item)
    return result


def fork_at(network: str, timestamp: int) -> str:
    before, _, after = network.removesuffix("AtTime15k").partition("To")
    return after if after and timestamp >= 15_000 else before


def env_of(block: dict, parent: dict, hashes: dict) -> dict:
    """The environment of a block; every second one leaves to the tool what it can work out from the parent."""
    header = block["blockHeader"]
    env = {"currentCoinbase": header["coinbase"], "currentNumber": header["number"],
           "currentTimestamp": header["timestamp"], "currentGasLimit": header["gasLimit"],
           "currentRandom": header["mixHash"], "currentDifficulty": header["difficulty"],
           "parentHash": header["parentHash"], "blockHashes": hashes,
           "ommers": [{"delta": int(header["number"], 16) - int(ommer["number"], 16), "address": ommer["coinbase"]}
                      for ommer in block["uncleHeaders"]]}
    if "withdrawals" in block:
        env["withdrawals"] = block["withdrawals"]
    if "parentBeaconBlockRoot" in header:
        env["parentBeaconBlockRoot"] = header["parentBeaconBlockRoot"]
    if int(header["number"], 16) % 2 == 0:
        for name, field in (("currentBaseFee", "baseFeePerGas"), ("currentExcessBlobGas", "excessBlobGas")):
            if field in header:
                env[name] = header[field]
        return env
    if int(header["difficulty"], 16):
        del env["currentDifficulty"]
    for name, field in (("parentTimestamp", "timestamp"), ("parentDifficulty", "difficulty"),
                        ("parentUncleHash", "uncleHash"), ("parentGasUsed", "gasUsed"),
                        ("parentGasLimit", "gasLimit"), ("parentBaseFee", "baseFeePerGas"),
                        ("parentExcessBlobGas", "excessBlobGas"), ("parentBlobGasUsed", "blobGasUsed")):
        if field in parent:
            env[name] = parent[field]
    if "baseFeePerGas" in header and "baseFeePerGas" not in parent:   # the first block of London
        env["currentBaseFee"] = header["baseFeePerGas"]
    return env


def expected_result(header: dict) -> dict:
    fields = {"stateRoot": "stateRoot", "txRoot": "transactionsTrie", "receiptsRoot": "receiptTrie",
              "logsBloom": "bloom", "gasUsed": "gasUsed", "currentDifficulty": "difficulty",
              "currentBaseFee": "baseFeePerGas", "withdrawalsRoot": "withdrawalsRoot",
              "currentExcessBlobGas": "excessBlobGas", "blobGasUsed": "blobGasUsed", "requestsHash": "requestsHash"}
    result = {name: header[field] for name, field in fields.items() if field in header}
    if not int(result["currentDifficulty"], 16):
        del result["currentDifficulty"]
    return {name: hex(int(value, 16)) if len(value) < 66 else value for name, value in result.items()}


def wrong_in_chain(test: dict, folder: pathlib.Path) -> str | None:
    """What is wrong with the first block of a test's chain that isn't as its header says; nothing if all are."""
    alloc, parent = test["pre"], test["genesisBlockHeader"]
    hashes = {str(int(parent["number"], 16)): parent["hash"]}
    (folder / "blobs.json").write_text("{}")
    for number, block in enumerate(test["blocks"]):
        if "expectException" in block or block.get("blockHeader", {}).get("parentHash") != parent["hash"]:
            continue
        header = block["blockHeader"]
        fork = fork_at(test["network"], int(header["timestamp"], 16))
        more = [f"--state.chainid={int(test.get('config', {}).get('chainid', '0x1'), 16)}",
                f"--state.reward={FORKS_WITH_REWARD.get(fork, -1)}"]
        schedule = test.get("config", {}).get("blobSchedule", {}).get(fork)
        if schedule:
            (folder / "blobs.json").write_text(json.dumps(schedule))
            more.append(f"--input.blobParams={folder / 'blobs.json'}")
        body = "0x" + items(bytes.fromhex(block["rlp"][2:]))[1].hex()
        txs = body if number % 2 else block["transactions"]
        run = t8n({"alloc": alloc, "env": env_of(block, parent, hashes), "txs": txs}, fork, *more, body=True)
        if run.returncode != 0:
            return f"block {number}: {run.stderr}"
        output = json.loads(run.stdout)
        result = output["result"]
        for name, value in expected_result(header).items():
            if result.get(name) != value:
                return f"block {number}: {name} is {result.get(name)}, expected {value}; {result['rejected']}"
        if result["rejected"] or output["body"] != body:
            return f"block {number}: rejected {result['rejected']}, or another body"
        alloc, parent = output["alloc"], header
        hashes[str(int(header["number"], 16))] = header["hash"]
    return None


class Blocks(unittest.TestCase):
    def test_are_as_their_headers_say(self):
        folder = run_tests.fixtures("blockchain_tests", "eest-blockchain-tests.tar.zst")
        if isinstance(folder, str):
            self.skipTest(folder)
        wrong, count = [], 0
        with tempfile.TemporaryDirectory() as temporary:
            for file in sorted(folder.rglob("*.json")):
                if file.stat().st_size > 4_000_000 and PART != 1:
                    continue
                for name, test in json.loads(file.read_text()).items():
                    if int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % PART:
                        continue
                    count += 1
                    problem = wrong_in_chain(test, pathlib.Path(temporary))
                    if problem:
                        wrong.append(f"{name}: {problem}")
        self.assertGreater(count, 50)
        self.assertEqual(wrong[:5], [], f"{len(wrong)} of {count}")


class Transactions(unittest.TestCase):
    TX = {"type": "0x2", "nonce": "0x0", "gas": "0x5208", "maxFeePerGas": "0xa", "maxPriorityFeePerGas": "0x0",
          "to": "0x" + "33" * 20, "value": "0x1", "input": "0x", "secretKey": KEY, "v": "0x0", "r": "0x0", "s": "0x0"}
    ALLOC = {SENDER: {"balance": hex(ETHER)}}

    def run_txs(self, txs, *more, fork="Cancun", **env):
        run = t8n({"alloc": self.ALLOC, "env": {**ENV, **env}, "txs": txs}, fork, *more, body=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def test_unsigned_are_signed(self):
        output = self.run_txs([self.TX])
        self.assertEqual(output["result"]["rejected"], [])
        self.assertEqual(output["alloc"][SENDER], {"balance": hex(ETHER - 1 - 21000 * 7), "nonce": "0x1"})
        self.assertEqual(output["alloc"]["0x" + "33" * 20], {"balance": "0x1"})

    def test_body_is_an_input(self):
        first = self.run_txs([self.TX])
        second = self.run_txs(first["body"])
        self.assertEqual(first["result"], second["result"])

    def test_refused_say_why_and_leave_no_trace(self):
        legacy = {"nonce": "0x5", "gas": "0x5208", "gasPrice": "0xa", "to": None, "value": "0x0", "input": "0x",
                  "secretKey": KEY}
        output = self.run_txs([{**self.TX, "nonce": "0x1"}, {**self.TX, "maxFeePerGas": "0x6"},
                               {**self.TX, "type": "0x4", "authorizationList": []}, legacy, {"nonce": "0x0"},
                               {**self.TX, "nonce": hex(2**64)}, self.TX])
        reasons = {entry["index"]: entry["error"] for entry in output["result"]["rejected"]}
        self.assertEqual(sorted(reasons), [0, 1, 2, 3, 4, 5])
        for index, name in enumerate(["NONCE_MISMATCH_TOO_HIGH", "INSUFFICIENT_MAX_FEE_PER_GAS", "TYPE_4_TX_PRE_FORK",
                                      "INTRINSIC_GAS_TOO_LOW", "gas", "2^64"]):
            self.assertIn(name, reasons[index])
        self.assertEqual(len(output["result"]["receipts"]), 1)
        self.assertEqual(output["result"]["gasUsed"], "0x5208")

    def test_bytes_that_are_none_are_refused_one_by_one(self):
        output = self.run_txs("0xc4820203c0")
        self.assertEqual(len(output["result"]["rejected"]), 2)

    def test_rewards(self):
        coinbase, ommer = ENV["currentCoinbase"], "0x" + "bb" * 20
        env = {"currentDifficulty": "0x20000", "currentNumber": "0x5", "ommers": [{"delta": 1, "address": ommer}]}
        for reward, expected in ((64, {coinbase: {"balance": "0x42"}, ommer: {"balance": "0x38"}}), (-1, {})):
            output = self.run_txs([], f"--state.reward={reward}", fork="Berlin", **env)
            del output["alloc"][SENDER]
            self.assertEqual(output["alloc"], expected)
        self.assertIn(coinbase, self.run_txs([], "--state.reward=0", fork="Frontier", **env)["alloc"])
        self.assertNotIn(coinbase, self.run_txs([], "--state.reward=0", fork="Berlin", **env)["alloc"])


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "alloc.json").write_text(json.dumps(Transactions.ALLOC))
        (self.folder / "env.json").write_text(json.dumps(ENV))
        (self.folder / "txs.json").write_text(json.dumps([Transactions.TX]))

    def run_in_folder(self, *arguments):
        return subprocess.run([BINARY, "t8n", "--state.fork=Cancun", *arguments], cwd=self.folder, capture_output=True,
                              text=True, timeout=60)

    def test_are_read_and_written_where_the_arguments_say(self):
        run = self.run_in_folder("--output.basedir=out/deep", "--output.body=txs.rlp", "--trace")
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        files = sorted(file.name for file in (self.folder / "out" / "deep").iterdir())
        self.assertEqual(files[:2] + files[3:], ["alloc.json", "result.json", "txs.rlp"])
        result = json.loads((self.folder / "out" / "deep" / "result.json").read_text())
        self.assertEqual(files[2], f"trace-0-{result['receipts'][0]['transactionHash']}.jsonl")
        again = self.run_in_folder("--input.txs=out/deep/txs.rlp", "--output.result=stdout")
        self.assertEqual(json.loads(again.stdout)["result"], result)

    def test_faulty_are_named(self):
        for name, content, words in (("env.json", "{", ["env.json", "JSON"]),
                                     ("env.json", json.dumps({**ENV, "currentNumber": "x"}), ["env.currentNumber"]),
                                     ("env.json", json.dumps({**ENV, "currentRandom": None}), ["env.currentRandom"]),
                                     ("alloc.json", "[]", ["alloc.json", "object"]),
                                     ("txs.json", "{}", ["txs.json", "array"]),
                                     ("txs.json", '"0x05"', ["txs.json", "RLP"])):
            before = (self.folder / name).read_text()
            (self.folder / name).write_text(content)
            run = self.run_in_folder()
            (self.folder / name).write_text(before)
            self.assertEqual(run.returncode, 1, content)
            for word in words:
                self.assertIn(word, run.stderr)

    def test_forks_have_other_names_too(self):
        env = {key: value for key, value in ENV.items() if key != "currentRandom"}
        (self.folder / "env.json").write_text(json.dumps({**env, "currentDifficulty": "0x20000"}))
        (self.folder / "txs.json").write_text("[]")
        for name, same in (("TangerineWhistle", "EIP150"), ("SpuriousDragon", "EIP158"), ("MuirGlacier", "Istanbul"),
                           ("Petersburg", "ConstantinopleFix"), ("ArrowGlacier", "London"), ("GrayGlacier", "London")):
            runs = [self.run_in_folder(f"--state.fork={fork}", "--output.result=stdout", "--verbosity=3")
                    for fork in (name, same)]
            self.assertEqual(runs[0].returncode, 0, runs[0].stderr)
            self.assertEqual(runs[0].stdout, runs[1].stdout, name)

    def test_difficulty_is_asked_for_where_only_the_bomb_is_another(self):
        env = {key: value for key, value in ENV.items() if key != "currentRandom"}
        (self.folder / "env.json").write_text(json.dumps({**env, "parentDifficulty": "0x20000"}))
        run = self.run_in_folder("--state.fork=GrayGlacier")
        self.assertEqual(run.returncode, 1)
        self.assertIn("currentDifficulty", run.stderr)

    def test_missing_are_named(self):
        run = self.run_in_folder("--input.env=nowhere.json")
        self.assertEqual(run.returncode, 1)
        self.assertIn("nowhere.json", run.stderr)

    def test_unknown_block_hash_is_told(self):
        code = "0x600040600055"   # BLOCKHASH of block 0
        (self.folder / "alloc.json").write_text(json.dumps({**Transactions.ALLOC, "0x" + "33" * 20: {"code": code}}))
        (self.folder / "txs.json").write_text(json.dumps([{**Transactions.TX, "gas": "0x30d40"}]))
        run = self.run_in_folder()
        self.assertEqual(run.returncode, 1)
        self.assertIn("blockHashes", run.stderr)

    def test_wrong_usage(self):
        for arguments, word in ((["--state.fork=Atlantis"], "Atlantis"), (["--state.fork=BPO4"], "BPO4"),
                                (["--state.reward=-2"], "reward"), (["--state.chainid=x"], "chainid")):
            run = self.run_in_folder(*arguments)
            self.assertEqual(run.returncode, 2, arguments)
            self.assertIn(word, run.stderr)


if __name__ == "__main__":
    unittest.main()
