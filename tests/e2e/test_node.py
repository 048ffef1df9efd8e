"""`scope node` as processes on anvil: deployed by `scope deploy`, with a builder, attesters and a follower."""
import functools
import json
import pathlib
import signal
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from node_network import (DEPLOYER, MARKER, MEMBERS, MULTICALL3, PREDEPLOY, ROLLUPS, ROOT, SUBMITTER, TOOLS, USERS,
                          NodeNetwork, RpcFailure, wait_until)

A, B = ROLLUPS
L1 = 31337


def selector(name, contract="ScopedCallableL2"):
    artifact = json.loads((ROOT / f"contracts/out/{contract}.sol/{contract}.json").read_text())
    return "0x" + next(value for key, value in artifact["methodIdentifiers"].items() if key.startswith(name + "("))


def asking(chain_id, sender, is_root=True):
    """Calldata by which a chain's ScopedCallable asks another chain's Multicall3 for its block number."""
    request = (f"{MULTICALL3[2:].lower():>064}" + f"{0:064x}" + f"{100_000:064x}" + f"{0x80:064x}" + f"{4:064x}"
               + "42cbb15c" + "0" * 56)
    return (selector("tryScopedCall") + f"{chain_id:064x}" + sender[2:].lower().rjust(64, "0") + f"{0x60:064x}" + request
            + (MARKER if is_root else ""))


@unittest.skipUnless((TOOLS / "anvil").exists(), "anvil is not installed")
class Nodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = cls.enterClassContext(NodeNetwork())
        cls.network.deploy()
        cls.network.configure()
        cls.network.start()
        cls.network.wait_ready()
        cls.nonces = {}

    def sign(self, user, rollup, to, data="0x", value=0, gas=3_000_000):
        address, key = USERS[user]
        nonce = self.nonces.get((user, rollup), 0)
        self.nonces[user, rollup] = nonce + 1
        (signed,) = self.network.sign([{"key": key, "chainId": rollup, "nonce": nonce, "to": to, "data": data,
                                        "value": str(value), "gas": gas}])
        return signed

    def test_a_call_from_a_rollup_to_L1_settles(self):
        address, _ = USERS[0]
        signed = self.sign(0, A, PREDEPLOY, asking(L1, address))
        self.assertEqual(self.network.send("builder", A, signed["raw"]), signed["hash"])
        receipt = self.network.receipt("builder", A, signed["hash"])
        self.assertEqual(receipt["status"], "0x1")
        self.assertEqual(self.network.receipt("follower", A, signed["hash"])["blockHash"], receipt["blockHash"])

    def send_operation(self, name, user):
        """Has an account on L1 ask rollup A, through a node; returns the operation's receipt there."""
        ask = functools.partial(self.network.ask, name, A)
        address, key = USERS[user]
        callable_on_l1 = next(each["address"] for each in ask("scope_contracts")
                              if each["chainId"] == L1 and each["name"] == "ScopedCallable")
        account = ask("scope_prepareOperation", {"from": address, "to": address})["message"]["account"]
        operation = ask("scope_prepareOperation", {"from": address, "to": callable_on_l1,
                                                   "data": asking(A, account, is_root=False)})
        (signed,) = self.network.sign([{"key": key, "typedData": operation}])
        sent = ask("scope_sendOperation", operation, signed["signature"])
        return wait_until("the operation's receipt", lambda: ask("scope_getOperationReceipt", sent))

    def test_an_account_on_L1_asks_a_rollup(self):
        # Through a follower, too: it hands on what a builder answers.
        for user, name in ((2, "builder"), (3, "follower")):
            with self.subTest(name):
                receipt = self.send_operation(name, user)
                self.assertTrue(receipt["success"])
                self.assertEqual([(call["target"], call["success"]) for call in receipt["calls"]], [(A, True)])

    def test_a_builder_says_what_L1_says_of_its_rollups(self):
        for rollup in self.network.ask("builder", A, "scope_chains"):
            self.assertEqual(rollup["kind"], "rollup")
            self.assertFalse(rollup["closed"])
            self.assertEqual(rollup["owner"].lower(), DEPLOYER[0].lower())
            self.assertIsNone(rollup["closesAt"])
        # What L1's blocks tell an L1 client is asked for.
        for name in ("builder", "follower"):
            for method, parameters in (("scope_getForcedQueue", [A]), ("scope_getBundle", ["0x0"]),
                                       ("scope_getDeposit", [A, 0]), ("scope_getForcedTransaction", [A, 0])):
                with self.subTest(f"{name} {method}"), self.assertRaises(RpcFailure) as caught:
                    self.network.ask(name, A, method, *parameters)
                self.assertEqual(caught.exception.error["code"], -39007)

    def metrics(self, name):
        """Returns the samples of a node's metrics as text, by name and labels."""
        url = f"http://127.0.0.1:{self.network.ports[name]['metrics']}/metrics"
        with urllib.request.urlopen(url, timeout=60) as response:
            lines = response.read().decode().splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    def events(self, name):
        """Returns what a node has logged."""
        return [json.loads(line) for line in self.network.nodes[name].log().splitlines() if line.startswith("{")]

    def settle(self, user, rollup):
        """Has a root of a rollup settle; returns its scope."""
        signed = self.sign(user, rollup, PREDEPLOY, asking(L1, USERS[user][0]))
        self.network.send("builder", rollup, signed["raw"])
        self.network.receipt("builder", rollup, signed["hash"])
        return wait_until("its scope", lambda: self.network.ask("builder", rollup, "scope_getScope", signed["hash"]))

    def test_a_builder_names_the_member_that_does_not_sign_and_goes_on(self):
        network, member = self.network, MEMBERS[2][0].lower()
        network.nodes["attester2"].kill()
        self.settle(1, A)
        dissents = [event["kind"] for event in self.events("builder") if event["event"] == "dissent" and event["member"] == member]
        self.assertEqual(dissents[-1:], ["unreachable"])
        sample = f'scope_builder_dissents_total{{member="{member}",kind="unreachable"}}'
        wait_until("it is counted", lambda: int(self.metrics("builder").get(sample, 0)) > 0)
        network.start("attester2")
        network.wait_ready("attester2")

    def test_each_step_of_a_scope_is_in_the_builders_log_and_is_counted(self):
        scope = self.settle(2, B)["transactionHash"]
        # Where a block came between, the transaction that settled took another's place.
        sent = [event for event in self.events("builder")
                if event["event"] in ("scope_sent", "scope_replaced") and event["scope"] == scope]
        self.assertEqual(len(sent), 1, self.events("builder"))
        steps = [event["event"] for event in self.events("builder") if event.get("batches") == sent[0]["batches"]]
        for step in ("scope_built", "scope_proved"):
            self.assertIn(step, steps)
        wait_until("L1 has settled it", lambda: any(event["event"] == "scope" and event["scope"] == scope
                                                    for event in self.events("builder")))
        wait_until("it is counted", lambda: int(self.metrics("builder")['scope_builder_scopes_total{step="settled"}']) > 0)
        balance = f'scope_builder_submitter_balance_wei{{account="{SUBMITTER[0].lower()}"}}'
        wait_until("its balance is known", lambda: int(self.metrics("builder").get(balance, 0)) > 0)
        wait_until("the attester counts", lambda: int(self.metrics("attester0")["scope_attester_signed_total"]) > 0)

    def test_a_follower_forwards_what_it_is_sent(self):
        signed = self.sign(1, B, USERS[2][0], value=5)
        self.assertEqual(self.network.send("follower", B, signed["raw"]), signed["hash"])
        self.assertEqual(self.network.receipt("follower", B, signed["hash"])["status"], "0x1")

    def test_each_role_begins_and_ends_when_it_is_asked_to_and_goes_on_from_there(self):
        network = self.network
        for name in ("follower", "attester0", "builder"):
            with self.subTest(name):
                self.assertEqual(network.nodes[name].kill(signal.SIGTERM), 0)
                network.start(name)
                network.wait_ready(name)
        for name in ("follower", "builder"):
            self.assertTrue(network.is_ready(name))


if __name__ == "__main__":
    unittest.main()
