#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "chain/block_builder.hpp"
#include "l1/l1_error.hpp"

namespace scope::l1 {

/// A block that others are built on.
struct L1Head {
    Hash hash;
    BlockHeader header;
};

/// What is known of what a simulation will read.
struct Foreseen {
    struct Call {
        Address from;
        Transaction transaction;
    };
    std::vector<Address> contracts;  ///< whose accounts and code it reads
    std::optional<Call> call;        ///< that it begins with
};

/// The second of L1's three roles: the state that a builder simulates on, and the block that its
/// transaction will stand in, as far as that is known.
class L1View {
  public:
    virtual ~L1View() = default;

    [[nodiscard]] virtual const chain::ChainSpec& spec() const = 0;
    [[nodiscard]] virtual Result<L1Head, L1Error> head() const = 0;
    /// Returns the state after a block.
    [[nodiscard]] virtual Result<std::shared_ptr<const state::StateView>, L1Error> state(
        const Hash& block) const = 0;
    /// Returns the hashes of the ancestors of a child of @p parent. The view must outlive them.
    [[nodiscard]] virtual Result<std::unique_ptr<execution::BlockHashes>, L1Error> ancestors(
        const Hash& parent) const = 0;
    /// Returns the attributes that the block after the head is expected to have.
    [[nodiscard]] virtual Result<chain::BlockAttributes, L1Error> next_block() const = 0;

    /// Has what a simulation reads read ahead, where each read costs a round trip: calls @p simulate
    /// with views on which what isn't known yet is taken for nothing, until nothing more is missing,
    /// as far as that pays. What comes of it is worth nothing; it may throw state::Unavailable. Where
    /// the state is at hand nothing is done.
    virtual void rehearse(const Foreseen& /*foreseen*/,
                          const std::function<void(const L1View&)>& /*simulate*/) const {}

    /// From here on states throw state::TooManyReads when they would take more round trips than these
    /// for what nobody foresaw; nullopt: they may take any number, as at the beginning. Where the
    /// state is at hand nothing is limited.
    virtual void limit_reads(std::optional<size_t> /*round_trips*/) const {}
};

/// Limits what is read of a view's states as long as it lives: while one root is simulated, for who
/// builds waits for each read.
class ReadLimit {
  public:
    static constexpr size_t MAX_ROUND_TRIPS = 64;

    /// @param view  Must outlive it.
    explicit ReadLimit(const L1View& view) : view_(view) { view_.limit_reads(MAX_ROUND_TRIPS); }
    ~ReadLimit() { view_.limit_reads(std::nullopt); }
    ReadLimit(const ReadLimit&) = delete;
    ReadLimit& operator=(const ReadLimit&) = delete;

  private:
    const L1View& view_;
};

}  // namespace scope::l1
