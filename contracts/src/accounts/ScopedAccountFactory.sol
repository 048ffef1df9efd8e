// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {IScopedAccountFactory} from "../interfaces/IScopedAccount.sol";
import {ScopedAccount} from "./ScopedAccount.sol";

/// @title Accounts as contracts with one owner, at addresses that follow from it
contract ScopedAccountFactory is IScopedAccountFactory {
    /// @inheritdoc IScopedAccountFactory
    address public immutable settlement;
    /// @inheritdoc IScopedAccountFactory
    address public immutable implementation;

    constructor(address settlement_) {
        settlement = settlement_;
        implementation = address(new ScopedAccount(settlement_));
    }

    /// @inheritdoc IScopedAccountFactory
    function accountOf(address owner) public view returns (address) {
        return Clones.predictDeterministicAddressWithImmutableArgs(implementation, abi.encodePacked(owner), 0);
    }

    /// @inheritdoc IScopedAccountFactory
    function deploy(address owner) external returns (address account) {
        if (owner == address(0)) revert OwnerIsZero();
        account = accountOf(owner);
        if (account.code.length != 0) return account;
        Clones.cloneDeterministicWithImmutableArgs(implementation, abi.encodePacked(owner), 0);
    }
}
