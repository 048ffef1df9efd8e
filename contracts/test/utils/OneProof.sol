// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IVerifier} from "../../src/interfaces/IVerifier.sol";

/// @title Accepts what it was told to: program, list of inputs and proof
contract OneProof is IVerifier {
    error AnotherProof(bytes32 programId, bytes32[] inputHashes, bytes proof);

    mapping(bytes32 => bool) private _accepted;

    function accept(bytes32 programId, bytes32[] calldata inputHashes, bytes calldata proof) external {
        _accepted[keccak256(abi.encode(programId, inputHashes, proof))] = true;
    }

    function verify(bytes32 programId, bytes32[] calldata inputHashes, bytes calldata proof) external view {
        if (!_accepted[keccak256(abi.encode(programId, inputHashes, proof))]) {
            revert AnotherProof(programId, inputHashes, proof);
        }
    }
}
