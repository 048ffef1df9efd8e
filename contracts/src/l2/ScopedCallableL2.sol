// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RootStore} from "../core/RootStore.sol";
import {ScopedCallable} from "../core/ScopedCallable.sol";
import {IScopedCallableExtension} from "../interfaces/IScopedCallableExtension.sol";
import {IScopedCallableL2} from "../interfaces/IScopedCallableL2.sol";
import {Limit, Request} from "../interfaces/ScopeTypes.sol";
import {ScopeHash} from "../libraries/ScopeHash.sol";

/// @dev Sender of a rollup's system transactions. No key; only the derivation speaks for it.
address constant SYSTEM_ADDRESS = 0x5c09E0000000000000000000000000000000ffFf;

/// @dev The precompile that makes a transaction, and so its block, invalid. It is there for ScopedCallable alone; for all others it is an
///      empty account. What it is called with is the reason.
address constant ABORT_PRECOMPILE = 0x5C09E00000000000000000000000000000000002;

/// @title ScopedCallable on a rollup, a predeploy at 0x5c09e00000000000000000000000000000000001
/// @dev Its genesis balance of 2^128 wei is a reserve that doesn't exist: sending burns into it, serving mints out of it (§10).
contract ScopedCallableL2 is ScopedCallable, IScopedCallableL2 {
    /// @dev Namespaces of slots that hold 1 for an account or a chain. The state transition reads entries (§12).
    bytes32 private constant ENTRIES = keccak256("scope.entries");
    bytes32 private constant KNOWN_CHAINS = keccak256("scope.known-chains");
    /// @dev A slot.
    bytes32 private constant FORCED_QUEUE_POSITION = keccak256("scope.forced-queue-position");

    constructor(uint256 l1ChainId_, address settlement_) ScopedCallable(l1ChainId_, settlement_) {}

    /// @inheritdoc IScopedCallableExtension
    function loader() public pure override(RootStore, IScopedCallableExtension) returns (address) {
        return SYSTEM_ADDRESS;
    }

    // ---- entries, pauses and known chains (§12) ------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallableL2
    function declareEntry() external {
        // What has code may call for strangers, as multicalls do, and an EOA would choose for those who send to it.
        if (msg.sender.code.length != 0 || msg.sender == tx.origin) revert OnlyInConstruction(msg.sender);
        _write(_entrySlot(msg.sender), bytes32(uint256(1)));
        emit EntryDeclared(msg.sender);
    }

    /// @inheritdoc IScopedCallableL2
    function isEntry(address account) external view returns (bool) {
        return _read(_entrySlot(account)) != 0;
    }

    /// @inheritdoc IScopedCallableL2
    function pauseAsking() external view {}

    /// @inheritdoc IScopedCallableL2
    function addChains(uint256[] calldata chainIds) external onlyLoader {
        uint256 last = 0;
        for (uint256 i = 0; i < chainIds.length; ++i) {
            uint256 chainId = chainIds[i];
            if (chainId <= last || chainId > type(uint64).max || chainId == block.chainid || isKnown(chainId)) {
                revert CannotAddChain(chainId);
            }
            last = chainId;
            _write(_chainSlot(chainId), bytes32(uint256(1)));
            emit ChainAdded(chainId);
        }
    }

    /// @inheritdoc IScopedCallableL2
    function removeChains(uint256[] calldata chainIds) external onlyLoader {
        uint256 last = 0;
        for (uint256 i = 0; i < chainIds.length; ++i) {
            uint256 chainId = chainIds[i];
            // L1 has no slot.
            if (chainId <= last || _read(_chainSlot(chainId)) == 0) revert CannotRemoveChain(chainId);
            last = chainId;
            _write(_chainSlot(chainId), 0);
            emit ChainRemoved(chainId);
        }
    }

    /// @inheritdoc IScopedCallableExtension
    function isKnown(uint256 chainId) public view override(ScopedCallable, IScopedCallableExtension) returns (bool) {
        return chainId == l1ChainId || _read(_chainSlot(chainId)) != 0;
    }

    function _entrySlot(address account) private pure returns (bytes32) {
        return ScopeHash.fold(ENTRIES, bytes32(uint256(uint160(account))));
    }

    function _chainSlot(uint256 chainId) private pure returns (bytes32) {
        return ScopeHash.fold(KNOWN_CHAINS, bytes32(chainId));
    }

    // ---- upgrades, and what L1 queued (§12) ----------------------------------------------------------------------------------

    /// @inheritdoc IScopedCallableL2
    function upgrade(bytes calldata code) external onlyLoader {
        emit Upgraded(keccak256(code));
    }

    /// @inheritdoc IScopedCallableL2
    function takeForced(uint256 position) external onlyLoader {
        if (position <= forcedQueuePosition()) revert CannotTakeForced(position);
        _write(FORCED_QUEUE_POSITION, bytes32(position));
        emit ForcedTaken(position);
    }

    /// @inheritdoc IScopedCallableL2
    function forcedQueuePosition() public view returns (uint256) {
        return uint256(_read(FORCED_QUEUE_POSITION));
    }

    /// @inheritdoc IScopedCallableL2
    function deposit(uint256 index, address from, address to, uint256 value, uint256 gasLimit, bytes calldata data)
        external
        onlyLoader
    {
        address depositor = deployAlias(l1ChainId, from);
        bool success = false;
        if (!_isForbidden(to)) {
            bytes memory message = abi.encodePacked(to, gasLimit, data);
            assembly ("memory-safe") {
                success := call(gas(), depositor, value, add(message, 0x20), mload(message), 0, 0)
            }
        }
        if (!success && value != 0) _leave(depositor, value);
        emit Deposited(index, from, to, value, success);
    }

    /// @dev Leaves wei with an alias, whose code would ask with them: a contract that exists for its construction alone sends them, by
    ///      destroying itself, which runs no code.
    function _leave(address aliasAccount, uint256 value) private {
        // Memory-safe: 22 bytes of scratch space, PUSH20 the alias, SELFDESTRUCT.
        assembly ("memory-safe") {
            mstore(0, or(shl(248, 0x73), or(shl(88, aliasAccount), shl(80, 0xff))))
            if iszero(create(value, 0, 22)) { revert(0, 0) }
        }
    }

    // ---- what L1 does differently --------------------------------------------------------------------------------------------

    function _read(bytes32 slot) internal view override returns (bytes32 word) {
        // Slots are hashes with a namespace: no declared variable is among them.
        assembly ("memory-safe") {
            word := sload(slot)
        }
    }

    function _write(bytes32 slot, bytes32 word) internal override {
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }

    /// @notice Takes the answer to a request that this chain may make, and serves callbacks as long as it waits. Only for this contract
    ///         itself: a rule of the state transition has this frame paid by the builder, who says what it serves (§7).
    function ask(Request memory asked) external onlySelf returns (bool success, bytes memory data) {
        return asked.kind == 0 ? super._askCall(asked) : super._askStatic(asked);
    }

    function _askCall(Request memory asked) internal override returns (bool success, bytes memory data) {
        (bool answered, bytes memory answer) = address(this).call(abi.encodeCall(this.ask, (asked)));
        return _answered(answered, answer);
    }

    function _askStatic(Request memory asked) internal view override returns (bool success, bytes memory data) {
        (bool answered, bytes memory answer) = address(this).staticcall(abi.encodeCall(this.ask, (asked)));
        return _answered(answered, answer);
    }

    function _answered(bool answered, bytes memory answer) private view returns (bool success, bytes memory data) {
        if (!answered) _fault(answer);
        return abi.decode(answer, (bool, bytes));
    }

    /// @dev A builder can't choose what a fault leads to: there is no block with one (§7).
    function _abort(bytes memory reason) internal view override {
        assembly ("memory-safe") {
            pop(staticcall(gas(), ABORT_PRECOMPILE, add(reason, 0x20), mload(reason), 0, 0))
        }
    }

    /// @dev What the scope was given says it; L1 compares it with its escrow. L1 itself answers for what it sends.
    function _heldFor(uint256 chainId) internal view override returns (uint256) {
        return chainId == l1ChainId ? type(uint128).max : uint256(_read(_accumulator(chainId, LIMIT)));
    }

    function _loadLimits(Limit[] calldata limits) internal override {
        for (uint256 i = 0; i < limits.length; ++i) {
            (uint256 chainId, uint256 value) = (limits[i].chainId, limits[i].value);
            bytes32 slot = _accumulator(chainId, LIMIT);
            if (chainId == l1ChainId || value == 0 || !_isOpen(chainId) || _read(slot) != 0) {
                revert CannotLimit(chainId);
            }
            _write(slot, bytes32(value));
        }
    }
}
