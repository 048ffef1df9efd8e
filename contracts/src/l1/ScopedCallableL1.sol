// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RootStore} from "../core/RootStore.sol";
import {ScopedCallable} from "../core/ScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {Limit} from "../interfaces/ScopeTypes.sol";
import {IScopedCallableL1} from "../interfaces/IScopedCallableL1.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Transient} from "../libraries/Transient.sol";

/// @title ScopedCallable on L1: a scope is one transaction, and ETH is real
contract ScopedCallableL1 is ScopedCallable, IScopedCallableL1 {
    /// @dev Not the settlement contract's registry: what executeScope has read of that is warm, and so would be told by gas.
    mapping(uint256 chainId => bool) private _known;

    constructor(address settlement_) ScopedCallable(block.chainid, settlement_) {}

    /// @inheritdoc IScopedCallableL1
    function addRollup(uint256 chainId) external payable onlyLoader {
        _known[chainId] = true;
    }

    /// @inheritdoc IScopedCallableL1
    function forget(uint256 chainId) external onlyLoader {
        _known[chainId] = false;
    }

    /// @inheritdoc IScopedCallableL1
    function lock() external payable onlyLoader {}

    /// @inheritdoc IScopedCallableL1
    function withdraw(address to, uint256 amount) external onlyLoader {
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert PaymentFailed(to);
    }

    /// @inheritdoc IScopedCallableExtension
    function isKnown(uint256 chainId) public view override(ScopedCallable, IScopedCallableExtension) returns (bool) {
        return _known[chainId];
    }

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
    function _abort(bytes memory) internal view override {
        // The probe for a static context takes all it gets in one.
        assembly ("memory-safe") {
            pop(staticcall(gas(), address(), 0, 0, 0, 0))
        }
    }

    function _heldFor(uint256 chainId) internal view override returns (uint256) {
        return ISettlement(settlement).escrowOf(chainId);
    }

    /// @dev L1 knows what it holds.
    function _loadLimits(Limit[] calldata limits) internal pure override {
        if (limits.length != 0) revert CannotLimit(limits[0].chainId);
    }
}
