// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

/// @title What a token says of itself, whatever it is
/// @notice ERC-20 leaves name, symbol and decimals optional, and some tokens have words for strings. Nothing that a token answers, or
///         fails to, reverts here.
library TokenMetadata {
    /// @dev Enough for any token behind a proxy. A limit, for some contracts spend all they get on a function they don't have. Nobody makes
    ///      a name fail by giving less: STATICCALL gets less only if 1/64 of what is left is below 1/63 of this, and with that little the
    ///      bridge can't ask another chain.
    uint256 private constant GAS = 100_000;
    uint256 private constant MAX_TEXT_SIZE = 64;

    /// @notice Returns the token's name: at most its first 64 bytes, as they are; empty if there is none.
    function nameOf(address token) internal view returns (string memory) {
        return _textOf(token, IERC20Metadata.name.selector);
    }

    /// @notice Returns the token's symbol, like its name.
    function symbolOf(address token) internal view returns (string memory) {
        return _textOf(token, IERC20Metadata.symbol.selector);
    }

    /// @notice Returns the token's decimals; 0 if it has none, so that amounts are shown in its units.
    function decimalsOf(address token) internal view returns (uint8) {
        bytes memory answer = _ask(token, IERC20Metadata.decimals.selector);
        uint256 decimals = answer.length < 32 ? 0 : abi.decode(answer, (uint256));
        return decimals > type(uint8).max ? 0 : uint8(decimals);
    }

    /// @dev A word, up to its first zero, or an encoded string.
    function _textOf(address token, bytes4 selector) private view returns (string memory) {
        bytes memory answer = _ask(token, selector);
        uint256 size = 0;
        if (answer.length == 32) {
            while (size < 32 && answer[size] != 0) ++size;
            return string(Bytes.slice(answer, 0, size));
        }
        if (answer.length < 64) return "";
        uint256 offset;
        (offset, size) = abi.decode(answer, (uint256, uint256));
        if (offset != 32) return "";
        // What the answer lacks, or has too much, is cut by its own size, at most 64 + MAX_TEXT_SIZE.
        return string(size < answer.length - 64 ? Bytes.slice(answer, 64, 64 + size) : Bytes.slice(answer, 64));
    }

    /// @dev Returns the first bytes of the answer, those of a string of MAX_TEXT_SIZE; none if the call fails.
    function _ask(address token, bytes4 selector) private view returns (bytes memory answer) {
        uint256 room = 64 + MAX_TEXT_SIZE;
        // Memory-safe: the selector in scratch space, the answer in memory that it allocates. Copies `room` bytes at most, however
        // many there are.
        assembly ("memory-safe") {
            answer := mload(0x40)
            mstore(0x00, selector)
            let success := staticcall(GAS, token, 0x00, 4, add(answer, 0x20), room)
            let size := mul(success, returndatasize())
            if gt(size, room) { size := room }
            mstore(answer, size)
            mstore(0x40, add(add(answer, 0x20), room))
        }
    }
}
