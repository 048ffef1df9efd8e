"""`scope node` as processes on geth: a root settles, and again after a reorganisation. Skipped where SCOPE_GETH names none."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from node_network import PREDEPLOY, ROLLUPS, USERS, NodeNetwork, ask, wait_until
from plain_geth import CHAIN_ID, Geth, is_there
from test_node import asking

A, _ = ROLLUPS
BLOBS, CALLDATA = "0x3", "0x2"   # the type of the transaction that settles


@unittest.skipUnless(is_there(), "SCOPE_GETH names no binary")
class OnPlainGeth(unittest.TestCase):
    def start(self, data):
        network = self.enterContext(NodeNetwork(l1=Geth, data=data))
        network.deploy()
        network.configure()
        network.start()
        network.wait_ready()
        return network

    def settling(self, network, root):
        """Returns the L1 transaction that settled a root, as L1 has it; None where none has."""
        receipt = network.ask("follower", A, "eth_getTransactionReceipt", root)
        if receipt is None:
            return None
        self.assertEqual(receipt["status"], "0x1")
        scope = network.ask("builder", A, "scope_getSettlement", hex(A), receipt["blockNumber"])
        return scope and ask(network.l1_url, "eth_getTransactionByHash", scope["transactionHash"])

    def expect_settles(self, data, transaction_type):
        network = self.start(data)
        address, key = USERS[0]
        (signed,) = network.sign([{"key": key, "chainId": A, "nonce": 0, "to": PREDEPLOY, "gas": 3_000_000,
                                   "data": asking(CHAIN_ID, address)}])
        network.send("builder", A, signed["raw"])
        before = wait_until("the root has settled", lambda: self.settling(network, signed["hash"]))
        self.assertEqual(before["type"], transaction_type)
        # What the lost branch had comes again, from L1's pool or from the builder.
        network.l1_process.take_back(before["blockNumber"])
        after = wait_until("the root has settled on the other branch",
                           lambda: (found := self.settling(network, signed["hash"])) and found["blockHash"]
                           not in (None, before["blockHash"]) and found)
        self.assertEqual(after["type"], transaction_type)
        wait_until("builder and follower have the same head",
                   lambda: network.heads("builder", A)["latest"] == network.heads("follower", A)["latest"])

    def test_a_root_settles_with_blobs(self):
        self.expect_settles("blobs", BLOBS)

    def test_a_root_settles_with_calldata(self):
        self.expect_settles("calldata", CALLDATA)


if __name__ == "__main__":
    unittest.main()
