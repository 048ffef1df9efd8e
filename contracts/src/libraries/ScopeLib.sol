// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL2} from "../interfaces/IScopedCallableL2.sol";
import {Revert} from "./Revert.sol";

/// @title Functions for contracts that make scoped calls and handle failed ones
library ScopeLib {
    /// @notice Calls another chain, with value or without; a failed callee doesn't revert, a fault does.
    ///
    /// Without value the failed call survives ({IScopedCallableExtension-tryScopedCall}). With value it is rolled back: its own frame
    /// reverts, which brings the value back. In that case a callee that reverts with a fault's data is taken for a fault; the caller
    /// then reverts, which is safe.
    /// @return success Whether the target succeeded.
    /// @return data The target's return or revert data.
    function tryScopedCall(
        IScopedCallableExtension scopedCallable,
        uint256 targetChainId,
        IScopedCallable.ScopedRequest memory request
    ) internal returns (bool success, bytes memory data) {
        if (request.value == 0) {
            return scopedCallable.tryScopedCall(targetChainId, address(this), request);
        }
        try scopedCallable.scopedCall{value: request.value}(targetChainId, address(this), request) returns (
            bytes memory response
        ) {
            return (true, response);
        } catch (bytes memory reason) {
            requireNoFault(reason);
            return (false, reason);
        }
    }

    /// @notice Reverts unless a root is open. For code that relayers run: an ordinary transaction with it fails as a whole.
    function requireRoot(IScopedCallableExtension scopedCallable) internal view {
        (bytes32 rootId,) = scopedCallable.getBaton();
        if (rootId == 0) revert IScopedCallableExtension.NoOpenRoot();
    }

    /// @notice Calls a stranger on a rollup, who can't have the root refused by asking: scoped calls below the calling frame revert
    ///         plainly until that frame ends ({IScopedCallableL2-pauseAsking}), so its own calls of aliases too. The callee
    ///         sees its caller.
    /// @return success Whether the target succeeded.
    /// @return returnData Its return or revert data.
    function callWithoutAsking(
        IScopedCallableL2 scopedCallable,
        address target,
        uint256 value,
        uint256 gas,
        bytes memory data
    ) internal returns (bool success, bytes memory returnData) {
        scopedCallable.pauseAsking();
        return target.call{value: value, gas: gas}(data);
    }

    /// @notice Reverts with `reason` if it is a fault's. For use in a `catch` around a call to an alias.
    function requireNoFault(bytes memory reason) internal pure {
        if (isFault(reason)) Revert.bubble(reason);
    }

    /// @notice Says whether revert data are those of a fault: ScopedCallable could not go on (§1). Not proof that it was one, for a callee
    ///         can imitate it; but no fault is missed, except for running out of gas, which reverts with nothing.
    function isFault(bytes memory reason) internal pure returns (bool) {
        bytes4 selector = Revert.selector(reason);
        return selector == IScopedCallableExtension.ResponseMissing.selector
            || selector == IScopedCallableExtension.OutOfPosition.selector
            || selector == IScopedCallableExtension.NotReproduced.selector
            || selector == IScopedCallableExtension.TooLittleGas.selector
            || selector == IScopedCallableExtension.EscrowExceeded.selector;
    }
}
