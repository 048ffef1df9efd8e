// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISettlement} from "../interfaces/ISettlement.sol";

/// @title The hash of a proof's public inputs (§11)
library PublicInputsHash {
    bytes32 internal constant PUBLIC_INPUTS_DOMAIN = keccak256("scope.public-inputs.v2");
    bytes32 internal constant CALLDATA_DOMAIN = keccak256("scope.da.calldata.v2");
    bytes32 internal constant BLOBS_DOMAIN = keccak256("scope.da.blobs.v2");

    function hash(ISettlement.PublicInputs memory inputs) internal pure returns (bytes32) {
        return keccak256(abi.encode(PUBLIC_INPUTS_DOMAIN, inputs));
    }

    function calldataCommitment(bytes calldata data) internal pure returns (bytes32) {
        return keccak256(abi.encode(CALLDATA_DOMAIN, keccak256(data)));
    }

    function blobsCommitment(bytes32[] memory versionedHashes) internal pure returns (bytes32) {
        return keccak256(abi.encode(BLOBS_DOMAIN, versionedHashes));
    }
}
