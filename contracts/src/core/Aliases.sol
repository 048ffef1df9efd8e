// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {AliasAddress} from "../libraries/AliasAddress.sol";
import {Alias, ALIAS_SIZE, aliasArguments} from "./Alias.sol";

/// @title The accounts that stand on this chain for those of other chains (§9)
abstract contract Aliases is IScopedCallableExtension {
    /// @dev No immutable and no storage depends on this contract's own address: a genesis may place its code anywhere.
    bytes32 private immutable ALIAS_CODE_HASH = keccak256(type(Alias).creationCode);

    /// @inheritdoc IScopedCallableExtension
    function aliasOf(uint256 chainId, address account) public view returns (address) {
        return AliasAddress.compute(_aliasImplementation(), chainId, account);
    }

    /// @inheritdoc IScopedCallableExtension
    function deployAlias(uint256 chainId, address account) public returns (address deployed) {
        if (chainId == block.chainid) revert AliasOfLocalAddress(account);
        deployed = aliasOf(chainId, account);
        if (deployed.code.length != 0) return deployed;
        address implementation = _aliasImplementation();
        if (implementation.code.length == 0) new Alias{salt: 0}();
        Clones.cloneDeterministicWithImmutableArgs(implementation, abi.encodePacked(chainId, account), 0);
        emit AliasDeployed(chainId, account, deployed);
    }

    /// @dev Has an alias make a call; see {IAlias} for what it is told and what it tells.
    function _callAs(address speaker, uint256 value, bytes memory message)
        internal
        returns (bool success, bytes memory data)
    {
        (success, data) = speaker.call{value: value}(message);
        if (!success) data = _failureOf(data);
    }

    /// @dev Returns what the target reverted with, out of what its caller's alias reverted with.
    function _failureOf(bytes memory reason) internal pure returns (bytes memory data) {
        if (reason.length == 0 || reason[0] != 0) revert TooLittleGas();
        // Memory-safe: drops the first byte of `reason` by writing its length one byte further.
        assembly ("memory-safe") {
            let size := sub(mload(reason), 1)
            data := add(reason, 1)
            mstore(data, size)
        }
    }

    /// @inheritdoc IScopedCallableExtension
    function isAlias(address account) public view returns (bool) {
        if (account.code.length != ALIAS_SIZE) return false;
        (uint256 chainId, address original) = aliasArguments(account);
        return aliasOf(chainId, original) == account;
    }

    /// @dev Returns where {Alias} is, or will be.
    function _aliasImplementation() private view returns (address) {
        return Create2.computeAddress(0, ALIAS_CODE_HASH);
    }
}
