// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {Baton, Fill, Limit, Mark, Record, Request, RootContext} from "../interfaces/ScopeTypes.sol";
import {Marks} from "../libraries/Marks.sol";
import {ScopeHash} from "../libraries/ScopeHash.sol";
import {Transient} from "../libraries/Transient.sol";
import {Accumulators} from "./Accumulators.sol";
import {Aliases} from "./Aliases.sol";

/// @title The state of a root: its baton (§5), and the fills and records that the loader brings (§6)
///
/// In transient storage on every chain, so that a reverted frame takes its part back.
abstract contract RootStore is Accumulators, Aliases {
    bytes32 internal constant MARKS = keccak256("scope.marks");
    bytes32 private constant FILLS = keccak256("scope.fills");
    bytes32 private constant ANCHORS = keccak256("scope.anchors");
    bytes32 private constant RECORDS = keccak256("scope.records");
    bytes32 private constant NEXT_ROOT_INDEX = keccak256("scope.next-root-index");

    /// @dev 0 if no root is open.
    bytes32 internal transient _rootId;
    /// @dev This chain's own trace: the root's while this chain has control, else the one it let go with (§5).
    bytes32 internal transient _trace;
    /// @dev Scoped calls around the innermost one that this chain is serving, that one counted; 0 if it serves none.
    uint256 internal transient _depth;
    /// @dev What is left of its gas limit for the requests below it; 0 if none.
    uint256 internal transient _gasToAsk;
    /// @dev Records loaded for the open root.
    uint256 private transient _recordCount;

    /// @inheritdoc IScopedCallableExtension
    uint256 public immutable l1ChainId;
    /// @inheritdoc IScopedCallableExtension
    address public immutable settlement;

    constructor(uint256 l1ChainId_, address settlement_) {
        l1ChainId = l1ChainId_;
        settlement = settlement_;
    }

    modifier onlySelf() {
        if (msg.sender != address(this)) revert OnlySelf(msg.sender);
        _;
    }

    modifier onlyLoader() {
        if (msg.sender != loader()) revert OnlyLoader(msg.sender);
        _;
    }

    function _requireNotInRoot() internal view override {
        if (_rootId != 0 && msg.sender != loader()) revert OnlyLoader(msg.sender);
    }

    modifier inRoot() {
        if (_rootId == 0) revert NoOpenRoot();
        _;
    }

    /// @inheritdoc IScopedCallableExtension
    function loader() public view virtual returns (address);

    // ---- loading (§6) ------------------------------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallableExtension
    function openScope(uint256[] calldata remotes) external onlyLoader {
        if (_rootId != 0) revert RootOpen(_rootId);
        _resetRemotes(remotes);
        _write(NEXT_ROOT_INDEX, 0);
    }

    /// @inheritdoc IScopedCallableExtension
    function loadRoot(
        RootContext calldata context,
        Limit[] calldata limits,
        Fill[] calldata fills,
        Record[] calldata records
    ) external onlyLoader {
        _open(context);
        _trace = context.rootChainId == block.chainid ? keccak256(abi.encode(_rootId)) : bytes32(0);
        _load(limits, fills, records);
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

    /// @inheritdoc IScopedCallableExtension
    function getBaton() external view returns (bytes32 rootId, Baton memory baton) {
        if (_rootId != 0) (rootId, baton) = (_rootId, _baton());
    }

    /// @inheritdoc IScopedCallableExtension
    function rootIdOf(RootContext calldata context) public view returns (bytes32) {
        return ScopeHash.rootId(l1ChainId, settlement, context);
    }

    /// @inheritdoc IScopedCallableExtension
    function answerOf(bytes32 requestHash, Request calldata) external view onlySelf returns (bytes memory response) {
        response = Transient.loadBytes(ScopeHash.fold(FILLS, requestHash));
        if (response.length == 0) revert ResponseMissing(requestHash);
    }

    /// @dev Opens a root, in the order of their indices.
    function _open(RootContext calldata context) internal {
        if (_rootId != 0) revert RootOpen(_rootId);
        uint256 least = uint256(_read(NEXT_ROOT_INDEX));
        if (context.rootIndex < least) revert RootIndexNotIncreasing(context.rootIndex, least);
        _write(NEXT_ROOT_INDEX, bytes32(context.rootIndex + 1));
        _rootId = rootIdOf(context);
        _recordCount = 0;
        Transient.storeMarks(MARKS, new Mark[](0));
    }

    /// @dev Loads what the builder says of the open root.
    function _load(Limit[] calldata limits, Fill[] calldata fills, Record[] calldata records) internal {
        _loadLimits(limits);
        for (uint256 i = 0; i < fills.length; ++i) {
            _fill(fills[i].chainId, fills[i].requestHash, fills[i].response);
        }
        for (uint256 i = 0; i < records.length; ++i) {
            _record(records[i]);
        }
    }

    /// @dev Loads what L1 holds for remotes (§10).
    function _loadLimits(Limit[] calldata limits) internal virtual;

    /// @dev Loads a fill. Its request hash names the root, so its place doesn't.
    function _fill(uint256 chainId, bytes32 requestHash, bytes memory response) private {
        if (!_isOpen(chainId)) revert RemoteNotOpen(chainId);
        if (response.length == 0) revert EmptyResponse(requestHash);
        bytes32 place = ScopeHash.fold(FILLS, requestHash);
        if (Transient.load(place) != 0) revert DuplicateFill(requestHash);
        Transient.storeBytes(place, response);
        _fold(chainId, RESPONSES_IN, ScopeHash.answerHash(requestHash, keccak256(response)));
    }

    /// @dev Loads a record. Its place holds its request hash, its answer hash, and the calldata that runs it, but for the last word;
    ///      its anchor's place 1 + the index of the kept record, the number of those not kept, and their indices.
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
        bytes memory trailer = abi.encode(request.kind, request.depth, request.variant, request.marks);
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
        uint256 list = _listAt(anchor);
        if (record.kept) {
            if (_keptOf(list) != 0) revert TwoSuccessors(anchor);
            Transient.store(bytes32(list), bytes32(index + 1));
        } else {
            uint256 count = _countRolledBack(list);
            Transient.store(bytes32(list + 1), bytes32(count + 1));
            Transient.store(bytes32(list + 2 + count), bytes32(index));
        }
        _fold(request.sourceChainId, RESPONSES_OUT, answerHash);
        deployAlias(request.sourceChainId, request.from);
    }

    // ---- what was loaded ---------------------------------------------------------------------------------------------------

    /// @dev Returns where what runs at an anchor is listed.
    function _listAt(bytes32 anchor) internal view returns (uint256) {
        return uint256(_place(ANCHORS, anchor));
    }

    /// @dev Returns 1 + the index of a list's kept record; 0 if it has none.
    function _keptOf(uint256 list) internal view returns (uint256) {
        return uint256(Transient.load(bytes32(list)));
    }

    /// @dev Returns how many records of a list are not kept.
    function _countRolledBack(uint256 list) internal view returns (uint256) {
        return uint256(Transient.load(bytes32(list + 1)));
    }

    /// @dev Returns the index of a list's `i`th record that is not kept.
    function _rolledBackOf(uint256 list, uint256 i) internal view returns (uint256) {
        return uint256(Transient.load(bytes32(list + 2 + i)));
    }

    /// @dev Says whether anything runs at an anchor.
    function _isRecorded(bytes32 anchor) internal view returns (bool) {
        uint256 list = _listAt(anchor);
        return _keptOf(list) != 0 || _countRolledBack(list) != 0;
    }

    /// @dev Returns the calldata that runs a record, which ends with whether this chain waits in a static call.
    function _messageOf(uint256 place, bool still) internal view returns (bytes memory) {
        return Transient.loadBytesAnd(bytes32(place + 2), still ? bytes32(uint256(1)) : bytes32(0));
    }

    /// @dev Compares an answer with the recorded one.
    /// @return failure NotReproduced if a record's answer is another one; empty if it is the same.
    function _compare(uint256 place, bytes memory response) internal view returns (bytes memory failure) {
        bytes32 requestHash = Transient.load(bytes32(place));
        bytes32 answerHash = ScopeHash.answerHash(requestHash, keccak256(response));
        if (answerHash != Transient.load(bytes32(place + 1))) {
            failure = abi.encodeWithSelector(NotReproduced.selector, requestHash);
        }
    }

    // ---- the baton (§5) and places -----------------------------------------------------------------------------------------

    /// @dev Returns what moves as control comes and goes.
    function _baton() internal view returns (Baton memory) {
        return Baton(_trace, _depth, _gasToAsk, Transient.loadMarks(MARKS));
    }

    function _setBaton(Baton memory baton) internal {
        _depth = baton.depth;
        _gasToAsk = baton.gasToAsk;
        _setBaton(baton.trace, baton.marks);
    }

    function _setBaton(bytes32 trace, Mark[] memory marks) internal {
        _trace = trace;
        Transient.storeMarks(MARKS, marks);
    }

    /// @dev Sets the trace, as this chain's own. Most often its mark is there: then one slot changes.
    /// @param marks Those stored.
    function _letGo(bytes32 trace, Mark[] memory marks) internal {
        uint256 own = Marks.find(marks, block.chainid);
        if (own == marks.length) return _setBaton(trace, Marks.set(marks, block.chainid, trace));
        _trace = trace;
        Transient.storeTrace(MARKS, own, trace);
    }

    /// @dev Returns where a record is kept.
    function _placeOfRecord(uint256 index) internal view returns (uint256) {
        return uint256(_place(RECORDS, bytes32(index)));
    }

    /// @dev Returns where something of the open root is kept. Bound to the root, so that nothing serves another one.
    function _place(bytes32 namespace, bytes32 key) private view returns (bytes32) {
        return ScopeHash.fold(ScopeHash.fold(namespace, _rootId), key);
    }
}
