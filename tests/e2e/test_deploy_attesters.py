"""`scope deploy` where each member's key is somebody else's: attesters that have the proposed network file are asked over
HTTPS for their words, and go on with the network that comes of it."""
import hashlib
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from node_network import DEPLOYER, MEMBERS, ROLLUPS, TOOLS, USERS, NodeNetwork, ask

A, B = ROLLUPS


class Proposed(NodeNetwork):
    """A network whose committee signs what it was given."""

    def deploy_by(self, certificate, *more, check=True):
        members = []
        for index, (address, _) in enumerate(MEMBERS):
            name = f"attester{index}"
            members += ["--attester", f"{address}=https://127.0.0.1:{self.ports[name]['attest']}#{self.prints[name]}"]
        funds = [argument for address, _ in USERS for argument in ("--fund", f"{address}=1000")]
        return self.scope("deploy", "--l1", self.l1_url, "--key", "env:SCOPE_TEST_KEY_DEPLOYER", *members, "--threshold", 2,
                          "--tls-certificate", self.folder / f"{certificate}.pem", "--rollup", ",".join(map(str, ROLLUPS)),
                          *funds, "--out", self.network_file, *more, env=self.write_key("deployer", DEPLOYER[1]), check=check)

    def configuration(self, name, prints):
        self.prints = prints
        return super().configuration(name, prints)

    def name_deployer(self, name, address):
        file = self.folder / f"{name}.toml"
        file.write_text(file.read_text().replace("[attester]\n", f'[attester]\ndeployer = "{address}"\n'))

    def transactions(self):
        return int(ask(self.l1_url, "eth_getTransactionCount", DEPLOYER[0], "latest"), 16)


@unittest.skipUnless((TOOLS / "anvil").exists(), "anvil is not installed")
class DeployWithAttesters(unittest.TestCase):
    def test_members_sign_what_they_were_given_and_no_key_of_theirs_is_needed(self):
        with Proposed(data="calldata") as network:
            network.configure()
            network.make_tls_key("stranger")
            proposed = network.deploy_by("builder", "--propose")
            text = network.network_file.read_bytes()
            self.assertIn(hashlib.sha256(text).hexdigest(), proposed.stdout)
            self.assertIn(f'deployer = "{DEPLOYER[0].lower()}"', proposed.stdout)
            before = network.transactions()
            self.assertEqual(before, 0)

            # Nobody is there, and nothing is paid for.
            alone = network.deploy_by("builder", check=False)
            self.assertEqual(alone.returncode, 1)
            self.assertIn("0 of the 2 members that have to sign the genesis of rollup 42001 do", alone.stderr)
            self.assertEqual(alone.stderr.count(": unreachable: 127.0.0.1:"), 3, alone.stderr)

            # One signs for this deployer, one for another, and one for nobody.
            network.name_deployer("attester0", DEPLOYER[0])
            network.name_deployer("attester1", USERS[0][0])
            attesters = [f"attester{index}" for index in range(len(MEMBERS))]
            network.start(*attesters)
            network.wait_ready(*attesters)
            few = network.deploy_by("builder", check=False)
            self.assertEqual(few.returncode, 1)
            self.assertIn("1 of the 2 members", few.stderr)
            self.assertIn(f"{MEMBERS[1][0].lower()}: different_field (owner): claimed {DEPLOYER[0].lower()}, allowed "
                          f"{USERS[0][0].lower()}", few.stderr)
            self.assertIn(f"{MEMBERS[2][0].lower()}: different_field (owner): attester.deployer names nobody", few.stderr)
            # Who isn't known to them gets no word at all.
            stranger = network.deploy_by("stranger", check=False)
            self.assertEqual(stranger.returncode, 1)
            self.assertIn("0 of the 2 members", stranger.stderr)
            self.assertEqual(network.transactions(), before)

            # Two of three do, whatever the third says; and it goes on like any deployment.
            network.nodes["attester2"].kill()
            network.name_deployer("attester2", DEPLOYER[0])
            network.start("attester2")
            network.wait_ready("attester2")
            self.assertIn("the same command goes on", network.deploy_by("builder", "--steps", 8).stdout)
            network.deploy_by("builder")
            self.assertEqual(network.network_file.read_bytes(), text)
            self.assertFalse((network.folder / "network.json.partial").exists())

            # They began before there was a contract, and attest to what its rollups settle.
            network.start("builder", "follower")
            network.wait_ready("builder", "follower")
            (signed,) = network.sign([{"key": USERS[0][1], "chainId": A, "nonce": 0, "to": USERS[1][0], "data": "0x",
                                       "value": "5", "gas": 21_000}])
            network.send("follower", A, signed["raw"])
            receipt = network.receipt("follower", A, signed["hash"])
            self.assertEqual(receipt["status"], "0x1")


if __name__ == "__main__":
    unittest.main()
