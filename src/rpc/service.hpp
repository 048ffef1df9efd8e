#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "net/json_rpc.hpp"
#include "rpc/network.hpp"

namespace scope::rpc {

class Filters;         // rpc/filters.hpp
class Params;          // rpc/params.hpp
class ReceiptWaiters;  // rpc/receipt_waiters.hpp
class Service;
class Subscriptions;  // rpc/subscriptions.hpp

/// What a method is answered with.
struct Request {
    Network& network;
    ChainView& chain;
    ChainId chain_id;
    Params& params;
    std::shared_ptr<net::Subscriber> subscriber;  ///< null over HTTP
    Service& service;
    Filters& filters;
    Subscriptions& subscriptions;
    ReceiptWaiters& receipt_waiters;
    net::Reply& reply;

    /// Returns the reply, for a method that answers later: what the method returns or throws is
    /// ignored then. REQUIRES: at most once.
    [[nodiscard]] net::Reply take_reply() { return std::exchange(reply, nullptr); }
};

/// A method: its name, its function, which throws RpcFailure (rpc/params.hpp) or returns the result
/// as JSON text, and its parameters, for errors and for OpenRPC: their names in order, separated by
/// spaces, a "?" behind those that may be left out. Without names any number is taken.
struct Method {
    std::string_view name;
    std::string (*run)(Request& request);
    std::string_view parameters{};
};

// One table for each file of methods.
std::span<const Method> node_methods();       // web3_, net_, rpc_, eth_config and their like
std::span<const Method> block_methods();      // blocks, transactions, receipts
std::span<const Method> account_methods();    // balances, code, storage, proofs
std::span<const Method> fee_methods();        // prices of gas and blobs
std::span<const Method> log_methods();        // eth_getLogs, filters, subscriptions
std::span<const Method> pool_methods();       // txpool_
std::span<const Method> debug_raw_methods();  // debug_getRaw*
std::span<const Method> call_methods();       // eth_call, estimate, access list, fill
std::span<const Method> simulate_methods();   // eth_simulateV1
std::span<const Method> trace_methods();      // debug_trace*, debug_executionWitness
std::span<const Method> otterscan_methods();  // ots_, erigon_
std::span<const Method> send_methods();       // eth_send*, eth_sign*, personal_sign
std::span<const Method> test_methods();       // evm_, anvil_, hardhat_: on a devnet only
std::span<const Method> scope_methods();      // scope_: on a network of SCOPE only

/// Answers JSON-RPC calls to the chains of a network: finds the method, checks its parameters, and
/// says what is wrong. Nothing that a caller sends ends the process: what a method throws beside
/// RpcFailure is -32603.
class Service final : public net::RpcHandler {
  public:
    /// @param network  Must outlive it.
    explicit Service(Network& network);
    ~Service() override;

    void batch_begins(ChainId chain_id, const simdjson::dom::array& calls) override;
    void call(const net::RpcCall& call, net::Reply reply) override;
    void closed(const net::Subscriber& subscriber) override;

    /// Adds methods beside the network's own: what a test needs. REQUIRES: names that are new; they
    /// live as long as this.
    void add(std::span<const Method> methods);
    /// Returns all methods that this network answers, by name.
    [[nodiscard]] std::vector<Method> method_table() const;
    /// Returns their names.
    [[nodiscard]] std::vector<std::string_view> methods() const;

    /// Sets the OpenRPC document that rpc.discover returns: JSON text. Without one there is no such
    /// method.
    void set_document(std::string open_rpc);
    [[nodiscard]] const std::string& document() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace scope::rpc
