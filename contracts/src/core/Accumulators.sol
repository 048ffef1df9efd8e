// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IScopedCallable} from "../interfaces/IScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {ScopeHash} from "../libraries/ScopeHash.sol";

/// @title The state of a scope: the accumulators of each remote chain (§4, §10) and the list of these chains
///
/// Behind `_read` and `_write`: transient on L1, where a scope is a transaction; in storage on a rollup, where it is a batch, and
/// where prover and follower read it. Loading and calling touch different slots, so that loading warms nothing a user's call pays for.
abstract contract Accumulators is IScopedCallableExtension {
    /// @dev Offsets from an accumulator's base slot, one base per remote chain.
    uint256 internal constant REQUESTS_OUT = 0;
    uint256 internal constant REQUESTS_IN = 1;
    uint256 internal constant RESPONSES_OUT = 2;
    uint256 internal constant RESPONSES_IN = 3;
    uint256 internal constant VALUE_OUT = 4;
    uint256 internal constant VALUE_IN = 5;
    uint256 internal constant LIMIT = 6;

    /// @dev What a scope opened, the next one has to empty.
    uint256 private constant MAX_REMOTES = 253;

    bytes32 private constant ACCUMULATORS = keccak256("scope.accumulators");
    bytes32 private constant REMOTES = keccak256("scope.remotes");

    /// @dev Reads a word of the scope.
    function _read(bytes32 slot) internal view virtual returns (bytes32);

    /// @dev Writes a word of the scope.
    function _write(bytes32 slot, bytes32 word) internal virtual;

    /// @dev In an open root only the loader may ask: what a builder loads would else choose what contracts do.
    modifier notInRoot() {
        _requireNotInRoot();
        _;
    }

    function _requireNotInRoot() internal view virtual;

    /// @inheritdoc IScopedCallable
    function getRollingHashes(uint256 chainId)
        external
        view
        notInRoot
        returns (bytes32 requestsOut, bytes32 requestsIn, bytes32 responsesOut, bytes32 responsesIn)
    {
        requestsOut = _stream(chainId, REQUESTS_OUT);
        requestsIn = _stream(chainId, REQUESTS_IN);
        responsesOut = _stream(chainId, RESPONSES_OUT);
        responsesIn = _stream(chainId, RESPONSES_IN);
    }

    /// @inheritdoc IScopedCallableExtension
    function getValues(uint256 chainId) external view notInRoot returns (uint256 valueOut, uint256 valueIn) {
        return _values(chainId);
    }

    /// @inheritdoc IScopedCallableExtension
    function getLimit(uint256 chainId) external view notInRoot returns (uint256) {
        return uint256(_read(_accumulator(chainId, LIMIT)));
    }

    /// @inheritdoc IScopedCallableExtension
    function getRemotes() external view notInRoot returns (uint256[] memory chainIds) {
        return _remotes();
    }

    function _values(uint256 chainId) internal view returns (uint256 valueOut, uint256 valueIn) {
        valueOut = uint256(_read(_accumulator(chainId, VALUE_OUT)));
        valueIn = uint256(_read(_accumulator(chainId, VALUE_IN)));
    }

    function _remotes() private view returns (uint256[] memory chainIds) {
        chainIds = new uint256[](uint256(_read(REMOTES)));
        for (uint256 i = 0; i < chainIds.length; ++i) {
            chainIds[i] = uint256(_read(bytes32(uint256(REMOTES) + 1 + i)));
        }
    }

    /// @dev Empties the accumulators of the scope before, and opens those of `remotes`.
    function _resetRemotes(uint256[] calldata remotes) internal {
        uint256[] memory old = _remotes();
        for (uint256 i = 0; i < old.length; ++i) {
            _reset(old[i], 0);
        }
        if (remotes.length > MAX_REMOTES) revert TooManyChains();
        uint256 last = 0;
        for (uint256 i = 0; i < remotes.length; ++i) {
            if (remotes[i] <= last || remotes[i] == block.chainid) revert RemotesNotAscending(remotes[i]);
            last = remotes[i];
            _reset(last, ScopeHash.SEED);
            _write(bytes32(uint256(REMOTES) + 1 + i), bytes32(last));
        }
        _write(REMOTES, bytes32(remotes.length));
    }

    /// @dev Folds an item into a stream.
    function _fold(uint256 chainId, uint256 stream, bytes32 item) internal {
        _write(_accumulator(chainId, stream), ScopeHash.fold(_stream(chainId, stream), item));
    }

    function _addValue(uint256 chainId, uint256 offset, uint256 value) internal {
        if (value == 0) return;
        bytes32 slot = _accumulator(chainId, offset);
        _write(slot, bytes32(uint256(_read(slot)) + value));
    }

    function _subtractValue(uint256 chainId, uint256 offset, uint256 value) internal {
        if (value == 0) return;
        bytes32 slot = _accumulator(chainId, offset);
        _write(slot, bytes32(uint256(_read(slot)) - value));
    }

    /// @dev Returns a stream's rolling hash. A remote that is not in the scope has empty streams; a call to it finds no fill.
    function _stream(uint256 chainId, uint256 stream) internal view returns (bytes32 hash) {
        hash = _read(_accumulator(chainId, stream));
        if (hash == 0) hash = ScopeHash.SEED;
    }

    /// @dev Says whether a remote is in the scope. Looks at a slot that only loading writes, so that it warms nothing a user's call
    ///      pays for.
    function _isOpen(uint256 chainId) internal view returns (bool) {
        return _read(_accumulator(chainId, RESPONSES_IN)) != 0;
    }

    /// @dev Returns the slot of one of a remote's accumulators.
    function _accumulator(uint256 chainId, uint256 offset) internal pure returns (bytes32) {
        return bytes32(uint256(ScopeHash.fold(ACCUMULATORS, bytes32(chainId))) + offset);
    }

    function _reset(uint256 chainId, bytes32 seed) private {
        for (uint256 stream = REQUESTS_OUT; stream <= RESPONSES_IN; ++stream) {
            _write(_accumulator(chainId, stream), seed);
        }
        _write(_accumulator(chainId, VALUE_OUT), 0);
        _write(_accumulator(chainId, VALUE_IN), 0);
        _write(_accumulator(chainId, LIMIT), 0);
    }
}
