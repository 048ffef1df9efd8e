// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RootStore} from "../core/RootStore.sol";
import {ScopedCallable} from "../core/ScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL1} from "../interfaces/IScopedCallableL1.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Revert} from "../libraries/Revert.sol";
import {Transient} from "../libraries/Transient.sol";

/// @title ScopedCallable on L1: a scope is one transaction, and ETH is real
contract ScopedCallableL1 is ScopedCallable, IScopedCallableL1 {
    constructor(address settlement_) ScopedCallable(block.chainid, settlement_) {}

    /// @inheritdoc IScopedCallableL1
    function lock() external payable onlyLoader {}

    /// @inheritdoc IScopedCallableExtension
    function loader() public view override(RootStore, IScopedCallableExtension) returns (address) {
        return settlement;
    }

    function _read(bytes32 slot) internal view override returns (bytes32) {
        return Transient.load(slot);
    }

    function _write(bytes32 slot, bytes32 word) internal override {
        Transient.store(slot, word);
    }

    /// @dev Burns all gas but what the revert needs: whoever catches can't go far, and the operation's gas is signed (§7).
    ///      Without a root nobody but the caller decided anything.
    function _abort(bytes memory reason) internal view override {
        if (Revert.selector(reason) == NoOpenRoot.selector) return;
        // The probe for a static context takes all it gets in one.
        assembly ("memory-safe") {
            pop(staticcall(gas(), address(), 0, 0, 0, 0))
        }
    }

    /// @dev Never more than the rollup's escrow and what this scope brought in so far, whatever its proof will say.
    function _requireBacked(uint256 chainId, uint256 value, uint256 valueOut, uint256 valueIn) internal view override {
        if (valueIn + value > ISettlement(settlement).escrowOf(chainId) + valueOut) {
            revert EscrowExceeded(chainId, value);
        }
    }
}
