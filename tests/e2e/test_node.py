"""`scope node` as processes on anvil: deployed by `scope deploy`, with a builder, attesters and a follower."""
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from node_network import ROLLUPS, TOOLS, NodeNetwork


@unittest.skipUnless((TOOLS / "anvil").exists(), "anvil is not installed")
class Nodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = cls.enterClassContext(NodeNetwork())
        cls.network.deploy()
        cls.network.configure()
        cls.network.start()
        cls.network.wait_ready()

    def test_each_role_begins_and_ends_when_it_is_asked_to_and_goes_on_from_there(self):
        network = self.network
        for name in ("follower", "attester0", "builder"):
            with self.subTest(name):
                self.assertEqual(network.nodes[name].kill(signal.SIGTERM), 0)
                network.start(name)
                network.wait_ready(name)
        for rollup in ROLLUPS:
            self.assertEqual(network.heads("follower", rollup), network.heads("builder", rollup))


if __name__ == "__main__":
    unittest.main()
