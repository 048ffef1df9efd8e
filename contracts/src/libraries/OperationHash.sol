// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Operation} from "../interfaces/IScopedAccount.sol";
import {Fill, Record} from "../interfaces/ScopeTypes.sol";

/// @title The hashes of an operation
/// @dev What is signed holds the outcome; that follows from the root's id, which holds the operation's hash. So the hash that identifies a
///      root leaves the outcome out: it is the digest of the same operation with `outcome` 0.
library OperationHash {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant OPERATION_TYPEHASH = keccak256(
        "Operation(address account,uint256 nonce,address target,uint256 value,bytes data,uint256 gas,uint256 verificationGas,"
        "uint256 fee,uint256 deadline,address submitter,bytes32 outcome,bool runsAlone)"
    );
    bytes32 internal constant OUTCOME_DOMAIN = keccak256("scope.outcome.v1");

    /// @notice Returns the `operationHash` of the root (§3).
    function identity(uint256 chainId, address settlement, Operation memory operation) internal pure returns (bytes32) {
        return _digest(chainId, settlement, operation, 0);
    }

    /// @notice Returns the EIP-712 digest that the account's key signs.
    function digest(uint256 chainId, address settlement, Operation memory operation) internal pure returns (bytes32) {
        return _digest(chainId, settlement, operation, operation.outcome);
    }

    /// @notice Returns the outcome of a root of L1 (§11): how it ended, and all that its leg was loaded with.
    /// @param returnDataHash See {IScopedAccount-executeOperation}.
    /// @param trace The root's last one.
    function outcome(
        bool success,
        bytes32 returnDataHash,
        bytes32 trace,
        Fill[] calldata fills,
        Record[] calldata records
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                OUTCOME_DOMAIN,
                success,
                returnDataHash,
                trace,
                keccak256(abi.encode(fills)),
                keccak256(abi.encode(records))
            )
        );
    }

    function _digest(uint256 chainId, address settlement, Operation memory operation, bytes32 outcome_)
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
                operation.verificationGas,
                operation.fee,
                operation.deadline,
                operation.submitter,
                outcome_,
                operation.runsAlone
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }
}
