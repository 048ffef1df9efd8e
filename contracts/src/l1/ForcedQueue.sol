// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ForcedEntry, ForcedKind, IForcedQueue} from "../interfaces/IForcedQueue.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";

/// @title What waits on L1 for each rollup, in order, and what that costs (§12)
contract ForcedQueue is IForcedQueue {
    /// @dev Bounds of an entry.
    uint256 private constant MAX_DATA = 24_576;
    uint256 private constant MAX_GAS_LIMIT = 2 ** 24;
    /// @dev Charged gas beside the gas limit: what the rollup does around a call, its alias's deployment first of all; what a transaction
    ///      costs before its code runs; a byte of calldata.
    uint256 private constant DEPOSIT_GAS = 600_000;
    uint256 private constant TRANSACTION_GAS = 100_000;
    uint256 private constant GAS_PER_BYTE = 16;
    /// @dev What a byte is charged at least. So 131,072 bytes are all that an L1 block takes, and who fills it by bytes pays, now and by
    ///      the price that rises, as who fills it by gas.
    uint256 private constant MIN_GAS_PER_BYTE = 256;
    /// @dev What an L1 block takes for a rollup, and what a batch takes: any entry fits. At 8 gas a byte of logs a batch's entries leave
    ///      the rest of a block's 4 MiB to what it has to begin with.
    uint256 private constant MAX_GAS_PER_BLOCK = 2 ** 25;
    uint256 private constant MAX_FORCED_GAS_PER_BATCH = 2 ** 25 - 2 ** 22;
    /// @dev In L1 blocks.
    uint256 private constant FORCED_DEADLINE = 64;
    /// @dev Wei per charged gas in a calm queue.
    uint256 private constant MIN_PRICE = 1e7;
    /// @dev log2 of the gas, waiting or in excess, that doubles the price.
    uint256 private constant DOUBLING_GAS_BITS = 24;
    uint256 private constant MAX_DOUBLINGS = 40;
    /// @dev What an L1 block may queue for a rollup without an excess.
    uint256 private constant TARGET_GAS_PER_BLOCK = 2 ** 22;

    /// @notice A rollup's queue as a whole.
    /// @param gas Charged gas of all entries.
    /// @param value Wei of all deposits.
    /// @param blockNumber The last L1 block that queued an entry.
    /// @param excess Gas above the target before that block.
    /// @param blockGas Queued in that block.
    struct Queue {
        uint64 gas;
        uint128 value;
        uint64 blockNumber;
        uint64 excess;
        uint32 blockGas;
    }

    /// @inheritdoc IForcedQueue
    ISettlement public immutable settlement;
    mapping(uint256 chainId => Queue) private _queues;
    mapping(uint256 chainId => mapping(uint256 index => QueuedEntry)) private _entries;

    constructor(ISettlement settlement_) {
        settlement = settlement_;
    }

    // ---- what the settlement contract calls ---------------------------------------------------------------------------------------

    /// @inheritdoc IForcedQueue
    function push(uint256 chainId, uint256 index, uint256 position, ForcedEntry calldata entry)
        external
        returns (uint256 fee)
    {
        if (msg.sender != address(settlement)) revert OnlySettlement(msg.sender);
        uint256 gas = _chargedGas(entry.kind, entry.gasLimit, entry.data.length);
        Queue memory queue = _admit(chainId, gas);
        fee = gas * _price(chainId, queue.excess + queue.gas - _gasBefore(chainId, position, queue.gas));
        _entries[chainId][index] = QueuedEntry({
            entryHash: _hashOf(chainId, index, entry),
            queuedAt: uint64(block.number),
            cumulativeGas: queue.gas,
            cumulativeValue: queue.value
        });
        // Fits: what a block queues is bounded, and there are not 2^39 blocks.
        queue.gas += uint64(gas);
        queue.value += SafeCast.toUint128(entry.value);
        queue.blockGas += uint32(gas);
        _queues[chainId] = queue;
    }

    /// @inheritdoc IForcedQueue
    function take(uint256 chainId, uint256 from, uint256 to, uint256 lastOrigin) external view returns (uint256 value) {
        mapping(uint256 index => QueuedEntry) storage entries = _entries[chainId];
        uint256 queuedAt = entries[to].queuedAt;
        if (queuedAt != 0 && queuedAt + FORCED_DEADLINE <= lastOrigin) {
            uint256 gas = _gasBefore(chainId, to + 1, _queues[chainId].gas) - entries[from].cumulativeGas;
            if (gas <= MAX_FORCED_GAS_PER_BATCH) revert ForcedEntryOverdue(chainId, to);
        }
        if (from == to) return 0;
        uint256 before = queuedAt != 0 ? entries[to].cumulativeValue : _queues[chainId].value;
        return before - entries[from].cumulativeValue;
    }

    // ---- what anyone calls ----------------------------------------------------------------------------------------------------

    /// @inheritdoc IForcedQueue
    function refundDeposit(uint256 chainId, uint256 index, ForcedEntry calldata entry) external {
        ISettlement.Rollup memory rollup = settlement.getRollup(chainId);
        QueuedEntry storage queued = _entries[chainId][index];
        if (
            !rollup.closed || index < rollup.forcedQueuePosition || entry.kind != ForcedKind.Deposit
                || queued.entryHash != _hashOf(chainId, index, entry)
        ) revert NotRefundable(chainId, index);
        queued.entryHash = 0;
        emit DepositRefunded(chainId, index, entry.from, entry.value);
        settlement.refund(entry.from, entry.value);
    }

    /// @inheritdoc IForcedQueue
    function feeOf(uint256 chainId, ForcedKind kind, uint256 gasLimit, uint256 dataLength)
        external
        view
        returns (uint256 fee)
    {
        ISettlement.Rollup memory rollup = settlement.getRollup(chainId);
        if (address(rollup.verifier) == address(0)) revert ISettlement.UnknownRollup(chainId);
        uint256 gas = _chargedGas(kind, gasLimit, dataLength);
        Queue memory queue = _admit(chainId, gas);
        uint256 backlog = queue.gas - _gasBefore(chainId, rollup.forcedQueuePosition, queue.gas);
        return gas * _price(chainId, queue.excess + backlog);
    }

    /// @inheritdoc IForcedQueue
    function entryOf(uint256 chainId, uint256 index) external view returns (QueuedEntry memory) {
        return _entries[chainId][index];
    }

    // ---- gas and price -----------------------------------------------------------------------------------------------------------

    function _chargedGas(ForcedKind kind, uint256 gasLimit, uint256 dataLength) private pure returns (uint256) {
        if (dataLength > MAX_DATA) revert EntryTooLong(dataLength);
        if (gasLimit > MAX_GAS_LIMIT) revert EntryGasTooHigh(gasLimit);
        uint256 gas =
            gasLimit + GAS_PER_BYTE * dataLength + (kind == ForcedKind.Deposit ? DEPOSIT_GAS : TRANSACTION_GAS);
        return Math.max(gas, MIN_GAS_PER_BYTE * dataLength);
    }

    /// @dev Returns the rollup's queue as it is in this block, if the block takes this much more.
    function _admit(uint256 chainId, uint256 gas) private view returns (Queue memory queue) {
        queue = _queues[chainId];
        if (queue.blockNumber != block.number) {
            uint256 queued = uint256(queue.excess) + queue.blockGas;
            uint256 fallen = TARGET_GAS_PER_BLOCK * (block.number - queue.blockNumber);
            // Fits: above 40 doublings nothing is queued.
            queue.excess = queued > fallen ? uint64(queued - fallen) : 0;
            (queue.blockNumber, queue.blockGas) = (uint64(block.number), 0);
        }
        if (queue.blockGas + gas > MAX_GAS_PER_BLOCK) revert QueueFull(chainId);
    }

    /// @dev Returns the charged gas of all entries before this one, which may be the one after the last.
    /// @param all Charged gas of all entries.
    function _gasBefore(uint256 chainId, uint256 index, uint256 all) private view returns (uint256) {
        QueuedEntry storage entry = _entries[chainId][index];
        return entry.queuedAt != 0 ? entry.cumulativeGas : all;
    }

    /// @dev Returns the wei that a unit of charged gas costs where so much gas is in excess or waits.
    function _price(uint256 chainId, uint256 load) private pure returns (uint256) {
        if (load > MAX_DOUBLINGS << DOUBLING_GAS_BITS) revert QueueFull(chainId);
        uint256 price = MIN_PRICE << (load >> DOUBLING_GAS_BITS);
        uint256 rest = load & (2 ** DOUBLING_GAS_BITS - 1);
        return price + ((price * rest) >> DOUBLING_GAS_BITS);
    }

    function _hashOf(uint256 chainId, uint256 index, ForcedEntry calldata entry) private pure returns (bytes32) {
        return keccak256(abi.encode(chainId, index, entry));
    }
}
