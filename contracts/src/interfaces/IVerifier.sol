// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title A verifier, which convinces L1 that public inputs of batches are true
interface IVerifier {
    /// @notice Returns if `proof` shows that the program's runs end in these public inputs; reverts with its reason otherwise.
    /// @param programId The rollups' state transition, as their registry entries name it.
    /// @param inputHashes One for each batch, in the order of the scope; see {ISettlement.PublicInputs}.
    function verify(bytes32 programId, bytes32[] calldata inputHashes, bytes calldata proof) external view;
}
