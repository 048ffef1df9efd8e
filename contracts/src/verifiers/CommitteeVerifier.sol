// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {ICommitteeVerifier} from "../interfaces/ICommitteeVerifier.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";

/// @title k of n independent re-executors
contract CommitteeVerifier is ICommitteeVerifier {
    bytes32 private constant ATTESTATION_DOMAIN = keccak256("scope.attestation.v2");
    uint256 private constant SIGNATURE_SIZE = 65;

    /// @inheritdoc ICommitteeVerifier
    uint256 public immutable threshold;
    /// @inheritdoc ICommitteeVerifier
    mapping(address account => bool) public isMember;

    constructor(address[] memory members, uint256 threshold_) {
        if (threshold_ == 0 || threshold_ > members.length) revert BadCommittee();
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] == address(0) || isMember[members[i]]) revert BadCommittee();
            isMember[members[i]] = true;
        }
        threshold = threshold_;
    }

    /// @inheritdoc IVerifier
    function verify(bytes32 programId, bytes32[] calldata inputHashes, bytes calldata proof) external view {
        uint256 count = proof.length / SIGNATURE_SIZE;
        if (proof.length % SIGNATURE_SIZE != 0) revert MalformedProof(proof.length);
        if (count < threshold) revert TooFewSignatures(count, threshold);
        bytes32 message = attestationHash(programId, inputHashes);
        address last = address(0);
        for (uint256 i = 0; i < count; ++i) {
            (address signer,,) = ECDSA.tryRecoverCalldata(message, proof[i * SIGNATURE_SIZE:(i + 1) * SIGNATURE_SIZE]);
            if (!isMember[signer]) revert NotAMember(signer);
            if (signer <= last) revert SignersNotAscending(signer);
            last = signer;
        }
    }

    /// @inheritdoc ICommitteeVerifier
    function attestationHash(bytes32 programId, bytes32[] calldata inputHashes) public pure returns (bytes32) {
        return keccak256(abi.encode(ATTESTATION_DOMAIN, programId, keccak256(abi.encodePacked(inputHashes))));
    }
}
