#pragma once

#include <fmt/format.h>

#include "json/appender.hpp"
#include "protocol/registry.hpp"
#include "protocol/settlement.hpp"
#include "rpc/errors.hpp"
#include "rpc/network.hpp"
#include "rpc/params.hpp"
#include "rpc/service.hpp"
#include "rpc/view.hpp"
#include "state/unavailable.hpp"

// The methods of scope_methods.cpp that stand in files of their own, and what they share.

namespace scope::rpc {

// scope_simulate.cpp
std::string scope_simulate(Request& request);
std::string scope_prefill(Request& request);
// scope_operations.cpp
std::string scope_prepare_operation(Request& request);
std::string scope_send_operation(Request& request);
std::string scope_operation_receipt(Request& request);
/// Reads a signed operation: {operation, signature}, the operation as scope_prepareOperation gives it
/// or its message alone. Throws RpcFailure.
protocol::SignedOperation read_signed_operation(Request& request, Json operation, Json signature);
// scope_streams.cpp
std::string scope_rolling_hashes(Request& request);
std::string scope_hash_chain(Request& request);
// scope_forced.cpp
std::string scope_forced_queue(Request& request);
std::string scope_deposit(Request& request);
std::string scope_forced_transaction(Request& request);
// scope_rollups.cpp
/// Returns L1's state at its head. Throws RpcFailure where this node can't read L1, and
/// state::Unavailable where L1 doesn't answer.
Network::L1State l1_state(const Request& request);
/// Returns what @p read does with it. Throws RpcFailure in both cases.
template <typename Read>
std::invoke_result_t<Read, const Network::L1State&> read_l1(const Request& request,
                                                            const Read& read) {
    try {
        return read(l1_state(request));
    } catch (const state::Unavailable& error) {
        fail(SERVER_ERROR, fmt::format("L1 can't be read: {}", error.what()));
    }
}
/// Returns what a contract of L1 answers at its head; empty if it fails.
Bytes view_of_l1(const Request& request, const Address& to, BytesView data);
/// Returns what the settlement contract keeps of a rollup; all zeros if it knows none.
protocol::RegisteredRollup registered_of(const Request& request, ChainId chain_id);
/// Returns why no node here serves a rollup, by what L1 says of it; nullopt if one does, or it is closed.
std::optional<std::string> why_unserved(const Network& network, ChainId chain_id,
                                        const protocol::RegisteredRollup& registered);
/// Returns the index of the first entry that the rollup's latest block has not taken.
uint64_t position_of(const Request& request, ChainId chain_id,
                     const protocol::RegisteredRollup& registered);
/// What L1's contracts say of a rollup.
struct OnL1 {
    protocol::RegisteredRollup registered;
    std::optional<protocol::RollupState> state;  ///< nullopt: the registry knows none
};
/// Returns that; nullopt where this node can't read L1.
std::optional<OnL1> on_l1(const Request& request, ChainId chain_id);
/// Appends members that tell of it: the rollup's batches, its owner, what its owner announced, its
/// forced queue, its closing.
void append_registered(json::Appender& out, const Request& request, ChainId chain_id,
                       const OnL1& on_l1);
/// Appends those of them that a follower knows of L1's blocks.
void append_followed(json::Appender& out, const Request& request, ChainId chain_id);

ChainId l1_id_of(const Request& request);
/// Returns L1 as the network shows it. Throws RpcFailure if it doesn't.
ChainView& l1_of(const Request& request);
/// Reads the id of a chain of the network. Throws RpcFailure if there is none.
ChainId read_chain_id(const Request& request, size_t index);

}  // namespace scope::rpc
