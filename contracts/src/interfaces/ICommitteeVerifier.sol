// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IVerifier} from "./IVerifier.sol";

/// @title k of n independent re-executors
/// @notice Each member re-executes all the batches itself and signs
///         `keccak256(abi.encode(keccak256("scope.attestation.v2"), programId, keccak256(abi.encodePacked(inputHashes))))` with its
///         key, raw: no message prefix. A proof is the signatures, 65 bytes `r || s || v` each, `v` 27 or 28, in strictly ascending order
///         of the signers' addresses.
interface ICommitteeVerifier is IVerifier {
    /// @notice The committee has no members, a member twice or 0, or a threshold of 0 or above its size.
    error BadCommittee();
    /// @notice A proof is a whole number of 65-byte signatures.
    error MalformedProof(uint256 sizeBytes);
    /// @notice Fewer signatures than the threshold.
    error TooFewSignatures(uint256 count, uint256 threshold);
    /// @notice The signature is no member's for this message.
    error NotAMember(address signer);
    /// @notice Signers are not strictly ascending; one signed twice, say.
    error SignersNotAscending(address signer);

    /// @notice Returns the number of signatures needed.
    function threshold() external view returns (uint256);

    /// @notice Returns whether `account` may sign.
    function isMember(address account) external view returns (bool);

    /// @notice Returns the hash that members sign.
    function attestationHash(bytes32 programId, bytes32[] calldata inputHashes) external pure returns (bytes32);
}
