// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IScopedAccount, Operation} from "../interfaces/IScopedAccount.sol";
import {OperationHash} from "../libraries/OperationHash.sol";
import {Revert} from "../libraries/Revert.sol";

/// @title The account contract to which a user's EOA delegates on L1 (EIP-7702)
/// @dev It trusts the settlement contract to run it inside a scope; what it runs, its key signed.
contract ScopedAccount is IScopedAccount {
    /// @custom:storage-location erc7201:scope.account
    struct AccountStorage {
        uint256 nonce;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("scope.account")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant ACCOUNT_STORAGE =
        keccak256(abi.encode(uint256(keccak256("scope.account")) - 1)) & ~bytes32(uint256(0xff));

    /// @dev At least what CALL costs before it forwards gas; see Alias.
    uint256 private constant CALL_COST = 40_000;

    address private immutable SETTLEMENT;

    constructor(address settlement) {
        SETTLEMENT = settlement;
    }

    receive() external payable {}

    /// @inheritdoc IScopedAccount
    function executeOperation(Operation calldata operation, bytes calldata signature) external returns (bool success) {
        if (msg.sender != SETTLEMENT) revert OnlySettlement(msg.sender);
        if (operation.account != address(this)) revert WrongAccount(operation.account);
        if (block.timestamp > operation.deadline) revert DeadlinePassed(operation.deadline);
        bytes32 digest = OperationHash.digest(block.chainid, SETTLEMENT, operation);
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (signer != address(this)) revert WrongSignature(signer);
        AccountStorage storage $ = _storage();
        if (operation.nonce != $.nonce) revert WrongNonce(operation.nonce, $.nonce);
        $.nonce = operation.nonce + 1;

        // In memory before gas is looked at: copying would take from it.
        bytes memory data = operation.data;
        if (!_canForward(operation.gas)) revert TooLittleOperationGas(operation.gas);
        bytes memory returnData;
        (success, returnData) = operation.target.call{value: operation.value, gas: operation.gas}(data);
        emit OperationExecuted(digest, success, returnData);
    }

    /// @inheritdoc IScopedAccount
    function executeBatch(Call[] calldata calls) external payable {
        if (msg.sender != address(this)) revert OnlyAccount(msg.sender);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory returnData) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            if (!success) Revert.bubble(returnData);
        }
    }

    /// @inheritdoc IScopedAccount
    function operationNonce() external view returns (uint256) {
        return _storage().nonce;
    }

    /// @dev Returns whether a CALL forwards all of `gasLimit`: it takes less without a word if less is there (EIP-150).
    function _canForward(uint256 gasLimit) private view returns (bool) {
        uint256 left = gasleft();
        return gasLimit <= type(uint64).max && left > CALL_COST && (left - CALL_COST) * 63 >= gasLimit * 64;
    }

    function _storage() private pure returns (AccountStorage storage $) {
        bytes32 slot = ACCOUNT_STORAGE;
        assembly ("memory-safe") {
            $.slot := slot
        }
    }
}
