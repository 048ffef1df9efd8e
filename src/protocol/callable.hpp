#pragma once

#include <optional>

#include "protocol/plan.hpp"
#include "protocol/rolling_hash.hpp"

/// Calldata of ScopedCallable (contracts/src/interfaces/IScopedCallableExtension.sol) and what it
/// returns.
namespace scope::protocol::callable {

Bytes open_scope(const std::vector<uint256>& remotes);
Bytes load_root(const RootContext& context, const RootSection& section);
Bytes run_root(const RootContext& context, const RootSection& section);
Bytes close_root();
Bytes fill_responses_in(const Fill& fill);
Bytes deploy_alias(const uint256& chain_id, const Address& account);
/// The contract's call to itself that serves a request: the seed's arguments, then what they don't
/// carry.
Bytes handle_scoped_call(const Request& request);
Bytes get_rolling_hashes(const uint256& chain_id);
Bytes get_values(const uint256& chain_id);
Bytes get_baton();

/// The request inside the contract's answerOf call to itself, by which it takes an answer; nothing
/// for other calldata.
std::optional<Request> decode_answer_of(BytesView calldata);

struct Baton {
    Hash root_id;  ///< zero if no root is open
    Hash trace;
    Marks marks;
};
std::optional<Baton> decode_baton(BytesView output);
std::optional<RollingHashes> decode_rolling_hashes(BytesView output);

struct Values {
    uint256 value_out;  ///< wei
    uint256 value_in;   ///< wei
};
std::optional<Values> decode_values(BytesView output);

}  // namespace scope::protocol::callable
