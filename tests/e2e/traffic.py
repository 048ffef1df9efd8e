"""What users do on a network, drawn of a seed: transfers, calls from chain to chain, and ETH that goes with them."""
import collections
import dataclasses
import http.client
import json
import random
import subprocess
import threading

from node_network import MARKER, MULTICALL3, PREDEPLOY, ROLLUPS, ROOT, USERS, RpcFailure, ask, wait_until

L1 = 31337
GAS = 100_000           # of a scoped call
MOST_OF_A_SENDER = 6    # transactions that wait; more are not sent
KINDS = {"transfer": 4, "ask": 3, "pay a rollup": 3, "pay L1": 3, "deposit": 1, "operation": 2}   # with their weights


def selector(name, contract="ScopedCallableL2"):
    artifact = json.loads((ROOT / f"contracts/out/{contract}.sol/{contract}.json").read_text())
    return "0x" + next(value for key, value in artifact["methodIdentifiers"].items() if key.startswith(name + "("))


def word(value):
    return f"{value:064x}" if isinstance(value, int) else value[2:].lower().rjust(64, "0")


def call(name, contract, *words):
    return selector(name, contract) + "".join(map(word, words))


def scoped_call(name, chain_id, sender, to, value=0, data=""):
    """Returns the calldata of ScopedCallable's scopedCall or tryScopedCall."""
    padded = data + "0" * (-len(data) % 64)
    return (call(name, "ScopedCallableL2", chain_id, sender, 0x60, to, value, GAS, 0x80, len(data) // 2) + padded)


class Signer:
    """sign.mjs as a process."""

    def __init__(self):
        self.process = subprocess.Popen(["node", ROOT / "tests" / "e2e" / "sign.mjs"], cwd=ROOT, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def sign(self, what):
        self.process.stdin.write(json.dumps([what]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())[0]

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@dataclasses.dataclass
class Sent:
    kind: str
    chain_id: int          # on which it was sent
    target: int            # where the value arrives
    value: int
    accepted: bool = False   # somebody has said so; else nobody has answered


class Traffic:
    """Sends at a thread's pace between start and stop. All value goes to an account of each chain that nobody else pays."""

    def __init__(self, network, seed):
        self.network, self.random = network, random.Random(seed)
        self.sent, self.refused_at_once = {}, collections.Counter()
        self.sinks = {chain_id: f"0x{chain_id:08x}{self.random.getrandbits(128):032x}" for chain_id in [L1, *ROLLUPS]}
        self.contracts = json.loads(network.network_file.read_text())["contracts"]
        self.signer, self.over, self.thread, self.problem = Signer(), threading.Event(), None, None

    def end(self):
        self.stop()
        self.signer.end()

    # -- what is known of L1

    def call_l1(self, contract, name, *words):
        """Asks a contract of the settlement, by its name in the network file."""
        artifact = {"accountFactory": "ScopedAccountFactory", "forcedQueue": "ForcedQueue", "settlement": "Settlement"}[contract]
        return ask(self.network.l1_url, "eth_call", {"to": self.contracts[contract], "data": call(name, artifact, *words)},
                   "latest")

    def account_of(self, user):
        return "0x" + self.call_l1("accountFactory", "accountOf", user[0])[-40:]

    def fund_accounts(self):
        """Gives each user's account for operations ETH."""
        for user in USERS:
            signed = self.sign_on_l1(user, self.account_of(user), 10**18)
            ask(self.network.l1_url, "eth_sendRawTransaction", signed["raw"])
            wait_until("an account has ETH", lambda hash=signed["hash"]: ask(self.network.l1_url, "eth_getTransactionReceipt", hash))

    def sign_on_l1(self, user, to, value, data="0x"):
        address, key = user
        nonce = int(ask(self.network.l1_url, "eth_getTransactionCount", address, "pending"), 16)
        return self.signer.sign({"key": key, "chainId": L1, "nonce": nonce, "to": to, "data": data, "value": str(value),
                                 "gas": 500_000})

    # -- doing

    def start(self):
        if self.thread is not None:
            return
        self.over.clear()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.over.set()
        if self.thread is not None:
            self.thread.join()
            self.thread = None
        self.look()

    def look(self):
        """Raises what ended the traffic, if anything did."""
        if self.problem is not None:
            raise self.problem

    def _run(self):
        try:
            while not self.over.wait(self.random.uniform(0, 0.15)):
                self.step()
        except Exception as problem:   # pylint: disable=broad-exception-caught
            self.problem = problem     # who looks at it raises it

    def step(self):
        """Does one thing. Whom nobody answers has done nothing, or nobody knows."""
        kind = self.random.choices(list(KINDS), list(KINDS.values()))[0]
        user, rollup = self.random.choice(USERS), self.random.choice(ROLLUPS)
        value = self.random.randrange(1, 10**12)
        by = "follower" if self.random.random() < 0.2 else "builder"
        try:
            if kind == "deposit":
                self._deposit(user, rollup, value)
            elif kind == "operation":
                self._operate(user, rollup, value)
            else:
                self._send(kind, by, user, rollup, value)
        except (OSError, http.client.HTTPException):
            self.refused_at_once["nobody there"] += 1
        except RpcFailure as failure:
            self.refused_at_once[failure.error["message"].split(":")[0]] += 1

    def _send(self, kind, by, user, rollup, value):
        address, key = user
        other = L1 if kind == "pay L1" else next(each for each in ROLLUPS if each != rollup)
        to, data, target = PREDEPLOY, "0x", other
        if kind == "transfer":
            to, target = self.sinks[rollup], rollup
        elif kind == "ask":
            value = 0
            data = scoped_call("tryScopedCall", other, address, MULTICALL3, 0, "42cbb15c") + MARKER
        else:
            data = scoped_call("scopedCall", other, address, self.sinks[other], value) + MARKER
        nonce, stands = (int(self.network.ask("builder", rollup, "eth_getTransactionCount", address, label), 16)
                         for label in ("pending", "latest"))
        if nonce - stands >= MOST_OF_A_SENDER:
            return
        signed = self.signer.sign({"key": key, "chainId": rollup, "nonce": nonce, "to": to, "data": data, "value": str(value),
                                   "gas": 100_000 if kind == "transfer" else 3_000_000})
        self._note(Sent(kind, rollup, target, value), signed["hash"],
                   lambda: self.network.ask(by, rollup, "eth_sendRawTransaction", signed["raw"]))

    def _deposit(self, user, rollup, value):
        fee = int(self.call_l1("forcedQueue", "feeOf", rollup, 0, GAS, 0), 16)
        data = call("depositAndCall", "Settlement", rollup, self.sinks[rollup], value, GAS, 0xa0, 0)
        signed = self.sign_on_l1(user, self.contracts["settlement"], value + 4 * fee, data)
        self._note(Sent("deposit", L1, rollup, value), signed["hash"],
                   lambda: ask(self.network.l1_url, "eth_sendRawTransaction", signed["raw"]))

    def _operate(self, user, rollup, value):
        address, key = user
        account = self.account_of(user)
        data = scoped_call("scopedCall", rollup, account, self.sinks[rollup], value)
        operation = self.network.ask("builder", rollup, "scope_prepareOperation", {
            "from": address, "to": self.contracts["scopedCallable"], "value": hex(value), "data": data})
        for name in ("owner", "isDelegated", "deploysAccount", "rootIndex", "note"):
            operation.pop(name)
        signed = self.signer.sign({"key": key, "typedData": operation})
        self._note(Sent("operation", L1, rollup, value), signed["hash"],
                   lambda: self.network.ask("builder", rollup, "scope_sendOperation", operation, signed["signature"]))

    def _note(self, sent, transaction_hash, send):
        """Notes it before anybody may have it."""
        # The same once more, after a reorganisation, is the same.
        sent = self.sent.setdefault(transaction_hash, sent)
        try:
            send()
        except RpcFailure as failure:
            # A follower whose builder died meanwhile knows no more than we do.
            if not sent.accepted and "gives no answer" not in failure.error["message"]:
                del self.sent[transaction_hash]
            raise
        sent.accepted = True
