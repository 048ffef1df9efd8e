"""The commands over official test files: a test that is spoilt fails, a file that is none is told, and the sums add up."""
import json
import os
import pathlib
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


def scope(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=120)


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


if __name__ == "__main__":
    unittest.main()
