// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Mark} from "../interfaces/ScopeTypes.sol";

/// @title The raw bytes of responses (§3)
///
/// `flags (1 byte) || data`, for a call `flags || trace (32) || count (1) || count times (chainId (8) || trace (32)) || data`. Bit 0 of the
/// flags is the success, bit 1 says that a trace and marks follow; static calls, which move nothing, have none.
library Responses {
    uint256 private constant SUCCESS = 1;
    uint256 private constant HAS_BATON = 2;
    uint256 private constant MARK_SIZE = 40;

    /// @notice The bytes are no response.
    error MalformedResponse();

    /// @notice Encodes the response to a call.
    /// @param marks At most 255, of chain ids below 2^64.
    function encodeCall(bool success, bytes32 trace, Mark[] memory marks, bytes memory data)
        internal
        pure
        returns (bytes memory response)
    {
        uint256 flags = success ? HAS_BATON | SUCCESS : HAS_BATON;
        response = abi.encodePacked(uint8(flags), trace, uint8(marks.length), new bytes(marks.length * MARK_SIZE), data);
        // Memory-safe: each mark takes the 40 bytes that were left for it.
        assembly ("memory-safe") {
            let place := add(response, 66)
            for { let i := 0 } lt(i, mload(marks)) { i := add(i, 1) } {
                let mark := mload(add(add(marks, 0x20), shl(5, i)))
                mstore(place, shl(192, mload(mark)))
                mstore(add(place, 8), mload(add(mark, 0x20)))
                place := add(place, MARK_SIZE)
            }
        }
    }

    /// @notice Encodes the response to a static call.
    function encodeStatic(bool success, bytes memory data) internal pure returns (bytes memory response) {
        return abi.encodePacked(success ? uint8(SUCCESS) : uint8(0), data);
    }

    /// @notice Decodes a response; trace and marks are empty if it has none.
    /// @dev `data` takes the place of `response`, which is used up.
    function decode(bytes memory response)
        internal
        pure
        returns (bool success, bytes32 trace, Mark[] memory marks, bytes memory data)
    {
        uint256 flags = response.length == 0 ? type(uint256).max : uint8(response[0]);
        uint256 start = 1;
        if (flags > (HAS_BATON | SUCCESS)) revert MalformedResponse();
        success = flags & SUCCESS != 0;
        if (flags & HAS_BATON != 0) {
            if (response.length < 34) revert MalformedResponse();
            uint256 count = uint8(response[33]);
            start = 34 + count * MARK_SIZE;
            if (response.length < start) revert MalformedResponse();
            (trace, marks) = _baton(response, count);
        }
        // Memory-safe: the length of `data` overwrites what was read before, inside `response`.
        assembly ("memory-safe") {
            data := add(response, start)
            mstore(data, sub(mload(response), start))
        }
    }

    function _baton(bytes memory response, uint256 count) private pure returns (bytes32 trace, Mark[] memory marks) {
        marks = new Mark[](count);
        bool isCanonical = true;
        // Memory-safe: reads `response` up to its end and writes the structs that were allocated.
        assembly ("memory-safe") {
            trace := mload(add(response, 33))
            let place := add(response, 66)
            let last := 0
            for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                let mark := mload(add(add(marks, 0x20), shl(5, i)))
                let chainId := shr(192, mload(place))
                let markTrace := mload(add(place, 8))
                mstore(mark, chainId)
                mstore(add(mark, 0x20), markTrace)
                isCanonical := and(isCanonical, and(gt(chainId, last), gt(markTrace, 0)))
                last := chainId
                place := add(place, MARK_SIZE)
            }
        }
        if (!isCanonical) revert MalformedResponse();
    }
}
