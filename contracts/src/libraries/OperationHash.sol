// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Operation} from "../interfaces/IScopedAccount.sol";

/// @title The two hashes of an operation
/// @dev What is signed holds the final trace; that trace starts from the root's id, which holds the operation's hash. So the hash that
///      identifies a root leaves the final trace out: it is the digest of the same operation with `finalTrace` 0.
library OperationHash {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant OPERATION_TYPEHASH = keccak256(
        "Operation(address account,uint256 nonce,address target,uint256 value,bytes data,uint256 gas,uint256 deadline,"
        "address submitter,bytes32 finalTrace,bool runsAlone)"
    );

    /// @notice Returns the `operationHash` of the root (§3).
    function identity(uint256 chainId, address settlement, Operation memory operation) internal pure returns (bytes32) {
        return _digest(chainId, settlement, operation, 0);
    }

    /// @notice Returns the EIP-712 digest that the account's key signs.
    function digest(uint256 chainId, address settlement, Operation memory operation) internal pure returns (bytes32) {
        return _digest(chainId, settlement, operation, operation.finalTrace);
    }

    function _digest(uint256 chainId, address settlement, Operation memory operation, bytes32 finalTrace)
        private
        pure
        returns (bytes32)
    {
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Scope"), keccak256("1"), chainId, settlement));
        bytes32 content = keccak256(
            abi.encode(
                OPERATION_TYPEHASH,
                operation.account,
                operation.nonce,
                operation.target,
                operation.value,
                keccak256(operation.data),
                operation.gas,
                operation.deadline,
                operation.submitter,
                finalTrace,
                operation.runsAlone
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }
}
