// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

/// @title Accounts and their storage, proved against a state root (EIP-1186)
/// @dev OpenZeppelin's proofs are of what is there; `isAbsent` is of what isn't.
library StateProof {
    using Bytes for bytes;
    using Memory for *;
    using RLP for *;

    struct Account {
        uint256 nonce;
        uint256 balance;
        bytes32 storageRoot;
        bytes32 codeHash;
    }

    uint256 private constant BRANCH_LENGTH = 17;
    uint256 private constant HASH_REFERENCE_SIZE = 33;
    /// @dev The first nibble of a path: odd ones have one nibble before the path, even ones two; from this on it is a leaf's.
    uint256 private constant LEAF = 2;

    /// @notice Returns an account that is there; reverts if the nodes don't prove it.
    function accountOf(bytes32 stateRoot, address account, bytes[] calldata nodes)
        internal
        pure
        returns (Account memory)
    {
        Memory.Slice[] memory fields = TrieProof.traverse(stateRoot, _key(account), nodes).decodeList();
        return Account({
            nonce: fields[0].readUint256(),
            balance: fields[1].readUint256(),
            storageRoot: fields[2].readBytes32(),
            codeHash: fields[3].readBytes32()
        });
    }

    /// @notice Returns the word in a slot, which is not 0; reverts if the nodes don't prove it.
    function wordOf(bytes32 storageRoot, bytes32 slot, bytes[] calldata nodes) internal pure returns (uint256) {
        return TrieProof.traverse(storageRoot, abi.encodePacked(keccak256(abi.encode(slot))), nodes).decodeUint256();
    }

    /// @notice Returns whether the nodes prove that there is no such account.
    /// @dev Accounts' nodes alone: in the state's trie each has 32 bytes or more, so that its parent has its hash.
    function isAbsent(bytes32 stateRoot, address account, bytes[] calldata nodes) internal pure returns (bool) {
        bytes memory key = _key(account).toNibbles();
        bytes32 hash = stateRoot;
        uint256 position = 0;
        for (uint256 i = 0; i < nodes.length; ++i) {
            if (keccak256(nodes[i]) != hash) return false;
            Memory.Slice[] memory node = RLP.decodeList(nodes[i]);
            Memory.Slice child;
            if (node.length == BRANCH_LENGTH && position < key.length) {
                child = node[uint8(key[position])];
                ++position;
                if (child.length() == 1) return i + 1 == nodes.length;
            } else if (node.length == 2) {
                bytes memory path = node[0].readBytes().toNibbles();
                uint256 kind = uint8(path[0]);
                uint256 start = 2 - kind % 2;
                if (!_leads(path, start, key, position)) return i + 1 == nodes.length;
                if (kind >= LEAF) return false;
                position += path.length - start;
                child = node[1];
            } else {
                return false;
            }
            if (child.length() != HASH_REFERENCE_SIZE) return false;
            hash = child.readBytes32();
        }
        return false;
    }

    /// @dev Says whether the key goes on, from `position`, with the path from `start`.
    function _leads(bytes memory path, uint256 start, bytes memory key, uint256 position) private pure returns (bool) {
        uint256 size = path.length - start;
        if (size > key.length - position) return false;
        return path.asSlice().slice(start).equal(key.asSlice().slice(position, size));
    }

    function _key(address account) private pure returns (bytes memory) {
        return abi.encodePacked(keccak256(abi.encodePacked(account)));
    }
}
