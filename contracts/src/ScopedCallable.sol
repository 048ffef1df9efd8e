// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

import {Alias, ALIAS_SIZE, aliasArguments} from "./Alias.sol";
import {IScopedCallable} from "./interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "./interfaces/IScopedCallableExtension.sol";
import {Baton, Fill, Mark, Record, Request, RootContext} from "./interfaces/ScopeTypes.sol";
import {AliasAddress} from "./libraries/AliasAddress.sol";
import {Marks} from "./libraries/Marks.sol";
import {Revert} from "./libraries/Revert.sol";
import {ScopeHash} from "./libraries/ScopeHash.sol";
import {Transient} from "./libraries/Transient.sol";

/// @title The accounting core, the same on every chain
///
/// Section numbers are protocol.md's. Read in this order: `_askCall` and `_askStatic` (outbound), `handleScopedCall` (inbound),
/// `_load`, `_serve`.
///
/// What belongs to a root (baton, fills, records) is in transient storage on every chain: a reverted frame takes its part back.
/// What belongs to a scope (accumulators, remotes, root index) is behind `_read` and `_write`: transient on L1, where a scope is a
/// transaction; in storage on a rollup, where it is a batch, and where prover and follower read it. Loading and calling touch
/// different slots, so that loading warms nothing a user's call pays for.
abstract contract ScopedCallable is IScopedCallableExtension {
    // ---- places -------------------------------------------------------------------------------------------------------------

    /// @dev Offsets from an accumulator's base slot, one base per remote chain.
    uint256 private constant REQUESTS_OUT = 0;
    uint256 private constant REQUESTS_IN = 1;
    uint256 private constant RESPONSES_OUT = 2;
    uint256 private constant RESPONSES_IN = 3;
    uint256 private constant VALUE_OUT = 4;
    uint256 private constant VALUE_IN = 5;

    bytes32 private constant ACCUMULATORS = keccak256("scope.accumulators");
    bytes32 private constant REMOTES = keccak256("scope.remotes");
    bytes32 private constant NEXT_ROOT_INDEX = keccak256("scope.next-root-index");
    bytes32 private constant MARKS = keccak256("scope.marks");
    bytes32 private constant FILLS = keccak256("scope.fills");
    bytes32 private constant RECORDS = keccak256("scope.records");
    bytes32 private constant ANCHORS = keccak256("scope.anchors");
    bytes32 private constant PROBE = keccak256("scope.probe");

    /// @dev Gas limit of what aliases ask at the root's own level (§9).
    uint256 private constant ALIAS_GAS = 2_000_000;
    /// @dev What the probe for a static context gets, which is all lost in one, and what must be left for it to get that.
    uint256 private constant PROBE_GAS = 1000;
    uint256 private constant PROBE_GAS_LEFT = 5000;
    /// @dev Equal requests at one point that have different answers; more are a fault, so that what is asked in vain is bounded (§7).
    uint256 private constant MAX_VARIANTS = 16;

    /// @dev 0 if no root is open.
    bytes32 private transient _rootId;
    /// @dev This chain's own trace: the root's while this chain has control, else the one it let go with (§5).
    bytes32 private transient _trace;
    /// @dev Gas limit of the innermost call that this chain is serving; 0 if it serves none.
    uint256 private transient _servedGas;
    /// @dev Records loaded for the open root.
    uint256 private transient _recordCount;

    /// @inheritdoc IScopedCallableExtension
    uint256 public immutable l1ChainId;
    /// @inheritdoc IScopedCallableExtension
    address public immutable settlement;

    /// @dev No immutable and no storage depends on this contract's own address: a genesis may place its code anywhere.
    bytes32 private immutable ALIAS_CODE_HASH = keccak256(type(Alias).creationCode);

    constructor(uint256 l1ChainId_, address settlement_) {
        l1ChainId = l1ChainId_;
        settlement = settlement_;
    }

    modifier onlyLoader() {
        if (msg.sender != loader()) revert OnlyLoader(msg.sender);
        _;
    }

    modifier onlySelf() {
        if (msg.sender != address(this)) revert OnlySelf(msg.sender);
        _;
    }

    modifier inRoot() {
        if (_rootId == 0) revert NoOpenRoot();
        _;
    }

    // ---- what L1 and rollups do differently -----------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallableExtension
    function loader() public view virtual returns (address);

    function _read(bytes32 slot) internal view virtual returns (bytes32);

    function _write(bytes32 slot, bytes32 word) internal virtual;

    /// @dev Whether `value` may leave for a call of `chainId` (§10).
    /// @param valueOut,valueIn Wei sent to and received from it so far in this scope.
    function _requireBacked(uint256 chainId, uint256 value, uint256 valueOut, uint256 valueIn) internal view virtual;

    /// @dev Ends with a fault, whatever frame would catch it (§7).
    /// @param reason Its error. Empty: a frame of this contract had too little gas to give one.
    function _fault(bytes memory reason) internal view {
        if (reason.length == 0) reason = abi.encodeWithSelector(TooLittleGas.selector);
        _abort(reason);
        Revert.bubble(reason);
    }

    /// @dev Makes a fault final as far as the chain can, and that no root is open; the revert follows.
    function _abort(bytes memory reason) internal view virtual;

    // ---- outbound: this chain asks (§5) ---------------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallable
    function scopedCall(uint256 targetChainId, address from, ScopedRequest calldata request)
        external
        payable
        returns (bytes memory response)
    {
        bool success;
        (success, response) = _ask(targetChainId, from, request);
        if (!success) Revert.bubble(response);
    }

    /// @inheritdoc IScopedCallableExtension
    function tryScopedCall(uint256 targetChainId, address from, ScopedRequest calldata request)
        external
        returns (bool success, bytes memory data)
    {
        return _ask(targetChainId, from, request);
    }

    /// @inheritdoc IScopedCallableExtension
    function scopedStaticCall(uint256 targetChainId, address from, ScopedRequest calldata request)
        external
        view
        returns (bytes memory response)
    {
        bool success;
        (success, response) = _askStatic(_request(1, targetChainId, from, request));
        if (!success) Revert.bubble(response);
    }

    function _ask(uint256 targetChainId, address from, ScopedRequest calldata request)
        private
        returns (bool success, bytes memory data)
    {
        Request memory asked = _request(0, targetChainId, from, request);
        if (!_isStatic()) return _askCall(asked);
        asked.kind = 1;
        return _askStatic(asked);
    }

    /// @dev The request of a call, in its first variant, if it may be made.
    function _request(uint8 kind, uint256 targetChainId, address from, ScopedRequest calldata request)
        private
        view
        returns (Request memory asked)
    {
        if (_rootId == 0) _fault(abi.encodeWithSelector(NoOpenRoot.selector));
        if (targetChainId == block.chainid) revert TargetIsLocal();
        bool byAlias = from != msg.sender;
        if (byAlias && msg.sender != aliasOf(targetChainId, request.to)) revert FromMismatch(from, msg.sender);
        if (request.value != msg.value) revert ValueMismatch(request.value, msg.value);
        asked = Request({
            rootId: _rootId,
            kind: kind,
            sourceChainId: block.chainid,
            targetChainId: targetChainId,
            from: from,
            nonce: uint256(_trace),
            marks: Transient.loadMarks(MARKS),
            variant: 0,
            to: request.to,
            value: request.value,
            gasLimit: byAlias ? aliasGasLimit() : request.gasLimit,
            data: request.data
        });
    }

    /// @dev Asks by the first variant whose records at the wait reproduce (§7).
    function _askCall(Request memory asked) internal virtual returns (bool success, bytes memory data) {
        bytes32 stream = _stream(asked.targetChainId, REQUESTS_OUT);
        // The value counts from here on, so that a callback may bring it back; a failed call takes it out again with this frame, for
        // only scopedCall carries value.
        _addValue(asked.targetChainId, VALUE_OUT, asked.value);
        bytes memory response;
        bytes memory failure;
        bytes32 requestHash;
        for (;; ++asked.variant) {
            if (asked.variant == MAX_VARIANTS) _fault(failure);
            requestHash = ScopeHash.requestHash(asked);
            bytes32 anchor = ScopeHash.fold(bytes32(asked.nonce), requestHash);
            _write(_accumulator(asked.targetChainId, REQUESTS_OUT), ScopeHash.fold(stream, requestHash));
            _letGo(anchor, asked.marks);
            bool taken;
            (taken, response) = _answer(requestHash, asked);
            if (!taken) {
                failure = _afterFailure(failure, response);
                continue;
            }
            if (!_isRecorded(anchor)) break;
            (taken, failure) = address(this).call(abi.encodeCall(this.serveAnchor, (anchor)));
            if (taken) break;
            if (Revert.selector(failure) != NotReproduced.selector || asked.variant == MAX_VARIANTS - 1) {
                _fault(failure);
            }
        }

        // Take control back. What the answer says of this chain has to be where this chain is, after its callbacks.
        bytes32 trace;
        Mark[] memory marks;
        (success, data, trace, marks) = abi.decode(response, (bool, bytes, bytes32, Mark[]));
        if (Marks.get(marks, block.chainid) != _trace) {
            _fault(abi.encodeWithSelector(OutOfPosition.selector, requestHash));
        }
        _setBaton(trace, marks);
        emit ScopedCallMade(requestHash, asked.targetChainId, asked.from, success);
    }

    /// @dev The same for a static call: nothing is stored, and where this chain waits is only computed (§8).
    function _askStatic(Request memory asked) internal view virtual returns (bool success, bytes memory data) {
        bytes memory response;
        bytes memory failure;
        for (;; ++asked.variant) {
            if (asked.variant == MAX_VARIANTS) _fault(failure);
            bytes32 requestHash = ScopeHash.requestHash(asked);
            bool taken;
            (taken, response) = _answer(requestHash, asked);
            if (!taken) {
                failure = _afterFailure(failure, response);
                continue;
            }
            failure = _serveStill(ScopeHash.fold(bytes32(asked.nonce), requestHash));
            if (failure.length == 0) break;
            if (Revert.selector(failure) != NotReproduced.selector || asked.variant == MAX_VARIANTS - 1) {
                _fault(failure);
            }
        }
        (success, data,,) = abi.decode(response, (bool, bytes, bytes32, Mark[]));
    }

    /// @return taken Whether there is a fill.
    /// @return response It, or why not.
    function _answer(bytes32 requestHash, Request memory asked)
        private
        view
        returns (bool taken, bytes memory response)
    {
        try IScopedCallableExtension(address(this)).answerOf(requestHash, asked) returns (bytes memory filled) {
            return (true, filled);
        } catch (bytes memory reason) {
            return (false, reason);
        }
    }

    /// @dev No fill is a fault, told by what the variant before failed with. (Simulation finds out here that a variant does not reproduce,
    ///      where execution finds it out in serving.)
    function _afterFailure(bytes memory before, bytes memory reason) private view returns (bytes memory) {
        if (Revert.selector(reason) != NotReproduced.selector) _fault(before.length == 0 ? reason : before);
        return reason;
    }

    /// @dev Whether this frame is below a STATICCALL: then it can't store, and what it calls can't either.
    function _isStatic() private returns (bool) {
        // Else running out of gas would read as "static".
        if (gasleft() < PROBE_GAS_LEFT) _fault("");
        bool stored;
        assembly ("memory-safe") {
            stored := call(PROBE_GAS, address(), 0, 0, 0, 0, 0)
        }
        return !stored;
    }

    /// @dev The probe: stores in transient storage, to no effect. In a static context that takes all its gas.
    receive() external payable onlySelf {
        Transient.store(PROBE, 0);
    }

    /// @inheritdoc IScopedCallableExtension
    function answerOf(bytes32 requestHash, Request calldata) external view returns (bytes memory response) {
        response = Transient.loadBytes(ScopeHash.fold(FILLS, requestHash));
        if (response.length == 0) revert ResponseMissing(requestHash);
    }

    // ---- inbound: this chain serves (§5) ----------------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallable
    function handleScopedCall(uint256 sourceChainId, address from, uint256 nonce, ScopedRequest calldata request)
        external
        onlySelf
        inRoot
    {
        (uint8 kind, uint256 variant, bool still, Mark[] memory marks) = _trailer();
        bytes32 requestHash = ScopeHash.requestHash(
            Request({
                rootId: _rootId,
                kind: kind,
                sourceChainId: sourceChainId,
                targetChainId: block.chainid,
                from: from,
                nonce: nonce,
                marks: marks,
                variant: variant,
                to: request.to,
                value: request.value,
                gasLimit: request.gasLimit,
                data: request.data
            })
        );
        if (!still && Marks.get(marks, block.chainid) != _trace) revert OutOfPosition(requestHash);

        bytes memory response;
        if (kind == 0) {
            if (still) revert OutOfPosition(requestHash);
            response = _serveCall(requestHash, sourceChainId, from, nonce, request, marks);
        } else if (still) {
            response = _serveStatic(sourceChainId, from, request);
        } else {
            Baton memory own = _baton();
            bytes32 trace = ScopeHash.fold(bytes32(nonce), requestHash);
            _setBaton(Baton(trace, request.gasLimit, Marks.set(marks, sourceChainId, trace)));
            response = _serveStatic(sourceChainId, from, request);
            _setBaton(own);
        }
        assembly ("memory-safe") {
            return(add(response, 0x20), mload(response))
        }
    }

    function _serveCall(
        bytes32 requestHash,
        uint256 sourceChainId,
        address from,
        uint256 nonce,
        ScopedRequest calldata request,
        Mark[] memory marks
    ) private returns (bytes memory response) {
        uint256 gasAround = _servedGas;
        bytes32 trace = ScopeHash.fold(bytes32(nonce), requestHash);
        _setBaton(Baton(trace, request.gasLimit, Marks.set(marks, sourceChainId, trace)));
        _fold(sourceChainId, REQUESTS_IN, requestHash);

        (bool success, bytes memory data) = _callTarget(sourceChainId, from, request);

        trace = ScopeHash.fold(_trace, ScopeHash.responseHash(requestHash, success, data));
        marks = Marks.set(Transient.loadMarks(MARKS), block.chainid, trace);
        _setBaton(Baton(trace, gasAround, marks));
        emit ScopedCallServed(requestHash, sourceChainId, from, success);
        return abi.encode(success, data, trace, marks);
    }

    /// @dev The answer to a static call names no trace: nothing moved.
    function _serveStatic(uint256 sourceChainId, address from, ScopedRequest calldata request)
        private
        returns (bytes memory response)
    {
        bool success = false;
        bytes memory data;
        if (_isForbidden(request.to)) {
            data = abi.encodeWithSelector(ForbiddenTarget.selector, request.to);
        } else {
            (success, data) = deployAlias(sourceChainId, from)
                .staticcall(abi.encodePacked(request.to, request.gasLimit, request.data));
            if (!success) data = _failureOf(data);
        }
        return abi.encode(success, data, bytes32(0), new Mark[](0));
    }

    /// @dev The seed's signature has no place for these: they follow its arguments (see {IScopedCallable-handleScopedCall}).
    function _trailer() private pure returns (uint8 kind, uint256 variant, bool still, Mark[] memory marks) {
        uint256 end = msg.data.length - 32;
        uint256 size = uint256(bytes32(msg.data[end:]));
        return abi.decode(msg.data[end - size:end], (uint8, uint256, bool, Mark[]));
    }

    /// @dev Calls the target as the alias of who asks (§9). A failed call returns its value by reverting the alias's frame (§10).
    function _callTarget(uint256 sourceChainId, address from, ScopedRequest calldata request)
        private
        returns (bool success, bytes memory data)
    {
        if (_isForbidden(request.to)) {
            return (false, abi.encodeWithSelector(ForbiddenTarget.selector, request.to));
        }
        if (request.value != 0) {
            (uint256 valueOut, uint256 valueIn) = getValues(sourceChainId);
            _requireBacked(sourceChainId, request.value, valueOut, valueIn);
        }
        _addValue(sourceChainId, VALUE_IN, request.value);
        (success, data) = _callAs(
            deployAlias(sourceChainId, from),
            request.value,
            abi.encodePacked(request.to, request.gasLimit, request.data)
        );
        if (!success) _subtractValue(sourceChainId, VALUE_IN, request.value);
    }

    /// @dev Has an alias make a call; see {IAlias} for what it is told and what it tells.
    function _callAs(address speaker, uint256 value, bytes memory message)
        private
        returns (bool success, bytes memory data)
    {
        (success, data) = speaker.call{value: value}(message);
        if (!success) data = _failureOf(data);
    }

    /// @dev What the target reverted with, out of what its caller's alias reverted with.
    function _failureOf(bytes memory reason) private pure returns (bytes memory data) {
        if (reason.length == 0 || reason[0] != 0) revert TooLittleGas();
        // Memory-safe: drops the first byte of `reason` by writing its length one byte further.
        assembly ("memory-safe") {
            let size := sub(mload(reason), 1)
            data := add(reason, 1)
            mstore(data, size)
        }
    }

    /// @dev Whom no request may target (§2): whoever this contract or its loader trusts by address, and aliases, whose word counts
    ///      as a remote account's.
    function _isForbidden(address to) private view returns (bool) {
        if (to == address(this) || to == loader()) return true;
        if (to.code.length != ALIAS_SIZE) return false;
        (uint256 chainId, address account) = aliasArguments(to);
        return aliasOf(chainId, account) == to;
    }

    // ---- loading (§6) -------------------------------------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallableExtension
    function openScope(uint256[] calldata remotes) external onlyLoader {
        if (_rootId != 0) revert RootOpen(_rootId);
        uint256[] memory old = getRemotes();
        for (uint256 i = 0; i < old.length; ++i) {
            _reset(old[i], 0);
        }
        uint256 last = 0;
        for (uint256 i = 0; i < remotes.length; ++i) {
            if (remotes[i] <= last || remotes[i] == block.chainid) revert RemotesNotAscending(remotes[i]);
            last = remotes[i];
            _reset(last, ScopeHash.SEED);
            _write(bytes32(uint256(REMOTES) + 1 + i), bytes32(last));
        }
        _write(REMOTES, bytes32(remotes.length));
        _write(NEXT_ROOT_INDEX, 0);
    }

    /// @inheritdoc IScopedCallableExtension
    function loadRoot(RootContext calldata context, Fill[] calldata fills, Record[] calldata records)
        external
        onlyLoader
    {
        _open(context);
        _trace = context.rootChainId == block.chainid ? keccak256(abi.encode(_rootId)) : bytes32(0);
        _load(fills, records);
    }

    /// @inheritdoc IScopedCallableExtension
    function runRoot(RootContext calldata context, Fill[] calldata fills, Record[] calldata records)
        external
        onlyLoader
    {
        if (context.rootChainId == block.chainid) revert WrongRootChain(context.rootChainId);
        _open(context);
        _trace = 0;
        _load(fills, records);
        _serve(0);
        _rootId = 0;
    }

    /// @inheritdoc IScopedCallableExtension
    function closeRoot() external onlyLoader inRoot {
        _rootId = 0;
    }

    /// @inheritdoc IScopedCallable
    function fillResponsesIn(uint256[] calldata chainIds, bytes32[] calldata reqHashes, bytes[] calldata responses)
        external
        onlyLoader
        inRoot
    {
        if (chainIds.length != reqHashes.length || chainIds.length != responses.length) revert LengthMismatch();
        for (uint256 i = 0; i < chainIds.length; ++i) {
            _fill(chainIds[i], reqHashes[i], responses[i]);
        }
    }

    /// @inheritdoc IScopedCallableExtension
    function setBaton(Baton calldata baton) external onlyLoader inRoot {
        _setBaton(baton);
    }

    function _open(RootContext calldata context) private {
        if (_rootId != 0) revert RootOpen(_rootId);
        uint256 least = uint256(_read(NEXT_ROOT_INDEX));
        if (context.rootIndex < least) revert RootIndexNotIncreasing(context.rootIndex, least);
        _write(NEXT_ROOT_INDEX, bytes32(context.rootIndex + 1));
        _rootId = rootIdOf(context);
        _recordCount = 0;
        Transient.storeMarks(MARKS, new Mark[](0));
    }

    function _load(Fill[] calldata fills, Record[] calldata records) private {
        for (uint256 i = 0; i < fills.length; ++i) {
            _fill(fills[i].chainId, fills[i].requestHash, fills[i].response);
        }
        for (uint256 i = 0; i < records.length; ++i) {
            _record(records[i]);
        }
    }

    /// @dev A request hash names its root, so a fill's place doesn't.
    function _fill(uint256 chainId, bytes32 requestHash, bytes memory response) private {
        if (!_isOpen(chainId)) revert RemoteNotOpen(chainId);
        if (response.length == 0) revert EmptyResponse(requestHash);
        bytes32 place = ScopeHash.fold(FILLS, requestHash);
        if (Transient.load(place) != 0) revert DuplicateFill(requestHash);
        Transient.storeBytes(place, response);
        _fold(chainId, RESPONSES_IN, ScopeHash.answerHash(requestHash, keccak256(response)));
    }

    /// @dev A record's place holds its request hash, its answer hash, and the calldata that runs it. Its anchor's place holds 1 + the
    ///      index of the kept record, the number of those not kept, and their indices.
    function _record(Record calldata record) private {
        Request memory request = record.request;
        if (request.rootId != _rootId) revert RecordOfAnotherRoot(request.rootId);
        if (request.targetChainId != block.chainid || request.sourceChainId == block.chainid) {
            revert RecordOfAnotherChain(request.sourceChainId, request.targetChainId);
        }
        if (!_isOpen(request.sourceChainId)) revert RemoteNotOpen(request.sourceChainId);
        Marks.requireAscending(request.marks);
        bytes32 requestHash = ScopeHash.requestHash(request);
        if (request.kind > 1) revert UnknownKind(request.kind);
        if (request.kind == 1 && record.kept) revert StaticCallKept(requestHash);
        if (request.kind == 1 && request.value != 0) revert ValueMismatch(request.value, 0);

        uint256 index = _recordCount++;
        uint256 place = _placeOfRecord(index);
        Transient.store(bytes32(place), requestHash);
        // Bound to its request here, or a record that never runs could pass for the answer to another one.
        bytes32 answerHash = ScopeHash.answerHash(requestHash, record.rawResponseHash);
        Transient.store(bytes32(place + 1), answerHash);
        bytes memory trailer = abi.encode(request.kind, request.variant, false, request.marks);
        Transient.storeBytes(
            bytes32(place + 2),
            abi.encodePacked(
                abi.encodeCall(
                    this.handleScopedCall,
                    (
                        request.sourceChainId,
                        request.from,
                        request.nonce,
                        ScopedRequest(request.to, request.value, request.gasLimit, request.data)
                    )
                ),
                trailer,
                trailer.length
            )
        );

        bytes32 anchor = Marks.get(request.marks, block.chainid);
        uint256 list = uint256(_place(ANCHORS, anchor));
        if (record.kept) {
            if (Transient.load(bytes32(list)) != 0) revert TwoSuccessors(anchor);
            Transient.store(bytes32(list), bytes32(index + 1));
        } else {
            uint256 count = uint256(Transient.load(bytes32(list + 1)));
            Transient.store(bytes32(list + 1), bytes32(count + 1));
            Transient.store(bytes32(list + 2 + count), bytes32(index));
        }
        _fold(request.sourceChainId, RESPONSES_OUT, answerHash);
        deployAlias(request.sourceChainId, request.from);
    }

    // ---- serving (§6) ---------------------------------------------------------------------------------------------------------------

    /// @dev Everything recorded at an anchor runs each time the anchor is reached: first what is rolled back, then what stays.
    function _serve(bytes32 anchor) private {
        while (true) {
            uint256 list = uint256(_place(ANCHORS, anchor));
            uint256 rolledBack = uint256(Transient.load(bytes32(list + 1)));
            for (uint256 i = 0; i < rolledBack; ++i) {
                uint256 index = uint256(Transient.load(bytes32(list + 2 + i)));
                (, bytes memory ending) = address(this).call(abi.encodeCall(this.runRolledBack, (index)));
                if (Revert.selector(ending) != RolledBack.selector) _fail(ending);
            }
            uint256 kept = uint256(Transient.load(bytes32(list)));
            if (kept == 0) return;
            _run(kept - 1);
            anchor = _trace;
        }
    }

    /// @dev The same where this chain waits in a static call: only static calls can be answered there, and nothing is stored.
    /// @return failure Why not everything was reproduced; empty if it was.
    function _serveStill(bytes32 anchor) private view returns (bytes memory failure) {
        uint256 list = uint256(_place(ANCHORS, anchor));
        uint256 count = uint256(Transient.load(bytes32(list + 1)));
        if (Transient.load(bytes32(list)) != 0) return abi.encodeWithSelector(OutOfPosition.selector, anchor);
        for (uint256 i = 0; i < count; ++i) {
            uint256 place = _placeOfRecord(uint256(Transient.load(bytes32(list + 2 + i))));
            bytes memory message = Transient.loadBytes(bytes32(place + 2));
            _setStill(message);
            (bool success, bytes memory response) = address(this).staticcall(message);
            if (!success) return response.length == 0 ? abi.encodeWithSelector(TooLittleGas.selector) : response;
            failure = _compare(place, response);
            if (failure.length != 0) return failure;
        }
    }

    /// @dev Changes the trailer's third word in a record's calldata.
    function _setStill(bytes memory message) private pure {
        // Memory-safe: the last word of `message` is the length of the trailer before it, which has more than three words.
        assembly ("memory-safe") {
            let last := add(message, mload(message))
            mstore(add(sub(last, mload(last)), 0x40), 1)
        }
    }

    /// @dev Whether anything runs at an anchor.
    function _isRecorded(bytes32 anchor) private view returns (bool) {
        uint256 list = uint256(_place(ANCHORS, anchor));
        return Transient.load(bytes32(list)) != 0 || Transient.load(bytes32(list + 1)) != 0;
    }

    /// @inheritdoc IScopedCallableExtension
    function serveAnchor(bytes32 anchor) external onlySelf {
        _serve(anchor);
    }

    /// @inheritdoc IScopedCallableExtension
    function runRolledBack(uint256 index) external onlySelf {
        bytes32 before = _trace;
        _run(index);
        // A static call moves nothing, so nothing follows it.
        if (_trace != before) _serve(_trace);
        revert RolledBack();
    }

    /// @dev The seed's function is the one path by which a call is served.
    function _run(uint256 index) private {
        uint256 place = _placeOfRecord(index);
        (bool success, bytes memory response) = address(this).call(Transient.loadBytes(bytes32(place + 2)));
        if (!success) _fail(response);
        bytes memory failure = _compare(place, response);
        if (failure.length != 0) Revert.bubble(failure);
    }

    /// @return failure NotReproduced if a record's answer is another one; empty if it is the same.
    function _compare(uint256 place, bytes memory response) private view returns (bytes memory failure) {
        bytes32 requestHash = Transient.load(bytes32(place));
        bytes32 answerHash = ScopeHash.answerHash(requestHash, keccak256(response));
        if (answerHash != Transient.load(bytes32(place + 1))) {
            failure = abi.encodeWithSelector(NotReproduced.selector, requestHash);
        }
    }

    function _placeOfRecord(uint256 index) private view returns (uint256) {
        return uint256(_place(RECORDS, bytes32(index)));
    }

    /// @dev A frame of this contract failed: with its reason, or out of gas.
    function _fail(bytes memory reason) private pure {
        if (reason.length == 0) revert TooLittleGas();
        Revert.bubble(reason);
    }

    // ---- aliases (§9) ------------------------------------------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallableExtension
    function aliasGasLimit() public view returns (uint256) {
        if (_servedGas == 0) return ALIAS_GAS;
        return _servedGas < 2 * ALIAS_GAS ? _servedGas / 2 : ALIAS_GAS;
    }

    /// @inheritdoc IScopedCallableExtension
    function aliasOf(uint256 chainId, address account) public view returns (address) {
        return AliasAddress.compute(_aliasImplementation(), chainId, account);
    }

    /// @inheritdoc IScopedCallableExtension
    function deployAlias(uint256 chainId, address account) public returns (address deployed) {
        if (chainId == block.chainid) revert AliasOfLocalAddress(account);
        deployed = aliasOf(chainId, account);
        if (deployed.code.length != 0) return deployed;
        address implementation = _aliasImplementation();
        if (implementation.code.length == 0) new Alias{salt: 0}();
        Clones.cloneDeterministicWithImmutableArgs(implementation, abi.encodePacked(chainId, account), 0);
        emit AliasDeployed(chainId, account, deployed);
    }

    /// @inheritdoc IScopedCallableExtension
    function forwardStranded(uint256 chainId, address account) external returns (bytes memory response) {
        address stranded = deployAlias(chainId, account);
        // The alias asks in its own name, as any local account may, with what can surely be forwarded through its proxy.
        bytes memory ask = abi.encodeCall(
            this.scopedCall, (chainId, stranded, ScopedRequest(account, stranded.balance, aliasGasLimit(), ""))
        );
        bool success;
        (success, response) = _callAs(stranded, 0, abi.encodePacked(address(this), gasleft() / 8 * 7, ask));
        if (!success) Revert.bubble(response);
        return abi.decode(response, (bytes));
    }

    function _aliasImplementation() private view returns (address) {
        return Create2.computeAddress(0, ALIAS_CODE_HASH);
    }

    // ---- views -----------------------------------------------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallable
    function getRollingHashes(uint256 chainId)
        external
        view
        returns (bytes32 requestsOut, bytes32 requestsIn, bytes32 responsesOut, bytes32 responsesIn)
    {
        requestsOut = _stream(chainId, REQUESTS_OUT);
        requestsIn = _stream(chainId, REQUESTS_IN);
        responsesOut = _stream(chainId, RESPONSES_OUT);
        responsesIn = _stream(chainId, RESPONSES_IN);
    }

    /// @inheritdoc IScopedCallableExtension
    function getValues(uint256 chainId) public view returns (uint256 valueOut, uint256 valueIn) {
        valueOut = uint256(_read(_accumulator(chainId, VALUE_OUT)));
        valueIn = uint256(_read(_accumulator(chainId, VALUE_IN)));
    }

    /// @inheritdoc IScopedCallableExtension
    function getRemotes() public view returns (uint256[] memory chainIds) {
        chainIds = new uint256[](uint256(_read(REMOTES)));
        for (uint256 i = 0; i < chainIds.length; ++i) {
            chainIds[i] = uint256(_read(bytes32(uint256(REMOTES) + 1 + i)));
        }
    }

    /// @inheritdoc IScopedCallableExtension
    function getBaton() external view returns (bytes32 rootId, Baton memory baton) {
        if (_rootId != 0) (rootId, baton) = (_rootId, _baton());
    }

    /// @inheritdoc IScopedCallableExtension
    function rootIdOf(RootContext calldata context) public view returns (bytes32) {
        return ScopeHash.rootId(l1ChainId, settlement, context);
    }

    // ---- accumulators (§4, §10) and places ------------------------------------------------------------------------------------------------

    function _baton() private view returns (Baton memory) {
        return Baton(_trace, _servedGas, Transient.loadMarks(MARKS));
    }

    function _setBaton(Baton memory baton) private {
        _servedGas = baton.servedGas;
        _setBaton(baton.trace, baton.marks);
    }

    function _setBaton(bytes32 trace, Mark[] memory marks) private {
        _trace = trace;
        Transient.storeMarks(MARKS, marks);
    }

    /// @dev Sets the trace, as this chain's own. Most often its mark is there: then one slot changes.
    /// @param marks Those stored.
    function _letGo(bytes32 trace, Mark[] memory marks) private {
        uint256 own = Marks.find(marks, block.chainid);
        if (own == marks.length) return _setBaton(trace, Marks.set(marks, block.chainid, trace));
        _trace = trace;
        Transient.storeTrace(MARKS, own, trace);
    }

    function _fold(uint256 chainId, uint256 stream, bytes32 item) private {
        _write(_accumulator(chainId, stream), ScopeHash.fold(_stream(chainId, stream), item));
    }

    function _addValue(uint256 chainId, uint256 offset, uint256 value) private {
        if (value == 0) return;
        bytes32 slot = _accumulator(chainId, offset);
        _write(slot, bytes32(uint256(_read(slot)) + value));
    }

    function _subtractValue(uint256 chainId, uint256 offset, uint256 value) private {
        if (value == 0) return;
        bytes32 slot = _accumulator(chainId, offset);
        _write(slot, bytes32(uint256(_read(slot)) - value));
    }

    /// @dev A remote that is not in the scope has empty streams. A call to it finds no fill.
    function _stream(uint256 chainId, uint256 stream) private view returns (bytes32 hash) {
        hash = _read(_accumulator(chainId, stream));
        if (hash == 0) hash = ScopeHash.SEED;
    }

    /// @dev Looks at a slot that only loading writes, so that it warms nothing a user's call pays for.
    function _isOpen(uint256 chainId) private view returns (bool) {
        return _read(_accumulator(chainId, RESPONSES_IN)) != 0;
    }

    function _reset(uint256 chainId, bytes32 seed) private {
        for (uint256 stream = REQUESTS_OUT; stream <= RESPONSES_IN; ++stream) {
            _write(_accumulator(chainId, stream), seed);
        }
        _write(_accumulator(chainId, VALUE_OUT), 0);
        _write(_accumulator(chainId, VALUE_IN), 0);
    }

    function _accumulator(uint256 chainId, uint256 offset) private pure returns (bytes32) {
        return bytes32(uint256(ScopeHash.fold(ACCUMULATORS, bytes32(chainId))) + offset);
    }

    /// @dev Where something of the open root is kept. Bound to the root, so that nothing serves another one.
    function _place(bytes32 namespace, bytes32 key) private view returns (bytes32) {
        return ScopeHash.fold(ScopeHash.fold(namespace, _rootId), key);
    }
}
