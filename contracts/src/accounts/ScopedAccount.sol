// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";

import {IScopedAccount, Operation} from "../interfaces/IScopedAccount.sol";
import {Revert} from "../libraries/Revert.sol";
import {ScopeLib} from "../libraries/ScopeLib.sol";

/// @dev Size of the code of an account with an owner: a minimal proxy, 45 bytes, and the owner (20 bytes).
uint256 constant OWNED_ACCOUNT_SIZE = 65;

/// @title The account contract: an EOA delegates to it on L1 (EIP-7702), or it is a proxy's with one owner
///
/// It trusts the settlement contract to run it inside a scope; what it runs, its key signed. To all others it is as an EOA is: it takes
/// ETH, tokens and any calldata, and its key's signatures count, bound to this account (ERC-1271, ERC-7739).
contract ScopedAccount is IScopedAccount, ERC7739, ERC721Holder, ERC1155Holder {
    /// @dev At least what CALL costs before it forwards gas; see Alias.
    uint256 private constant CALL_COST = 40_000;
    /// @dev The most bytes of return data that are hashed, and that are logged.
    uint256 private constant MAX_HASHED = 24_576;
    uint256 private constant MAX_LOGGED = 2048;

    address private immutable SETTLEMENT;

    constructor(address settlement) EIP712("Scope account", "1") {
        SETTLEMENT = settlement;
    }

    receive() external payable {}

    /// @dev As a call of an EOA does nothing.
    fallback() external payable {}

    /// @inheritdoc IScopedAccount
    function executeOperation(Operation calldata operation, bytes32 digest, bytes calldata signature)
        external
        returns (bool success, bytes32 returnDataHash)
    {
        if (msg.sender != SETTLEMENT) revert OnlySettlement(msg.sender);
        (bool isOwners, address signer) = _signerOf(digest, signature);
        if (!isOwners) revert WrongSignature(signer);
        _pay(operation.fee);
        // In memory before gas is looked at: copying would take from it.
        bytes memory data = operation.data;
        bytes memory returnData;
        (success, returnData) = _call(operation.target, operation.value, operation.gas, data);
        // A fault is the submitter's doing: no failure of the user's call, so not one that counts.
        if (!success && ScopeLib.isFault(returnData)) Revert.bubble(returnData);
        returnDataHash = keccak256(returnData);
        // Memory-safe: bytes become shorter.
        assembly ("memory-safe") {
            if gt(mload(returnData), MAX_LOGGED) { mstore(returnData, MAX_LOGGED) }
        }
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
    function owner() public view returns (address account) {
        if (address(this).code.length != OWNED_ACCOUNT_SIZE) return address(this);
        // Memory-safe: scratch space. The owner is the end of the proxy's code.
        assembly ("memory-safe") {
            extcodecopy(address(), 0x00, 45, 20)
            account := shr(96, mload(0x00))
        }
    }

    /// @notice Returns whether the account has an interface (ERC-165).
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IERC721Receiver).interfaceId || interfaceId == type(IERC1271).interfaceId
            || interfaceId == type(IScopedAccount).interfaceId || super.supportsInterface(interfaceId);
    }

    /// @dev The submitter is a signer without code: nothing runs there.
    function _pay(uint256 fee) private {
        if (fee == 0) return;
        (bool paid,) = tx.origin.call{value: fee}("");
        if (!paid) revert FeeNotPaid(fee);
    }

    /// @dev Calls with exactly `gasLimit`, and takes no more of what comes back than is hashed.
    function _call(address target, uint256 value, uint256 gasLimit, bytes memory data)
        private
        returns (bool success, bytes memory returnData)
    {
        uint256 left = gasleft();
        // CALL takes less than it is asked for without a word (EIP-150).
        if (gasLimit > type(uint64).max || left < CALL_COST || (left - CALL_COST) * 63 < gasLimit * 64) {
            revert TooLittleOperationGas(gasLimit);
        }
        // Memory-safe: `returnData` is allocated where memory is free.
        assembly ("memory-safe") {
            success := call(gasLimit, target, value, add(data, 0x20), mload(data), 0, 0)
            let size := returndatasize()
            if gt(size, MAX_HASHED) { size := MAX_HASHED }
            returnData := mload(0x40)
            mstore(returnData, size)
            returndatacopy(add(returnData, 0x20), 0, size)
            mstore(0x40, and(add(add(returnData, size), 0x3f), not(0x1f)))
        }
    }

    function _rawSignatureValidation(bytes32 hash, bytes calldata signature) internal view override returns (bool) {
        (bool isOwners,) = _signerOf(hash, signature);
        return isOwners;
    }

    function _signerOf(bytes32 hash, bytes calldata signature) private view returns (bool isOwners, address signer) {
        ECDSA.RecoverError failure;
        (signer, failure,) = ECDSA.tryRecoverCalldata(hash, signature);
        isOwners = failure == ECDSA.RecoverError.NoError && signer == owner();
    }
}
