// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISettlement} from "./ISettlement.sol";

/// @notice What an entry of a rollup's forced queue is.
enum ForcedKind {
    Deposit,
    Transaction
}

/// @notice An entry of a rollup's forced queue, which derivation puts into the rollup (§12).
/// @param from Who queued it on L1. A deposit's call is made by this account's alias; a transaction has its own signer.
/// @param to Whom a deposit's value goes to, with a call; 0 for a transaction.
/// @param value Wei that a deposit mints; 0 for a transaction.
/// @param gasLimit A deposit's call gets this, and with value the EVM's 2,300 more. A transaction whose own gas limit is higher has no
///        effect.
/// @param data A deposit's calldata, or a transaction's EIP-2718 envelope. At most 24,576 bytes.
struct ForcedEntry {
    ForcedKind kind;
    address from;
    address to;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}

/// @title What waits on L1 for each rollup, in order, and what that costs (§12)
///
/// An entry is known by its rollup and its index, which counts from 0. Its *charged gas* is `gasLimit + 16 * data.length` and 600,000
/// for a deposit, 100,000 for a transaction, but at least `256 * data.length`. Where the queue begins and ends, Settlement says
/// ({ISettlement.Rollup}).
///
/// A unit of charged gas costs 10^7 wei, doubled, with a line between, for each 2^24 gas of *excess* and *backlog* together, as they
/// are before the entry. Backlog: charged gas of all entries that the rollup has not taken. Excess: charged gas queued above 2^22 per
/// L1 block, which falls by 2^22 in each, as EIP-4844's: so flooding costs ever more also where who floods is who takes. The fee is burnt,
/// for who builds would else flood for nothing.
interface IForcedQueue {
    /// @notice What the queue keeps of an entry; the rest is in {ISettlement-EntryQueued}.
    /// @param entryHash `keccak256(abi.encode(chainId, index, entry))`; 0 if there is none, or its deposit was given back.
    /// @param queuedAt Number of the L1 block that queued it.
    /// @param cumulativeGas Charged gas of all entries before it.
    /// @param cumulativeValue Wei of all deposits before it.
    struct QueuedEntry {
        bytes32 entryHash;
        uint64 queuedAt;
        uint64 cumulativeGas;
        uint128 cumulativeValue;
    }

    /// @notice Only the settlement contract may.
    error OnlySettlement(address caller);
    /// @notice An entry has at most 24,576 bytes of data.
    error EntryTooLong(uint256 length);
    /// @notice An entry's gas limit is at most 2^24.
    error EntryGasTooHigh(uint256 gasLimit);
    /// @notice This L1 block takes no such entry for the rollup any more (2^25 charged gas are the most, and so 131,072 bytes), or the price
    ///         would have doubled more than 40 times.
    error QueueFull(uint256 chainId);
    /// @notice The batch stops before an entry that was due when the batch before it settled.
    error ForcedEntryOverdue(uint256 chainId, uint256 index);
    /// @notice Only deposits that a closed rollup never took are given back, each once.
    error NotRefundable(uint256 chainId, uint256 index);

    /// @notice A deposit that its rollup never took went back to who made it.
    event DepositRefunded(uint256 indexed chainId, uint256 indexed index, address indexed to, uint256 value);

    /// @notice Puts an entry behind the last one. Settlement only.
    /// @param index Entries queued for the rollup before.
    /// @param position Entries of them that the rollup has taken.
    /// @return fee Wei to be paid for it.
    function push(uint256 chainId, uint256 index, uint256 position, ForcedEntry calldata entry)
        external
        returns (uint256 fee);

    /// @notice Returns the wei of the deposits among the entries `from` to `to`, without `to`, of a batch that takes these.
    /// @dev Reverts with {ForcedEntryOverdue} if entry `to` is there, was queued at least 64 blocks before `lastOrigin`, and fits
    ///      with those before it into the 2^25 - 2^22 charged gas that a batch takes.
    /// @param from,to REQUIRES: in order, and none above the queue's length.
    /// @param lastOrigin L1 origin of the rollup's last settled block, which no origin of this batch is before; 0 before any.
    function take(uint256 chainId, uint256 from, uint256 to, uint256 lastOrigin) external view returns (uint256 value);

    /// @notice Gives a deposit's value back to who made it, once its rollup is closed and will never take it. Anyone may call.
    /// @param entry As {ISettlement-EntryQueued} said it.
    function refundDeposit(uint256 chainId, uint256 index, ForcedEntry calldata entry) external;

    /// @notice Returns the wei that an entry costs in this block, if nothing is queued before it; reverts as queueing it would.
    /// @param dataLength Bytes of a deposit's calldata, or of a transaction.
    function feeOf(uint256 chainId, ForcedKind kind, uint256 gasLimit, uint256 dataLength)
        external
        view
        returns (uint256 fee);

    /// @notice Returns what the queue keeps of an entry; all zeros if there is none.
    function entryOf(uint256 chainId, uint256 index) external view returns (QueuedEntry memory);

    /// @notice Returns the settlement contract.
    function settlement() external view returns (ISettlement);
}
