#pragma once

#include <optional>
#include <span>
#include <variant>

#include "protocol/forced.hpp"
#include "protocol/plan.hpp"
#include "protocol/response.hpp"
#include "protocol/rolling_hash.hpp"

/// Calldata and return data of ScopedCallable
/// (contracts/src/interfaces/IScopedCallableExtension.sol, IScopedCallableL2.sol).
namespace scope::protocol::callable {

/// The state of a chain that moves as control comes and goes in a root (§5).
struct Baton {
    Hash trace;  ///< the chain's own
    /// Scoped calls around the innermost one that the chain is serving, that one counted; 0 if it
    /// serves none.
    uint256 depth;
    /// Left of that call's gas limit for the requests below it; 0 if none. It does not travel.
    uint256 gas_to_ask;
    Marks marks;  ///< as the chain knows them
    friend bool operator==(const Baton&, const Baton&) = default;
};

Bytes open_scope(const std::vector<uint256>& remotes);
/// Encodes the call by which a rollup learns of new chains. @p chain_ids ascend strictly.
Bytes add_chains(const std::vector<uint256>& chain_ids);
/// Encodes the call by which a rollup forgets closed ones. @p chain_ids ascend strictly.
Bytes remove_chains(const std::vector<uint256>& chain_ids);
/// Encodes the call behind which the predeploy has @p code.
Bytes upgrade(BytesView code);
/// Encodes the call that moves the position in the forced queue: the index of the first entry that
/// is not taken.
Bytes take_forced(uint64_t position);
/// Encodes the call that mints a deposit. REQUIRES: @p entry is one.
Bytes deposit(uint64_t index, const ForcedEntry& entry);
Bytes load_root(const RootContext& context, const RootSection& section);
Bytes run_root(const RootContext& context, const RootSection& section);
Bytes close_root();
Bytes fill_responses_in(const Fill& fill);
Bytes deploy_alias(const uint256& chain_id, const Address& account);
/// Encodes the contract's call to itself that serves a request: the seed's arguments, then what
/// they don't carry.
///
/// @param still  The chain waits in a static call, so that nothing may be stored (§8).
Bytes handle_scoped_call(const Request& request, bool still);
Bytes get_rolling_hashes(const uint256& chain_id);
Bytes get_values(const uint256& chain_id);
Bytes get_limit(const uint256& chain_id);
Bytes is_alias(const Address& account);
Bytes get_baton();
Bytes set_baton(const Baton& baton);
Bytes get_remotes();
Bytes forced_queue_position();

/// Returns the request inside the contract's answerOf call to itself, by which it takes an answer;
/// nullopt for other calldata.
std::optional<Request> decode_answer_of(BytesView calldata);

/// Returns the revert data of the contract if a record has another answer than recorded.
Bytes not_reproduced(const Hash& request_hash);
/// Returns whether the contract reverted since the request has a fill already.
bool is_duplicate_fill(BytesView revert_data);

struct OpenRoot {
    Hash root_id;  ///< zero if no root is open
    Baton baton;
};
/// Decodes what getBaton returns.
std::optional<OpenRoot> decode_open_root(BytesView output);
std::optional<RollingHashes> decode_rolling_hashes(BytesView output);

struct Values {
    uint256 value_out;  ///< wei
    uint256 value_in;   ///< wei
};
std::optional<Values> decode_values(BytesView output);
/// Decodes what getLimit returns, in wei.
std::optional<uint256> decode_limit(BytesView output);
/// Decodes what isAlias returns.
std::optional<bool> decode_is_alias(BytesView output);
/// Decodes what forcedQueuePosition returns; nullopt if that is no position in a queue.
std::optional<uint64_t> decode_forced_queue_position(BytesView output);
/// The most chains that a rollup's scope opens with (docs/protocol.md, section 14).
inline constexpr size_t MAX_REMOTES = 253;
/// Decodes the chains that openScope listed; if another contract than ours answers, however many.
std::optional<std::vector<uint256>> decode_remotes(BytesView output);

/// The event Deposited: what became of a deposit.
struct Deposited {
    uint64_t index = 0;  ///< in the forced queue
    Address from;        ///< on L1
    Address to;
    uint256 value;         ///< wei
    bool success = false;  ///< of the call; else the value is with the alias of `from`
    friend bool operator==(const Deposited&, const Deposited&) = default;
};
Hash deposited_topic();
/// Decodes a log of the predeploy; nullopt for another event.
std::optional<Deposited> decode_deposited(std::span<const Hash> topics, BytesView data);

/// The calls that a system transaction of a rollup makes (§6).
struct OpenScopeCall {
    std::vector<uint256> remotes;
};
struct AddChainsCall {
    std::vector<uint256> chain_ids;
};
struct RemoveChainsCall {
    std::vector<uint256> chain_ids;
};
struct UpgradeCall {
    Bytes code;
};
struct TakeForcedCall {
    uint64_t position = 0;
};
struct DepositCall {
    uint64_t index = 0;
    ForcedEntry entry;
};
struct LoadRootCall {
    RootContext context;
    RootSection section;
};
struct RunRootCall {
    RootContext context;
    RootSection section;
};
using SystemCall = std::variant<OpenScopeCall, AddChainsCall, RemoveChainsCall, UpgradeCall,
                                TakeForcedCall, DepositCall, LoadRootCall, RunRootCall>;
/// Decodes a system transaction's calldata; accepts only what the functions above of these names
/// give.
Result<SystemCall, DecodeError> decode_system_call(BytesView calldata);

}  // namespace scope::protocol::callable
