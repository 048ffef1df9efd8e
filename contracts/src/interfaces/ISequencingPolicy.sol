// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISettlement} from "./ISettlement.sol";

/// @title Who may submit a rollup's next batch (§11)
interface ISequencingPolicy {
    /// @notice Returns the policy's part of the batch's public inputs; reverts with its reason if the batch may not come now, or not from
    ///         this submitter. Asked before the scope opens.
    /// @param submitter Who calls `executeScope`.
    function authorize(address submitter, ISettlement.Batch calldata batch) external returns (bytes32 policyHash);
}
