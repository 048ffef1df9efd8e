// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Merkle Patricia tries of a few leaves, and their proofs, as the Yellow Paper's appendices B to D have them
/// @notice Shares no code with the contracts.
library StateTrie {
    bytes32 internal constant EMPTY_ROOT = keccak256(hex"80");
    bytes32 internal constant NO_CODE = keccak256("");

    /// @dev On a key's way, at most: keys are hashes, which fewer nibbles tell apart.
    uint256 private constant MOST_NODES = 16;
    bytes17 private constant EMPTY_ITEMS = 0x8080808080808080808080808080808080;

    /// @param branch Once it was made, the one whose second child begins with this leaf: that is one at most, which parts it from the
    ///        leaf before. All proofs of a trie share its branches.
    struct Leaf {
        bytes32 key;
        bytes value;
        bytes branch;
    }

    /// @param leaves By ascending key; all there is room for.
    /// @param count Leaves that are there.
    /// @param isComplete Branches may have been made: no leaf can be added.
    struct Trie {
        Leaf[] leaves;
        uint256 count;
        bool isComplete;
    }

    function make(uint256 capacity) internal pure returns (Trie memory trie) {
        trie.leaves = new Leaf[](capacity);
    }

    function add(Trie memory trie, bytes32 key, bytes memory value) internal pure {
        require(!trie.isComplete, "a leaf after its branches");
        uint256 i = trie.count++;
        for (; i > 0 && trie.leaves[i - 1].key > key; --i) {
            trie.leaves[i] = trie.leaves[i - 1];
        }
        trie.leaves[i] = Leaf(key, value, "");
    }

    function addAccount(
        Trie memory trie,
        address account,
        uint256 nonce,
        uint256 balance,
        bytes32 storageRoot,
        bytes32 codeHash
    ) internal pure {
        bytes memory fields = bytes.concat(number(nonce), number(balance), item32(storageRoot), item32(codeHash));
        add(trie, keccak256(abi.encodePacked(account)), list(fields));
    }

    function addWord(Trie memory trie, bytes32 slot, uint256 word) internal pure {
        add(trie, keccak256(abi.encode(slot)), number(word));
    }

    function root(Trie memory trie) internal pure returns (bytes32) {
        trie.isComplete = true;
        return trie.count == 0 ? EMPTY_ROOT : keccak256(_node(trie, 0, trie.count, 0));
    }

    /// @notice Returns the nodes on a key's way from the root, but those inside their parents, whether the key is there or not.
    function prove(Trie memory trie, bytes32 key) internal pure returns (bytes[] memory nodes) {
        trie.isComplete = true;
        nodes = new bytes[](MOST_NODES);
        (uint256 count, uint256 first, uint256 last, uint256 depth) = (0, 0, trie.count, 0);
        while (first < last) {
            bytes memory node = _node(trie, first, last, depth);
            if (count == 0 || node.length >= 32) nodes[count++] = node;
            if (last - first == 1) break;
            uint256 shared = _shared(trie.leaves[first].key, trie.leaves[last - 1].key, depth);
            if (shared != 0) {
                if (_shared(trie.leaves[first].key, key, depth) < shared) break;
                depth += shared;
                continue;
            }
            while (first < last && _nibble(trie.leaves[first].key, depth) != _nibble(key, depth)) ++first;
            while (first < last && _nibble(trie.leaves[last - 1].key, depth) != _nibble(key, depth)) --last;
            ++depth;
        }
        assembly ("memory-safe") {
            mstore(nodes, count)
        }
    }

    function proveAccount(Trie memory trie, address account) internal pure returns (bytes[] memory) {
        return prove(trie, keccak256(abi.encodePacked(account)));
    }

    function proveWord(Trie memory trie, bytes32 slot) internal pure returns (bytes[] memory) {
        return prove(trie, keccak256(abi.encode(slot)));
    }

    /// @notice A header of which only number and state root say anything.
    function header(uint256 blockNumber, bytes32 stateRoot) internal pure returns (bytes memory) {
        bytes memory hash = item32(EMPTY_ROOT);
        bytes memory head = bytes.concat(hash, hash, item(new bytes(20)), item32(stateRoot), hash, hash);
        bytes memory middle = bytes.concat(item(new bytes(256)), number(0), number(blockNumber), number(2 ** 26));
        bytes memory tail = bytes.concat(number(21_000), number(blockNumber), item(""), hash, item(new bytes(8)));
        return list(bytes.concat(head, middle, tail, number(7), hash, number(0), number(0), hash, hash));
    }

    // ---- RLP --------------------------------------------------------------------------------------------------------------------

    function item(bytes memory data) internal pure returns (bytes memory) {
        if (data.length == 1 && uint8(data[0]) < 0x80) return data;
        return bytes.concat(_length(data.length, 0x80), data);
    }

    function list(bytes memory items) internal pure returns (bytes memory) {
        return bytes.concat(_length(items.length, 0xc0), items);
    }

    function number(uint256 n) internal pure returns (bytes memory) {
        return item(_bigEndian(n));
    }

    function item32(bytes32 data) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(0xa0), data);
    }

    function _length(uint256 length, uint256 offset) private pure returns (bytes memory) {
        if (length <= 55) return abi.encodePacked(uint8(offset + length));
        bytes memory size = _bigEndian(length);
        return bytes.concat(abi.encodePacked(uint8(offset + 55 + size.length)), size);
    }

    function _bigEndian(uint256 n) private pure returns (bytes memory digits) {
        uint256 zeros;
        assembly ("memory-safe") {
            zeros := shr(3, clz(n))
        }
        digits = abi.encode(n << 8 * zeros);
        assembly ("memory-safe") {
            mstore(digits, sub(32, zeros))
        }
    }

    // ---- nodes ------------------------------------------------------------------------------------------------------------------

    /// @dev The node of the leaves from `first` on, without `last`, all of which share the nibbles before `depth`.
    function _node(Trie memory trie, uint256 first, uint256 last, uint256 depth) private pure returns (bytes memory) {
        bytes32 key = trie.leaves[first].key;
        if (last - first == 1) {
            return list(bytes.concat(item(_path(key, depth, 64, 2)), item(trie.leaves[first].value)));
        }
        uint256 shared = _shared(key, trie.leaves[last - 1].key, depth);
        bytes memory branch = _branch(trie, first, last, depth + shared);
        if (shared == 0) return branch;
        return list(bytes.concat(item(_path(key, depth, depth + shared, 0)), _reference(branch)));
    }

    /// @dev The same of leaves that differ in the next nibble.
    function _branch(Trie memory trie, uint256 first, uint256 last, uint256 depth) private pure returns (bytes memory) {
        Leaf memory second = trie.leaves[_nextChild(trie, first, last, depth)];
        if (second.branch.length != 0) return second.branch;
        bytes memory children = "";
        uint256 count = 0;
        while (first < last) {
            uint256 nibble = _nibble(trie.leaves[first].key, depth);
            uint256 next = _nextChild(trie, first, last, depth);
            bytes memory child = _reference(_node(trie, first, next, depth + 1));
            children = bytes.concat(children, _emptyItems(nibble - count), child);
            (first, count) = (next, nibble + 1);
        }
        return second.branch = list(bytes.concat(children, _emptyItems(17 - count)));
    }

    /// @return next The first leaf with another nibble than `first`.
    function _nextChild(Trie memory trie, uint256 first, uint256 last, uint256 depth)
        private
        pure
        returns (uint256 next)
    {
        uint256 nibble = _nibble(trie.leaves[first].key, depth);
        next = first + 1;
        while (next < last && _nibble(trie.leaves[next].key, depth) == nibble) ++next;
    }

    function _emptyItems(uint256 count) private pure returns (bytes memory items) {
        items = abi.encodePacked(EMPTY_ITEMS);
        assembly ("memory-safe") {
            mstore(items, count)
        }
    }

    function _reference(bytes memory node) private pure returns (bytes memory) {
        return node.length < 32 ? node : item32(keccak256(node));
    }

    /// @dev Nibbles of a key in compact form; `flag` is 2 for a leaf, else 0.
    function _path(bytes32 key, uint256 from, uint256 to, uint256 flag) private pure returns (bytes memory path) {
        uint256 odd = (to - from) % 2;
        uint256 head = flag + odd << 4 | (odd == 1 ? _nibble(key, from) : 0);
        uint256 size = 1 + (to - from) / 2;
        path = abi.encodePacked(uint8(head), uint256(key) << 4 * (from + odd));
        assembly ("memory-safe") {
            mstore(path, size)
        }
    }

    /// @dev Nibbles from `depth` on that two keys share.
    function _shared(bytes32 a, bytes32 b, uint256 depth) private pure returns (uint256 count) {
        while (depth + count < 64 && _nibble(a, depth + count) == _nibble(b, depth + count)) ++count;
    }

    function _nibble(bytes32 key, uint256 i) private pure returns (uint256) {
        return uint256(key << (i << 2)) >> 252;
    }
}
