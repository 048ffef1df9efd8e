#!/usr/bin/env python3
"""Drives a geth over the Engine API as a whole beacon chain would: slots, votes, finality, blobs, faults.

One process is the beacon node and all validators. The rules are those of the executable consensus specification
(PyPI eth-consensus-specs, Fulu, the minimal preset: 8 slots an epoch); signatures are real. It has no network: one
view of the chain, whose blocks are available as soon as they are made. tools/real_l1.sh starts it.

It answers a part of the Beacon REST API (blobs, headers, genesis, finality, events), and faults on command:

    /ctl/miss?slot=S          nobody proposes in slot S
    /ctl/late?slot=S&ms=M     the block of slot S comes M ms into the slot
    /ctl/fork?slot=S          the block of slot S is built on its head's parent
    /ctl/silent?slot=S        nobody votes in slot S
    /ctl/offline?n=K          the first K validators do nothing from now on
    /ctl/status               slots and checkpoints
In place of slot=S, in=N means N slots from now. late (beyond the vote) and then fork make a reorganisation of one slot.

With BUILDER=URL each proposal is posted there as {slot, parentHash, attributes}. With the transactions of an answer
{transactions: [raw, …]}, those with blobs as pools take them, the block then begins; behind them it has what geth
would have put into it, or nothing if that can't stand there.
"""
import argparse
import base64
import hashlib
import hmac
import http.server
import importlib
import json
import pathlib
import queue
import sys
import threading
import time
import traceback
import urllib.parse

import requests
import rlp
from eth_hash.auto import keccak
from frozendict import frozendict

VALIDATORS = 64
GWEI_EACH = 32 * 10**9
BUILD_SHARE = 0.1     # of a slot, at most BUILD_MOST_S: what comes into geth's pool by then can stand in the block
BUILD_MOST_S = 0.5
KEPT_EPOCHS = 3       # below the finalized one

arguments = argparse.ArgumentParser(description="See tools/real_l1.sh.")
arguments.add_argument("--engine", required=True, help="geth's Engine API")
arguments.add_argument("--rpc", required=True, help="geth's JSON-RPC")
arguments.add_argument("--jwt", required=True, type=pathlib.Path, help="file of the Engine API's secret")
arguments.add_argument("--port", required=True, type=int, help="of the REST API")
arguments.add_argument("--slot-ms", type=int, default=3000, help="whole seconds, for blocks count these")
arguments.add_argument("--max-blobs", type=int, default=21)
arguments.add_argument("--builder", default="", help="URL of who gives a block its content")
options = arguments.parse_args()

spec = importlib.import_module("eth_consensus_specs.fulu.minimal")
bls = importlib.import_module("eth_consensus_specs.utils.bls")
keys = importlib.import_module("eth_consensus_specs.test.helpers.keys")
genesis_helpers = importlib.import_module("eth_consensus_specs.test.helpers.genesis")

spec.config = spec.config._replace(
    SLOT_DURATION_MS=spec.Uint64(options.slot_ms),
    BLOB_SCHEDULE=(frozendict({"EPOCH": spec.Epoch(0), "MAX_BLOBS_PER_BLOCK": spec.Uint64(options.max_blobs)}),),
    **{f"{fork}_FORK_EPOCH": spec.Epoch(0) for fork in ("ALTAIR", "BELLATRIX", "CAPELLA", "DENEB", "ELECTRA", "FULU")})
SLOT_S = options.slot_ms / 1000
SLOTS_PER_EPOCH = int(spec.SLOTS_PER_EPOCH)


def to_hex(data) -> str:
    return "0x" + bytes(data).hex()


def from_hex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def log(*what):
    print(f"{time.time():.3f}", *what, flush=True)


# ---- geth

class Geth:
    """Calls geth: the Engine API with its token, and JSON-RPC."""

    def __init__(self, engine: str, rpc: str, secret: bytes):
        self.engine_url, self.rpc_url, self.secret = engine, rpc, secret
        self.session = requests.Session()

    @staticmethod
    def _part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    def _token(self) -> str:
        claims = json.dumps({"iat": int(time.time())}).encode()   # geth takes 60 s
        signed = self._part(b'{"typ":"JWT","alg":"HS256"}') + b"." + self._part(claims)
        return (signed + b"." + self._part(hmac.new(self.secret, signed, hashlib.sha256).digest())).decode()

    def _call(self, url: str, method: str, parameters, headers):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        answer = self.session.post(url, json=request, headers=headers, timeout=8).json()
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def engine(self, method: str, *parameters):
        return self._call(self.engine_url, method, parameters, {"Authorization": "Bearer " + self._token()})

    def rpc(self, method: str, *parameters):
        return self._call(self.rpc_url, method, parameters, {})


geth = Geth(options.engine, options.rpc, from_hex(options.jwt.read_text().strip()
                                                  if options.jwt.read_text().startswith("0x")
                                                  else "0x" + options.jwt.read_text().strip()))

# The fields of a payload by the Engine API's name and the specification's.
NUMBERS = {"blockNumber": "block_number", "gasLimit": "gas_limit", "gasUsed": "gas_used", "timestamp": "timestamp",
           "baseFeePerGas": "base_fee_per_gas", "blobGasUsed": "blob_gas_used", "excessBlobGas": "excess_blob_gas"}
BYTES = {"parentHash": "parent_hash", "feeRecipient": "fee_recipient", "stateRoot": "state_root",
         "receiptsRoot": "receipts_root", "logsBloom": "logs_bloom", "prevRandao": "prev_randao",
         "extraData": "extra_data", "blockHash": "block_hash"}


def withdrawal_to_json(withdrawal) -> dict:
    return {"index": hex(int(withdrawal.index)), "validatorIndex": hex(int(withdrawal.validator_index)),
            "address": to_hex(withdrawal.address), "amount": hex(int(withdrawal.amount))}


def payload_to_json(payload) -> dict:
    fields = {name: hex(int(getattr(payload, field))) for name, field in NUMBERS.items()}
    fields |= {name: to_hex(spec.ssz_serialize(getattr(payload, field))) for name, field in BYTES.items()}
    fields["transactions"] = [to_hex(spec.ssz_serialize(transaction)) for transaction in payload.transactions]
    fields["withdrawals"] = [withdrawal_to_json(withdrawal) for withdrawal in payload.withdrawals]
    return fields


def payload_from_json(fields: dict):
    payload = spec.ExecutionPayload()
    values = {field: int(fields[name], 16) for name, field in NUMBERS.items()}
    values |= {field: from_hex(fields[name]) for name, field in BYTES.items()}
    for field, value in values.items():
        kind = type(getattr(payload, field))
        setattr(payload, field, kind(value) if issubclass(kind, (bytes, int)) else spec.ssz_deserialize(kind, value))
    for transaction in fields["transactions"]:
        payload.transactions.append(spec.ssz_deserialize(spec.Transaction, from_hex(transaction)))
    for each in fields["withdrawals"]:
        payload.withdrawals.append(spec.Withdrawal(
            index=int(each["index"], 16), validator_index=int(each["validatorIndex"], 16),
            address=from_hex(each["address"]), amount=int(each["amount"], 16)))
    return payload


def without_blobs(raw: str) -> str:
    """Returns a transaction as blocks have it."""
    content = from_hex(raw)
    fields = rlp.decode(content[1:]) if content[0] == 3 else []
    return to_hex(b"\x03" + rlp.encode(fields[0])) if fields and isinstance(fields[0], list) else raw


def others_in_network_form(built: list, first: list) -> list:
    """Returns the transactions of a block that geth built but for the first ones, those with blobs as its pool has them."""
    known = {without_blobs(raw) for raw in first}
    return [geth.rpc("eth_getRawTransactionByHash", to_hex(keccak(from_hex(raw)))) if raw.startswith("0x03") else raw
            for raw in built if raw not in known]


class ExecutionEngine(spec.NoopExecutionEngine):
    """Asks geth where the state transition asks whether a payload is valid."""

    def verify_and_notify_new_payload(self, request):
        answer = geth.engine("engine_newPayloadV4", payload_to_json(request.execution_payload),
                             [to_hex(each) for each in request.versioned_hashes],
                             to_hex(request.parent_beacon_block_root),
                             [to_hex(each) for each in spec.get_execution_requests_list(request.execution_requests)])
        if answer["status"] != "VALID":
            log("newPayload", answer)
        return answer["status"] == "VALID"


spec.EXECUTION_ENGINE = ExecutionEngine()
spec.is_data_available = lambda root: True   # all blobs are geth's own

# ---- the specification's fork choice, with the same results in fewer steps: it walks all votes for each child, and finds
# ---- its head anew whenever somebody asks


def attestation_score(store, node, state):
    by_node = {}
    for index in spec.get_active_validator_indices(state, spec.get_current_epoch(state)):
        validator = state.validators[index]
        if validator.slashed or index in store.equivocating_indices or index not in store.latest_messages:
            continue
        voted = spec.get_supported_node(store, store.latest_messages[index])
        by_node[voted] = by_node.get(voted, 0) + int(validator.effective_balance)
    return spec.Gwei(sum(weight for voted, weight in by_node.items() if spec.is_ancestor(store, voted, node)))


class Children:
    """The blocks by parent, made again when there is another block."""

    def __init__(self):
        self.made_of, self.by_parent = None, {}

    def __call__(self, store, node):
        now = len(store.blocks), next(reversed(store.blocks))
        if self.made_of != now:
            self.made_of, self.by_parent = now, {}
            for root, block in store.blocks.items():
                self.by_parent.setdefault(block.parent_root, []).append(root)
        return [spec.ForkChoiceNode(root=root) for root in self.by_parent.get(node.root, [])]


class RememberedHead:
    """The head until something happens to the store."""

    def __init__(self):
        self.find, self.head = spec.get_head, None

    def __call__(self, store):
        if self.head is None:
            self.head = self.find(store)
        return self.head

    def forgotten_by(self, function):
        def changed(*positional, **named):
            self.head = None
            try:
                return function(*positional, **named)
            finally:
                self.head = None
        return changed


spec.get_attestation_score = attestation_score
spec.get_node_children = Children()
remembered_head = RememberedHead()
spec.get_head = remembered_head
for name in ("on_tick", "on_block", "on_attestation"):
    setattr(spec, name, remembered_head.forgotten_by(getattr(spec, name)))

# ---- the chain


class Events:
    """Tells those who listen to /eth/v1/events."""

    def __init__(self):
        self.listeners = []

    def listen(self, topics) -> queue.Queue:
        messages = queue.Queue()
        self.listeners.append((topics, messages))
        return messages

    def unlisten(self, messages):
        self.listeners = [each for each in self.listeners if each[1] is not messages]

    def tell(self, topic: str, data: dict):
        message = f"event: {topic}\ndata: {json.dumps(data)}\n\n".encode()
        for topics, messages in list(self.listeners):
            if topic in topics:
                messages.put(message)


class Faults:
    """What is to go wrong, by slot."""

    def __init__(self):
        self.missed, self.late_ms, self.forks, self.silent, self.offline = set(), {}, set(), set(), set()


class BeaconChain:
    """The store, geth's head with it, and what validators do in a slot. Held by one thread at a time (lock)."""

    def __init__(self):
        self.lock = threading.RLock()
        self.events, self.faults = Events(), Faults()
        el_genesis = geth.rpc("eth_getBlockByNumber", "0x0", False)
        self.el_genesis_hash = spec.Hash32(from_hex(el_genesis["hash"]))
        state = genesis_helpers.create_genesis_state(spec, [spec.Gwei(GWEI_EACH)] * VALIDATORS, spec.Gwei(GWEI_EACH))
        state.genesis_time = spec.Uint64(max(int(el_genesis["timestamp"], 16), int(time.time()) + 2))
        state.latest_execution_payload_header.block_hash = self.el_genesis_hash
        block = spec.BeaconBlock(state_root=spec.hash_tree_root(state))
        self.genesis_root = spec.hash_tree_root(block)
        self.genesis_validators_root = state.genesis_validators_root
        self.genesis_time = int(state.genesis_time)
        self.store = spec.get_forkchoice_store(state, block)
        self.confirmation = spec.get_fast_confirmation_store(self.store)
        self.blobs = {}          # by block root: geth's blobs bundle
        self.included = {}       # by block root: attestations in it and its ancestors
        self.votes = []          # attestations for blocks to come
        self.sync_votes = {}     # by head root and slot
        self.states = {}         # by root and slot, advanced to that slot
        self.index_of = {bytes(keys.pubkeys[index]): index for index in range(VALIDATORS)}
        self.told_head, self.reorganisations = None, 0

    # -- time

    def slot_start(self, slot: int) -> float:
        return self.genesis_time + slot * SLOT_S

    def slot_at_present(self) -> int:
        return int((time.time() - self.genesis_time) // SLOT_S)

    def tick(self):
        spec.on_tick(self.store, spec.Uint64(max(int(self.store.time_ms), int(time.time() * 1000))))

    # -- reading

    def head(self):
        return spec.get_head(self.store).root

    def block(self, root):
        return self.store.blocks[root]

    def slot_of(self, root) -> int:
        return int(self.block(root).slot)

    def state_at(self, root, slot: int):
        key = bytes(root), slot
        if key not in self.states:
            state = self.store.block_states[root].copy()
            if state.slot < slot:
                spec.process_slots(state, spec.Slot(slot))
            if len(self.states) > 40:
                self.states.pop(next(iter(self.states)))
            self.states[key] = state
        return self.states[key]

    def el_hash(self, root):
        block_hash = self.block(root).body.execution_payload.block_hash
        return self.el_genesis_hash if block_hash == spec.Hash32() else block_hash

    def ancestors(self, root):
        while root in self.store.blocks:
            yield root
            root = self.block(root).parent_root

    def root_of(self, block_id: str):
        """Returns the block that a name of the Beacon API stands for; None if there is none."""
        named = {"head": self.head(), "genesis": self.genesis_root,
                 "finalized": self.store.finalized_checkpoint.root, "justified": self.store.justified_checkpoint.root}
        if block_id in named:
            return named[block_id]
        if block_id.startswith("0x"):
            root = spec.Root(from_hex(block_id))
            return root if root in self.store.blocks else None
        return next((root for root in self.ancestors(self.head()) if self.slot_of(root) == int(block_id)), None)

    # -- geth's head

    def forkchoice_updated(self, head, attributes=None):
        safe = self.confirmation.confirmed_root
        finalized = self.store.finalized_checkpoint.root
        if safe not in self.ancestors(head):   # a block is being built on another branch
            safe = finalized
        return geth.engine("engine_forkchoiceUpdatedV3",
                           {"headBlockHash": to_hex(self.el_hash(head)), "safeBlockHash": to_hex(self.el_hash(safe)),
                            "finalizedBlockHash": to_hex(self.el_hash(finalized))}, attributes)

    def tell_head(self):
        head, before = self.head(), self.told_head
        if before is not None and head == before:   # the specification's types compare with their like alone
            return
        self.told_head = head
        block = self.block(head)
        if before is not None and before in self.store.blocks and before not in self.ancestors(head):
            common = set(self.ancestors(head))
            fork = next(root for root in self.ancestors(before) if root in common)
            depth = self.slot_of(before) - self.slot_of(fork)
            self.reorganisations += 1
            log("reorganisation: depth", depth, "head of slot", int(block.slot))
            self.events.tell("chain_reorg", {
                "slot": str(int(block.slot)), "depth": str(depth), "old_head_block": to_hex(before),
                "new_head_block": to_hex(head), "old_head_state": to_hex(self.block(before).state_root),
                "new_head_state": to_hex(block.state_root), "execution_optimistic": False,
                "epoch": str(int(spec.compute_epoch_at_slot(block.slot)))})
        self.events.tell("head", {
            "slot": str(int(block.slot)), "block": to_hex(head), "state": to_hex(block.state_root),
            "epoch_transition": int(block.slot) % SLOTS_PER_EPOCH == 0, "execution_optimistic": False})

    # -- what validators do

    @staticmethod
    def sign(index, root):
        return bls.Sign(keys.privkeys[int(index)], root)

    def begin_slot(self, slot: int, votes_before):
        """Takes the votes of the slot before, confirms, and tells what changed."""
        self.tick()
        for vote in votes_before:
            try:
                spec.on_attestation(self.store, vote)
            except AssertionError:
                log("a vote was refused")
        confirmed, finalized = self.confirmation.confirmed_root, self.store.finalized_checkpoint
        spec.on_fast_confirmation(self.confirmation)
        if self.confirmation.confirmed_root != confirmed:
            root = self.confirmation.confirmed_root
            self.events.tell("fast_confirmation", {"block": to_hex(root), "slot": str(self.slot_of(root)),
                                                   "current_slot": str(slot)})
        self.tell_head()
        return finalized

    def propose(self, slot: int, parent):
        """Makes the block of a slot; waits within it for what geth builds."""
        state = self.state_at(parent, slot).copy()
        proposer = spec.get_beacon_proposer_index(state)
        epoch = spec.compute_epoch_at_slot(spec.Slot(slot))
        attributes = {
            "timestamp": hex(int(spec.compute_time_at_slot(state.genesis_time, spec.Slot(slot)))),
            "prevRandao": to_hex(spec.get_randao_mix(state, epoch)), "suggestedFeeRecipient": "0x" + "fe" * 20,
            "withdrawals": [withdrawal_to_json(each) for each in spec.get_expected_withdrawals(state).withdrawals],
            "parentBeaconBlockRoot": to_hex(parent)}
        started = self.forkchoice_updated(parent, attributes)
        if not started.get("payloadId"):
            raise RuntimeError(f"geth builds nothing: {started}")
        self.events.tell("payload_attributes", {"version": "fulu", "data": {
            "proposer_index": str(int(proposer)), "proposal_slot": str(slot), "parent_block_root": to_hex(parent),
            "parent_block_hash": to_hex(self.el_hash(parent)),
            "payload_attributes": {
                "timestamp": str(int(attributes["timestamp"], 16)), "prev_randao": attributes["prevRandao"],
                "suggested_fee_recipient": attributes["suggestedFeeRecipient"],
                "withdrawals": attributes["withdrawals"],
                "parent_beacon_block_root": attributes["parentBeaconBlockRoot"]}}})
        sleep_until(self.slot_start(slot) + min(BUILD_MOST_S, SLOT_S * BUILD_SHARE))
        built = self.built_with_builder(slot, parent, attributes, started["payloadId"])
        if built is None:
            built = geth.engine("engine_getPayloadV5", started["payloadId"])
        return self.make_block(slot, parent, state, proposer, epoch, built)

    def built_with_builder(self, slot: int, parent, attributes, payload_id):
        """Has geth build the block that begins with the builder's transactions; None: there are none, or it can't."""
        if not options.builder:
            return None
        parent_hash = to_hex(self.el_hash(parent))
        try:
            answer = requests.post(options.builder, timeout=min(1, SLOT_S / 4),
                                   json={"slot": slot, "parentHash": parent_hash, "attributes": attributes})
            answer.raise_for_status()
            first = answer.json()["transactions"]
            if not first:
                return None
            built = geth.engine("engine_getPayloadV5", payload_id)["executionPayload"]["transactions"]
            for behind in (others_in_network_form(built, first), []):
                try:
                    return geth.rpc("testing_buildBlockV1", parent_hash, attributes, first + behind, "0x")
                except RuntimeError as problem:
                    log(f"slot {slot}: no block of the builder's {len(first)} and {len(behind)} others:", problem)
        except Exception as problem:   # whatever a builder does, the slot has its block
            log(f"slot {slot}: the builder failed, geth builds:", problem)
        return None

    def make_block(self, slot: int, parent, state, proposer, epoch, built):
        block = spec.BeaconBlock(slot=spec.Slot(slot), proposer_index=proposer, parent_root=parent)
        body = block.body
        body.randao_reveal = self.sign(proposer, spec.compute_signing_root(
            epoch, spec.get_domain(state, spec.DOMAIN_RANDAO, epoch)))
        body.eth1_data = state.eth1_data
        body.graffiti = spec.Bytes32(b"scope real_l1".ljust(32, b"\0"))
        body.execution_payload = payload_from_json(built["executionPayload"])
        for commitment in built["blobsBundle"]["commitments"]:
            body.blob_kzg_commitments.append(spec.KZGCommitment(from_hex(commitment)))
        if built.get("executionRequests"):
            body.execution_requests = spec.get_execution_requests([from_hex(x) for x in built["executionRequests"]])
        seen = self.add_votes(body, state, slot, parent, epoch)
        self.add_sync_votes(body, state, slot, parent)
        after = state.copy()
        spec.process_block(after, block)
        block.state_root = spec.hash_tree_root(after)
        root = bytes(spec.hash_tree_root(block))
        self.included[root] = self.included.get(bytes(parent), set()) | seen
        self.blobs[root] = built["blobsBundle"]
        signature = self.sign(proposer, spec.compute_signing_root(
            block, spec.get_domain(state, spec.DOMAIN_BEACON_PROPOSER, epoch)))
        return spec.SignedBeaconBlock(message=block, signature=signature)

    def add_votes(self, body, state, slot: int, parent, epoch) -> set:
        seen = set()
        for vote in sorted(self.votes, key=lambda vote: -int(vote.data.slot)):
            if len(seen) >= int(spec.MAX_ATTESTATIONS_ELECTRA):
                break
            is_of_time = (vote.data.slot + 1 <= slot and
                          spec.compute_epoch_at_slot(vote.data.slot) + 1 >= epoch)
            key = bytes(spec.hash_tree_root(vote))
            if not is_of_time or key in self.included.get(bytes(parent), set()):
                continue
            try:
                spec.process_attestation(state.copy(), vote)
            except AssertionError:   # of another branch
                continue
            body.attestations.append(vote)
            seen.add(key)
        return seen

    def add_sync_votes(self, body, state, slot: int, parent):
        signatures = self.sync_votes.get((bytes(parent), slot - 1), {})
        taken = []
        for place, key in enumerate(state.current_sync_committee.pubkeys):
            if self.index_of[bytes(key)] in self.faults.offline or bytes(key) not in signatures:
                continue
            body.sync_aggregate.sync_committee_bits[place] = spec.Boolean(True)
            taken.append(signatures[bytes(key)])
        body.sync_aggregate.sync_committee_signature = (bls.Aggregate(taken) if taken
                                                        else spec.G2_POINT_AT_INFINITY)

    def import_block(self, signed):
        block = signed.message
        self.tick()
        spec.on_block(self.store, signed)
        root = spec.hash_tree_root(block)
        for vote in block.body.attestations:
            try:
                spec.on_attestation(self.store, vote, is_from_block=True)
            except AssertionError:   # old, or of another branch
                pass
        self.events.tell("block", {"slot": str(int(block.slot)), "block": to_hex(root),
                                   "execution_optimistic": False})
        self.tell_head()
        status = self.forkchoice_updated(self.head())["payloadStatus"]["status"]
        log(f"slot {int(block.slot)}: transactions {len(block.body.execution_payload.transactions)}",
            f"blobs {len(block.body.blob_kzg_commitments)} votes {len(block.body.attestations)}",
            f"head {self.slot_of(self.head())} confirmed {self.slot_of(self.confirmation.confirmed_root)}",
            f"finalized epoch {int(self.store.finalized_checkpoint.epoch)} geth {status}")

    def vote(self, slot: int) -> list:
        head = self.head()
        state = self.state_at(head, slot)
        epoch = spec.compute_epoch_at_slot(spec.Slot(slot))
        epoch_start = spec.compute_start_slot_at_epoch(epoch)
        target = head if self.block(head).slot <= epoch_start else spec.get_block_root_at_slot(state, epoch_start)
        data = spec.AttestationData(slot=spec.Slot(slot), index=0, beacon_block_root=head,
                                    source=state.current_justified_checkpoint,
                                    target=spec.Checkpoint(epoch=epoch, root=target))
        signed = spec.compute_signing_root(data, spec.get_domain(state, spec.DOMAIN_BEACON_ATTESTER, epoch))
        votes = []
        for committee_index in range(int(spec.get_committee_count_per_slot(state, epoch))):
            committee = spec.get_beacon_committee(state, spec.Slot(slot), spec.CommitteeIndex(committee_index))
            present = [index for index in committee if int(index) not in self.faults.offline]
            if not present:
                continue
            vote = spec.Attestation(data=data)
            for index in committee:
                vote.aggregation_bits.append(spec.Boolean(int(index) not in self.faults.offline))
            vote.committee_bits[committee_index] = spec.Boolean(True)
            vote.signature = bls.Aggregate([self.sign(index, signed) for index in present])
            votes.append(vote)
        head_signed = spec.compute_signing_root(head, spec.get_domain(state, spec.DOMAIN_SYNC_COMMITTEE, epoch))
        self.sync_votes[bytes(head), slot] = {
            key: self.sign(self.index_of[key], head_signed)
            for key in {bytes(each) for each in state.current_sync_committee.pubkeys}}
        self.votes += votes
        return votes

    def prune(self):
        kept_from = self.slot_of(self.store.finalized_checkpoint.root) - KEPT_EPOCHS * SLOTS_PER_EPOCH
        for root in [root for root, block in self.store.blocks.items() if int(block.slot) < kept_from]:
            for table in (self.store.blocks, self.store.block_states, self.store.block_timeliness,
                          self.store.unrealized_justifications):
                table.pop(root, None)
            self.blobs.pop(bytes(root), None)
            self.included.pop(bytes(root), None)
        for checkpoint in list(self.store.checkpoint_states):
            if int(checkpoint.epoch) * SLOTS_PER_EPOCH < kept_from:
                self.store.checkpoint_states.pop(checkpoint)
        recent = self.slot_at_present() - 2 * SLOTS_PER_EPOCH
        self.votes = [vote for vote in self.votes if int(vote.data.slot) > recent]
        self.sync_votes = {key: value for key, value in self.sync_votes.items() if key[1] > recent}

    def status(self) -> dict:
        return {"slot": self.slot_at_present(), "head": self.slot_of(self.head()),
                "confirmed": self.slot_of(self.confirmation.confirmed_root),
                "justified_epoch": int(self.store.justified_checkpoint.epoch),
                "finalized_epoch": int(self.store.finalized_checkpoint.epoch),
                "reorganisations": self.reorganisations}


def sleep_until(time_s: float):
    time.sleep(max(0.0, time_s - time.time()))


def run(chain: BeaconChain):
    """Lives through the slots, one after the other."""
    log(f"genesis time {chain.genesis_time}, {VALIDATORS} validators, slots of {options.slot_ms} ms")
    faults, votes, slot = chain.faults, [], 1
    while True:
        sleep_until(chain.slot_start(slot))
        if chain.slot_at_present() > slot:
            log("behind: skips from slot", slot, "to", chain.slot_at_present())
            slot = chain.slot_at_present()
            continue
        late = None
        with chain.lock:
            finalized_before = chain.begin_slot(slot, votes)
            votes = []
            if chain.store.finalized_checkpoint != finalized_before:
                root = chain.store.finalized_checkpoint.root
                chain.events.tell("finalized_checkpoint", {
                    "block": to_hex(root), "state": to_hex(chain.block(root).state_root),
                    "epoch": str(int(chain.store.finalized_checkpoint.epoch)), "execution_optimistic": False})
                chain.prune()
            parent = chain.head()
            if slot in faults.forks:
                parent = chain.block(parent).parent_root
                log("fork: slot", slot, "is built on slot", chain.slot_of(parent))
            if slot in faults.missed:
                log("missed: slot", slot)
            else:
                try:
                    block = chain.propose(slot, parent)
                    if slot in faults.late_ms:
                        log("late: slot", slot)
                        late = block
                    else:
                        chain.import_block(block)
                except Exception:   # a slot without a block is no end
                    traceback.print_exc()
        sleep_until(chain.slot_start(slot) + int(spec.get_attestation_due_ms()) / 1000)
        with chain.lock:
            chain.tick()
            if slot not in faults.silent:
                votes = chain.vote(slot)
        if late is not None:
            sleep_until(chain.slot_start(slot) + faults.late_ms[slot] / 1000)
            with chain.lock:
                chain.import_block(late)
        slot += 1


# ---- the Beacon REST API

class NotFound(Exception):
    pass


def required_root(chain: BeaconChain, block_id: str):
    root = chain.root_of(block_id)
    if root is None:
        raise NotFound("no such block")
    return root


def get_header(chain, block_id, _query):
    root = required_root(chain, block_id)
    block = chain.block(root)
    is_final = int(block.slot) <= chain.slot_of(chain.store.finalized_checkpoint.root)
    return {"execution_optimistic": False, "finalized": is_final, "data": {
        "root": to_hex(root), "canonical": True, "header": {"message": {
            "slot": str(int(block.slot)), "proposer_index": str(int(block.proposer_index)),
            "parent_root": to_hex(block.parent_root), "state_root": to_hex(block.state_root),
            "body_root": to_hex(spec.hash_tree_root(block.body))}}}}


def get_blobs(chain, block_id, query):
    root = required_root(chain, block_id)
    bundle = chain.blobs.get(bytes(root), {"blobs": [], "commitments": []})
    wanted = {each for part in query.get("versioned_hashes", []) for each in part.split(",")}
    versioned = [to_hex(spec.kzg_commitment_to_versioned_hash(from_hex(each))) for each in bundle["commitments"]]
    return {"execution_optimistic": False, "finalized": False,
            "data": [blob for blob, each in zip(bundle["blobs"], versioned) if not wanted or each in wanted]}


def get_finality(chain, _block_id, _query):
    state = chain.store.block_states[chain.head()]
    return {"data": {name: {"epoch": str(int(each.epoch)), "root": to_hex(each.root)} for name, each in (
        ("previous_justified", state.previous_justified_checkpoint),
        ("current_justified", state.current_justified_checkpoint), ("finalized", state.finalized_checkpoint))}}


def control(chain: BeaconChain, fault: str, query):
    faults, at_present = chain.faults, chain.slot_at_present()
    if fault == "status":
        return chain.status()
    if fault == "offline":
        faults.offline = set(range(int(query["n"][0])))
        return {"offline": len(faults.offline)}
    slot = int(query["slot"][0]) if "slot" in query else at_present + int(query["in"][0])
    if fault == "late":
        faults.late_ms[slot] = int(query["ms"][0])
    elif fault in ("miss", "fork", "silent"):
        {"miss": faults.missed, "fork": faults.forks, "silent": faults.silent}[fault].add(slot)
    else:
        raise NotFound("no such fault")
    return {"slot": slot, "now": at_present}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chain: BeaconChain = None

    def log_message(self, *_arguments):
        pass

    def send_json(self, content, status: int = 200):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_events(self, query):
        messages = self.chain.events.listen({each for part in query["topics"] for each in part.split(",")})
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while True:
                self.wfile.write(messages.get())
                self.wfile.flush()
        finally:
            self.chain.events.unlisten(messages)

    def answer(self, path: str, query):
        parts = path.strip("/").split("/")
        chain = self.chain
        if parts[0] == "ctl" and len(parts) == 2:
            return control(chain, parts[1], query)
        if path == "/eth/v1/beacon/genesis":
            return {"data": {"genesis_time": str(chain.genesis_time),
                             "genesis_validators_root": to_hex(chain.genesis_validators_root),
                             "genesis_fork_version": to_hex(spec.config.GENESIS_FORK_VERSION)}}
        if path == "/eth/v1/config/spec":
            return {"data": {"SLOT_DURATION_MS": str(options.slot_ms), "SLOTS_PER_EPOCH": str(SLOTS_PER_EPOCH),
                             "SECONDS_PER_SLOT": str(options.slot_ms // 1000)}}
        if path == "/eth/v1/node/syncing":
            return {"data": {"head_slot": str(chain.slot_of(chain.head())), "sync_distance": "0",
                             "is_syncing": False, "is_optimistic": False, "el_offline": False}}
        of_block = {"headers": get_header, "blobs": get_blobs}
        if parts[:3] == ["eth", "v1", "beacon"] and len(parts) == 5 and parts[3] in of_block:
            return of_block[parts[3]](chain, parts[4], query)
        if parts[:4] == ["eth", "v1", "beacon", "states"] and parts[-1] == "finality_checkpoints":
            return get_finality(chain, None, query)
        raise NotFound("no such route")

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        try:
            if url.path == "/eth/v1/events":
                self.send_events(query)
                return
            with self.chain.lock:
                content = self.answer(url.path, query)
            self.send_json(content)
        except NotFound as problem:
            self.send_json({"code": 404, "message": str(problem)}, 404)
        except (KeyError, ValueError) as problem:
            self.send_json({"code": 400, "message": f"bad request: {problem!r}"}, 400)
        except (BrokenPipeError, ConnectionResetError):
            pass


def main():
    if options.slot_ms % 1000 != 0:
        sys.exit("--slot-ms: whole seconds, for an execution block's time counts these")
    chain = BeaconChain()
    Handler.chain = chain
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    run(chain)


if __name__ == "__main__":
    main()
