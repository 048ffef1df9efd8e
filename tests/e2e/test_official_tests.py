"""The commands over official test files: a test that is spoilt fails, a file that is none is told, and the sums add up."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("SCOPE_BINARY", ROOT / "build/release/testing/scope_test/scope-test"))
sys.path.insert(0, str(ROOT / "tools"))
import run_tests  # noqa: E402  (it knows where the fixtures are)

# Vectors small enough to be written down, as the official files have them.
RLP = {"dog": {"in": "dog", "out": "0x83646f67"}, "none": {"in": "INVALID", "out": "0x8100"}}
TRIE = {"puppy": {"in": [["do", "verb"], ["horse", "stallion"], ["doge", "coin"], ["dog", "puppy"]],
                  "root": "0x5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84"}}
KEY = [{"seed": "cow", "key": "c85ef7d79691fe79573b1a7064c19c1a9819ebdbd1faaab1a8ec92344438aaf4",
        "addr": "cd2a3d9f938e13cd947ec05abc7fe734df8dd826", "sig_of_emptystring": {"v": "27", "r": "1", "s": "1"}}]
# A legacy transaction whose nonce is the byte 0, which should be the empty string.
TRANSACTION = ("0xf85f000182520894095e7baea6a6c7c4c2dfeb977efac326af552d870b801ca048b55bfa915ac795c431978d8a6a992b628d557d"
               "a5ff759b307d495a36649353a010002cef538bc0c8e21c46080634a93f4d752bc9fe4b546b60ac055e842d342b")
COMMANDS = ["statetest", "blockchaintest", "witnesstest", "transactiontest", "trietest", "rlptest", "keytest"]


def scope(*arguments, **more) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=120, **more)


class WithFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, content, name="test.json") -> pathlib.Path:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def counts(self, command, content, *options) -> tuple[int, dict]:
        result = scope(command, self.write(content), "--json", *options)
        return result.returncode, json.loads(result.stdout.splitlines()[-1])


class Verdicts(WithFolder):
    def test_good_ones_pass(self):
        for command, content, passed, skipped in (("rlptest", RLP, 2, 0), ("trietest", TRIE, 1, 0),
                                                  ("keytest", KEY, 1, 1)):
            self.assertEqual(self.counts(command, content),
                             (0, {"passed": passed, "failed": 0, "skipped": skipped}), command)

    def test_spoilt_ones_fail(self):
        spoilt = [("rlptest", RLP | {"dog": {"in": "dog", "out": "0x83646f68"}}),
                  ("rlptest", RLP | {"none": {"in": "INVALID", "out": "0x00"}}),
                  ("rlptest", {"dog": {"in": "VALID", "out": "0x8364"}}),
                  ("trietest", {"puppy": TRIE["puppy"] | {"root": "0x" + "00" * 32}}),
                  ("trietest", {"path": {"seq": [1, 2], "term": True, "out": "0012"}}),
                  ("keytest", [KEY[0] | {"addr": "00" * 20}]), ("keytest", [KEY[0] | {"seed": "horse"}])]
        for command, content in spoilt:
            status, counts = self.counts(command, content)
            self.assertEqual((status, counts["failed"]), (1, 1), content)

    def test_malformed_ones_fail_and_name_the_field(self):
        for command, content, word in (("rlptest", {"x": {"in": "dog", "out": "0x1"}}, "bytes"),
                                       ("trietest", {"x": {"in": [["a"]], "root": "0x00"}}, "a key and a value"),
                                       ("keytest", [KEY[0] | {"key": "00" * 32}], "key"),
                                       ("transactiontest", {"x": {"txbytes": 5, "result": {}}}, "string"),
                                       ("witnesstest", {"x": {"blocks": [{"statelessInputBytes": "0x"}]}},
                                        "statelessOutputBytes")):
            result = scope(command, self.write(content))
            self.assertEqual(result.returncode, 1, command)
            self.assertRegex(result.stdout, rf"FAILED .*test\.json\n.*{word}")

    def test_transaction_is_refused_for_the_field_that_is_named(self):
        for transaction, right in ((TRANSACTION, "RLP_LEADING_ZEROS_NONCE"), (TRANSACTION + "00", "RLP_ERROR_SIZE"),
                                   (TRANSACTION[:-2], "RLP_ERROR_SIZE"), ("0xc0", "RLP_TOO_FEW_ELEMENTS"),
                                   (TRANSACTION.replace("f85f00", "f85fc0"), "RLP_INVALID_NONCE"),
                                   (TRANSACTION.replace("f85f0001", "f85f8000"), "RLP_LEADING_ZEROS_GASPRICE")):
            for name in (right, "RLP_LEADING_ZEROS_GASLIMIT"):
                verdict = {"exception": f"TransactionException.{name}"}
                content = {"x": {"txbytes": transaction, "result": {"London": verdict}}}
                status, counts = self.counts("transactiontest", content)
                self.assertEqual((status, counts["passed"]), (0, 1) if name == right else (1, 0), (transaction, name))

    def test_filter_and_sample_choose(self):
        self.assertEqual(self.counts("rlptest", RLP, "--filter", "^dog$")[1]["passed"], 1)
        many = {f"n{i}": {"in": i, "out": "0x" + (f"{i:02x}" if 0 < i < 128 else "80")} for i in range(100)}
        first = self.counts("rlptest", many, "--sample", "5")[1]["passed"]
        self.assertIn(first, range(8, 33))
        self.assertEqual(self.counts("rlptest", many, "--sample", "5")[1]["passed"], first)


class Files(WithFolder):
    def test_no_json_is_a_failure(self):
        for command in COMMANDS:
            result = scope(command, self.write("{"))
            self.assertEqual(result.returncode, 1, command)
            self.assertIn("test.json", result.stdout)

    def test_no_tests_of_that_kind(self):
        for command in COMMANDS:
            result = scope(command, self.write({"x": {"y": 1}}))
            self.assertEqual(result.returncode, 1, command)
            self.assertRegex(result.stderr, r"test\.json: no \w+ tests")

    def test_no_such_path(self):
        for command in COMMANDS:
            result = scope(command, self.folder / "nowhere")
            self.assertEqual(result.returncode, 1, command)
            self.assertIn("nowhere", result.stderr)

    def test_last_line_has_the_sums_also_if_there_is_nothing_to_run(self):
        nothing = {"passed": 0, "failed": 0, "skipped": 0}
        empty = self.folder / "empty"
        empty.mkdir()
        for command in [*COMMANDS, "basictest"]:
            other = self.write({"x": {"y": 1}}, "other.json")
            for path in (self.folder / "nowhere", empty, *([] if command == "basictest" else [other])):
                result = scope(command, path, "--json")
                self.assertEqual(result.returncode, 1, (command, path))
                self.assertEqual(json.loads(result.stdout.splitlines()[-1]), nothing, (command, path))
                self.assertIn(path.name, result.stderr)
        self.assertEqual(self.counts("rlptest", RLP, "--filter", "^cat$"), (1, nothing))
        result = scope("rlptest", self.write(RLP), self.folder / "nowhere", "--json")
        self.assertEqual(json.loads(result.stdout.splitlines()[-1]), {"passed": 2, "failed": 0, "skipped": 0})
        self.assertEqual(result.returncode, 1)

    def test_wrong_usage(self):
        path = self.write(RLP)
        for arguments in (["rlptest", path, "--sample", "0"], ["rlptest", path, "--filter", "("], ["rlptest"],
                          ["rlptest", path, "--fork", "Osaka"], ["statetest", path, "--fork", "Atlantis"],
                          ["blockchaintest", path, "--fork", "Atlantis"],
                          ["blockchaintest", path, "--not-fork", "CancunToAtlantisAtTime15k"],
                          ["transactiontest", path, "--not-fork", "Atlantis"], ["rlptest", path, "--jobs", "0"]):
            result = scope(*arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)


KEY_OF_SENDER = "0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8"
SENDER = "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"   # whose key that is
TARGET = "0x" + "00" * 19 + "bb"
NO_LOGS = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"   # keccak256 of an empty list


def state_test(fork="Cancun", code="0x", alloc=None, env=None, expect=None, drop=(), root="0x" + "00" * 32, name="test",
               **transaction) -> dict:
    """A state test of one case; goevmlab's have no root either, so that they fail with the one that is found."""
    tx = {"nonce": "0x0", "to": TARGET, "data": ["0x"], "gasLimit": ["0x7a1200"], "value": ["0x0"], "gasPrice": "0x10",
          "secretKey": KEY_OF_SENDER, "sender": SENDER} | transaction
    block = {"currentCoinbase": "0x" + "00" * 18 + "c0ba", "currentDifficulty": "0x20000", "currentGasLimit": "0x5f5e100",
             "currentNumber": "0x1", "currentTimestamp": "0x3e8", "currentBaseFee": "0x7", "currentRandom": "0x0"} | (env or {})
    case = {"hash": root, "logs": NO_LOGS, "indexes": {"data": 0, "gas": 0, "value": 0}}
    return {name: {"env": block, "pre": {SENDER: {"balance": "0xde0b6b3a7640000"}, TARGET: {"code": code}} | (alloc or {}),
                   "transaction": {key: value for key, value in tx.items() if key not in drop},
                   "post": {fork: [case | ({"expectException": expect} if expect else {})]}}}


class StateTests(WithFolder):
    """Tests as others write them, and what they look for in the output."""

    def results(self, *tests, options=()) -> list[dict]:
        paths = [self.write(test, f"test-{index}.json") for index, test in enumerate(tests)]
        return json.loads(scope("statetest", *options, *paths).stdout)

    def root(self, *arguments, **more) -> str:
        return self.results(state_test(*arguments, **more))[0]["stateRoot"]

    def filled(self, **more) -> dict:
        """One that passes: with the root that it found, so for tests of the output only."""
        return state_test(root=self.root(**more), **more)

    def test_blobs_cost_one_wei_unless_the_test_says_more(self):
        code = "0x4a600055"   # BLOBBASEFEE to slot 0
        for fork in ("Cancun", "Prague", "Osaka"):
            one = self.root(fork, code, env={"currentExcessBlobGas": "0x0"})
            self.assertEqual(self.root(fork, code), one)
            self.assertNotEqual(self.root(fork, code, env={"currentExcessBlobGas": "0x1000000"}), one)

    def test_who_sends_is_who_has_the_key(self):
        with_sender = self.root("Berlin", "0x33600055")   # CALLER to slot 0
        self.assertEqual(self.root("Berlin", "0x33600055", drop=["sender"]), with_sender)
        self.assertEqual(self.root("Berlin", "0x33600055", sender=None), with_sender)
        for spoilt, field in (({"drop": ["sender", "secretKey"]}, "secretKey"), ({"drop": ["sender"], "secretKey": "0x0"}, "secretKey"),
                              ({"sender": "0x12"}, "sender")):
            error = self.results(state_test(**spoilt))[0]["error"]
            self.assertIn(f"transaction.{field}: ", error)

    def test_without_to_a_contract_is_created(self):
        create = {"data": ["0x6001600055"]}
        roots = {self.root("Berlin", **create, **to) for to in ({"to": ""}, {"to": None}, {"to": "0x"}, {"drop": ["to"]})}
        self.assertEqual(len(roots), 1)
        self.assertNotIn(self.root("Berlin", **create), roots)

    def test_of_files_a_list_has_every_root(self):
        good = self.filled(code="0x6001600055")
        root = good["test"]["post"]["Cancun"][0]["hash"]
        bad, unknown = state_test(name="unfilled"), state_test("Atlantis", name="unknown")
        result = scope("statetest", self.write(good | bad | unknown))
        entries = json.loads(result.stdout)
        self.assertEqual([(entry["name"], entry["pass"], entry["fork"]) for entry in entries],
                         [("test", True, "Cancun"), ("unfilled", False, "Cancun"), ("unknown", False, "Atlantis")])
        self.assertEqual(entries[0], {"name": "test", "pass": True, "stateRoot": root, "fork": "Cancun"})
        self.assertIn(entries[1]["stateRoot"], entries[1]["error"])
        self.assertIn("skipped", entries[2]["error"])
        self.assertEqual([json.loads(line) for line in result.stderr.splitlines()],
                         [{"stateRoot": entry["stateRoot"]} for entry in entries[:2]])
        self.assertEqual(result.returncode, 1)
        self.assertEqual(scope("statetest", self.write(good)).returncode, 0)

    def test_as_goevmlab_calls_geth(self):
        path = self.write(self.filled())
        root = json.loads(path.read_text())["test"]["post"]["Cancun"][0]["hash"]
        text = scope("statetest", path).stdout
        start = text.index('"stateRoot": "') + 14   # where it looks
        self.assertEqual(text[start:start + 66], root)
        trace = scope("statetest", "--trace", "--trace.format=json", "--trace.nomemory=true", "--trace.noreturndata=true", path)
        lines = [json.loads(line) for line in trace.stderr.splitlines()]
        self.assertEqual((trace.returncode, lines[-1]["stateRoot"]), (0, root))
        self.assertFalse(any("memory" in line or "returnData" in line for line in lines))
        for more, count in ((["--run", "^test$"], 1), (["--run", "other"], 0), (["--statetest.fork", "Osaka"], 0),
                            (["--statetest.index", "0"], 1), (["--statetest.index", "1"], 0), (["-k", "es"], 1), (["-k", "^t"], 0)):
            self.assertEqual(scope("statetest", *more, path).returncode, 0 if count else 1, more)

    def test_scripts_for_goevmlab(self):
        """Those of docs/tools.md, on a test without a root, as it writes them."""
        path = self.write(state_test())
        text = (ROOT / "docs" / "tools.md").read_text()
        scripts = re.findall(r"(?m)^    (exec .*scope-test.*)$", text)
        self.assertEqual(len(scripts), 2)
        for script, arguments, status in ((scripts[0], ["statetest", path], 0), (scripts[0], ["statetest", "--frobnicate"], 1),
                                          (scripts[1], ["--trace-summary", path], 1)):
            program = self.folder / "evm"
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            result = subprocess.run([program, *arguments], capture_output=True, text=True,
                                    env={**os.environ, "PATH": f"{BINARY.parent}:{os.environ['PATH']}"}, timeout=60)
            self.assertEqual(result.returncode, status, script)
            self.assertEqual("stateRoot" in result.stderr, path in arguments)

    def test_as_goevmlab_calls_evmone(self):
        path = self.write(state_test(code="0x6001600055"))
        result = scope("statetest", "--trace-summary", path)
        start = result.stderr.index('"stateRoot":"') + 13
        self.assertEqual(result.stderr[start:start + 66], json.loads(result.stdout)[0]["stateRoot"])
        lines = [json.loads(line) for line in result.stderr.splitlines()]
        self.assertEqual([(line["pass"], line["gasUsed"]) for line in lines], [(True, hex(21000 + 2 * 3 + 22100))])

    def test_files_are_named_on_standard_input(self):
        first, second = self.write(self.filled(), "first.json"), self.write(state_test(name="second"), "second.json")
        for names, count, status in (([first, second], 2, 1), ([first], 1, 0), ([first, "", second], 1, 0),
                                     ([first, "nowhere.json"], 1, 1), ([], 0, 1), (["nowhere.json"], 0, 1)):
            result = scope("statetest", input="".join(f"{name}\n" for name in names))
            self.assertEqual(result.returncode, status, names)
            lists = [json.loads(text + "]") for text in result.stdout.split("\n]\n")[:-1]]
            self.assertEqual([[entry["name"] for entry in entries] for entries in lists], [["test"], ["second"]][:count])
            self.assertEqual(result.stderr.count("stateRoot"), count)

    def test_either_of_two_broken_rules_may_be_named(self):
        blobs = {"maxFeePerGas": "0x10", "maxPriorityFeePerGas": "0x0", "maxFeePerBlobGas": "0x1", "drop": ["gasPrice"]}
        root = self.root("Prague", gasLimit=["0x0"])   # of what was there before: this one is refused
        for transaction, names in (
                ({"nonce": hex(2**64 - 1)}, ["NONCE_IS_MAX", "NONCE_MISMATCH_TOO_HIGH"]),
                ({"nonce": hex(2**64)}, ["NONCE_OVERFLOW"]),
                ({"gasLimit": [hex(2**64)]}, ["GASLIMIT_OVERFLOW"]), ({"gasPrice": hex(2**256)}, ["GASPRICE_OVERFLOW"]),
                ({"value": ["0x:bigint " + hex(2**256)]}, ["VALUE_OVERFLOW"]), ({"value": [hex(2**256)]}, ["VALUE_OVERFLOW"]),
                ({"gasLimit": ["0x5207"], "gasPrice": "0x6", "nonce": "0x1"},
                 ["INTRINSIC_GAS_TOO_LOW", "INSUFFICIENT_MAX_FEE_PER_GAS", "NONCE_MISMATCH_TOO_HIGH"]),
                ({"gasLimit": ["0x5f5e101"], "value": [hex(2**100)]}, ["GAS_ALLOWANCE_EXCEEDED", "INSUFFICIENT_ACCOUNT_FUNDS"]),
                ({"gasPrice": hex(2**255)}, ["GASLIMIT_PRICE_PRODUCT_OVERFLOW", "INSUFFICIENT_ACCOUNT_FUNDS"]),
                (blobs | {"blobVersionedHashes": ["0x02" + "00" * 31] * 10},
                 ["TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED", "TYPE_3_TX_BLOB_COUNT_EXCEEDED",
                  "TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH"])):
            for name in [*names, "SENDER_NOT_EOA"]:
                test = state_test("Prague", expect=f"TransactionException.{name}", root=root, **transaction)
                result = self.results(test)[0]
                self.assertEqual(result["pass"], name in names, (transaction, result))
        many = {"blobVersionedHashes": ["0x01" + "00" * 31] * 10}
        test = state_test("Prague", expect="BlockException.BLOB_GAS_USED_ABOVE_LIMIT", root=root, **blobs, **many)
        self.assertTrue(self.results(test)[0]["pass"])

    def test_numbers_that_no_field_holds_are_counted_with_the_reason(self):
        for test, place in ((state_test(value=[hex(2**256)]), "transaction.value"), (state_test(nonce=hex(2**64)), "transaction.nonce"),
                            (state_test(alloc={TARGET: {"balance": 2**256}}), "pre.balance"),
                            (state_test(env={"currentTimestamp": 2**64}), "env.currentTimestamp"),
                            (state_test(env={"currentExcessBlobGas": 2**63}), "env.currentExcessBlobGas")):
            result = scope("statetest", "--json", self.write(test))
            reason, sums = [json.loads(line) for line in result.stdout.splitlines()]
            self.assertEqual(sums, {"passed": 0, "failed": 0, "skipped": 1}, place)
            self.assertTrue(reason["reason"].endswith(": " + place), reason)

    def test_a_block_may_have_more_gas_than_a_transaction(self):
        low, high = (self.root(env={"currentGasLimit": hex(limit)}) for limit in (2**63 - 1, 2**64 - 1))
        self.assertEqual(low, high)
        error = self.results(state_test(env={"currentGasLimit": hex(2**64 - 1)}, gasLimit=[hex(2**63)], gasPrice="0x7",
                                        alloc={SENDER: {"balance": hex(2**200)}}))[0]["error"]
        self.assertIn("block_gas_exceeded", error)


class OtherTools(WithFolder):
    """What holds of all commands over official files."""

    GOOD_BLOCKS = {"genesisRLP": "0xc0", "blocks": [], "pre": {}, "lastblockhash": "0x" + "00" * 32}

    def test_a_run_in_which_everything_is_skipped_is_no_success(self):
        for command, content, word in (
                ("statetest", state_test("Atlantis"), "Atlantis"),
                ("blockchaintest", {"x": self.GOOD_BLOCKS | {"network": "Atlantis"}}, "Atlantis"),
                ("transactiontest", {"x": {"txbytes": "0x00", "result": {"Atlantis": {"exception": "X"}}}}, "Atlantis"),
                ("trietest", {"x": {"in": [], "tests": []}}, "neighbours"),
                ("basictest", {"x": {"types": ["bool"], "args": [True], "result": "0x"}}, "bool")):
            result = scope(command, self.write(content), "--json")
            reasons = [json.loads(line) for line in result.stdout.splitlines()]
            self.assertEqual((result.returncode, reasons[-1]), (1, {"passed": 0, "failed": 0, "skipped": 1}), command)
            self.assertIn(word, reasons[0]["reason"])
            self.assertIn("nothing was run", result.stderr)

    def test_networks_that_are_not_here_say_why(self):
        for network, word in (("ArrowGlacierToParisAtDiffC0000", "difficulty"), ("HomesteadToDaoAt5", "DAO"), ("BPO4", "blob"),
                              ("9" * 10_000, "not known")):
            result = scope("blockchaintest", self.write({"x": self.GOOD_BLOCKS | {"network": network}}), "--json")
            self.assertIn(word, json.loads(result.stdout.splitlines()[0])["reason"])
            self.assertLess(len(result.stdout), 500)

    def test_transitions_by_number_are_run(self):
        folder = run_tests.fixtures("blockchain_tests", "eest-blockchain-tests.tar.zst")
        if isinstance(folder, str):
            self.skipTest(folder)
        tests = [(name, test) for file in sorted((folder / "frontier").rglob("*.json")) if file.stat().st_size < 200_000
                 for name, test in json.loads(file.read_text()).items()]
        failed = 0
        for before, after in (("Frontier", "Homestead"), ("ConstantinopleFix", "Istanbul"), ("Byzantium", "ConstantinopleFix")):
            ours = {name: test for name, test in tests if test["network"] == after}
            for number in (1, 1000):
                content = {name: test | {"network": f"{before}To{after}At{number}"} for name, test in ours.items()}
                status, counts = self.counts("blockchaintest", content)
                failed += counts["failed"]
                if number == 1:
                    self.assertEqual((status, counts["passed"]), (0, len(ours)), after)
        self.assertGreater(failed, 0)   # the older fork's rules make something else of some of them

    def test_forms_without_a_runner_are_named(self):
        for form, test in (("blockchain_tests_engine", {"engineNewPayloads": [], "pre": {}, "network": "Osaka"}),
                           ("blockchain_tests_engine_x", {"engineNewPayloads": [], "preHash": "0x00", "network": "Osaka"}),
                           ("blockchain_tests_sync", {"engineNewPayloads": [], "pre": {}, "syncPayload": {}}),
                           ("eof_tests", {"vectors": {}}), ("blockgenesistest", {"inputs": {"00" * 20: 10**20}, "result": "f8"})):
            for command in ("statetest", "blockchaintest", "basictest"):
                result = scope(command, self.write({"x": test}), "--json")
                reason, sums = [json.loads(line) for line in result.stdout.splitlines()]
                self.assertIn(f"of the form {form}", reason["reason"])
                self.assertEqual((result.returncode, sums["skipped"]), (1, 1))

    def test_genesis_tests_have_large_integers(self):
        fields = {"timestamp": 0, "gasLimit": "0x1388", "coinbase": "0x" + "00" * 20, "mixHash": "0x" + "00" * 32,
                  "difficulty": 2**70, "nonce": "0x" + "00" * 8, "extraData": "0x", "parentHash": "0x" + "00" * 32,
                  "result": "0x00"}
        same = [self.failure(fields | {"alloc": {SENDER: {"wei": wei}}}) for wei in (10**20, str(10**20), hex(10**20))]
        self.assertEqual(len(set(same)), 1)
        self.assertIn("block 0x", same[0])
        for spoilt, place in (({"timestamp": 2**64}, "timestamp"), ({"difficulty": 2**256}, "difficulty"),
                              ({"alloc": {SENDER: {"wei": 2**256}}}, "alloc.wei")):
            result = scope("basictest", self.write({"x": fields | {"alloc": {}} | spoilt}), "--json")
            reason, sums = [json.loads(line) for line in result.stdout.splitlines()]
            self.assertEqual((sums["skipped"], reason["reason"].split(": ")[-1]), (1, place))

    def failure(self, test) -> str:
        return json.loads(scope("basictest", self.write({"x": test}), "--json").stdout.splitlines()[0])["error"]

    def test_json_is_utf8_whatever_a_file_is_called(self):
        path = os.fsencode(self.folder) + b"/\xff\xc3\xa9.json"
        with open(path, "w") as file:
            json.dump(state_test(), file)
        for options in (["--json"], []):
            result = subprocess.run([BINARY, "statetest", *options, path], capture_output=True, timeout=60)
            text = result.stdout.decode("utf-8")
            self.assertIn("test", text)
            for line in text.splitlines() if options else [text]:
                json.loads(line)
        with open(path, "w") as file:
            file.write("{")
        for options in (["--json"], []):
            text = subprocess.run([BINARY, "statetest", *options, path], capture_output=True, timeout=60).stdout.decode("utf-8")
            self.assertIn("\ufffd\u00e9.json", text)

    def test_a_huge_number_is_not_echoed_whole(self):
        huge = "9" * 100_000
        for result in (scope("statetest", self.write(state_test(gasPrice=huge))), scope("rlptest", self.write(RLP), "--sample", huge),
                       scope("statetest", self.write(state_test(env={"currentNumber": int("9" * 4000)}))),
                       scope("statetest", self.write(RLP), "--fork", huge), scope("rlptest", self.write(RLP), "--filter", "(" + huge),
                       scope("statetest", self.write(state_test(huge))), scope("rlptest", self.write(RLP), "--" + huge),
                       scope("keytest", self.write([KEY[0] | {"addr": huge}]))):
            self.assertNotEqual(result.returncode, 0, result.args[1])
            self.assertLess(len(result.stdout) + len(result.stderr), 2000, result.args[1])

    def test_a_name_too_long_for_a_filter_fails_its_test(self):
        path = self.write(state_test(name="n" * 100_000))
        for arguments in (("--filter", ".*b"), ("--run", "(n|n)*$"), ("--json", "--filter", "(n*)*b")):
            result = scope("statetest", path, *arguments)
            self.assertEqual(result.returncode, 1, arguments)   # not of a signal
            self.assertIn("too long for a regular expression", result.stdout + result.stderr)

    def test_faulty_indexes_and_hashes_are_named(self):
        for key, value, words in (("indexes", {"data": -1, "gas": 0, "value": 0}, "post.indexes.data"),
                                  ("indexes", {}, "post.indexes.data: missing"), ("hash", None, "post.hash: expected a hash")):
            test = state_test(name="unfilled")
            for case in next(iter(test["unfilled"]["post"].values())):
                case[key] = value
            self.assertIn(words, scope("statetest", self.write(test)).stdout)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_standard_error_that_is_full_fails_no_test(self):
        path = self.write(state_test(name="unfilled"))
        root = json.loads(scope("statetest", path).stdout)[0]["stateRoot"]
        path = self.write(state_test(root=root))
        for arguments, status in ((f"statetest {path}", 0), (f"statetest --json {path}", 0), (f"statetest --trace {path}", 1),
                                  (f"statetest --trace-summary {path}", 1), (f"statetest --trace --json {path}", 1),
                                  ("statetest nowhere.json", 1), ("statetest --frobnicate x", 2), ("", 2)):
            result = subprocess.run(["sh", "-c", f"exec {BINARY} {arguments} 2>/dev/full"], capture_output=True, text=True)
            self.assertEqual(result.returncode, status, arguments)   # not of a signal
            self.assertNotIn("FAILED", result.stdout)
            if "--json" in arguments:
                self.assertEqual(json.loads(result.stdout.splitlines()[-1])["passed"], 1)
            elif str(path) in arguments:
                self.assertTrue(json.loads(result.stdout)[0]["pass"])


class TracesAsGeth(WithFolder):
    """Which of its gas an instruction's line has, and when a refund is there."""

    def steps(self, code, alloc=None, fork="Prague", **more) -> list[dict]:
        result = scope("statetest", "--trace", self.write(state_test(fork, code, alloc, **more)))
        return [line for line in map(json.loads, result.stderr.splitlines()) if "pc" in line]

    def of(self, steps, name) -> list[tuple[int, int]]:
        return [(int(step["gasCost"], 16), step["refund"]) for step in steps if step["opName"] == name]

    def test_gas_of_calls_and_creates(self):
        """What is given to a callee belongs to CALL's cost, what init code gets does not to CREATE's."""
        callee = "0x" + "00" * 19 + "cc"
        for code, name, cost in (("0x5f5f5f5f5f73" + callee[2:] + "610400f1", "CALL", 2600 + 0x400),
                                 ("0x5f5f5f5f73" + callee[2:] + "610400f4", "DELEGATECALL", 2600 + 0x400),
                                 ("0x60205f5ff0", "CREATE", 32000 + 3 + 2), ("0x5f60205f5ff5", "CREATE2", 32000 + 3 + 2 + 6)):
            self.assertEqual(self.of(self.steps(code, {callee: {"code": "0x00"}}), name), [(cost, 0)], code)

    def test_refunds_are_the_transaction_s_and_there_with_the_instruction(self):
        clear = "5f5f55"                                     # slot 0 to 0: 4800 (EIP-3529)
        slot = {"storage": {"0x00": "0x01"}}
        callee, reverting = "0x" + "00" * 19 + "cc", "0x" + "00" * 19 + "dd"
        alloc = {callee: {"code": "0x" + clear + "00"} | slot, reverting: {"code": "0x" + clear + "5f5ffd"} | slot}
        call = lambda address: "5f5f5f5f5f73" + address[2:] + "62fffffff150"
        steps = self.steps("0x" + clear + call(callee) + call(reverting) + "00", alloc | {
            TARGET: {"code": "0x" + clear + call(callee) + call(reverting) + "00"} | slot})
        self.assertEqual([refund for _, refund in self.of(steps, "SSTORE")], [4800, 9600, 14400])
        self.assertEqual([refund for _, refund in self.of(steps, "CALL")], [4800, 9600])
        self.assertEqual([refund for _, refund in self.of(steps, "POP")], [9600, 9600])   # what was reverted is gone
        self.assertEqual(self.of(steps, "REVERT"), [(0, 14400)])

    def test_self_destruct_and_authorizations_give_gas_back(self):
        self.assertEqual(self.of(self.steps("0x33ff", fork="Berlin"), "SELFDESTRUCT"), [(5000, 24000)])
        self.assertEqual(self.of(self.steps("0x33ff", fork="London"), "SELFDESTRUCT"), [(5000, 0)])
        # Where the authority of this signature has an account, 25000 - 12500 are given back (EIP-7702).
        authority = "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"
        authorization = {"chainId": "0x1", "address": "0x" + "00" * 19 + "cc", "nonce": "0x0", "yParity": "0x0",
                         "r": "0x7a7598fb461945c4c100dd3ab722c5d6727e9373d12ac3abc6cbc98b4f42d707",
                         "s": "0x18822cac605cbbb811fe9811d98e979192a28e04ac50b057cafd3bd5412f56a8"}
        tx = {"maxFeePerGas": "0x10", "maxPriorityFeePerGas": "0x0", "drop": ["gasPrice"], "authorizationList": [authorization]}
        for alloc, refund in (({authority: {"balance": "0x1"}}, 12500), ({}, 0)):
            self.assertEqual(self.of(self.steps("0x00", alloc, **tx), "STOP"), [(0, refund)])


class Traces(WithFolder):
    """EIP-3155, on standard error."""

    REQUIRED = {"pc": int, "op": int, "gas": str, "gasCost": str, "memSize": int, "stack": list, "returnData": str,
                "depth": int, "refund": int, "opName": str}

    def setUp(self):
        super().setUp()
        folder = run_tests.fixtures("state_tests", "eest-state-tests.tar.zst")
        if isinstance(folder, str):
            self.skipTest(folder)
        self.state_tests = folder

    def trace(self, file: str, *options) -> tuple[str, list[dict]]:
        path = next(self.state_tests.rglob(file))
        result = scope("statetest", "--trace", "--fork", "Osaka", *options, path)
        self.assertEqual(result.returncode, 0, result.stdout)
        return path.read_text(), [json.loads(line) for line in result.stderr.splitlines()]

    def test_each_step_has_the_fields(self):
        text, lines = self.trace("callcallcall_000.json")
        steps = [line for line in lines if "pc" in line]
        for step in steps:
            self.assertEqual({name: type(step[name]) for name in self.REQUIRED}, self.REQUIRED)
        self.assertGreater(max(step["depth"] for step in steps), 2)
        for before, after in zip(steps, steps[1:]):   # where no frame begins or ends, what an instruction costs is gone
            if before["depth"] == after["depth"] and before["opName"] not in ("CALL", "CREATE"):
                self.assertEqual(int(before["gas"], 16) - int(before["gasCost"], 16), int(after["gas"], 16))
        summary = lines[-1]
        self.assertEqual(list(summary), ["stateRoot", "output", "gasUsed", "pass", "fork"])
        self.assertEqual((summary["pass"], summary["fork"]), (True, "Osaka"))
        self.assertIn(summary["stateRoot"], text)

    def test_refused_transaction_has_its_reason(self):
        text, lines = self.trace("test_tx_gas_limit_cap_exceeded.json")
        refused = [line for line in lines if "error" in line and "pc" not in line]
        self.assertTrue(refused)
        for line in refused:
            self.assertEqual((line["pass"], line["gasUsed"]), (False, "0x0"))
            self.assertIn(line["stateRoot"], text)


class Witnesses(WithFolder):
    def setUp(self):
        super().setUp()
        folder = run_tests.fixtures("blockchain_tests_zkevm", "eest-zkevm-witness-tests.tar.zst")
        if isinstance(folder, str):
            self.skipTest(folder)
        file = next(folder.rglob("witness_state_sload_contains_storage_proof.json"))
        self.name, self.test = next(iter(json.loads(file.read_text()).items()))
        self.block = self.test["blocks"][-1]

    def status(self) -> tuple[int, str]:
        self.test["blocks"] = [self.block]
        result = scope("witnesstest", self.write({self.name: self.test}))
        return result.returncode, result.stdout

    def spoil(self, field: str, position: int):
        data = bytearray.fromhex(self.block[field][2:])
        data[position] ^= 1
        self.block[field] = "0x" + data.hex()

    def test_untouched_one_passes(self):
        self.assertEqual(self.status()[0], 0)

    def test_every_part_of_the_output_counts(self):
        for position, word in ((0, "hash_tree_root"), (33, "chain id")):
            self.spoil("statelessOutputBytes", position)
            status, text = self.status()
            self.assertEqual(status, 1)
            self.assertIn(word, text)
            self.spoil("statelessOutputBytes", position)

    def test_witness_beside_is_the_same(self):
        self.block["executionWitness"]["state"].pop()
        self.assertIn("another witness", self.status()[1])

    def test_each_node_and_code_and_header_counts(self):
        witness = self.block["executionWitness"]
        original = self.block["statelessInputBytes"]
        for part in ("state", "codes", "headers"):
            for item in witness[part]:
                # The last byte: of a hash, a value or a code, so that all keep their shape.
                at = original.find(item[2:])
                self.assertGreater(at, 0)
                last = at + len(item) - 3
                flipped = "%x" % (int(original[last], 16) ^ 1)
                self.block["statelessInputBytes"] = original[:last] + flipped + original[last + 1:]
                witness_now = {key: [entry if entry != item else entry[:-1] + flipped for entry in entries]
                               for key, entries in witness.items()}
                self.block["executionWitness"] = witness_now
                status, text = self.status()
                self.assertEqual(status, 1, (part, item[:80]))
                self.assertRegex(text, "missing_|malformed_|broken_header_chain|that nothing leads to")


class Exchanges(WithFolder):
    """JSON-RPC exchanges on the official chain; all of them are a suite of their own."""

    CALL = '>> {"jsonrpc":"2.0","id":1,"method":"%s","params":%s}\n<< {"jsonrpc":"2.0","id":1,%s}\n'

    def setUp(self):
        super().setUp()
        folder = run_tests.fixtures("execution-apis", "execution-apis-tests.tar.zst")
        if isinstance(folder, str):
            self.skipTest(folder)
        self.tests = folder / "tests"
        for name in ("genesis.json", "chain.rlp"):
            (self.folder / name).write_bytes((self.tests / name).read_bytes())

    def run_one(self, text: str) -> tuple[int, str]:
        (self.folder / "method").mkdir(exist_ok=True)
        (self.folder / "method" / "name.io").write_text(text)
        result = scope("rpctest", self.folder)
        return result.returncode, result.stdout

    def outcome(self, method: str, params: str, answer: str, comment: str = "") -> tuple[int, str]:
        return self.run_one(comment + self.CALL % (method, params, answer))

    def test_right_ones_pass(self):
        for text in (self.CALL % ("eth_blockNumber", "[]", '"result":"0x36"'),
                     self.CALL % ("eth_getBalance", '["0x11"]', '"error":{"code":-32602,"message":"invalid argument 0: hex '
                                  'string has length 2, want 40 for common.Address"}'),
                     (self.tests / "eth_getLogs" / "contract-addr.io").read_text()):
            self.assertEqual(self.run_one(text), (0, "1 passed, 0 failed, 0 skipped\n"))

    def test_every_difference_counts(self):
        self.assertIn("expected", self.outcome("eth_blockNumber", "[]", '"result":"0x37"')[1])
        text = (self.tests / "eth_getLogs" / "contract-addr.io").read_text()
        for old, new, word in (('"0xa"', '"0xb"', "logIndex"), ('"removed":false', '"removed":true', "removed"),
                               ('"removed":false', '"removed":false,"more":1', "more: missing"),
                               (',"removed":false', "", "removed: not expected"), ("}]}", "},{}]}", "expected")):
            status, output = self.run_one(text[:text.index("<<")] + text[text.index("<<"):].replace(old, new, 1))
            self.assertEqual(status, 1, (old, new))
            self.assertIn(word, output)

    def test_an_error_has_code_message_and_data(self):
        right = '"code":-32602,"message":"missing value for required argument 0 (address)"'
        for error in ('"code":-32000,' + right.split(",", 1)[1], '"code":-32602,"message":"missing"', right + ',"data":"0x"'):
            self.assertEqual(self.outcome("eth_getBalance", "[]", '"error":{%s}' % error)[0], 1, error)
        self.assertEqual(self.outcome("eth_getBalance", "[]", '"error":{%s}' % right)[0], 0)
        self.assertEqual(self.outcome("eth_getBalance", "[]", '"result":"0x0"')[0], 1)
        self.assertEqual(self.outcome("eth_chainId", "[]", '"error":{%s}' % right)[0], 1)

    def test_where_only_the_form_counts_the_form_does(self):
        form = "// speconly: client response is only checked for schema validity.\n"
        for answer, status in (('"result":"0x1"', 0), ('"result":1', 1), ('"result":{}', 1), ('"result":"one"', 1)):
            self.assertEqual(self.outcome("eth_blockNumber", "[]", answer, form)[0], status, answer)
        for answer, status in (('"result":{"pending":"0x5","queued":"0x9"}', 0), ('"result":{"other":"0x5"}', 1)):
            self.assertEqual(self.outcome("txpool_status", "[]", answer, form)[0], status, answer)

    def test_what_is_no_exchange_is_told(self):
        self.assertIn("no exchange", self.run_one("// nothing\n")[1])
        (self.folder / "method" / "name.io").unlink()
        result = scope("rpctest", self.folder, "--json")
        self.assertEqual((result.returncode, json.loads(result.stdout)), (1, {"passed": 0, "failed": 0, "skipped": 0}))
        (self.folder / "chain.rlp").write_bytes(b"\xc0")
        self.assertIn("chain.rlp: block 1", scope("rpctest", self.folder).stderr)


if __name__ == "__main__":
    unittest.main()
