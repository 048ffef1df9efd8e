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
            let words := shr(5, add(size, 31))
            mstore(0x40, add(add(value, 0x20), shl(5, words)))
            for { let i := 1 } iszero(gt(i, words)) { i := add(i, 1) } {
                mstore(add(value, shl(5, i)), tload(add(slot, i)))
            }
        }
    }

    function storeBytes(bytes32 slot, bytes memory value) internal {
        assembly ("memory-safe") {
            let size := mload(value)
            tstore(slot, size)
            let words := shr(5, add(size, 31))
            for { let i := 1 } iszero(gt(i, words)) { i := add(i, 1) } {
                tstore(add(slot, i), mload(add(value, shl(5, i))))
            }
        }
    }

    function loadMarks(bytes32 slot) internal view returns (Mark[] memory marks) {
        marks = new Mark[](uint256(load(slot)));
        uint256 next = uint256(slot);
        // Unchecked: a base is a hash, far from the end of the slots.
        unchecked {
            for (uint256 i = 0; i < marks.length; ++i) {
                marks[i].chainId = uint256(load(bytes32(++next)));
                marks[i].trace = load(bytes32(++next));
            }
        }
    }

    function storeMarks(bytes32 slot, Mark[] memory marks) internal {
        store(slot, bytes32(marks.length));
        uint256 next = uint256(slot);
        // Unchecked: as above.
        unchecked {
            for (uint256 i = 0; i < marks.length; ++i) {
                store(bytes32(++next), bytes32(marks[i].chainId));
                store(bytes32(++next), marks[i].trace);
            }
        }
    }
}
