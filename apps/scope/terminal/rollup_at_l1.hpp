#pragma once

#include <memory>
#include <string>

#include "base/chain_id.hpp"
#include "base/uint256.hpp"
#include "protocol/forced.hpp"
#include "terminal/sending.hpp"

/// The commands by which somebody enters a rollup, forces it, and leaves it: on L1 alone.
namespace scope::terminal {

/// The options that all of them have.
struct RollupOptions {
    std::string url;
    uint64_t chain_id = 0;
    std::string from;  ///< empty: the node's first account
    uint64_t timeout_s = 60;

    /// Declares CHAIN, --from, --rpc-url and --timeout.
    void declare(CLI::App& command);
};

// Texts and numbers, as they are typed and as JSON-RPC has them. They throw cli::UsageError that
// names the option.

Address address_option(const char* name, const std::string& text);
uint256 number_option(const char* name, const std::string& text);
/// Reads an amount of ETH, which is below 2^128 wei.
uint256 wei_option(const char* name, const std::string& text);
Bytes data_option(const char* name, const std::string& text);
/// Throws std::runtime_error for JSON that is no quantity.
uint256 quantity(simdjson::dom::element json);
/// Returns an amount in whole units with all its decimals: "1.5 ETH".
std::string ether(const uint256& wei);

/// A rollup, as L1 has it: its endpoint, L1's, and the contracts there.
class RollupAtL1 {
  public:
    /// Throws cli::UsageError if the URL is not L1's, or there is no such rollup; terminal errors as
    /// Endpoint does.
    explicit RollupAtL1(const RollupOptions& options);

    [[nodiscard]] const Endpoint& l1() const noexcept { return l1_; }
    [[nodiscard]] const Endpoint& rollup() const noexcept { return *rollup_; }
    [[nodiscard]] ChainId chain_id() const noexcept { return chain_id_; }
    [[nodiscard]] ChainId l1_id() const noexcept { return l1_id_; }
    [[nodiscard]] const Address& from() const noexcept { return from_; }
    [[nodiscard]] const Address& settlement() const noexcept { return settlement_; }
    /// Returns the bridge of L1.
    [[nodiscard]] const Address& bridge() const noexcept { return bridge_; }

    /// Returns what scope_chains says of the rollup.
    [[nodiscard]] Answer state() const;
    /// Throws std::runtime_error if the rollup is closed.
    void require_open() const;

    /// Returns what a contract of L1 answers. Throws std::runtime_error if it fails.
    [[nodiscard]] Bytes read(const Address& to, const Bytes& data) const;
    [[nodiscard]] Address read_address(const Address& to, const Bytes& data) const;
    [[nodiscard]] uint256 read_number(const Address& to, const Bytes& data) const;

    /// Sends a transaction on L1 and waits for its receipt. Throws std::runtime_error with the reason
    /// if it fails.
    [[nodiscard]] Answer transact(const Address& to, const Bytes& data,
                                  const uint256& wei = {}) const;

    /// Returns the most that is paid for an entry: twice its fee now, for each entry before it raises
    /// it. What is paid too much goes back.
    [[nodiscard]] uint256 most_for_entry(protocol::ForcedKind kind, uint64_t gas_limit,
                                         size_t data_bytes) const;
    /// Returns the index of the entry that a transaction queued.
    [[nodiscard]] uint64_t queued_index(const Answer& receipt) const;
    /// Returns the error that an entry was not taken within the timeout, and why, if it is known.
    [[nodiscard]] std::runtime_error still_waiting() const;

  private:
    Endpoint l1_;
    std::unique_ptr<Endpoint> rollup_;
    ChainId chain_id_;
    ChainId l1_id_;
    uint64_t timeout_s_;
    Address from_;
    Address settlement_;
    Address bridge_;
};

}  // namespace scope::terminal
