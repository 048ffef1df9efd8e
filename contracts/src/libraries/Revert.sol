// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Reverting with data as it is
library Revert {
    function bubble(bytes memory data) internal pure {
        assembly ("memory-safe") {
            revert(add(data, 0x20), mload(data))
        }
    }

    /// @return The first four bytes; 0 if there are fewer.
    function selector(bytes memory data) internal pure returns (bytes4) {
        return data.length < 4 ? bytes4(0) : bytes4(data);
    }
}
