"""`scope` on an L1 with slots, votes and finality (tools/real_l1.sh): missed slots, a reorganisation and a kill under traffic.

Skipped where SCOPE_REAL_L1 doesn't name the folder of `tools/real_l1.sh setup`. What is counted is printed as JSON;
docs/reliability.md has it of one run.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from node_network import BINARY, PREDEPLOY, ROLLUPS, ROOT, USERS, NodeNetwork, RpcFailure, ask, free_ports, wait_until
from real_l1 import CHAIN_ID, RealL1, is_there
from test_node import asking

A, B = ROLLUPS
SLOT_S = int(os.environ.get("SCOPE_REAL_L1_SLOT_S", "3"))
SLOTS = int(os.environ.get("SCOPE_REAL_L1_SLOTS", "48"))   # with traffic, at least 44
PATIENCE_BLOCKS = 60   # from the last transaction on
TICKS = os.sysconf("SC_CLK_TCK")


class Traffic:
    """Users who send: a root of one rollup and of the other, which ask L1, and a transfer after each; two in three slots."""

    def __init__(self, network, l1, slots):
        self.network, self.l1 = network, l1
        self.sent = []   # of each transaction {hash, chain, kind, slot}
        self.refused = []
        self.over = threading.Event()
        wanted = []
        for index in range(slots * 2 // 3):
            user, chain, kind = ((0, A, "root"), (2, A, "transfer"), (1, B, "root"), (3, B, "transfer"))[index % 4]
            address, key = USERS[user]
            content = ({"to": PREDEPLOY, "data": asking(CHAIN_ID, address)} if kind == "root"
                       else {"to": USERS[0][0], "value": "5"})
            wanted.append({"key": key, "chainId": chain, "nonce": index // 4, "gas": 3_000_000, **content, "kind": kind})
        self.wanted = list(zip(wanted, network.sign(wanted)))
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _run(self):
        begin = time.time()
        for index, (wanted, signed) in enumerate(self.wanted):
            # Anywhere in the slots, as users do.
            self.over.wait(max(0.0, begin + index * SLOT_S * 1.5 - time.time()))
            if self.over.is_set():
                return
            self._send(wanted, signed)

    def _send(self, wanted, signed):
        """Sends until it is taken: a builder that was killed comes back."""
        while not self.over.is_set():
            try:
                self.network.send("builder", wanted["chainId"], signed["raw"])
            except OSError:
                time.sleep(0.2)
                continue
            except RpcFailure as problem:
                if "already known" not in str(problem):
                    self.refused.append(str(problem))
                    time.sleep(0.2)
                    continue
            self.sent.append({"hash": signed["hash"], "chain": wanted["chainId"], "kind": wanted["kind"],
                              "slot": self.l1.slot_at(time.time())})
            return

    def is_through(self):
        return len(self.sent) == len(self.wanted)


def usage(pid):
    """Returns a process's CPU time in s and its memory in MB."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    resident = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return {"cpu_s": round((int(fields[11]) + int(fields[12])) / TICKS, 1), "MB": int(resident.split()[1]) // 1024}


def spread(values):
    values = sorted(values)
    return {"median": statistics.median(values), "p90": values[int(0.9 * (len(values) - 1))], "most": values[-1],
            "count": len(values)}


@unittest.skipUnless(is_there(), "SCOPE_REAL_L1 names no folder of tools/real_l1.sh setup")
class OnSlots(unittest.TestCase):
    def setUp(self):
        self.l1 = self.enterContext(RealL1(SLOT_S))
        self.network = self.enterContext(NodeNetwork(l1=self.l1.url, beacon=self.l1.beacon_url, slot_s=SLOT_S))

    def start(self):
        began = time.time()
        self.network.deploy()
        deployed = time.time()
        self.network.configure()
        self.network.start()
        self.network.wait_ready()
        return {"deploy_s": round(deployed - began, 1), "ready_s": round(time.time() - deployed, 1)}

    def settled_slot(self, transaction):
        """Returns the slot of the L1 block that settled a transaction; None: it has not settled."""
        chain = transaction["chain"]
        receipt = self.network.ask("follower", chain, "eth_getTransactionReceipt", transaction["hash"])
        if receipt is None:
            return None
        self.assertEqual(receipt["status"], "0x1", transaction)
        scope = self.network.ask("builder", chain, "scope_getSettlement", hex(chain), receipt["blockNumber"])
        if scope is None:
            return None
        block = ask(self.l1.url, "eth_getBlockByNumber", scope["blockNumber"], False)
        return self.l1.slot_at(int(block["timestamp"], 16))

    def standing(self, transaction):
        refusal = self.network.ask("builder", transaction["chain"], "scope_getRefusal", transaction["hash"])
        return f"{transaction}: {refusal}"

    def counted(self, name, metric):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.network.ports[name]['metrics']}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(metric) and not line.startswith("#"))

    def sleep_to(self, slot):
        time.sleep(max(0.0, self.l1.genesis_s + slot * SLOT_S + 0.2 - time.time()))

    def have_a_slot_reorganised(self):
        """Has a block come behind the votes of its slot, and the next one be built on its parent, until L1 follows that."""
        for _ in range(10):
            slot = self.l1.slot_at(time.time()) + 2
            self.l1.fault(f"late?slot={slot}&ms={SLOT_S * 1000 * 85 // 100}")
            self.l1.fault(f"fork?slot={slot + 1}")
            self.sleep_to(slot + 4)
            if self.l1.status()["reorganisations"] > 0:
                return
        self.fail("no slot is reorganised: the machine is too slow for slots of this length")

    def start_fresh_follower(self):
        """Starts a follower that has nothing but L1."""
        rpc, metrics = free_ports(2)
        ports = self.network.ports["follower"]
        text = (self.network.folder / "follower.toml").read_text()
        text = (text.replace('data = "follower"', 'data = "fresh"').replace(f':{ports["rpc"]}"', f':{rpc}"')
                .replace(f':{ports["metrics"]}"', f':{metrics}"'))
        (self.network.folder / "fresh.toml").write_text(text)
        self.network.ports["fresh"] = {"rpc": rpc, "metrics": metrics}
        self.network.start("fresh")
        self.network.wait_ready("fresh")

    def have_equal_heads(self, *names):
        heads = [[self.network.heads(name, rollup)["latest"] for rollup in ROLLUPS] for name in names]
        return all(each == heads[0] for each in heads)

    def test_everything_settles_through_missed_slots_a_reorganisation_and_a_kill(self):
        report = self.start()
        with Traffic(self.network, self.l1, SLOTS) as traffic:
            first = self.l1.slot_at(time.time()) + 1
            self.l1.fault(f"miss?slot={first + 8}")
            for missed in (14, 15):
                self.l1.fault(f"miss?slot={first + missed}")
            self.sleep_to(first + 20)
            self.have_a_slot_reorganised()
            self.network.nodes["builder"].kill()
            killed = time.time()
            self.network.start("builder")
            self.network.wait_ready("builder")
            report["restart_to_ready_s"] = round(time.time() - killed, 1)
            wait_until("all is sent", traffic.is_through, 1800)
        waiting = list(traffic.sent)
        slots = {}
        last_block = int(ask(self.l1.url, "eth_blockNumber"), 16) + PATIENCE_BLOCKS

        def all_settled():
            """On a machine that is slow L1 is, too: its blocks are the clock."""
            if waiting and int(ask(self.l1.url, "eth_blockNumber"), 16) > last_block:
                raise AssertionError(f"not in {PATIENCE_BLOCKS} blocks")
            for transaction in list(waiting):
                settled = self.settled_slot(transaction)
                if settled is not None:
                    slots[transaction["hash"]] = settled
                    waiting.remove(transaction)
            return not waiting

        try:
            wait_until("all has settled", all_settled, 1800)
        except AssertionError as error:
            raise AssertionError(f"{error}\n" + "\n".join(map(self.standing, waiting[:5]))
                                 + self.network.nodes["builder"].log()[-3000:]) from None
        self.start_fresh_follower()
        wait_until("all have the same heads", lambda: self.have_equal_heads("fresh", "follower", "builder"))

        status = self.l1.status()
        self.assertGreaterEqual(status["reorganisations"], 1)
        self.assertGreater(status["finalized_epoch"], 0)
        self.assertEqual(len({each["hash"] for each in traffic.sent}), len(traffic.wanted))
        for kind in ("root", "transfer"):
            report[f"{kind}_settled_after_slots"] = spread(
                [slots[each["hash"]] - each["slot"] for each in traffic.sent if each["kind"] == kind])
        report |= {"l1": status, "refused_at_the_door": traffic.refused,
                   "scopes": self.counted("follower", "scope_followed_scopes_total"),
                   "reorganisations_seen": self.counted("follower", "scope_l1_reorganisations_total"),
                   "usage": {name: usage(process.process.pid) for name, process in self.network.nodes.items()}
                   | {name: usage(pid) for name, pid in self.l1.processes().items()}}
        print(json.dumps(report, indent=1))

    def test_the_stories_settle_with_blobs(self):
        result = subprocess.run([BINARY, "demo", "--l1", self.l1.url, "--beacon", self.l1.beacon_url, "--key",
                                 "env:SCOPE_TEST_KEY", "--json"], cwd=ROOT, capture_output=True, text=True, timeout=900,
                                stdin=subprocess.DEVNULL, env={**os.environ, "SCOPE_TEST_KEY": USERS[0][1]})
        self.assertEqual(result.returncode, 0, result.stderr)
        demo = json.loads(result.stdout)
        self.assertEqual(demo["checks"]["failed"], 0)
        self.assertTrue(demo["follower"]["equal"])
        self.assertEqual({bundle["tx_type"] for bundle in demo["bundle"]}, {3})


if __name__ == "__main__":
    unittest.main()
