"""`scope demo`, the whole system from genesis to a follower, by the document it prints."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "release" / "apps" / "scope" / "scope"
STORIES = ["swap", "callback", "arbitrage", "courier", "refusal"]
# Every attack, and the error that it has to revert with.
ATTACKS = {
    "response-changed": "ResponsesDiffer",
    "response-changed-on-rollup": "ResponsesDiffer",
    "responses-swapped": "NotReproduced",
    "fill-omitted": "NotReproduced",
    "call-dropped": "RequestsDiffer",
    "call-reordered": "RequestsDiffer",
    "callback-moved": "OperationRefused",
    "two-root-ids": "RecordOfAnotherRoot",
    "batch-changed": "NotAMember",
    "attestation-too-few": "TooFewSignatures",
    "attestation-wrong-keys": "NotAMember",
    "bundle-replayed": "WrongBatchNumber",
}


def demo(*arguments, env=None):
    return subprocess.run([BINARY, "demo", *arguments], cwd=ROOT, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, timeout=600)


def document(test: unittest.TestCase, *arguments) -> dict:
    result = demo("--json", *arguments)
    test.assertEqual(result.returncode, 0, result.stderr + result.stdout[-2000:])
    return json.loads(result.stdout)


def all_calls(calls: list) -> list:
    return [call for outer in calls for call in [outer, *all_calls(outer["calls"])]]


class Document(unittest.TestCase):
    """The document of one run, read by as many tests."""

    @classmethod
    def setUpClass(cls):
        cls.result = demo("--json")
        cls.json = json.loads(cls.result.stdout)

    def test_every_check_held(self):
        self.assertEqual(self.result.returncode, 0, self.json["checks"]["failures"])
        self.assertEqual(self.json["checks"]["failed"], 0)
        self.assertGreater(self.json["checks"]["passed"], 100)

    def test_five_roots_settled(self):
        self.assertEqual([root["name"] for root in self.json["roots"]], STORIES)
        self.assertEqual([root["origin_chain"] for root in self.json["roots"]], [1, 901, 901, 901, 902])
        for root in self.json["roots"]:
            self.assertTrue(root["settled"] and root["success"], root["name"])
            self.assertEqual(len(all_calls(root["calls"])), root["call_count"])

    def test_six_scopes_settled_by_one_l1_transaction_each(self):
        self.assertEqual([scope["name"] for scope in self.json["scopes"]], [*STORIES, "all"])
        self.assertEqual(self.json["scopes"][-1]["roots"], STORIES)
        self.assertTrue(all(scope["settled"] for scope in self.json["scopes"]))
        self.assertEqual(len({bundle["l1_block"] for bundle in self.json["bundle"]}), 6)
        for bundle in self.json["bundle"]:
            self.assertEqual(bundle["tx_type"], 3)
            self.assertGreaterEqual(bundle["blobs"], 1)
            self.assertGreater(bundle["gas_used"], 21000)
            self.assertLess(bundle["gas_used"], 1 << 24)
            self.assertGreater(bundle["calldata_bytes"], 0)

    def test_rolling_hashes_of_every_pair_match(self):
        for pair in self.json["pairs"]:
            self.assertTrue(pair["requests_match"] and pair["responses_match"], pair)
            self.assertEqual(pair["requests_out"], pair["requests_in"])
            self.assertEqual(pair["responses_in"], pair["responses_out"])
        of_all = {(pair["source"], pair["target"]) for pair in self.json["pairs"] if pair["scope"] == "all"}
        self.assertEqual(of_all, {(1, 901), (901, 1), (1, 902), (902, 1), (901, 902)})

    def test_pairs_of_a_scope_are_those_that_call_each_other(self):
        for root in self.json["roots"]:
            called = {(call["source"], call["target"]) for call in all_calls(root["calls"])}
            paired = {(pair["source"], pair["target"]) for pair in self.json["pairs"]
                      if pair["scope"] == root["name"]}
            self.assertEqual(called, paired, root["name"])

    def test_what_is_filled_is_what_is_called(self):
        for root in self.json["roots"]:
            calls = all_calls(root["calls"])
            for chain in root["filled"]:
                self.assertEqual(chain["fills"], sum(call["source"] == chain["chain_id"] for call in calls))
                self.assertEqual(chain["records_kept"] + chain["records_static"] + chain["records_rolled_back"],
                                 sum(call["target"] == chain["chain_id"] for call in calls))

    def test_a_callback_sees_its_caller_in_the_middle(self):
        callback = self.json["roots"][1]["calls"][0]["calls"][0]
        self.assertEqual((callback["source"], callback["target"], callback["function"]), (1, 901, "reveal"))
        self.assertEqual(int(callback["output"][2:66], 16), 1)  # Phase.Waiting

    def test_a_price_is_looked_up_by_a_static_call(self):
        calls = self.json["roots"][2]["calls"]
        self.assertEqual([(call["function"], call["kind"]) for call in calls],
                         [("quote", "static"), ("move", "call"), ("swapAndSend", "call")])

    def test_value_travels_three_chains_deep(self):
        call, values = self.json["roots"][3]["calls"][0], []
        while call:
            values.append(int(call["value_wei"]))
            call = call["calls"][0] if call["calls"] else None
        self.assertEqual(values, [7 * 10**17, 5 * 10**17, 2 * 10**17])

    def test_a_failed_callee_is_caught(self):
        calls = self.json["roots"][4]["calls"]
        self.assertEqual([call["success"] for call in calls], [False, False, False, True])
        self.assertEqual([call["kept"] for call in calls], [False, True, False, True])
        self.assertIn("Refused(", calls[0]["output_text"])

    def test_every_attack_reverted_with_its_own_reason(self):
        attacks = self.json["attacks"]
        self.assertEqual([attack["kind"] for attack in attacks], list(ATTACKS))
        for attack in attacks:
            self.assertTrue(attack["reverted"] and attack["as_expected"], attack)
            self.assertTrue(attack["reason"].startswith(ATTACKS[attack["kind"]] + "("), attack)
        self.assertEqual(len({attack["reason"] for attack in attacks}), len(attacks))

    def test_follower_arrives_at_the_same_hashes(self):
        follower = self.json["follower"]
        self.assertTrue(follower["equal"])
        self.assertEqual([chain["chain_id"] for chain in follower["chains"]], [901, 902])
        for chain in follower["chains"]:
            self.assertRegex(chain["head_hash"], "^0x[0-9a-f]{64}$")
            self.assertEqual(chain["head_hash"], chain["follower_hash"])

    def test_block_hashes_continue(self):
        last = {}
        for scope in self.json["scopes"]:
            for chain in scope["chains"]:
                if chain["chain_id"] in last:
                    self.assertEqual(chain["block_hash_before"], last[chain["chain_id"]])
                self.assertNotEqual(chain["block_hash_before"], chain["block_hash_after"])
                last[chain["chain_id"]] = chain["block_hash_after"]

    def test_says_how_long_it_took(self):
        times = self.json["timings_ms"]
        for step in ("set_up", "simulate", "execute", "assemble", "blobs", "prove", "bundle", "settle", "attacks",
                     "follow", "total"):
            self.assertGreater(times[step], 0, step)

    def test_progress_goes_to_standard_error(self):
        self.assertIn("story 'swap'", self.result.stderr)

    def test_a_tree_of_calls_is_the_documented_one(self):
        """Each member of scope-tree.md and no other, but for what the story adds to its root."""
        text = (ROOT / "docs" / "formats" / "scope-tree.md").read_text()
        root, call = (set(re.findall(r"`(\w+)(?:\[])?`", "".join(re.findall(r"^\|([^|]*)\|", table, re.M))))
                      for table in text.split("\nA call, ")[:2])
        self.assertIn("request_hash", call)
        for of_story in self.json["roots"]:
            self.assertEqual(set(of_story) - {"name", "title", "settled"}, root)
            for inner in all_calls(of_story["calls"]):
                self.assertEqual(set(inner), call)

    def test_the_format_is_documented(self):
        formats = ROOT / "docs" / "formats"
        text = "".join((formats / name).read_text() for name in ("demo-json.md", "scope-tree.md"))

        def names(value):
            if isinstance(value, dict):
                return set(value).union(*map(names, value.values()))
            return set().union(*map(names, value)) if isinstance(value, list) else set()

        missing = {name for name in names(self.json) if not re.search(rf"\b{name}\b", text)}
        self.assertEqual(missing, set())


class Flags(unittest.TestCase):
    def test_every_attack_alone_with_batches_in_calldata(self):
        for kind, error in ATTACKS.items():
            with self.subTest(kind):
                found = document(self, "--tamper", kind, "--data", "calldata")
                self.assertEqual([(attack["kind"], attack["reverted"]) for attack in found["attacks"]], [(kind, True)])
                self.assertTrue(found["attacks"][0]["reason"].startswith(error + "("))

    def test_batches_in_calldata(self):
        found = document(self, "--data", "calldata")
        self.assertEqual({(bundle["tx_type"], bundle["blobs"]) for bundle in found["bundle"]}, {(2, 0)})
        self.assertTrue(found["follower"]["equal"])

    def test_one_story(self):
        found = document(self, "--only", "callback", "--only", "refusal")
        self.assertEqual([scope["name"] for scope in found["scopes"]], ["callback", "refusal"])
        self.assertEqual(found["attacks"], [])

    def test_two_runs_give_the_same_chains(self):
        runs = [document(self, "--only", "callback") for _ in range(2)]
        self.assertEqual(runs[0]["follower"], runs[1]["follower"])

    def test_report_for_a_person(self):
        result = demo("--only", "refusal")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("\033", result.stdout)
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 120)
        for text in ("refusal", "Refused(", "rolled back", "rolling hashes", "block hashes", "follower", "0 failed"):
            self.assertIn(text, result.stdout)


class WrongUsage(unittest.TestCase):
    def refused(self, *arguments):
        result = demo(*arguments)
        self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
        return result.stderr

    def test_unknown_attack_lists_those_that_exist(self):
        text = self.refused("--tamper", "frobnicate")
        for kind in ["frobnicate", *ATTACKS]:
            self.assertIn(kind, text)

    def test_unknown_story_lists_those_that_exist(self):
        text = self.refused("--only", "frobnicate")
        for name in ["frobnicate", *STORIES]:
            self.assertIn(name, text)

    def test_tamper_with_only(self):
        self.assertIn("--only", self.refused("--tamper", "fill-omitted", "--only", "swap"))

    def test_unknown_place_of_data(self):
        self.assertIn("--data", self.refused("--data", "paper"))

    def test_argument_without_option(self):
        self.assertIn("swap", self.refused("swap"))


class BrokenSetUp(unittest.TestCase):
    def test_missing_contracts_name_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            result = demo("--json", env={"SCOPE_CONTRACTS": folder})
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("ScopedCallableL1.json", result.stderr)


if __name__ == "__main__":
    unittest.main()
