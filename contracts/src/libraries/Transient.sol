// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Mark} from "../interfaces/ScopeTypes.sol";

/// @title Values of more than a word in transient storage
/// @dev A value takes consecutive slots from a base: its length, then its words. Bases are hashes, so that values don't meet.
///      All assembly here touches only transient storage and memory that it was handed or allocates.
library Transient {
    function load(bytes32 slot) internal view returns (bytes32 word) {
        assembly ("memory-safe") {
            word := tload(slot)
        }
    }

    function store(bytes32 slot, bytes32 word) internal {
        assembly ("memory-safe") {
            tstore(slot, word)
        }
    }

    function loadBytes(bytes32 slot) internal view returns (bytes memory value) {
        assembly ("memory-safe") {
            let size := tload(slot)
            value := mload(0x40)
            mstore(value, size)
            let word := add(value, 0x20)
            let end := add(word, size)
            for {} lt(word, end) { word := add(word, 0x20) } {
                slot := add(slot, 1)
                mstore(word, tload(slot))
            }
            mstore(0x40, word)
        }
    }

    /// @notice Loads bytes and appends a word.
    function loadBytesAnd(bytes32 slot, bytes32 word) internal view returns (bytes memory value) {
        value = loadBytes(slot);
        // Memory-safe: nothing was allocated since, so that `value` can grow into what is free.
        assembly ("memory-safe") {
            let size := mload(value)
            mstore(add(add(value, 0x20), size), word)
            mstore(value, add(size, 0x20))
            mstore(0x40, add(mload(0x40), 0x20))
        }
    }

    function storeBytes(bytes32 slot, bytes memory value) internal {
        assembly ("memory-safe") {
            let size := mload(value)
            tstore(slot, size)
            let word := add(value, 0x20)
            let end := add(word, size)
            for {} lt(word, end) { word := add(word, 0x20) } {
                slot := add(slot, 1)
                tstore(slot, mload(word))
            }
        }
    }

    /// @notice Loads marks.
    /// @dev In memory an array of structs is its length and pointers; the structs follow them here.
    function loadMarks(bytes32 slot) internal view returns (Mark[] memory marks) {
        assembly ("memory-safe") {
            let count := tload(slot)
            marks := mload(0x40)
            mstore(marks, count)
            let pointer := add(marks, 0x20)
            let mark := add(pointer, shl(5, count))
            for { let end := mark } lt(pointer, end) { pointer := add(pointer, 0x20) } {
                mstore(pointer, mark)
                mstore(mark, tload(add(slot, 1)))
                mstore(add(mark, 0x20), tload(add(slot, 2)))
                slot := add(slot, 2)
                mark := add(mark, 0x40)
            }
            mstore(0x40, mark)
        }
    }

    function storeMarks(bytes32 slot, Mark[] memory marks) internal {
        assembly ("memory-safe") {
            let count := mload(marks)
            tstore(slot, count)
            let pointer := add(marks, 0x20)
            for { let end := add(pointer, shl(5, count)) } lt(pointer, end) { pointer := add(pointer, 0x20) } {
                let mark := mload(pointer)
                tstore(add(slot, 1), mload(mark))
                tstore(add(slot, 2), mload(add(mark, 0x20)))
                slot := add(slot, 2)
            }
        }
    }

    /// @notice Sets the trace of the mark at `index` of those stored.
    function storeTrace(bytes32 slot, uint256 index, bytes32 trace) internal {
        // Unchecked: a base is a hash, far from the end of the slots.
        unchecked {
            store(bytes32(uint256(slot) + 2 * index + 2), trace);
        }
    }
}
