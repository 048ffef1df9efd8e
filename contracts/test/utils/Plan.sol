// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fill, Mark, Record, Request, RootContext} from "../../src/interfaces/ScopeTypes.sol";
import {RawResponse} from "./RawResponse.sol";

/// @title A root's plan, written by hand
/// @notice Says what is asked and answered, in the root's true order, and keeps the baton: one thread of control, whatever the
///         number of chains. It writes protocol.md §3 and §5 out once more and shares no code with the contracts.
contract Plan {
    /// @param depth Scoped calls that control is in.
    struct Baton {
        bytes32 trace;
        uint256 depth;
        Mark[] marks;
    }

    RootContext private _context;
    bytes32 public rootId;
    Baton private _baton;
    mapping(uint256 chainId => Fill[]) private _fills;
    mapping(uint256 chainId => Record[]) private _records;

    constructor(uint256 l1ChainId, address settlement, RootContext memory context_) {
        _context = context_;
        rootId = keccak256(
            abi.encode(
                keccak256("scope.root.v2"),
                l1ChainId,
                settlement,
                context_.rootChainId,
                context_.operationHash,
                context_.rootIndex
            )
        );
        _baton.trace = keccak256(abi.encode(rootId));
    }

    // ---- what happens ---------------------------------------------------------------------------------------------------------

    function asks(
        uint256 source,
        address from,
        uint256 target,
        address to,
        uint256 value,
        uint256 gasLimit,
        bytes memory data
    ) external returns (Request memory request) {
        request = _request(0, source, from, target, to, value, gasLimit, data);
        _baton.trace = keccak256(bytes.concat(_baton.trace, hashOf(request)));
        _baton.depth = request.depth;
        _mark(source, _baton.trace);
    }

    /// @notice A static call and its answer, which leave the baton where it is.
    function looks(
        uint256 source,
        address from,
        uint256 target,
        address to,
        uint256 gasLimit,
        bytes memory data,
        bytes memory answer
    ) external {
        Request memory request = _request(1, source, from, target, to, 0, gasLimit, data);
        _record(request, RawResponse.ofStaticCall(true, answer), false);
    }

    function _request(
        uint8 kind,
        uint256 source,
        address from,
        uint256 target,
        address to,
        uint256 value,
        uint256 gasLimit,
        bytes memory data
    ) private view returns (Request memory) {
        return Request({
            rootId: rootId,
            kind: kind,
            sourceChainId: source,
            targetChainId: target,
            from: from,
            nonce: uint256(_baton.trace),
            marks: _baton.marks,
            depth: _baton.depth + 1,
            variant: 0,
            to: to,
            value: value,
            gasLimit: gasLimit,
            data: data
        });
    }

    function answers(Request memory request, bool success, bytes memory data) external {
        _answers(request, success, data, true);
    }

    /// @notice Like `answers`, in a frame that will revert up to where the target's next wait began.
    function answersInVain(Request memory request, bool success, bytes memory data) external {
        _answers(request, success, data, false);
    }

    /// @notice The source's frame reverts: control is where it was.
    function rollsBack(Baton memory before) external {
        _baton = before;
    }

    function _answers(Request memory request, bool success, bytes memory data, bool kept) private {
        bytes32 requestHash = hashOf(request);
        bytes32 responseHash =
            keccak256(abi.encode(keccak256("scope.response.v2"), requestHash, success, keccak256(data)));
        _baton.trace = keccak256(bytes.concat(_baton.trace, responseHash));
        _baton.depth = request.depth - 1;
        _mark(request.targetChainId, _baton.trace);
        _record(request, RawResponse.ofCall(success, data, _baton.trace, _baton.marks), kept);
    }

    function _record(Request memory request, bytes memory response, bool kept) private {
        _fills[request.sourceChainId].push(Fill(request.targetChainId, hashOf(request), response));
        _records[request.targetChainId].push(Record(request, keccak256(response), kept));
    }

    // ---- what the chains get ----------------------------------------------------------------------------------------------------

    function context() external view returns (RootContext memory) {
        return _context;
    }

    function fills(uint256 chainId) external view returns (Fill[] memory) {
        return _fills[chainId];
    }

    function records(uint256 chainId) external view returns (Record[] memory) {
        return _records[chainId];
    }

    function baton() external view returns (Baton memory) {
        return _baton;
    }

    function hashOf(Request memory r) public pure returns (bytes32) {
        bytes memory head = abi.encode(
            keccak256("scope.request.v2"), r.rootId, r.kind, r.sourceChainId, r.targetChainId, r.from, r.nonce
        );
        bytes memory tail = abi.encode(
            keccak256(abi.encode(r.marks)), r.depth, r.variant, r.to, r.value, r.gasLimit, keccak256(r.data)
        );
        return keccak256(bytes.concat(head, tail));
    }

    function _mark(uint256 chainId, bytes32 trace) private {
        uint256 i = _baton.marks.length;
        for (uint256 j = 0; j < _baton.marks.length; ++j) {
            if (_baton.marks[j].chainId == chainId) {
                _baton.marks[j].trace = trace;
                return;
            }
        }
        _baton.marks.push();
        for (; i > 0 && _baton.marks[i - 1].chainId > chainId; --i) {
            _baton.marks[i] = _baton.marks[i - 1];
        }
        _baton.marks[i] = Mark(chainId, trace);
    }
}
