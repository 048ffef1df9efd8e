// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Mark} from "../interfaces/ScopeTypes.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";

/// @title Marks: strictly ascending chain ids, no zero traces (§3)
library Marks {
    /// @return The chain's trace, 0 if it never had control in this root.
    function get(Mark[] memory marks, uint256 chainId) internal pure returns (bytes32) {
        uint256 i = find(marks, chainId);
        return i == marks.length ? bytes32(0) : marks[i].trace;
    }

    /// @return The place of the chain's mark, or `marks.length`.
    function find(Mark[] memory marks, uint256 chainId) internal pure returns (uint256) {
        for (uint256 i = 0; i < marks.length; ++i) {
            if (marks[i].chainId == chainId) return i;
        }
        return marks.length;
    }

    /// @notice Returns a copy of the marks with one set.
    function set(Mark[] memory marks, uint256 chainId, bytes32 trace) internal pure returns (Mark[] memory copy) {
        uint256 index = 0;
        while (index < marks.length && marks[index].chainId < chainId) ++index;
        uint256 replaced = index < marks.length && marks[index].chainId == chainId ? 1 : 0;
        copy = new Mark[](marks.length + 1 - replaced);
        for (uint256 i = 0; i < index; ++i) {
            copy[i] = marks[i];
        }
        copy[index] = Mark(chainId, trace);
        for (uint256 i = index + 1; i < copy.length; ++i) {
            copy[i] = marks[i + replaced - 1];
        }
    }

    function requireAscending(Mark[] memory marks) internal pure {
        uint256 last = 0;
        for (uint256 i = 0; i < marks.length; ++i) {
            if (marks[i].chainId <= last || marks[i].trace == 0) {
                revert IScopedCallableExtension.MarksNotAscending(marks[i].chainId);
            }
            last = marks[i].chainId;
        }
    }
}
