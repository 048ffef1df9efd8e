// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ForcedEntry, ForcedKind, IForcedQueue} from "../src/interfaces/IForcedQueue.sol";
import {IRollupExit} from "../src/interfaces/IRollupExit.sol";
import {IRollupRegistry} from "../src/interfaces/IRollupRegistry.sol";
import {ISequencingPolicy} from "../src/interfaces/ISequencingPolicy.sol";
import {ISettlement} from "../src/interfaces/ISettlement.sol";
import {ITokenBridge} from "../src/interfaces/ITokenBridge.sol";
import {ITokenBridgeL1} from "../src/interfaces/ITokenBridgeL1.sol";
import {Mark, Record, Request, RootContext, Streams} from "../src/interfaces/ScopeTypes.sol";
import {ScopeHash} from "../src/libraries/ScopeHash.sol";
import {ExitWorld, TakesAll} from "./utils/ExitWorld.sol";
import {RawResponse} from "./utils/RawResponse.sol";
import {StateTrie} from "./utils/StateTrie.sol";

/// @dev An actor that is a contract of L1. Each time that it is paid it makes a call, which has to fail.
contract Grabber {
    address private _target;
    bytes private _data;

    function whenPaid(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    receive() external payable {
        if (_target == address(0)) return;
        (bool success,) = _target.call(_data);
        require(!success, "paid while it was paid");
    }
}

/// @title Conservation through whole lives of rollups (§13.4)
/// @notice Random histories of two rollups whose verifier takes anything: what enters, batches, what leaves, changes, closings, and who
///         leaves then. What exists on each rollup is a model here, which makes its states; after every step L1 has to hold exactly
///         what the model says, down to the last wei and token.
contract ConservationTest is ExitWorld {
    using StateTrie for StateTrie.Trie;

    uint256 private constant ROLLUPS = 2;
    uint256 private constant ACTORS = 3;
    /// @dev On a rollup each actor has what its key has, and then what its alias has.
    uint256 private constant HOLDERS = 2 * ACTORS;
    uint256 private constant GENESIS = 10 ether;
    uint256 private constant RICH = 1e30;
    uint256 private constant DEADLINE = 64;
    uint256 private constant DEFAULT_GAS = 100_000;

    /// @param signed Which keys have signed anything on the rollup.
    /// @param paidEther,paidTokens Who was paid after the closing; what they held stays in the last state.
    /// @param origin L1 origin of its last batch.
    /// @param closesAt,closingBatch Of a closing that was started.
    struct Model {
        uint256[HOLDERS] ether_;
        uint256[HOLDERS] tokens;
        bool[ACTORS] signed;
        bool[HOLDERS] paidEther;
        bool[HOLDERS] paidTokens;
        uint256 batches;
        uint256 origin;
        uint256 registeredAt;
        uint256 position;
        uint256 closesAt;
        uint256 closingBatch;
        bool closed;
    }

    /// @param actor Who queued it.
    /// @param holder Whom it is for.
    /// @param tokens Of a deposit of tokens.
    struct Queued {
        ForcedEntry entry;
        uint256 actor;
        uint256 holder;
        uint256 tokens;
        uint256 queuedAt;
        bool refunded;
    }

    /// @dev A rollup's, after its last batch.
    /// @param header Of its last block.
    /// @param balances The token's storage.
    struct State {
        bytes header;
        StateTrie.Trie accounts;
        StateTrie.Trie balances;
    }

    address[ACTORS] private actors;
    /// @dev On a rollup: actors' keys, which have their addresses, and then their aliases.
    address[HOLDERS] private holders;
    address private stranger = makeAddress("stranger");
    address private submitter = makeAddress("submitter");
    TakesAll private otherVerifier = new TakesAll();

    uint256 private _random;
    Model[ROLLUPS] private _models;
    mapping(uint256 rollup => Queued[]) private _queues;
    /// @dev What actors have on L1.
    uint256[ACTORS] private _ether;
    uint256[ACTORS] private _tokens;
    uint256 private _burnt;
    uint256 private _bonds;

    // What a scope is made of, while it is.
    Streams[ROLLUPS] private _towardL1;
    Streams[ROLLUPS] private _towardOther;
    /// @dev Each is `abi.encode(L1Leg)`.
    bytes[] private _legs;
    /// @dev Bit r: rollup r has a batch.
    uint256 private _mask;
    uint256[ROLLUPS] private _to;
    /// @dev What L1 holds for each as the scope begins, less what leaves: what is taken out of the queue it holds from the end on.
    uint256[ROLLUPS] private _held;

    function setUp() external {
        makeL1();
        pass(1);
        actors = [makeAddress("alice"), makeAddress("bob"), address(new Grabber())];
        for (uint256 i = 0; i < ACTORS; ++i) {
            vm.deal(actors[i], RICH);
            _ether[i] = RICH;
            coin.transfer(actors[i], _tokens[i] = 1e9);
            (holders[i], holders[ACTORS + i]) = (actors[i], exits.aliasOf(actors[i]));
            vm.prank(actors[i]);
            coin.approve(address(bridge), type(uint256).max);
        }
        for (uint256 r = 0; r < ROLLUPS; ++r) {
            for (uint256 i = 0; i < ACTORS; ++i) {
                _models[r].ether_[i] = GENESIS;
            }
            _models[r].registeredAt = number;
            State memory state = _stateOf(r);
            register(_chainOf(r), state.header, state.accounts.root(), ACTORS * GENESIS);
            bridge.connect(_chainOf(r), REMOTE_BRIDGE);
            _bonds += BOND;
        }
        _burnt = address(0).balance;
    }

    receive() external payable {}

    /// @dev The seed is a word, and none of forge's dictionary: of numbers, as it draws them, many come again.
    /// forge-config: default.fuzz.runs = 64
    /// forge-config: default.fuzz.dictionary-weight = 0
    /// forge-config: long.fuzz.runs = 10000
    /// forge-config: long.fuzz.dictionary-weight = 0
    function testFuzz_nothing_is_lost_or_made(bytes32 seed) external {
        _random = uint256(seed);
        uint256 steps = 4 + _next(12);
        for (uint256 i = 0; i < steps; ++i) {
            this.step();
            _check();
        }
        for (uint256 r = 0; r < ROLLUPS; ++r) {
            _leave(r);
        }
        assertEq(address(settlement.scopedCallable()).balance, 0, "all is paid");
        assertEq(coin.balanceOf(address(bridge)), 0, "all tokens are");
    }

    /// @dev In a frame of its own, whose memory ends with it.
    function step() external {
        uint256 r = _next(ROLLUPS);
        uint256 what = _next(16);
        if (what < 2) _deposit(r);
        else if (what < 4) _depositAndCall(r);
        else if (what == 4) _force(r);
        else if (what < 7) _depositTokens(r);
        else if (what < 11) _settle();
        else if (what == 11) pass(1 + _next(80));
        else if (what == 12) pass(WEEK - 2 + _next(5));
        else if (what == 13) _close(r);
        else if (what == 14) _announce(r);
        else _claim(r, _stateOf(r), _next(HOLDERS), _next(_queues[r].length + 1));
    }

    // ---- what enters ----------------------------------------------------------------------------------------------------------

    function _deposit(uint256 r) private {
        (uint256 actor, uint256 holder, uint256 value) = (_next(ACTORS), _next(HOLDERS), _next(1 ether));
        if (_refusedAsClosed(r)) return;
        (uint256 fee, address to) = (_feeOf(r, ForcedKind.Deposit, DEFAULT_GAS, 0), holders[holder]);
        vm.prank(actors[actor]);
        settlement.deposit{value: value + fee}(_chainOf(r), to);
        ForcedEntry memory entry = ForcedEntry(ForcedKind.Deposit, actors[actor], to, value, DEFAULT_GAS, "");
        _noteEntry(r, Queued(entry, actor, holder, 0, number, false), fee);
    }

    function _depositAndCall(uint256 r) private {
        (uint256 actor, uint256 holder, uint256 value) = (_next(ACTORS), _next(HOLDERS), _next(1 ether));
        (uint256 gas, bytes memory data) = (_next(500_000), new bytes(_next(100)));
        if (_refusedAsClosed(r)) return;
        (uint256 fee, address to) = (_feeOf(r, ForcedKind.Deposit, gas, data.length), holders[holder]);
        vm.prank(actors[actor]);
        settlement.depositAndCall{value: value + fee + _next(1 ether)}(_chainOf(r), to, value, gas, data);
        ForcedEntry memory entry = ForcedEntry(ForcedKind.Deposit, actors[actor], to, value, gas, data);
        _noteEntry(r, Queued(entry, actor, holder, 0, number, false), fee);
    }

    function _force(uint256 r) private {
        (uint256 actor, uint256 gas, bytes memory data) = (_next(ACTORS), _next(500_000), new bytes(_next(100)));
        if (_refusedAsClosed(r)) return;
        uint256 fee = _feeOf(r, ForcedKind.Transaction, gas, data.length);
        vm.prank(actors[actor]);
        settlement.forceTransaction{value: fee + _next(1 ether)}(_chainOf(r), data, gas);
        ForcedEntry memory entry = ForcedEntry(ForcedKind.Transaction, actors[actor], address(0), 0, gas, data);
        _noteEntry(r, Queued(entry, actor, 0, 0, number, false), fee);
    }

    function _depositTokens(uint256 r) private {
        (uint256 actor, uint256 holder, uint256 amount) = (_next(ACTORS), _next(HOLDERS), _next(1000));
        address to = holders[holder];
        if (_models[r].closed) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownRollup.selector, _chainOf(r)));
            vm.prank(actors[actor]);
            bridge.deposit{value: 1 ether}(address(coin), _chainOf(r), to, amount);
            return;
        }
        uint256 fee = bridge.depositFeeOf(address(coin), _chainOf(r));
        vm.prank(actors[actor]);
        bridge.deposit{value: fee + _next(1 ether)}(address(coin), _chainOf(r), to, amount);
        ForcedEntry memory entry;
        _noteEntry(r, Queued(entry, actor, holder, amount, number, false), fee);
        _tokens[actor] -= amount;
    }

    function _feeOf(uint256 r, ForcedKind kind, uint256 gas, uint256 length) private view returns (uint256) {
        return settlement.forcedQueue().feeOf(_chainOf(r), kind, gas, length);
    }

    function _noteEntry(uint256 r, Queued memory queued, uint256 fee) private {
        _queues[r].push(queued);
        _ether[queued.actor] -= queued.entry.value + fee;
        _burnt += fee;
    }

    function _refusedAsClosed(uint256 r) private returns (bool) {
        if (!_models[r].closed) return false;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownRollup.selector, _chainOf(r)));
        settlement.deposit{value: 1 ether}(_chainOf(r), stranger);
        return true;
    }

    // ---- batches ----------------------------------------------------------------------------------------------------------------

    function _settle() private {
        _mask = 1 + _next(3);
        for (uint256 r = 0; r < ROLLUPS; ++r) {
            if (_models[r].closed) _mask &= ~(1 << r);
        }
        if (_mask == 0) return;
        for (uint256 r = 0; r < ROLLUPS; ++r) {
            _to[r] = _models[r].position + _next(_queues[r].length - _models[r].position + 1);
            if (!_isChosen(r) || !_isOverdue(r, _to[r])) continue;
            _refusesToPassOver(r, _to[r]);
            _to[r] = _queues[r].length;
        }
        delete _legs;
        for (uint256 r = 0; r < ROLLUPS; ++r) {
            _towardL1[r] = _emptyStreams(L1);
            _towardOther[r] = _emptyStreams(_chainOf(1 - r));
            _held[r] = settlement.escrowOf(_chainOf(r));
        }
        for (uint256 r = 0; r < ROLLUPS; ++r) {
            if (!_isChosen(r)) continue;
            _take(r, _to[r]);
            for (uint256 count = _next(4); count > 0; --count) {
                _transact(r);
            }
        }
        ISettlement.Scope memory scope = _scope();
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    function _isChosen(uint256 r) private view returns (bool) {
        return _mask >> r & 1 == 1;
    }

    function _areBoth() private view returns (bool) {
        return _mask == 3;
    }

    function _isOverdue(uint256 r, uint256 i) private view returns (bool) {
        return i < _queues[r].length && _queues[r][i].queuedAt + DEADLINE <= _models[r].origin;
    }

    function _refusesToPassOver(uint256 r, uint256 to) private {
        ISettlement.Scope memory scope;
        (scope.data, scope.proofs, scope.batches) = (hex"00", new bytes[](1), new ISettlement.Batch[](1));
        scope.batches[0] = _batchOf(r, to, new Streams[](0));
        vm.expectRevert(abi.encodeWithSelector(IForcedQueue.ForcedEntryOverdue.selector, _chainOf(r), to));
        vm.prank(submitter, submitter);
        settlement.executeScope(scope);
    }

    function _scope() private returns (ISettlement.Scope memory scope) {
        scope.data = hex"00";
        scope.batches = new ISettlement.Batch[](_areBoth() ? 2 : 1);
        uint256 count = 0;
        for (uint256 r = 0; r < ROLLUPS; ++r) {
            if (_isChosen(r)) scope.batches[count++] = _nextBatch(r);
        }
        scope.legs = new ISettlement.L1Leg[](_legs.length);
        for (uint256 i = 0; i < _legs.length; ++i) {
            scope.legs[i] = abi.decode(_legs[i], (ISettlement.L1Leg));
        }
        scope.proofs = new bytes[](_areBoth() && !_shareProof() ? 2 : 1);
    }

    function _nextBatch(uint256 r) private returns (ISettlement.Batch memory batch) {
        // The header of its last block is the one after it.
        ++_models[r].batches;
        batch = _batchOf(r, _to[r], _remotesOf(r));
        --batch.batchNumber;
        _models[r].origin = number - 1;
    }

    /// @dev What the rollup does with the entries that it takes.
    function _take(uint256 r, uint256 to) private {
        Model storage model = _models[r];
        for (uint256 i = model.position; i < to; ++i) {
            Queued storage queued = _queues[r][i];
            if (queued.entry.kind == ForcedKind.Transaction) {
                if (_next(2) == 0) model.signed[queued.actor] = true;
            } else if (queued.tokens != 0) {
                model.tokens[queued.holder] += queued.tokens;
            } else {
                // A failed call leaves the value with the alias.
                model.ether_[_next(4) == 0 ? ACTORS + queued.actor : queued.holder] += queued.entry.value;
            }
        }
        model.position = to;
    }

    /// @dev A transaction of a key.
    function _transact(uint256 r) private {
        (uint256 actor, uint256 receiver, uint256 what) = (_next(ACTORS), _next(HOLDERS), _next(4));
        _models[r].signed[actor] = true;
        if (what == 3) {
            _sendTokens(r, actor, receiver);
        } else if (what == 0 || (what == 1 && !_areBoth())) {
            uint256 value = _part(_models[r].ether_[actor]);
            _models[r].ether_[actor] -= value;
            _models[r].ether_[receiver] += value;
        } else {
            _sendAway(r, actor, receiver, what == 1);
        }
    }

    /// @dev To a holder on the rollup, or an actor on L1.
    function _sendTokens(uint256 r, uint256 actor, uint256 receiver) private {
        uint256 amount = _part(_models[r].tokens[actor]);
        _models[r].tokens[actor] -= amount;
        if (_next(2) == 0) {
            _models[r].tokens[receiver] += amount;
            return;
        }
        receiver %= ACTORS;
        _tokens[receiver] += amount;
        bytes memory release = abi.encodeCall(ITokenBridge.release, (address(coin), actors[receiver], amount));
        _ask(r, REMOTE_BRIDGE, address(bridge), 0, release, abi.encode(coin));
    }

    /// @dev To a holder on the other rollup, or an actor on L1.
    function _sendAway(uint256 r, uint256 actor, uint256 receiver, bool toOther) private {
        uint256 has = _models[r].ether_[actor];
        uint256 value = _part(has < _held[r] ? has : _held[r]);
        _models[r].ether_[actor] -= value;
        _held[r] -= value;
        if (toOther) {
            _models[1 - r].ether_[receiver] += value;
            _towardOther[r].valueOut += value;
            _towardOther[1 - r].valueIn += value;
            return;
        }
        receiver %= ACTORS;
        _ether[receiver] += value;
        _towardL1[r].valueOut += value;
        _ask(r, actors[actor], actors[receiver], value, "", "");
    }

    function _part(uint256 amount) private returns (uint256) {
        return _next(3) == 0 ? amount : _next(amount + 1);
    }

    /// @dev A root of the rollup that makes one call on L1.
    function _ask(uint256 r, address from, address to, uint256 value, bytes memory data, bytes memory answer) private {
        ISettlement.L1Leg memory leg;
        // Transactions differ; so no two roots of a test, which is one transaction of L1, share what is transient.
        leg.context = RootContext(_chainOf(r), bytes32(_random), _legs.length);
        Request memory request;
        request.rootId = ScopeHash.rootId(L1, address(settlement), leg.context);
        (request.sourceChainId, request.targetChainId) = (_chainOf(r), L1);
        (request.from, request.to, request.value, request.data) = (from, to, value, data);
        (request.nonce, request.depth) = (uint256(keccak256(abi.encode(request.rootId))), 1);
        request.gasLimit = 300_000;
        leg.records = new Record[](1);
        leg.records[0] = Record(request, _responseTo(request, answer), true);
        _legs.push(abi.encode(leg));

        Streams storage streams = _towardL1[r];
        bytes32 requestHash = ScopeHash.requestHash(request);
        streams.requestsOut = ScopeHash.fold(streams.requestsOut, requestHash);
        streams.responsesIn =
            ScopeHash.fold(streams.responsesIn, ScopeHash.answerHash(requestHash, leg.records[0].rawResponseHash));
    }

    /// @return The hash of the raw response to a root's first request.
    function _responseTo(Request memory request, bytes memory answer) private pure returns (bytes32) {
        bytes32 requestHash = ScopeHash.requestHash(request);
        Mark[] memory marks = new Mark[](2);
        bytes32 trace = ScopeHash.fold(bytes32(request.nonce), requestHash);
        marks[1] = Mark(request.sourceChainId, trace);
        trace = ScopeHash.fold(trace, ScopeHash.responseHash(requestHash, true, answer));
        marks[0] = Mark(L1, trace);
        return keccak256(RawResponse.ofCall(true, answer, trace, marks));
    }

    function _batchOf(uint256 r, uint256 to, Streams[] memory remotes)
        private
        view
        returns (ISettlement.Batch memory batch)
    {
        Model storage model = _models[r];
        batch.chainId = _chainOf(r);
        batch.batchNumber = model.batches;
        batch.parentBlockHash = settlement.getRollup(batch.chainId).lastBlockHash;
        batch.lastBlockHash = keccak256(_stateOf(r).header);
        batch.l1OriginNumber = number - 1;
        batch.l1OriginHash = blockHashOf(number - 1);
        batch.remotes = remotes;
        batch.forcedQueuePosition = to;
    }

    function _remotesOf(uint256 r) private view returns (Streams[] memory remotes) {
        remotes = new Streams[](_areBoth() ? 2 : 1);
        remotes[0] = _towardL1[r];
        if (_areBoth()) remotes[1] = _towardOther[r];
    }

    function _emptyStreams(uint256 remote) private pure returns (Streams memory) {
        return Streams(remote, ScopeHash.SEED, ScopeHash.SEED, ScopeHash.SEED, ScopeHash.SEED, 0, 0, 0);
    }

    function _shareProof() private view returns (bool) {
        ISettlement.Rollup memory a = settlement.getRollup(_chainOf(0));
        ISettlement.Rollup memory b = settlement.getRollup(_chainOf(1));
        return address(a.verifier) == address(b.verifier) && a.programId == b.programId;
    }

    // ---- changes and closings -----------------------------------------------------------------------------------------------------

    /// @dev What may be changed when is the registry's test; here it may not touch what is held.
    function _announce(uint256 r) private {
        uint256 what = _next(5);
        if (what == 0) {
            try registry.announceChange(_chainOf(r), otherVerifier, PROGRAM, ISequencingPolicy(address(0))) {} catch {}
        } else if (what == 1) {
            try registry.announceUpgrade(_chainOf(r), keccak256("code")) {} catch {}
        } else if (what == 2) {
            try registry.cancelChange(_chainOf(r)) {} catch {}
        } else {
            if (_next(2) == 0) pass(216_000);
            try registry.applyChange(_chainOf(r)) {} catch {}
            try registry.applyUpgrade(_chainOf(r), "code") {} catch {}
        }
    }

    function _close(uint256 r) private {
        Model storage model = _models[r];
        uint256 chainId = _chainOf(r);
        bool isClosing = model.closesAt != 0 && model.closingBatch == model.batches;
        uint256 lastSeen = model.batches == 0 ? model.registeredAt : model.origin;
        if (model.closed) {
            vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.UnknownRollup.selector, chainId));
        } else if (!isClosing && number - lastSeen <= WEEK) {
            vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NotIdle.selector, chainId, lastSeen));
        } else if (!isClosing) {
            (model.closesAt, model.closingBatch) = (number + WEEK, model.batches);
        } else if (number < model.closesAt) {
            vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.ClosingTooEarly.selector, chainId, model.closesAt));
        } else {
            model.closed = true;
        }
        registry.close(chainId);
    }

    // ---- who leaves -------------------------------------------------------------------------------------------------------------

    /// @dev Closes the rollup, if it is not, and pays everybody.
    function _leave(uint256 r) private {
        while (!_models[r].closed) {
            pass(WEEK + 1);
            _close(r);
        }
        uint256 count = _queues[r].length;
        State memory state = _stateOf(r);
        for (uint256 i = 0; i < HOLDERS || i < count; ++i) {
            _claim(r, state, i, i);
        }
        _check();
        assertEq(settlement.escrowOf(_chainOf(r)), 0, "all is paid");
        registry.withdrawBond(_chainOf(r), stranger);
        _bonds -= BOND;
        vm.expectRevert(abi.encodeWithSelector(IRollupRegistry.NoBond.selector, _chainOf(r)));
        registry.withdrawBond(_chainOf(r), stranger);
        _check();
    }

    /// @dev Claims, now and then once more, whether it is time or not.
    function _claim(uint256 r, State memory state, uint256 holder, uint256 entry) private {
        for (uint256 times = 1 + _next(4) / 3; times > 0; --times) {
            if (holder < HOLDERS && _models[r].ether_[holder] != 0) _claimEther(r, state, holder);
            if (holder < HOLDERS && _models[r].tokens[holder] != 0) _claimTokens(r, state, holder);
            if (entry < _queues[r].length) _claimRefund(r, entry);
        }
    }

    function _claimEther(uint256 r, State memory state, uint256 holder) private {
        Model storage model = _models[r];
        uint256 actor = holder % ACTORS;
        bytes memory call = _etherCall(r, state, holder);
        bool isGrabber = actor == ACTORS - 1;
        if (isGrabber) Grabber(payable(actors[actor])).whenPaid(address(exits), call);
        bool isDue = model.closed && !model.paidEther[holder];
        _callsExits(call, _mayClaim(model, holder), actors[actor], isDue);
        if (isGrabber) Grabber(payable(actors[actor])).whenPaid(address(0), "");
        if (!isDue) return;
        model.paidEther[holder] = true;
        _ether[actor] += model.ether_[holder];
    }

    function _etherCall(uint256 r, State memory state, uint256 holder) private view returns (bytes memory) {
        bytes[] memory nodes = state.accounts.proveAccount(holders[holder]);
        address actor = actors[holder % ACTORS];
        if (holder >= ACTORS) {
            return abi.encodeCall(IRollupExit.exitEtherOfAlias, (_chainOf(r), state.header, actor, nodes));
        }
        IRollupExit.AccountProof memory proof = IRollupExit.AccountProof(nodes, address(0));
        return abi.encodeCall(IRollupExit.exitEther, (_chainOf(r), state.header, actor, proof));
    }

    function _claimTokens(uint256 r, State memory state, uint256 holder) private {
        Model storage model = _models[r];
        uint256 actor = holder % ACTORS;
        bool isDue = model.closed && !model.paidTokens[holder];
        _callsExits(_tokensCall(r, state, holder), _mayClaim(model, holder), actors[actor], isDue);
        if (!isDue) return;
        model.paidTokens[holder] = true;
        _tokens[actor] += model.tokens[holder];
    }

    function _tokensCall(uint256 r, State memory state, uint256 holder) private view returns (bytes memory) {
        IRollupExit.TokenProof memory proof = tokenProof(state.accounts, address(coin), state.balances, holders[holder]);
        address actor = actors[holder % ACTORS];
        if (holder >= ACTORS) {
            return abi.encodeCall(
                IRollupExit.exitTokensOfAlias, (_chainOf(r), state.header, bridge, address(coin), actor, proof)
            );
        }
        IRollupExit.AccountProof memory account = accountProof(state.accounts, actor, address(0));
        return abi.encodeCall(
            IRollupExit.exitTokens, (_chainOf(r), state.header, bridge, address(coin), actor, account, proof)
        );
    }

    /// @dev Whether anyone may have the holder paid.
    function _mayClaim(Model storage model, uint256 holder) private view returns (bool) {
        return holder >= ACTORS || model.signed[holder];
    }

    function _callsExits(bytes memory call, bool anyone, address holder, bool isDue) private {
        if (!anyone && isDue) {
            vm.prank(stranger);
            (bool early,) = address(exits).call(call);
            assertTrue(!early, "not for a stranger to claim");
        }
        vm.prank(anyone ? stranger : holder);
        (bool success,) = address(exits).call(call);
        assertTrue(success == isDue, "paid once, after the closing");
    }

    function _claimRefund(uint256 r, uint256 i) private {
        Queued storage queued = _queues[r][i];
        if (queued.entry.kind == ForcedKind.Transaction) return;
        bool isDue = _models[r].closed && i >= _models[r].position && !queued.refunded;
        bool success;
        // Whose entry is the bridge's own.
        if (queued.entry.from == address(0)) {
            (success,) = address(bridge)
                .call(
                    abi.encodeCall(
                        ITokenBridgeL1.refundDeposit,
                        (_chainOf(r), i, actors[queued.actor], address(coin), queued.tokens)
                    )
                );
        } else {
            (success,) = address(settlement.forcedQueue())
                .call(abi.encodeCall(IForcedQueue.refundDeposit, (_chainOf(r), i, queued.entry)));
        }
        assertTrue(success == isDue, "refunded once, if never taken");
        if (!success) return;
        queued.refunded = true;
        _ether[queued.actor] += queued.entry.value;
        _tokens[queued.actor] += queued.tokens;
    }

    // ---- what must hold --------------------------------------------------------------------------------------------------------

    function _check() private view {
        uint256 held = 0;
        uint256 locked = 0;
        for (uint256 r = 0; r < ROLLUPS; ++r) {
            (uint256 ether_, uint256 tokens) = _existing(r);
            (uint256 waitingEther, uint256 waitingTokens) = _waiting(r);
            assertEq(settlement.escrowOf(_chainOf(r)), ether_, "what exists on a rollup");
            assertEq(bridge.locked(address(coin), _chainOf(r)), tokens + waitingTokens, "tokens of a rollup");
            held += ether_ + waitingEther;
            locked += tokens + waitingTokens;
        }
        assertEq(address(settlement.scopedCallable()).balance, held, "L1 holds what exists, and what waits");
        assertEq(coin.balanceOf(address(bridge)), locked, "L1's bridge holds what is locked");
        assertEq(bridge.totalLocked(address(coin)), locked, "and knows it");
        assertEq(address(registry).balance, _bonds, "bonds");
        assertEq(address(0).balance, _burnt, "fees are burnt");
        uint256 elsewhere = address(settlement).balance + address(settlement.forcedQueue()).balance
            + address(exits).balance + address(bridge).balance;
        assertEq(elsewhere, 0, "nothing lies about");
        for (uint256 i = 0; i < ACTORS; ++i) {
            assertEq(actors[i].balance, _ether[i], "an actor's ETH");
            assertEq(coin.balanceOf(actors[i]), _tokens[i], "an actor's tokens");
        }
    }

    /// @dev What is on a rollup and was not paid out.
    function _existing(uint256 r) private view returns (uint256 ether_, uint256 tokens) {
        Model storage model = _models[r];
        for (uint256 i = 0; i < HOLDERS; ++i) {
            if (!model.paidEther[i]) ether_ += model.ether_[i];
            if (!model.paidTokens[i]) tokens += model.tokens[i];
        }
    }

    /// @dev What its queue holds and was not given back.
    function _waiting(uint256 r) private view returns (uint256 ether_, uint256 tokens) {
        for (uint256 i = _models[r].position; i < _queues[r].length; ++i) {
            Queued storage queued = _queues[r][i];
            if (queued.refunded) continue;
            ether_ += queued.entry.value;
            tokens += queued.tokens;
        }
    }

    // ---- the model's states -----------------------------------------------------------------------------------------------------

    function _chainOf(uint256 r) private pure returns (uint256) {
        return 901 + r;
    }

    function _stateOf(uint256 r) private view returns (State memory state) {
        Model storage model = _models[r];
        state.balances = StateTrie.make(HOLDERS);
        state.accounts = StateTrie.make(HOLDERS + 3);
        for (uint256 i = 0; i < HOLDERS; ++i) {
            (address holder, uint256 ether_, uint256 tokens) = (holders[i], model.ether_[i], model.tokens[i]);
            if (tokens != 0) state.balances.addWord(balanceSlot(holder), tokens);
            bool isKey = i < ACTORS;
            uint256 nonce = !isKey || model.signed[i] ? 1 : 0;
            // A key that never had ETH is not there, whatever tokens it has.
            if (ether_ == 0 && (!isKey || nonce == 0)) continue;
            bytes32 codeHash = isKey ? StateTrie.NO_CODE : keccak256("alias");
            state.accounts.addAccount(holder, nonce, ether_, StateTrie.EMPTY_ROOT, codeHash);
        }
        addContracts(state.accounts, address(coin), state.balances);
        state.header = StateTrie.header(model.batches, state.accounts.root());
    }

    /// @return A number below `n`; 0 if there is none.
    function _next(uint256 n) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return n == 0 ? 0 : _random % n;
    }
}
