#pragma once

#include <atomic>

#include "state/world_state.hpp"

namespace scope::testing {

/// How often states were read, and at which read they fail. Shared by all that count together.
struct ReadCount {
    std::atomic<size_t> reads = 0;
    std::atomic<size_t> fails_at = 0;  ///< 1 is the first; 0: never

    /// Counts a read; throws state::Unavailable if it is the one that fails.
    void count();
    /// Begins to count anew.
    void start(size_t next_failure) {
        reads = 0;
        fails_at = next_failure;
    }
};

/// A whole state of which one read fails. States that are made from it by a change do not fail.
class FailingState final : public state::WorldState {
  public:
    FailingState(std::shared_ptr<const state::WorldState> state, std::shared_ptr<ReadCount> count)
        : state_(std::move(state)), count_(std::move(count)) {}

    [[nodiscard]] std::optional<Account> account(const Address& address) const override;
    [[nodiscard]] evm::CodePtr code(const Address& address) const override;
    [[nodiscard]] Hash storage(const Address& address, const Hash& key) const override;
    [[nodiscard]] bool has_storage(const Address& address) const override;
    [[nodiscard]] Hash state_root() const override;
    [[nodiscard]] Hash storage_root(const Address& address) const override;
    [[nodiscard]] state::AccountProof prove(const Address& address,
                                            std::span<const Hash> keys) const override;
    [[nodiscard]] std::vector<Bytes> prove_erasure(const Address& address,
                                                   std::span<const Hash> keys) const override;
    [[nodiscard]] uint256 supply() const override;
    [[nodiscard]] std::shared_ptr<const state::WorldState> after(
        const state::StateDiff& diff) const override;

  private:
    std::shared_ptr<const state::WorldState> state_;
    std::shared_ptr<ReadCount> count_;
};

}  // namespace scope::testing
