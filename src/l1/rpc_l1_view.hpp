#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "l1/l1_view.hpp"
#include "l1/rpc_endpoint.hpp"
#include "l1/rpc_state.hpp"

namespace scope::l1 {

struct RpcL1ViewOptions {
    uint64_t slot_s = 12;  ///< from one block to the next, in seconds. REQUIRES: not 0
    /// The clock, in seconds: the next block is one of a slot that has not begun. Null: it follows
    /// its parent after slot_s.
    std::function<uint64_t()> now_s = {};
    /// Tells the block that head() is, one that its caller has followed: so that both stand on the
    /// same. Nullopt or null: the client's latest.
    std::function<std::optional<L1BlockId>()> followed = {};
    /// Tells the attributes of a block after this one, where who builds it has said them; nullopt
    /// or null: they are guessed.
    std::function<std::optional<chain::BlockAttributes>(const L1Head&)> announced = {};
};

/// L1View over JSON-RPC, with its states, and headers up to MAX_HEADERS, kept.
///
/// Headers are checked by their hashes, states by proofs (RpcState). The next block is a guess:
/// its time, and coinbase, randomness and beacon root of the head, which the real one won't have.
/// May be asked from several threads.
class RpcL1View final : public L1View {
  public:
    RpcL1View(chain::ChainSpec spec, std::shared_ptr<const RpcEndpoint> endpoint,
              RpcL1ViewOptions options = {});

    [[nodiscard]] const chain::ChainSpec& spec() const override { return spec_; }
    [[nodiscard]] Result<L1Head, L1Error> head() const override;
    /// Returns the state after a block; nothing of it has been read, so that whether the client
    /// still has it shows with the first read.
    [[nodiscard]] Result<std::shared_ptr<const state::StateView>, L1Error> state(
        const Hash& block) const override;
    /// Returns the hashes of the ancestors; what can't be read is thrown as StateUnavailable.
    [[nodiscard]] Result<std::unique_ptr<execution::BlockHashes>, L1Error> ancestors(
        const Hash& parent) const override;
    /// Returns the attributes of a block after the head that head() told last.
    [[nodiscard]] Result<chain::BlockAttributes, L1Error> next_block() const override;

    /// Has what a simulation reads read ahead: what the last scopes touched and what is foreseen in one
    /// round trip; if the rehearsal comes across more, what the client says of the call in
    /// two, and each further turn in one. What can't be read shows in the simulation itself.
    void rehearse(const Foreseen& foreseen,
                  const std::function<void(const L1View&)>& simulate) const override;

    void limit_reads(std::optional<size_t> round_trips) const override;

    /// Returns the state as what it is.
    [[nodiscard]] Result<std::shared_ptr<const RpcState>, L1Error> state_of(
        const Hash& block) const;
    /// Reads accounts and slots of a state ahead, in one batch.
    Result<void, L1Error> prefetch(const Hash& block, std::span<const Touch> touches) const;
    /// Asks the client what a call would touch (eth_createAccessList). The list is a hint, and may be
    /// of a call that reverts.
    [[nodiscard]] Result<std::vector<Touch>, L1Error> list_touches(
        const Hash& block, const Foreseen::Call& call) const;

    /// Returns the headers from a block down to that of number @p last, as far as MAX_DEPTH: each
    /// the parent of the one before.
    [[nodiscard]] Result<std::vector<L1Head>, L1Error> headers_down_to(const Hash& from,
                                                                       uint64_t last) const;

    /// Keeps a block's header, so that nobody is asked for it. REQUIRES: it has been checked.
    void keep(const Hash& block, const BlockHeader& header) const;

    static constexpr size_t MAX_HEADERS = 1024;
    static constexpr size_t MAX_STATES = 4;
    static constexpr uint64_t MAX_DEPTH = 256;  ///< BLOCKHASH goes no deeper
    static constexpr size_t MAX_LIST = 4096;    ///< accounts and slots that are taken of a list
    static constexpr int MAX_REHEARSALS = 8;

  private:
    /// Returns what the next block's system calls touch, if the block is the head.
    [[nodiscard]] std::vector<Touch> expected_after(const Hash& block) const;
    [[nodiscard]] Result<BlockHeader, L1Error> header(const Hash& block) const;
    [[nodiscard]] std::optional<BlockHeader> known_header(const Hash& block) const;
    template <typename T>
    [[nodiscard]] Result<T, L1Error> named(Result<T, L1Error> result) const;

    chain::ChainSpec spec_;
    std::shared_ptr<const RpcEndpoint> endpoint_;
    RpcL1ViewOptions options_;
    std::shared_ptr<SharedTouched> touched_ = std::make_shared<SharedTouched>();

    mutable std::mutex mutex_;
    mutable std::optional<L1Head> head_;  ///< told last
    mutable std::map<Hash, BlockHeader> headers_;
    mutable std::deque<Hash> headers_in_order_;
    mutable std::deque<std::pair<Hash, std::shared_ptr<const RpcState>>> states_;
};

}  // namespace scope::l1
