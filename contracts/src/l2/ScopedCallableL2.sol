// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ScopedCallable} from "../core/ScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {Request} from "../interfaces/ScopeTypes.sol";

/// @dev Sender of a rollup's system transactions. No key; only the derivation speaks for it.
address constant SYSTEM_ADDRESS = 0x5c09E0000000000000000000000000000000ffFf;

/// @dev The precompile that makes a transaction, and so its block, invalid. It is there for ScopedCallable alone; for all others it is an
///      empty account. What it is called with is the reason.
address constant ABORT_PRECOMPILE = 0x5C09E00000000000000000000000000000000002;

/// @title ScopedCallable on a rollup, a predeploy at 0x5c09e00000000000000000000000000000000001
/// @dev Its genesis balance of 2^128 wei is a reserve that doesn't exist: sending burns into it, serving mints out of it (§10).
contract ScopedCallableL2 is ScopedCallable {
    constructor(uint256 l1ChainId_, address settlement_) ScopedCallable(l1ChainId_, settlement_) {}

    /// @inheritdoc IScopedCallableExtension
    function loader() public pure override returns (address) {
        return SYSTEM_ADDRESS;
    }

    function _read(bytes32 slot) internal view override returns (bytes32 word) {
        // Slots are hashes with a namespace: no declared variable is among them.
        assembly ("memory-safe") {
            word := sload(slot)
        }
    }

    function _write(bytes32 slot, bytes32 word) internal override {
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }

    /// @notice Takes the answer to a request that this chain may make, and serves callbacks as long as it waits. Only for this contract
    ///         itself: a rule of the state transition has this frame paid by the builder, who says what it serves (§7).
    function ask(Request memory asked) external onlySelf returns (bool success, bytes memory data) {
        return asked.kind == 0 ? super._askCall(asked) : super._askStatic(asked);
    }

    function _askCall(Request memory asked) internal override returns (bool success, bytes memory data) {
        (bool answered, bytes memory answer) = address(this).call(abi.encodeCall(this.ask, (asked)));
        return _answered(answered, answer);
    }

    function _askStatic(Request memory asked) internal view override returns (bool success, bytes memory data) {
        (bool answered, bytes memory answer) = address(this).staticcall(abi.encodeCall(this.ask, (asked)));
        return _answered(answered, answer);
    }

    function _answered(bool answered, bytes memory answer) private view returns (bool success, bytes memory data) {
        if (!answered) _fault(answer);
        return abi.decode(answer, (bool, bytes));
    }

    /// @dev A builder can't choose what a fault leads to: there is no block with one (§7). Nor what NoOpenRoot leads to, by including a root
    ///      as an ordinary transaction: it reverts as a whole (§12).
    function _abort(bytes memory reason) internal view override {
        assembly ("memory-safe") {
            pop(staticcall(gas(), ABORT_PRECOMPILE, add(reason, 0x20), mload(reason), 0, 0))
        }
    }

    /// @dev L1 answers for it, in the escrow.
    function _requireBacked(uint256, uint256, uint256, uint256) internal pure override {}
}
