// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAlias} from "../interfaces/IAlias.sol";
import {IScopedCallable} from "../interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";

/// @dev Size of an alias's code: a minimal proxy, 45 bytes, and its arguments, `chainId (32 bytes) || account (20 bytes)`.
uint256 constant ALIAS_SIZE = 97;

/// @dev The most bytes that a request may carry, and an answer (§14).
uint256 constant MAX_DATA = 24_576;

/// @title The contract to which all aliases of a chain delegate
/// @dev Aliases are minimal proxies with immutable arguments. Their ScopedCallable deploys this contract once.
contract Alias is IAlias {
    /// @dev At least what CALL costs before it forwards gas, however cold and empty the target is: 2,600 for the account, 2,600
    ///      for what it delegates to (EIP-7702), 9,000 for value, 25,000 for a new account, and the few instructions around.
    uint256 private constant CALL_COST = 40_000;

    address private immutable SCOPED_CALLABLE = msg.sender;

    /// @inheritdoc IAlias
    fallback() external payable {
        if (msg.sender == SCOPED_CALLABLE) _serve();
        else _ask();
    }

    function _serve() private {
        address to = address(bytes20(msg.data[:20]));
        uint256 gasLimit = uint256(bytes32(msg.data[20:52]));
        bytes calldata data = msg.data[52:];
        // No request may target ScopedCallable, so this is IScopedCallableExtension.forwardStranded: all it holds goes.
        uint256 value = to == SCOPED_CALLABLE ? address(this).balance : msg.value;
        bytes4 tooLong = IScopedCallableExtension.AnswerTooLong.selector;
        // Ends the frame. Multiplications don't overflow: gas and, where it counts, gasLimit are below 2^64.
        assembly {
            let input := mload(0x40)
            calldatacopy(input, data.offset, data.length)
            // CALL takes less than it is asked for without a word: so at least gasLimit must be there after its cost (§2).
            let left := gas()
            if or(
                or(gt(gasLimit, 0xffffffffffffffff), lt(left, CALL_COST)),
                lt(mul(sub(left, CALL_COST), 63), mul(gasLimit, 64))
            ) {
                mstore8(0, 1)
                revert(0, 1)
            }
            let success := call(gasLimit, to, value, input, data.length, 0, 0)
            let size := returndatasize()
            // The callee's failure, which undoes what it did. Only so is what its caller has to copy bounded.
            if gt(size, MAX_DATA) {
                mstore8(0, 0)
                mstore(1, tooLong)
                mstore(5, size)
                revert(0, 37)
            }
            if success {
                returndatacopy(0, 0, size)
                return(0, size)
            }
            mstore8(0, 0)
            returndatacopy(1, 0, size)
            revert(0, add(size, 1))
        }
    }

    function _ask() private {
        (uint256 chainId, address account) = aliasArguments(address(this));
        // The gas limit is ScopedCallable's to say.
        bytes memory response = IScopedCallable(SCOPED_CALLABLE).scopedCall{value: msg.value}(
            chainId, msg.sender, IScopedCallable.ScopedRequest(account, msg.value, 0, msg.data)
        );
        assembly ("memory-safe") {
            return(add(response, 0x20), mload(response))
        }
    }
}

/// @dev Reads an alias's immutable arguments out of its code: they follow the 45 bytes of a minimal proxy.
function aliasArguments(address aliasAccount) view returns (uint256 chainId, address account) {
    // Memory-safe: 52 bytes in the two words of scratch space.
    assembly ("memory-safe") {
        extcodecopy(aliasAccount, 0x00, 45, 52)
        chainId := mload(0x00)
        account := shr(96, mload(0x20))
    }
}
