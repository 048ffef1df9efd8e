// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISettlement} from "./ISettlement.sol";

/// @title Who may submit a rollup's next batch (§11)
interface ISequencingPolicy {
    /// @notice Returns the policy's part of the batch's public inputs; reverts with its reason if the batch may not come now, or not from
    ///         this submitter. Asked before the scope opens.
    /// @dev Anyone may call it: a policy that stores something has to check that the settlement contract asks. What else the
    ///      batch claims is not checked yet; if it is not so, the settlement reverts, and with it what was stored.
    /// @param submitter Who calls `executeScope`.
    function authorize(address submitter, ISettlement.Batch calldata batch) external returns (bytes32 policyHash);
}
