// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ScopedAccountFactory} from "../../src/accounts/ScopedAccountFactory.sol";
import {ISettlement, SettlementParts} from "../../src/interfaces/ISettlement.sol";
import {ForcedQueue} from "../../src/l1/ForcedQueue.sol";
import {RollupExit} from "../../src/l1/RollupExit.sol";
import {RollupRegistry} from "../../src/l1/RollupRegistry.sol";
import {Settlement} from "../../src/l1/Settlement.sol";
import {Test} from "./Test.sol";

/// @title The settlement contract and its parts, as a deployer makes them
abstract contract Deployment is Test {
    function deploySettlement() internal returns (Settlement settlement) {
        return new Settlement(deployParts(futureAddress(4)));
    }

    /// @return The address of the contract that this one creates after so many others.
    function futureAddress(uint256 creations) internal view returns (ISettlement) {
        return ISettlement(vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + creations));
    }

    function deployParts(ISettlement settlement) internal returns (SettlementParts memory parts) {
        parts.accountFactory = new ScopedAccountFactory(address(settlement));
        parts.forcedQueue = new ForcedQueue(settlement);
        parts.registry = new RollupRegistry(settlement);
        parts.exits = new RollupExit(settlement);
    }
}
