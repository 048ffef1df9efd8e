"""scope t8n, as a filler of tests meets it: blocks of the official block tests, turned into its inputs.

Each block's pre-state is the alloc that the call for its parent wrote. Without fixtures these tests are skipped.
"""
import hashlib
import json
import os
import pathlib
import re
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


def invalid_blocks(folder: pathlib.Path):
    """Official blocks that only what happens behind their transactions makes invalid, each with its test and parent."""
    for file in sorted((folder / "prague").rglob("*.json")):
        text = file.read_text()
        if "SYSTEM_CONTRACT" not in text and "INVALID_DEPOSIT_EVENT_LAYOUT" not in text:
            continue
        for name, test in json.loads(text).items():
            parent = test["genesisBlockHeader"]
            for index, block in enumerate(test["blocks"]):
                if "rlp_decoded" in block and re.search("SYSTEM_CONTRACT|DEPOSIT_EVENT", block["expectException"]):
                    if index == 0:   # on the state that the test gives
                        yield name, test, block, parent
                parent = block.get("blockHeader", parent)


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


    def test_that_are_invalid_are_as_their_headers_say_too(self):
        folder = run_tests.fixtures("blockchain_tests", "eest-blockchain-tests.tar.zst")
        if isinstance(folder, str):
            self.skipTest(folder)
        count = 0
        for name, test, block, parent in invalid_blocks(folder):
            decoded = block["rlp_decoded"]
            header = decoded["blockHeader"]
            env = env_of({**decoded, "uncleHeaders": []}, parent, {str(int(parent["number"], 16)): parent["hash"]})
            run = t8n({"alloc": test["pre"], "env": env, "txs": decoded["transactions"]},
                      fork_at(test["network"], int(header["timestamp"], 16)))
            self.assertEqual(run.returncode, 0, (name, run.stderr))
            result = json.loads(run.stdout)["result"]
            self.assertEqual(result["blockException"], block["expectException"], name)
            expected = expected_result(header)
            self.assertEqual({key: result.get(key) for key in expected}, expected, name)
            count += 1
        self.assertGreater(count, 40)


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


SYSTEM_CONTRACT = "0x5f5ff3"   # returns nothing: no request of its kind
LOGS = "0x" + "bb" * 20             # LOG0 of a byte
PRAGUE_ALLOC = {SENDER: {"balance": hex(ETHER)}, LOGS: {"code": "0x60016000a000"},
                "0x00000961ef480eb55e80d19ad83579a64c007002": {"code": SYSTEM_CONTRACT},
                "0x0000bbddc7ce488642fb579f8b00f3a590007251": {"code": SYSTEM_CONTRACT}}
LEGACY = {"type": "0x0", "nonce": "0x0", "gas": "0x30d40", "gasPrice": "0x10", "to": LOGS, "value": "0x0", "input": "0x",
          "secretKey": KEY}
BLOB = {"type": "0x3", "nonce": "0x0", "gas": "0x30d40", "maxFeePerGas": "0x10", "maxPriorityFeePerGas": "0x2", "to": LOGS,
        "value": "0x0", "input": "0x", "maxFeePerBlobGas": "0x64", "blobVersionedHashes": ["0x01" + "00" * 31],
        "secretKey": KEY}
AUTHORIZATION = {"chainId": "0x1", "address": "0x" + "cc" * 20, "nonce": "0x0", "yParity": "0x0", "r": "0x1", "s": "0x1"}
SET_CODE = {key: value for key, value in BLOB.items() if "lob" not in key} | {
    "type": "0x4", "authorizationList": [AUTHORIZATION]}
OSAKA = {key: value for key, value in ENV.items() if key != "parentHash"} | {"currentExcessBlobGas": "0x0"}


class AsOtherTools(unittest.TestCase):
    """Where the tool was once another than geth's, or than the official headers: each kind with its table."""

    def output(self, txs, *more, alloc=PRAGUE_ALLOC, env=OSAKA, fork="Osaka", key="txs", body=False) -> dict:
        run = t8n({"alloc": alloc, "env": env, key: txs}, fork, *more, body=body)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)

    def refusal(self, txs, *more, alloc=PRAGUE_ALLOC, env=OSAKA, fork="Osaka") -> str:
        run = t8n({"alloc": alloc, "env": env, "txs": txs}, fork, *more)
        self.assertEqual((run.returncode, run.stdout), (1, ""), (env, alloc))
        return run.stderr

    def test_a_block_exception_leaves_what_the_block_has(self):
        good = self.output([BLOB])["result"]
        self.assertNotIn("blockException", good)
        self.assertEqual((good["blobGasUsed"], good["logsBloom"].strip("0x") != ""), ("0x20000", True))
        without = {key: value for key, value in PRAGUE_ALLOC.items() if not key.startswith("0x0000")}
        fails = PRAGUE_ALLOC | {"0x0000bbddc7ce488642fb579f8b00f3a590007251": {"code": "0xfe"}}
        asks = fails | {"0x00000961ef480eb55e80d19ad83579a64c007002": {"code": "0x60015ff3"}}   # a request of a zero byte
        for alloc, name, requests in ((without, "SYSTEM_CONTRACT_EMPTY", []), (fails, "SYSTEM_CONTRACT_CALL_FAILED", []),
                                      (asks, "SYSTEM_CONTRACT_CALL_FAILED", ["0x0100"])):
            bad = self.output([BLOB], alloc=alloc)["result"]
            self.assertEqual(bad["blockException"], "BlockException." + name)
            for key in ("gasUsed", "logsBloom", "blobGasUsed", "receiptsRoot", "receipts"):
                self.assertEqual(bad[key], good[key], (name, key))
            hashes = b"".join(hashlib.sha256(bytes.fromhex(request[2:])).digest() for request in requests)
            self.assertEqual(bad["requests"], requests)
            self.assertEqual(bad["requestsHash"], "0x" + hashlib.sha256(hashes).hexdigest())

    def test_a_gas_limit_that_no_block_may_have_is_a_block_exception(self):
        for limit, name in ((2**63 - 1, None), (2**63, "BlockException.GASLIMIT_TOO_BIG"),
                            (2**64 - 1, "BlockException.GASLIMIT_TOO_BIG")):
            result = self.output([LEGACY, LEGACY | {"nonce": "0x1", "gas": hex(2**63)}],
                                 env=OSAKA | {"currentGasLimit": hex(limit)})["result"]
            self.assertEqual((result.get("blockException"), len(result["receipts"]), len(result["rejected"])), (name, 1, 1))

    def test_every_number_of_blob_parameters_is_checked(self):
        good = {"target": 6, "max": 9, "baseFeeUpdateFraction": 5007716}
        env = {key: value for key, value in OSAKA.items() if key != "currentExcessBlobGas"} | {
            "parentExcessBlobGas": "0x500000", "parentBlobGasUsed": "0x60000", "parentBaseFee": "0x10000000"}
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "blobs.json"
            for spoilt, field in (({}, None), ({"max": 0, "target": 0}, "max"), ({"max": 2**63}, "max"), ({"max": 10**6 + 1}, "max"),
                                  ({"max": 2**64}, "max"), ({"max": -1}, "max"), ({"max": "x"}, "max"),
                                  ({"max": None}, "max"), ({"target": 10}, "target"), ({"target": 2**64}, "target"),
                                  ({"target": 0.5}, "target"), ({"baseFeeUpdateFraction": 0}, "baseFeeUpdateFraction"),
                                  ({"baseFeeUpdateFraction": 2**64}, "baseFeeUpdateFraction"),
                                  ({"target": 0, "max": 1, "baseFeeUpdateFraction": 1000000}, None)):
                file.write_text(json.dumps(good | spoilt))
                if field:
                    self.assertIn(f"blobParams.{field}: ", self.refusal([], f"--input.blobParams={file}", env=env))
                else:
                    self.output([], f"--input.blobParams={file}", env=env)

    def test_what_rlp_refuses_json_refuses_and_names(self):
        signed = {key: value for key, value in LEGACY.items() if key != "secretKey"} | {
            "v": "0x1b", "r": "0x1", "s": "0x1"}
        order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141
        long, short = "0x01" + "00" * 32, "0x" + "00" * 19
        cases = [
            *((SET_CODE | {"authorizationList": [AUTHORIZATION | {name: value}]}, f"authorizationList[0].{name}")
              for name, value in (("yParity", "0x100"), ("yParity", hex(2**256)), ("chainId", hex(2**256)), ("address", short),
                                  ("nonce", hex(2**64)), ("r", hex(2**256)), ("s", hex(2**256)), ("r", None))),
            (SET_CODE | {"authorizationList": [AUTHORIZATION | {"v": "0x1"}]}, "authorizationList[0].yParity"),
            (BLOB | {"blobVersionedHashes": [long]}, "blobVersionedHashes[0]"),
            (BLOB | {"maxFeePerBlobGas": hex(2**256)}, "maxFeePerBlobGas"),
            (BLOB | {"accessList": [{"address": short, "storageKeys": []}]}, "accessList[0].address"),
            (BLOB | {"accessList": [{"address": LOGS, "storageKeys": ["0x0"]}]}, "accessList[0].storageKeys[0]"),
            (BLOB | {"maxFeePerGas": hex(2**256)}, "maxFeePerGas"),
            (BLOB | {"maxPriorityFeePerGas": None}, "maxPriorityFeePerGas"), (BLOB | {"chainId": hex(2**64)}, "chainId"),
            (LEGACY | {"to": short}, "to"), (LEGACY | {"value": hex(2**256)}, "value"), (LEGACY | {"value": None}, "value"),
            (LEGACY | {"gas": hex(2**64)}, "gas"), (LEGACY | {"gas": None}, "gas"), (LEGACY | {"nonce": hex(2**64)}, "nonce"),
            (LEGACY | {"nonce": -1}, "nonce"), (LEGACY | {"gasPrice": hex(2**256)}, "gasPrice"),
            (LEGACY | {"input": "0x0"}, "input"), (LEGACY | {"input": None}, "input"), (LEGACY | {"type": "0x5"}, "type"),
            (LEGACY | {"type": hex(2**64)}, "type"), (LEGACY | {"secretKey": "0x0"}, "secretKey"),
            (LEGACY | {"protected": 1}, "protected"), (signed | {"v": "0x1d"}, "v"), (signed | {"v": hex(2**66)}, "v"),
            (signed | {"v": None}, "v"), (signed | {"r": "0x0"}, "r"), (signed | {"r": hex(order)}, "r"),
            (signed | {"s": hex(order)}, "s"), (signed | {"s": None}, "s"),
            ({key: value for key, value in (BLOB | {"v": "0x2", "r": "0x1", "s": "0x1"}).items() if key != "secretKey"}, "v"),
            ({key: value for key, value in (BLOB | {"r": "0x1", "s": "0x1"}).items() if key != "secretKey"}, "yParity")]
        result = self.output([case for case, _ in cases] + [LEGACY])["result"]
        self.assertEqual(len(result["receipts"]), 1)
        rejected = {entry["index"]: entry["error"] for entry in result["rejected"]}
        for index, (case, field) in enumerate(cases):
            self.assertTrue(rejected.get(index, "executed").startswith(field + ": "), (case, rejected.get(index)))

    def test_a_transaction_stands_in_rlp_as_in_a_block(self):
        """A legacy one as its list, any other as a string."""
        for tx, typed in ((LEGACY, False), (BLOB, True)):
            body = bytes.fromhex(self.output([tx], body=True)["body"][2:])
            item = items(body)[0]
            head = 2 if item[0] in (0xb8, 0xf8) else 1 + item[0] - (0xb7 if typed else 0xf7)
            if typed:   # the bytes of the string, as they are
                other = item[head:]
            else:       # the list, in a string
                other = bytes([0xb8, len(item)]) + item
            bad = bytes([0xf8, len(other)]) + other if len(other) < 256 else bytes([0xf9]) + len(other).to_bytes(2) + other
            result = self.output("0x" + bad.hex())["result"]
            self.assertEqual((result["receipts"], len(result["rejected"]) > 0), ([], True), tx["type"])
            result = self.output("0x" + body.hex())["result"]
            self.assertEqual((len(result["receipts"]), result["rejected"]), (1, []))

    def test_the_parent_may_be_unknown(self):
        """Then EIP-2935's contract is not called; if other blocks' hashes are given, the parent's is 0 to it, as in geth."""
        history = "0x0000f90827f1c53a10cb7a02335b175320002935"
        alloc = PRAGUE_ALLOC | {history: {"nonce": "0x1", "code": "0x5f35600155", "storage": {"0x1": "0x7"}}}   # keeps it
        hash_of_parent = "0x" + "11" * 32
        for fork in ("Prague", "Osaka"):
            for known, stored in (({}, "0x" + "07".rjust(64, "0")), ({"parentHash": hash_of_parent}, hash_of_parent),
                                  ({"blockHashes": {"0x0": hash_of_parent}}, hash_of_parent),
                                  ({"blockHashes": {"0": hash_of_parent}}, hash_of_parent), ({"blockHashes": {}}, None)):
                after = self.output([], alloc=alloc, env=OSAKA | known, fork=fork)["alloc"][history]
                self.assertEqual(after.get("storage", {}).get("0x" + "01".rjust(64, "0")), stored, (fork, known))

    def test_transactions_as_rlp_on_standard_input(self):
        objects = self.output([LEGACY, BLOB | {"nonce": "0x1"}], body=True)
        for key in ("txsRlp", "txs"):
            self.assertEqual(self.output(objects["body"], key=key)["result"], objects["result"], key)
        run = t8n({"alloc": {}, "env": OSAKA}, "Osaka")
        self.assertEqual((run.returncode, "txs" in run.stderr), (1, True))

    def test_numbers_of_json_are_numbers(self):
        numbers = {"balance": 10**24, "nonce": 3, "storage": {"0x1": 7}}
        texts = {"balance": hex(10**24), "nonce": "0x3", "storage": {"0x1": "0x7"}}
        tx = {"type": 2, "chainId": 1, "nonce": 3, "gas": 200000, "maxFeePerGas": 16, "maxPriorityFeePerGas": 0,
              "value": 10**23, "to": LOGS, "input": "0x", "secretKey": KEY}
        other = {key: hex(value) if isinstance(value, int) else value for key, value in tx.items()}
        env = OSAKA | {"currentNumber": 1, "currentTimestamp": 1000, "currentGasLimit": 30000000, "currentBaseFee": 7,
                       "currentExcessBlobGas": 0, "currentRandom": 2**255 + 1,
                       "withdrawals": [{"index": 1, "validatorIndex": 2, "address": LOGS, "amount": 3}]}
        more = {key: hex(value) if isinstance(value, int) else value for key, value in env.items()}
        more["withdrawals"] = [{"index": "0x1", "validatorIndex": "2", "address": LOGS, "amount": "0x3"}]
        first = self.output([tx], alloc=PRAGUE_ALLOC | {SENDER: numbers}, env=env)
        self.assertEqual(first, self.output([other], alloc=PRAGUE_ALLOC | {SENDER: texts}, env=more))
        self.assertEqual(first["result"]["rejected"], [])
        self.assertEqual(first["alloc"][LOGS]["balance"], hex(10**23 + 3 * 10**9))

    def test_every_message_names_its_field(self):
        of_env = [
            ({"currentNumber": "x"}, "env.currentNumber"), ({"currentNumber": hex(2**64)}, "env.currentNumber"),
            ({"currentNumber": None}, "env.currentNumber"), ({"currentTimestamp": [1]}, "env.currentTimestamp"),
            ({"currentCoinbase": "0x12"}, "env.currentCoinbase"), ({"currentRandom": hex(2**256)}, "env.currentRandom"),
            ({"currentBaseFee": 2**256}, "env.currentBaseFee"), ({"currentDifficulty": "0x1"}, "env.currentDifficulty"),
            ({"currentExcessBlobGas": -1}, "env.currentExcessBlobGas"), ({"withdrawals": {}}, "env.withdrawals"),
            ({"withdrawals": [{"index": "0x0"}]}, "env.withdrawals[0].validatorIndex"),
            ({"withdrawals": [{"index": "0x0", "validatorIndex": "0x0", "address": LOGS, "amount": hex(2**64)}]},
             "env.withdrawals[0].amount"), ({"parentBeaconBlockRoot": "0x00"}, "env.parentBeaconBlockRoot"),
            ({"parentHash": 5}, "env.parentHash"), ({"blockHashes": {"x": "0x"}}, "env.blockHashes"),
            ({"blockHashes": {"0x1": "0x"}}, "env.blockHashes.0x1"), ({"ommers": [{"delta": 0}]}, "env.ommers[0].delta"),
            ({"ommers": [{"delta": 1}]}, "env.ommers[0].address"), ({"parentGasUsed": "x"}, "env.parentGasUsed")]
        for spoilt, field in of_env:
            self.assertIn(f"{field}: ", self.refusal([], env=OSAKA | spoilt), spoilt)
        for account, field in (({"balance": hex(2**256)}, "balance"), ({"nonce": hex(2**64)}, "nonce"), ({"code": "0x1"}, "code"),
                               ({"storage": {"0x1": hex(2**256)}}, "storage.0x1"), ({"storage": {"x": "0x1"}}, "storage"),
                               ({"storage": []}, "storage")):
            self.assertIn(f"alloc.{LOGS}.{field}: ", self.refusal([], alloc={LOGS: account}), account)
        self.assertIn("alloc: ", self.refusal([], alloc={"0x12": {}}))
        self.assertIn("txs: ", self.refusal("0x05"))
        self.assertIn("txs[1]: ", self.refusal("0xc3808101"))

    def test_no_number_is_cut_or_made_the_largest(self):
        for arguments in (["--state.reward=9223372036854775808"], ["--state.reward=" + "9" * 100], ["--state.reward=-2"],
                          ["--state.reward=-18446744073709551615"], ["--state.reward=010"], ["--state.reward=1.5"],
                          ["--state.chainid=18446744073709551616"], ["--state.chainid=-1"], ["--state.chainid=0x1g"]):
            run = t8n({"alloc": {}, "env": OSAKA, "txs": []}, "Osaka", *arguments)
            self.assertEqual((run.returncode, run.stdout), (2, ""), arguments)
            self.assertIn(arguments[0].partition("=")[0], run.stderr)
        for reward, chain in (("9223372036854775807", "9223372036854775807"), ("0x10", "0x539"), ("-1", "0")):
            run = t8n({"alloc": {}, "env": OSAKA, "txs": []}, "Osaka", f"--state.reward={reward}", f"--state.chainid={chain}")
            self.assertEqual(run.returncode, 0, run.stderr)
        berlin = {"currentCoinbase": LOGS, "currentNumber": "0x5", "currentTimestamp": "0x3e8", "currentGasLimit": "0x1c9c380",
                  "parentTimestamp": "0x1", "parentDifficulty": "0x20000"}
        for spoilt, field in (({"parentDifficulty": hex(2**256 - 1)}, "parentDifficulty"), ({"currentNumber": hex(2**63)}, "currentNumber"),
                              ({"parentTimestamp": "0x3e8"}, "parentTimestamp"), ({"currentNumber": "0x0"}, "currentDifficulty"),
                              ({"ommers": [{"delta": 6, "address": LOGS}]}, "ommers[0].delta")):
            self.assertIn(f"env.{field}: ", self.refusal([], env=berlin | spoilt, fork="Berlin"))
        unknown = {key: value for key, value in OSAKA.items() if key not in ("currentExcessBlobGas", "currentBaseFee")} | {
            "parentExcessBlobGas": "0x0", "parentBlobGasUsed": "0x0", "parentBaseFee": "0x7", "parentGasUsed": "0x0",
            "parentGasLimit": "0x1c9c380"}
        for spoilt, field in (({"parentExcessBlobGas": hex(2**64 - 1), "parentBlobGasUsed": "0x1"}, "parentExcessBlobGas"),
                              ({"parentBlobGasUsed": hex(2**64 - 1)}, "parentBlobGasUsed"),
                              ({"parentBaseFee": hex(2**256 - 1)}, "parentBaseFee"),
                              ({"currentExcessBlobGas": hex(2**63)}, "currentExcessBlobGas")):
            self.assertIn(f"env.{field}: ", self.refusal([], env=unknown | spoilt))
        rich = {SENDER: {"balance": hex(2**256 - 1)}}
        self.assertIn("alloc.balance: ", self.refusal([], alloc=rich | {LOGS: {"balance": "0x1"}}))
        self.assertIn("alloc.balance: ", self.refusal([], "--state.reward=1", alloc=rich, env=berlin, fork="Berlin"))
        self.assertIn("alloc.balance: ", self.refusal([], alloc=rich, env=OSAKA | {
            "withdrawals": [{"index": 0, "validatorIndex": 0, "address": LOGS, "amount": 1}]}))

    def test_receipts_have_block_and_prices(self):
        for tx, base_fee, price in ((LEGACY, 7, 16), (BLOB, 7, 9), (BLOB, 15, 16)):
            env = OSAKA | {"currentBaseFee": base_fee, "currentNumber": "0x2a", "currentExcessBlobGas": "0xa00000"}
            result = self.output([tx], env=env)["result"]
            receipt = result["receipts"][0]
            self.assertEqual((receipt["effectiveGasPrice"], receipt["blockNumber"]), (hex(price), "0x2a"))
            self.assertEqual(receipt.get("blobGasUsed"), "0x20000" if tx is BLOB else None)
            # EIP-4844 with Osaka's fraction: e^(10485760 / 5007716) = 8.1
            self.assertEqual(receipt.get("blobGasPrice"), "0x8" if tx is BLOB else None)

    def test_reasons_are_named(self):
        many = {"blobVersionedHashes": ["0x01" + "00" * 31] * 10}
        for tx, fork, names in ((LEGACY | {"nonce": hex(2**64 - 1)}, "Osaka", ["TransactionException.NONCE_IS_MAX"]),
                                (BLOB | many, "Prague", ["TransactionException.TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED",
                                                         "BlockException.BLOB_GAS_USED_ABOVE_LIMIT"])):
            error = self.output([tx], fork=fork)["result"]["rejected"][0]["error"]
            for name in names:
                self.assertIn(name, error)
        body = bytes.fromhex(self.output([LEGACY], body=True)["body"][2:])
        item = items(body)[0]   # 0xf8, its size, the nonce 0
        fields = bytes([0x88]) + b"\xff" * 8 + item[3:]
        other = bytes([0xf8, len(fields)]) + fields
        result = self.output("0x" + (bytes([0xf8, len(other)]) + other).hex())["result"]
        self.assertIn("TransactionException.NONCE_IS_MAX", result["rejected"][0]["error"])


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

    def test_no_trace_is_left_of_what_is_not_executed(self):
        refused = {**Transactions.TX, "nonce": "0x5"}
        for txs, count in (([refused], 0), ([refused, Transactions.TX], 1), ([Transactions.TX, refused, refused], 1),
                           ([refused, refused, Transactions.TX, refused], 1)):
            (self.folder / "txs.json").write_text(json.dumps(txs))
            with tempfile.TemporaryDirectory() as out:
                self.assertEqual(self.run_in_folder("--trace", f"--output.basedir={out}").returncode, 0)
                traces = sorted(pathlib.Path(out).glob("trace-*"))
                self.assertEqual([trace.name.split("-")[1] for trace in traces], [str(i) for i in range(count)])
                self.assertTrue(all(trace.stat().st_size for trace in traces))
                self.assertEqual(len(list(pathlib.Path(out).iterdir())), 2 + count)

    def test_no_trace_is_left_of_a_run_that_fails(self):
        code = "0x600040600055"   # BLOCKHASH of block 0
        (self.folder / "alloc.json").write_text(json.dumps({**Transactions.ALLOC, "0x" + "33" * 20: {"code": code}}))
        tx = {**Transactions.TX, "gas": "0x30d40"}
        (self.folder / "txs.json").write_text(json.dumps([{**tx, "to": "0x" + "44" * 20}, {**tx, "nonce": "0x1"}]))
        with tempfile.TemporaryDirectory() as out:
            run = self.run_in_folder("--trace", f"--output.basedir={out}")
            self.assertEqual((run.returncode, list(pathlib.Path(out).iterdir())), (1, []), run.stderr)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_standard_error_that_is_full(self):
        for more, status in (("--output.result=stdout", 0), ("--output.result=stderr", 1), ("--state.fork=Atlantis", 2),
                             ("--input.env=nowhere.json", 1), ("--frobnicate", 2)):
            run = subprocess.run(["sh", "-c", f"exec {BINARY} t8n --state.fork=Cancun {more} 2>/dev/full"], cwd=self.folder,
                                 capture_output=True, text=True, timeout=60)
            self.assertEqual(run.returncode, status, more)

    def test_standard_error_that_is_closed(self):
        for more, status in (("--output.result=stdout", 0), ("--output.result=stderr", 1), ("--frobnicate", 2)):
            run = subprocess.run(["sh", "-c", f"exec {BINARY} t8n --state.fork=Cancun {more} 2>&-"], cwd=self.folder,
                                 capture_output=True, text=True, timeout=60)
            self.assertEqual(run.returncode, status, more)

    def test_outputs_in_one_file_are_refused(self):
        for files in (("--output.result=x", "--output.alloc=x"), ("--output.result=alloc.json",),
                      ("--output.body=y", "--output.result=./y")):
            run = self.run_in_folder(*files)
            self.assertEqual((run.returncode, run.stdout), (2, ""), files)
            self.assertIn("is named twice", run.stderr)

    def test_an_option_without_its_value_takes_no_other(self):
        run = self.run_in_folder("--output.result=", "--trace")
        self.assertEqual(run.returncode, 2, run.stderr)
        self.assertIn("--output.result= has no value", run.stderr)
        self.assertFalse((self.folder / "--trace").exists())

    def test_faulty_are_named(self):
        for name, content, words in (("env.json", "{", ["env.json", "JSON"]),
                                     ("env.json", "1", ["env.json", "expected an object, found 1"]),
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
                                (["--state.fork=" + "9" * 10_000], "fork"), (["--state.reward=-2"], "reward"), (["--state.chainid=x"], "chainid")):
            run = self.run_in_folder(*arguments)
            self.assertEqual(run.returncode, 2, arguments)
            self.assertIn(word, run.stderr)
            self.assertLess(len(run.stderr), 1000)


if __name__ == "__main__":
    unittest.main()
