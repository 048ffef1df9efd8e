// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Mark} from "../../src/interfaces/ScopeTypes.sol";

/// @title The raw bytes of responses, written out from protocol.md §3
/// @notice Shares no code with the contracts: `flags || [trace || count || (chainId, 8 bytes || trace)…] || data`.
library RawResponse {
    uint256 internal constant SUCCESS = 1;
    uint256 internal constant BATON = 2;

    function ofCall(bool success, bytes memory data, bytes32 trace, Mark[] memory marks)
        internal
        pure
        returns (bytes memory raw)
    {
        raw = abi.encodePacked(uint8(success ? BATON | SUCCESS : BATON), trace, uint8(marks.length));
        for (uint256 i = 0; i < marks.length; ++i) {
            raw = abi.encodePacked(raw, uint64(marks[i].chainId), marks[i].trace);
        }
        raw = bytes.concat(raw, data);
    }

    function ofStaticCall(bool success, bytes memory data) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(success ? SUCCESS : 0), data);
    }

    /// @notice Takes a call's response apart.
    function partsOf(bytes memory raw)
        internal
        pure
        returns (bool success, bytes memory data, bytes32 trace, Mark[] memory marks)
    {
        require(uint8(raw[0]) & BATON != 0, "a call's response");
        success = uint8(raw[0]) & SUCCESS != 0;
        trace = _word(raw, 1);
        marks = new Mark[](uint8(raw[33]));
        for (uint256 i = 0; i < marks.length; ++i) {
            marks[i] = Mark(uint256(_word(raw, 34 + 40 * i)) >> 192, _word(raw, 42 + 40 * i));
        }
        uint256 start = 34 + 40 * marks.length;
        data = new bytes(raw.length - start);
        for (uint256 i = 0; i < data.length; ++i) {
            data[i] = raw[start + i];
        }
    }

    /// @notice Turns a success into a failure.
    function fail(bytes memory raw) internal pure {
        raw[0] = bytes1(uint8(raw[0]) & ~uint8(SUCCESS));
    }

    function _word(bytes memory raw, uint256 offset) private pure returns (bytes32 word) {
        require(raw.length >= offset + 32, "long enough");
        assembly ("memory-safe") {
            word := mload(add(add(raw, 0x20), offset))
        }
    }
}
