// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {Baton, Fill, Limit, Mark, Record, Request, RootContext} from "../interfaces/ScopeTypes.sol";
import {Marks} from "../libraries/Marks.sol";
import {Responses} from "../libraries/Responses.sol";
import {Revert} from "../libraries/Revert.sol";
import {ScopeHash} from "../libraries/ScopeHash.sol";
import {Transient} from "../libraries/Transient.sol";
import {MAX_DATA} from "./Alias.sol";
import {RootStore} from "./RootStore.sol";

/// @title The accounting core, the same on every chain: asks other chains and serves them
///
/// Section numbers are protocol.md's. Read in this order: `_askCall` and `_askStatic` (outbound), `handleScopedCall` (inbound),
/// {RootStore-_load}, `_serve`. What belongs to a scope is in {Accumulators}, what belongs to a root in {RootStore}.
abstract contract ScopedCallable is RootStore {
    bytes32 private constant PROBE = keccak256("scope.probe");

    /// @dev The most gas that an alias asks with (§9), and that anybody does at the root's own level (§7).
    uint256 private constant ALIAS_GAS = 2_000_000;
    uint256 private constant ROOT_GAS = 1 << 24;
    /// @dev Scoped calls that may be nested, and marks that a request may carry, so that their number fits a byte of the answer (§7).
    uint256 private constant MAX_DEPTH = 64;
    uint256 private constant MAX_MARKS = 253;
    /// @dev The gas of the probe for a static context, which is all lost in one, and the gas that must be left for it to get that.
    uint256 private constant PROBE_GAS = 1000;
    uint256 private constant PROBE_GAS_LEFT = 5000;
    /// @dev Equal requests at one point that have different answers; more are a fault, so that what is asked in vain is bounded (§7).
    uint256 private constant MAX_VARIANTS = 16;

    constructor(uint256 l1ChainId_, address settlement_) RootStore(l1ChainId_, settlement_) {}

    // ---- what L1 and rollups do differently --------------------------------------------------------------------------------

    /// @dev Returns what L1 holds for `chainId` as the scope begins, in wei (§10); for L1 itself more than there is.
    function _heldFor(uint256 chainId) internal view virtual returns (uint256);

    /// @dev Ends with a fault, whatever frame would catch it (§7).
    /// @param reason Its error. Empty: a frame of this contract had too little gas to give one.
    function _fault(bytes memory reason) internal view {
        if (reason.length == 0) reason = abi.encodeWithSelector(TooLittleGas.selector);
        _abort(reason);
        Revert.bubble(reason);
    }

    /// @dev Makes a fault final as far as the chain can; the revert follows.
    function _abort(bytes memory reason) internal view virtual;

    // ---- outbound: this chain asks (§5) ------------------------------------------------------------------------------------

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
        if (!_isStatic()) {
            if (_depth != 0) _gasToAsk -= asked.gasLimit;
            return _askCall(asked);
        }
        asked.kind = 1;
        return _askStatic(asked);
    }

    /// @dev Makes the request of a call, in its first variant; reverts plainly if it may not be made: that follows from the transaction
    ///      alone (§7).
    function _request(uint8 kind, uint256 targetChainId, address from, ScopedRequest calldata request)
        private
        view
        returns (Request memory asked)
    {
        if (_rootId == 0) revert NoOpenRoot();
        if (targetChainId == block.chainid) revert TargetIsLocal();
        if (!isKnown(targetChainId)) revert UnknownChain(targetChainId);
        if (_depth >= MAX_DEPTH) revert TooDeep();
        bool byAlias = from != msg.sender;
        if (byAlias && msg.sender != aliasOf(targetChainId, request.to)) revert FromMismatch(from, msg.sender);
        if (request.value != msg.value) revert ValueMismatch(request.value, msg.value);
        if (request.data.length > MAX_DATA) revert DataTooLong(request.data.length);
        asked = Request({
            rootId: _rootId,
            kind: kind,
            sourceChainId: block.chainid,
            targetChainId: targetChainId,
            from: from,
            nonce: uint256(_trace),
            marks: Transient.loadMarks(MARKS),
            depth: _depth + 1,
            variant: 0,
            to: request.to,
            value: request.value,
            gasLimit: byAlias ? aliasGasLimit() : request.gasLimit,
            data: request.data
        });
        if (asked.marks.length > MAX_MARKS) revert TooManyChains();
        uint256 askable = askableGas();
        if (asked.gasLimit > askable) revert GasLimitTooHigh(asked.gasLimit, askable);
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
        (success, trace, marks, data) = Responses.decode(response);
        if (Marks.get(marks, block.chainid) != _trace) {
            _fault(abi.encodeWithSelector(OutOfPosition.selector, requestHash));
        }
        _setBaton(trace, marks);
        emit ScopedCallMade(requestHash, asked.targetChainId, asked.from, success);
    }

    /// @dev Asks the same way in a static call: nothing is stored, and where this chain waits is only computed (§8).
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
        (success,,, data) = Responses.decode(response);
    }

    /// @dev Takes the answer to a request.
    /// @return taken Whether there is a fill.
    /// @return response The answer, or why there is none.
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

    /// @dev Ends with a fault if there is no fill, told by what the variant before failed with. (Simulation finds out here that a
    ///      variant does not reproduce, where execution finds it out in serving.)
    function _afterFailure(bytes memory before, bytes memory reason) private view returns (bytes memory) {
        if (Revert.selector(reason) != NotReproduced.selector) _fault(before.length == 0 ? reason : before);
        return reason;
    }

    /// @dev Says whether this frame is below a STATICCALL: then it can't store, and what it calls can't either.
    function _isStatic() private returns (bool) {
        // Else running out of gas would read as "static".
        if (gasleft() < PROBE_GAS_LEFT) revert TooLittleGasToAsk(gasleft());
        bool stored;
        assembly ("memory-safe") {
            stored := call(PROBE_GAS, address(), 0, 0, 0, 0, 0)
        }
        return !stored;
    }

    /// @dev Stores in transient storage, to no effect: the probe. In a static context that takes all its gas.
    receive() external payable onlySelf {
        Transient.store(PROBE, 0);
    }

    // ---- inbound: this chain serves (§5) -----------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallable
    function handleScopedCall(uint256 sourceChainId, address from, uint256 nonce, ScopedRequest calldata request)
        external
        onlySelf
        inRoot
    {
        (uint8 kind, uint256 depth, uint256 variant, bool still, Mark[] memory marks) = _trailer();
        bytes32 requestHash = ScopeHash.requestHash(
            Request({
                rootId: _rootId,
                kind: kind,
                sourceChainId: sourceChainId,
                targetChainId: block.chainid,
                from: from,
                nonce: nonce,
                marks: marks,
                depth: depth,
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
            bytes32 trace = ScopeHash.fold(bytes32(nonce), requestHash);
            Baton memory taken = Baton(trace, depth, request.gasLimit, Marks.set(marks, sourceChainId, trace));
            response = _serveCall(requestHash, sourceChainId, from, request, taken);
        } else if (still) {
            response = _serveStatic(sourceChainId, from, request);
        } else {
            Baton memory own = _baton();
            bytes32 trace = ScopeHash.fold(bytes32(nonce), requestHash);
            _setBaton(Baton(trace, depth, request.gasLimit, Marks.set(marks, sourceChainId, trace)));
            response = _serveStatic(sourceChainId, from, request);
            _setBaton(own);
        }
        assembly ("memory-safe") {
            return(add(response, 0x20), mload(response))
        }
    }

    /// @dev Serves a call: takes the baton, folds, calls the target, and hands the baton back with the answer.
    function _serveCall(
        bytes32 requestHash,
        uint256 sourceChainId,
        address from,
        ScopedRequest calldata request,
        Baton memory taken
    ) private returns (bytes memory response) {
        (uint256 depthAround, uint256 gasAround) = (_depth, _gasToAsk);
        _setBaton(taken);
        _fold(sourceChainId, REQUESTS_IN, requestHash);

        (bool success, bytes memory data) = _callTarget(sourceChainId, from, request);

        bytes32 trace = ScopeHash.fold(_trace, ScopeHash.responseHash(requestHash, success, data));
        Mark[] memory marks = Marks.set(Transient.loadMarks(MARKS), block.chainid, trace);
        _setBaton(Baton(trace, depthAround, gasAround, marks));
        emit ScopedCallServed(requestHash, sourceChainId, from, success);
        return Responses.encodeCall(success, trace, marks, data);
    }

    /// @dev Serves a static call. The answer names no trace: nothing moved.
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
        return Responses.encodeStatic(success, data);
    }

    /// @dev Reads what the seed's signature has no place for: it follows the arguments (see {IScopedCallable-handleScopedCall}).
    function _trailer()
        private
        pure
        returns (uint8 kind, uint256 depth, uint256 variant, bool still, Mark[] memory marks)
    {
        uint256 end = msg.data.length - 64;
        uint256 size = uint256(bytes32(msg.data[end:]));
        still = uint256(bytes32(msg.data[end + 32:])) != 0;
        (kind, depth, variant, marks) = abi.decode(msg.data[end - size:end], (uint8, uint256, uint256, Mark[]));
    }

    /// @dev Calls the target as the alias of the account that asks (§9). A failed call returns its value by reverting the alias's frame
    ///      (§10).
    function _callTarget(uint256 sourceChainId, address from, ScopedRequest calldata request)
        private
        returns (bool success, bytes memory data)
    {
        if (_isForbidden(request.to)) {
            return (false, abi.encodeWithSelector(ForbiddenTarget.selector, request.to));
        }
        if (request.value != 0) {
            // Never more than L1 holds for the rollup and what this scope brought in so far, whatever its proof will say.
            (uint256 valueOut, uint256 valueIn) = _values(sourceChainId);
            if (valueIn + request.value > _heldFor(sourceChainId) + valueOut) {
                revert EscrowExceeded(sourceChainId, request.value);
            }
        }
        _addValue(sourceChainId, VALUE_IN, request.value);
        (success, data) = _callAs(
            deployAlias(sourceChainId, from),
            request.value,
            abi.encodePacked(request.to, request.gasLimit, request.data)
        );
        if (!success) _subtractValue(sourceChainId, VALUE_IN, request.value);
    }

    /// @dev Says whether no request, and no deposit, may target `to` (§2): whoever this contract or its loader trusts by address, and aliases, whose
    ///      word counts as a remote account's.
    function _isForbidden(address to) internal view returns (bool) {
        return to == address(this) || to == loader() || isAlias(to);
    }

    // ---- loading (§6) ------------------------------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallableExtension
    function runRoot(
        RootContext calldata context,
        Limit[] calldata limits,
        Fill[] calldata fills,
        Record[] calldata records
    ) external onlyLoader {
        if (context.rootChainId == block.chainid) revert WrongRootChain(context.rootChainId);
        _open(context);
        _trace = 0;
        _load(limits, fills, records);
        _serve(0);
        _rootId = 0;
    }

    // ---- serving (§6) ------------------------------------------------------------------------------------------------------

    /// @dev Runs everything recorded at an anchor, as each time that the anchor is reached: first what is rolled back, then what stays.
    function _serve(bytes32 anchor) private {
        while (true) {
            uint256 list = _listAt(anchor);
            uint256 rolledBack = _countRolledBack(list);
            for (uint256 i = 0; i < rolledBack; ++i) {
                uint256 index = _rolledBackOf(list, i);
                (, bytes memory ending) = address(this).call(abi.encodeCall(this.runRolledBack, (index)));
                if (Revert.selector(ending) != RolledBack.selector) _fail(ending);
            }
            uint256 kept = _keptOf(list);
            if (kept == 0) return;
            _run(kept - 1);
            anchor = _trace;
        }
    }

    /// @dev Serves where this chain waits in a static call: only static calls can be answered there, and nothing is stored.
    /// @return failure Why not everything was reproduced; empty if it was.
    function _serveStill(bytes32 anchor) private view returns (bytes memory failure) {
        uint256 list = _listAt(anchor);
        uint256 count = _countRolledBack(list);
        if (_keptOf(list) != 0) return abi.encodeWithSelector(OutOfPosition.selector, anchor);
        for (uint256 i = 0; i < count; ++i) {
            uint256 place = _placeOfRecord(_rolledBackOf(list, i));
            (bool success, bytes memory response) = address(this).staticcall(_messageOf(place, true));
            if (!success) return response.length == 0 ? abi.encodeWithSelector(TooLittleGas.selector) : response;
            failure = _compare(place, response);
            if (failure.length != 0) return failure;
        }
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

    /// @dev Runs a record by the seed's function, the one path by which a call is served.
    function _run(uint256 index) private {
        uint256 place = _placeOfRecord(index);
        (bool success, bytes memory response) = address(this).call(_messageOf(place, false));
        if (!success) _fail(response);
        bytes memory failure = _compare(place, response);
        if (failure.length != 0) Revert.bubble(failure);
    }

    /// @dev Reverts with the reason of a failed frame of this contract, or because it ran out of gas.
    function _fail(bytes memory reason) private pure {
        if (reason.length == 0) revert TooLittleGas();
        Revert.bubble(reason);
    }

    // ---- aliases (§9) ------------------------------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallableExtension
    function aliasGasLimit() public view returns (uint256) {
        if (_depth == 0) return ALIAS_GAS;
        return _gasToAsk < 2 * ALIAS_GAS ? _gasToAsk / 2 : ALIAS_GAS;
    }

    /// @inheritdoc IScopedCallableExtension
    function askableGas() public view returns (uint256) {
        return _depth == 0 ? ROOT_GAS : _gasToAsk - _gasToAsk / 64;
    }

    /// @inheritdoc IScopedCallableExtension
    function isKnown(uint256 chainId) public view virtual returns (bool);

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
}
