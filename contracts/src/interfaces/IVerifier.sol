// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title A verifier, which convinces L1 that a batch's public inputs are true
interface IVerifier {
    /// @notice Returns if `proof` shows that the program's run ends in these public inputs; reverts with its reason otherwise.
    /// @param programId The rollup's state transition, as its registry entry names it.
    /// @param publicInputsHash See {ISettlement.PublicInputs}.
    function verify(bytes32 programId, bytes32 publicInputsHash, bytes calldata proof) external view;
}
