#pragma once

#include <vector>

#include "base/chain_id.hpp"
#include "base/uint256.hpp"

/// SCOPE as plain data (docs/protocol.md): the values that contracts, builder, prover and followers
/// hash and exchange. Knows no EVM. Every hash has a Solidity twin in contracts/src; shared vectors
/// keep them equal.
///
/// A chain that a contract, a batch or calldata names is a word, not a ChainId: anyone may call
/// chain 2^64, list it as a remote or register it, and what is hashed and encoded then is that
/// number. Where such a word chooses a chain, ChainId::from decides, and nullopt is an unknown one.
namespace scope::protocol {

/// The trace with which a chain last let go of control in a root (§1, §5).
struct Mark {
    uint256 chain_id;
    Hash trace;
    friend bool operator==(const Mark&, const Mark&) = default;
};
/// Marks by ascending chain id, without zero traces.
using Marks = std::vector<Mark>;

/// Returns the chain's own entry, zero if it never had control.
Hash trace_of(const Marks& marks, const uint256& chain_id) noexcept;

enum class CallKind : uint8_t { call = 0, static_call = 1 };

/// The root that a tree of scoped calls hangs under, as a chain's own transaction names it (§3,
/// §6).
struct RootContext {
    uint256 root_chain_id;
    /// Hash of the signed L2 transaction, or digest of the signed L1 operation.
    Hash operation_hash;
    uint256 root_index;  ///< over all roots of the scope, from 0
    friend bool operator==(const RootContext&, const RootContext&) = default;
};

/// The contract in which scopes settle, and its chain.
struct SettlementId {
    ChainId l1_chain_id;
    Address settlement;
    friend bool operator==(const SettlementId&, const SettlementId&) = default;
};

Hash root_id(const SettlementId& settlement, const RootContext& context);

/// The number of answers that equal requests at one point can have (§7).
inline constexpr uint64_t MAX_VARIANTS = 16;
/// The number of scoped calls that can be nested (§7).
inline constexpr uint64_t MAX_DEPTH = 64;
/// The most bytes that a request or its answer carries (§7).
inline constexpr size_t MAX_DATA_BYTES = 24'576;

/// One scoped call, complete (§3).
struct Request {
    Hash root_id;
    CallKind kind = CallKind::call;
    uint256 source_chain_id;
    uint256 target_chain_id;
    Address from;
    uint256 nonce;  ///< the trace at the moment of the request
    Marks marks;
    uint256 depth;  ///< scoped calls that are nested here, this one counted: 1 to MAX_DEPTH
    uint256 variant;
    Address to;
    uint256 value;  ///< wei
    uint256 gas_limit;
    Bytes data;
    friend bool operator==(const Request&, const Request&) = default;
};

[[nodiscard]] inline bool is_static(const Request& request) noexcept {
    return request.kind == CallKind::static_call;
}

Hash request_hash(const Request& request);

/// Returns the trace at which the source waits for the answer: its anchor (§5).
Hash trace_after(const Hash& trace, const Hash& item);
/// Returns the anchor by which the target finds this request: its own entry of the marks (§6).
Hash anchor_of(const Request& request) noexcept;

}  // namespace scope::protocol
