#!/usr/bin/env python3
"""./scope bench nodes: what a network of `scope node` processes on anvil costs, beside anvil in the same run.

What is compared is counted by CPU time of a process (all its threads, user and system, from /proc), so that what else runs on
the machine hardly counts. Times are given beside those of anvil, or as counts of L1 blocks, and only where waiting is the point.
"""
import argparse
import concurrent.futures
import contextlib
import gzip
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import statistics
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e")]
from node_network import (MARKER, MULTICALL3, PREDEPLOY, ROLLUPS, TOOLS, USERS, Anvil, NodeNetwork, Process, ask, free_ports,  # noqa: E402
                          wait_until)

L1 = 31337
SLOT_S = 3
ROLES = {"builder": "builder", "attester": "attester0", "follower": "follower"}
PATIENCE_MS = 120_000
TICKS = os.sysconf("SC_CLK_TCK")


def log(text):
    print(f"bench nodes: {text}", file=sys.stderr, flush=True)


# -- what a process costs

def cpu_seconds(pid):
    """Of all threads that it has had, in steps of a tick."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def fine_cpu_seconds(pid):
    """Of the threads that it has, to the nanosecond: for a process that is idle, and so ends none."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def memory_mib(pid):
    """Returns what is resident, and what of it is no file's."""
    lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return {"rss": int(lines["VmRSS"].split()[0]) / 1024, "anonymous": int(lines["RssAnon"].split()[0]) / 1024,
            "peak": int(lines["VmHWM"].split()[0]) / 1024, "threads": int(lines["Threads"])}


class Costs:
    """CPU time of some processes from here on, and what they asked of L1."""

    def __init__(self, bench, names, cpu=cpu_seconds):
        self.bench, self.names, self.cpu = bench, names, cpu
        self.begin = time.monotonic()
        self.before = {name: self.now(name) for name in names}

    def now(self, name):
        asked = {} if name == "anvil" else self.bench.asked_of_l1(name)
        return {"cpu_s": self.cpu(self.bench.pid(name)), **asked}

    def since(self):
        return {name: {what: value - self.before[name][what] for what, value in self.now(name).items()} for name in self.names}

    def wall_s(self):
        return time.monotonic() - self.begin


# -- the network

class Bench:
    def __init__(self, network):
        self.network = network
        self.nonces = {}
        self.settlement = None
        self.pool = concurrent.futures.ThreadPoolExecutor(4)

    @property
    def anvil(self):
        return self.network.l1_url

    def pid(self, name):
        process = self.network.l1_process if name == "anvil" else self.network.nodes[name]
        return process.process.pid

    def metrics(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.network.ports[name]['metrics']}/metrics", timeout=30) as response:
            lines = response.read().decode().splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line and line[0] != "#"}

    def asked_of_l1(self, name):
        metrics = self.metrics(name)
        return {"round_trips": metrics["scope_l1_round_trips_total"], "calls": metrics["scope_l1_calls_total"]}

    def set_up(self):
        log("deploys")
        self.network.deploy()
        self.settlement = json.loads(self.network.network_file.read_text())["contracts"]["settlement"].lower()
        self.network.websocket = self.anvil.replace("http", "ws")
        self.network.configure()
        self.network.start()
        self.network.wait_ready()

    def roots(self, count):
        """Signs transactions that call from a rollup to L1 and use the answer."""
        address, key = USERS[0]
        first = self.nonces.get(ROLLUPS[0], 0)
        self.nonces[ROLLUPS[0]] = first + count
        return [signed["raw"] for signed in self.network.sign(
            [{"key": key, "chainId": ROLLUPS[0], "nonce": first + index, "to": PREDEPLOY, "data": asking(L1, address),
              "gas": 3_000_000} for index in range(count)])]

    def transfers_on_l1(self, count):
        _, key = USERS[3]
        first = int(ask(self.anvil, "eth_getTransactionCount", USERS[3][0], "latest"), 16)
        return [signed["raw"] for signed in self.network.sign(
            [{"key": key, "chainId": L1, "nonce": first + index, "to": USERS[2][0], "value": "1", "gas": 21_000}
             for index in range(count)])]

    def head(self):
        return int(ask(self.anvil, "eth_blockNumber"), 16)

    def settle_in_step(self, raw, blocks=1):
        """Sends a root, has L1 mine when the scope is in its pool, and waits until the builder has followed it."""
        return self.mine_in_step(self.network.url("builder", ROLLUPS[0]), raw, [PATIENCE_MS], blocks)

    def mine_in_step(self, url, raw, more=(), blocks=1):
        """Returns the seconds from sending to L1's pool, and from when L1 is asked for a block to the receipt."""
        begin = time.monotonic()
        sent = self.pool.submit(ask, url, "eth_sendRawTransactionSync", raw, *more)
        while not sent.done() and int(ask(self.anvil, "txpool_status")["pending"], 16) == 0:
            time.sleep(0.002)
        in_pool = time.monotonic()
        ask(self.anvil, "anvil_mine", hex(blocks), hex(SLOT_S))
        assert sent.result()["status"] == "0x1"
        return {"to_pool": in_pool - begin, "to_receipt": time.monotonic() - in_pool}

    def all_follow(self):
        def are_equal():
            wanted = self.network.heads("builder", ROLLUPS[0])["latest"]
            numbers = [self.metrics(name)[f'scope_rollup_head{{chain_id="{ROLLUPS[0]}",label="latest"}}'] for name in self.network.nodes]
            return all(number == wanted[0] for number in numbers)
        wait_until("all nodes have followed", are_equal)


def selector(name):
    artifact = json.loads((ROOT / "contracts/out/ScopedCallableL2.sol/ScopedCallableL2.json").read_text())
    return "0x" + next(value for key, value in artifact["methodIdentifiers"].items() if key.startswith(name + "("))


def asking(chain_id, sender):
    """Calldata of a root that asks another chain's Multicall3 for its block number."""
    request = (f"{MULTICALL3[2:].lower():>064}" + f"{0:064x}" + f"{100_000:064x}" + f"{0x80:064x}" + f"{4:064x}"
               + "42cbb15c" + "0" * 56)
    return (selector("tryScopedCall") + f"{chain_id:064x}" + sender[2:].lower().rjust(64, "0") + f"{0x60:064x}" + request + MARKER)


# -- send to settled

def send_to_settled(bench, samples):
    """A root from send to receipt, at any moment of a slot, beside a plain L1 transaction that is sent at the same moment."""
    roots, transfers = bench.roots(samples), bench.transfers_on_l1(samples)
    rows = []
    for root, transfer in zip(roots, transfers):
        time.sleep(random.uniform(0, SLOT_S))
        before = bench.head()
        begin = time.monotonic()
        jobs = [bench.pool.submit(timed, begin, url, raw)
                for url, raw in ((bench.network.url("builder", ROLLUPS[0]), root), (bench.anvil, transfer))]
        (ours_s, _), (bare_s, bare) = (job.result() for job in jobs)
        rows.append({"seconds": ours_s, "bare_seconds": bare_s, "blocks": scope_block(bench, before) - before,
                     "bare_blocks": int(bare["blockNumber"], 16) - before})
    return rows


def timed(begin, url, raw):
    receipt = ask(url, "eth_sendRawTransactionSync", raw, *([PATIENCE_MS] if "/" in url.removeprefix("http://") else []))
    assert receipt["status"] == "0x1"
    return time.monotonic() - begin, receipt


def scope_block(bench, before):
    """Returns the first L1 block after another that has a transaction to the settlement contract."""
    for number in range(before + 1, bench.head() + 1):
        block = ask(bench.anvil, "eth_getBlockByNumber", hex(number), True)
        if any((transaction["to"] or "").lower() == bench.settlement for transaction in block["transactions"]):
            return number
    raise AssertionError("no scope has settled")


def in_step(bench, samples):
    """What a root waits for beside L1's slot: sent until it is in L1's pool, and from L1's block to its receipt."""
    rows = []
    with mined_by_hand(bench):
        for root, transfer in zip(bench.roots(samples), bench.transfers_on_l1(samples)):
            rows.append({"scope": bench.settle_in_step(root), "bare": bench.mine_in_step(bench.anvil, transfer)})
    return rows


# -- idle, and with 100 scopes a minute

def costs_of(bench, work, cpu):
    names = [*ROLES.values(), "anvil"]
    costs = Costs(bench, names, cpu)
    work()
    wall_s, since = costs.wall_s(), costs.since()
    return wall_s, {name: {**since[name], **memory_mib(bench.pid(name))} for name in names}


def idle(bench, seconds):
    wall_s, costs = costs_of(bench, lambda: time.sleep(seconds), fine_cpu_seconds)
    for cost in costs.values():
        cost["cpu_s_per_minute"] = cost["cpu_s"] * 60 / wall_s
    return {"wall_s": wall_s, "l1_blocks": wall_s / SLOT_S, "of": costs}


def loaded(bench, scopes):
    """Scopes at 100 a minute, or as fast as it goes, each in an L1 block of its own."""
    roots = bench.roots(scopes)

    def work():
        next_at = time.monotonic()
        for root in roots:
            time.sleep(max(0, next_at - time.monotonic()))
            next_at = max(next_at + 0.6, time.monotonic())
            bench.settle_in_step(root)
        bench.all_follow()

    with mined_by_hand(bench):
        wall_s, costs = costs_of(bench, work, cpu_seconds)
    for cost in costs.values():
        cost["cpu_s_per_100_scopes"] = cost["cpu_s"] * 100 / scopes
    return {"wall_s": wall_s, "scopes": scopes, "of": costs}


@contextlib.contextmanager
def mined_by_hand(bench):
    ask(bench.anvil, "evm_setIntervalMining", 0)
    yield
    ask(bench.anvil, "evm_setIntervalMining", SLOT_S)


# -- a chain of many blocks, and a follower that begins

def build(bench, scopes, l1_blocks):
    roots = bench.roots(scopes)
    names = [*bench.network.nodes, "anvil"]
    costs = Costs(bench, names)
    with mined_by_hand(bench):
        each = (l1_blocks - bench.head()) // scopes
        for index, root in enumerate(roots):
            if index % 100 == 0:
                log(f"builds: {index} of {scopes} scopes, {costs.wall_s():.0f} s")
            bench.settle_in_step(root, each)
        bench.all_follow()
    return {"scopes": scopes, "l1_blocks": bench.head(), "wall_s": costs.wall_s(), "of": costs.since()}


def begin_anew(bench, name):
    """A follower with nothing but the network file and the L1."""
    network = bench.network
    network.nodes["follower"].kill(signal.SIGTERM)
    shutil.move(network.folder / "follower", network.folder / name)
    anvil_before = cpu_seconds(bench.pid("anvil"))
    wanted = network.heads("builder", ROLLUPS[0])["latest"]
    begin = time.monotonic()
    network.start("follower")
    wait_until("a new follower has followed all", lambda: network.heads("follower", ROLLUPS[0])["latest"] == wanted)
    wall_s, pid = time.monotonic() - begin, bench.pid("follower")
    return {"wall_s": wall_s, "cpu_s": cpu_seconds(pid), "anvil_cpu_s": cpu_seconds(bench.pid("anvil")) - anvil_before,
            **bench.asked_of_l1("follower"), **memory_mib(pid)}


# -- restart to ready

def restart(bench, rounds):
    network, rows = bench.network, {}
    for role, name in ROLES.items():
        rows[role] = []
        for _ in range(rounds):
            network.nodes[name].kill()
            begin = time.monotonic()
            network.start(name)
            while not is_ready(network, name):
                time.sleep(0.002)
            rows[role].append({"seconds": time.monotonic() - begin, "cpu_s": cpu_of_end(network.nodes[name])})
            network.start(name)
            network.wait_ready(name)
    state = network.folder / "anvil.json"
    state.write_bytes(dump(bench))
    rows["anvil"] = []
    for round_ in range(rounds):
        (port,) = free_ports(1)
        other = Process(f"anvil{round_}", [TOOLS / "anvil", "--port", str(port), "--silent", "--hardfork", "osaka", "--load-state", state],
                        network.folder)
        begin = time.monotonic()
        other.start()
        while not answers(f"http://127.0.0.1:{port}"):
            time.sleep(0.002)
        rows["anvil"].append({"seconds": time.monotonic() - begin, "cpu_s": cpu_of_end(other)})
    return rows


def cpu_of_end(process):
    """Ends a process, and returns the CPU time that it had, to the microsecond."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process.kill()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def is_ready(network, name):
    try:
        return network.is_ready(name)
    except OSError:
        return False


def answers(url):
    try:
        return ask(url, "eth_blockNumber")
    except OSError:
        return None


def dump(bench):
    return gzip.decompress(bytes.fromhex(ask(bench.anvil, "anvil_dumpState")[2:]))


# -- all of it

def median(values):
    return statistics.median(values)


def digits(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def print_table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" + "--:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(each if isinstance(each, str) else digits(each) for each in row) + " |")
    print()


def beside_bare(rows, what):
    ours, bare = (median([row[who][what] for row in rows]) * 1000 for who in ("scope", "bare"))
    return ours, bare, f"{ours / bare:.1f}x"


def print_all(results):
    for data, result in results.items():
        print(f"## Batches in {data}\n")
        if "send_to_settled" in result:
            print_table(["send to settled, 3-second L1", "L1 blocks", "bare L1 transaction", "in the same block", "time / bare time"],
                        [[how, median([row["blocks"] for row in rows]), median([row["bare_blocks"] for row in rows]),
                          f"{sum(row['blocks'] == row['bare_blocks'] for row in rows)} of {len(rows)}",
                          f"{sum(row['seconds'] for row in rows) / sum(row['bare_seconds'] for row in rows):.2f}x"]
                         for how, rows in result["send_to_settled"].items()])
            print_table(["without L1's slot, ms", "sent to L1's pool", "bare", "ratio", "mining to receipt", "bare", "ratio"],
                        [[how, *(each for what in ("to_pool", "to_receipt") for each in beside_bare(rows, what))]
                         for how, rows in result["in_step"].items()])
        if "idle" in result:
            idle_, loaded_ = result["idle"]["of"], result["loaded"]["of"]
            print_table(["process", "idle: CPU s a minute", "L1 round trips a block", "100 scopes: CPU s", "of anvil's",
                         "L1 round trips a scope", "RSS MiB", "anonymous MiB"],
                        [[name, idle_[name]["cpu_s_per_minute"],
                          idle_[name].get("round_trips", 0) / result["idle"]["l1_blocks"],
                          loaded_[name]["cpu_s_per_100_scopes"],
                          f"{loaded_[name]['cpu_s'] / loaded_['anvil']['cpu_s']:.2f}x",
                          loaded_[name].get("round_trips", 0) / result["loaded"]["scopes"],
                          loaded_[name]["rss"], loaded_[name]["anonymous"]] for name in idle_])
        if "restart" in result:
            base = result["restart"]["anvil"]
            print_table(["restart to ready", "median s", "of anvil's", "CPU s", "of anvil's"],
                        [[name, median([row["seconds"] for row in rows]),
                          f"{median([row['seconds'] for row in rows]) / median([row['seconds'] for row in base]):.2f}x",
                          median([row["cpu_s"] for row in rows]),
                          f"{median([row['cpu_s'] for row in rows]) / median([row['cpu_s'] for row in base]):.2f}x"]
                         for name, rows in result["restart"].items()])
        if "sync" in result:
            built, sync = result["build"], result["sync"]
            nodes_s = sum(cost["cpu_s"] for name, cost in built["of"].items() if name != "anvil")
            print_table([f"{built['l1_blocks']} L1 blocks with {built['scopes']} scopes", "CPU s", "time s", "anvil CPU s"],
                        [["to build them: all nodes", nodes_s, built["wall_s"], built["of"]["anvil"]["cpu_s"]],
                         ["of it the builder", built["of"]["builder"]["cpu_s"], "", ""],
                         ["of it the follower beside it", built["of"]["follower"]["cpu_s"], "", ""],
                         ["a new follower", sync["cpu_s"], sync["wall_s"], sync["anvil_cpu_s"]],
                         ["ratio", f"{nodes_s / sync['cpu_s']:.1f}x", f"{built['wall_s'] / sync['wall_s']:.1f}x",
                          f"{built['of']['anvil']['cpu_s'] / sync['anvil_cpu_s']:.1f}x"]])
            print(f"The new follower asked {sync['calls']:,.0f} calls of L1 in {sync['round_trips']:,.0f} round trips; "
                  f"{sync['peak']:.0f} MiB at most.\n")


def measure(data, parts, quick):
    result = {}
    with NodeNetwork(data=data, slot_s=SLOT_S, poll="1s") as network:
        bench = Bench(network)
        bench.set_up()
        bench.settle_in_step(bench.roots(1)[0])   # what the first one alone costs
        if "send" in parts:
            log("send to settled")
            result["send_to_settled"] = {"heads by WebSocket": send_to_settled(bench, 5 if quick else 20)}
            result["in_step"] = {"heads by WebSocket": in_step(bench, 10 if quick else 30)}
            log("send to settled, heads polled each second")
            websocket, network.websocket = network.websocket, ""
            restart_with_other_configuration(network, "builder")
            result["send_to_settled"]["heads polled"] = send_to_settled(bench, 5 if quick else 20)
            result["in_step"]["heads polled"] = in_step(bench, 10 if quick else 30)
            network.websocket = websocket
            restart_with_other_configuration(network, "builder")
        if "cost" in parts:
            log("idle")
            result["idle"] = idle(bench, 20 if quick else 60)
            log("100 scopes a minute")
            result["loaded"] = loaded(bench, 20 if quick else 100)
        if "build" in parts:
            result["build"] = build(bench, *((20, 200) if quick else (1000, 10_000)))
        if "restart" in parts:
            log("restart to ready")
            result["restart"] = restart(bench, 3 if quick else 7)
        if "build" in parts:
            log("a new follower")
            result["sync"] = begin_anew(bench, "follower-before")
    return result


def restart_with_other_configuration(network, name):
    network.nodes[name].kill(signal.SIGTERM)
    file = network.folder / f"{name}.toml"
    lines = [f'websocket = "{network.websocket}"' if line.startswith("websocket") else line for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines) + "\n")
    network.start(name)
    network.wait_ready(name)


def main():
    parser = argparse.ArgumentParser(prog="./scope bench nodes", description=__doc__.partition("\n")[0].partition(": ")[2])
    parser.add_argument("--quick", action="store_true", help="fewer samples: 200 L1 blocks with 20 scopes")
    parser.add_argument("--json", action="store_true", help="JSON instead of tables")
    parser.add_argument("--data", choices=["calldata", "blobs"], action="append", help="where batches are (default: both)")
    parser.add_argument("--part", choices=["send", "cost", "restart", "build"], action="append",
                        help="only this; may be given several times")
    flags = parser.parse_args()
    if not (TOOLS / "anvil").exists():
        sys.exit("bench nodes: anvil is not installed: npm ci --ignore-scripts")
    results = {data: measure(data, flags.part or ["send", "cost", "restart", "build"], flags.quick)
               for data in flags.data or ["calldata", "blobs"]}
    if flags.json:
        print(json.dumps(results, indent=2))
    else:
        print_all(results)


if __name__ == "__main__":
    main()
