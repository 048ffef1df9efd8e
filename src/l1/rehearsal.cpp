#include "l1/rehearsal.hpp"

#include <utility>

#include "evm/analysis.hpp"

namespace scope::l1 {

/// What is known of a state, and nothing where it isn't.
class Rehearsal::GuessedState final : public state::StateView {
  public:
    GuessedState(std::shared_ptr<const RpcState> known, std::shared_ptr<Missing> missing)
        : known_(std::move(known)), missing_(std::move(missing)) {}

    [[nodiscard]] std::optional<Account> account(const Address& address) const override {
        return is_there(address, {}) ? known_->account(address) : std::nullopt;
    }
    [[nodiscard]] evm::CodePtr code(const Address& address) const override {
        return is_there(address, {}) ? known_->code(address) : evm::empty_code();
    }
    [[nodiscard]] Hash storage(const Address& address, const Hash& key) const override {
        return is_there(address, {&key, 1}) ? known_->storage(address, key) : Hash{};
    }
    [[nodiscard]] bool has_storage(const Address& address) const override {
        return is_there(address, {}) && known_->has_storage(address);
    }

  private:
    bool is_there(const Address& address, std::span<const Hash> slots) const {
        if (known_->knows(address, slots)) return true;
        const std::lock_guard lock{missing_->mutex};
        if (missing_->size < MAX_MISSING) {
            missing_->touches[address].insert(slots.begin(), slots.end());
            missing_->size += 1 + slots.size();
        }
        return false;
    }

    std::shared_ptr<const RpcState> known_;
    std::shared_ptr<Missing> missing_;
};

Result<L1Head, L1Error> Rehearsal::head() const {
    if (!head_) head_ = TRY(view_.head());
    return *head_;
}

Result<std::shared_ptr<const state::StateView>, L1Error> Rehearsal::state(const Hash& block) const {
    return std::make_shared<GuessedState>(TRY(view_.state_of(block)), missing_);
}

void Rehearsal::add_missing(const Touch& touch) {
    const std::lock_guard lock{missing_->mutex};
    missing_->touches[touch.address].insert(touch.slots.begin(), touch.slots.end());
}

bool Rehearsal::has_missing() const {
    const std::lock_guard lock{missing_->mutex};
    return !missing_->touches.empty();
}

Result<bool, L1Error> Rehearsal::read_missing() {
    std::vector<Touch> touches;
    {
        const std::lock_guard lock{missing_->mutex};
        missing_->size = 0;
        for (const auto& [address, slots] : std::exchange(missing_->touches, {}))
            touches.push_back({address, with_those_behind({slots.begin(), slots.end()})});
    }
    if (touches.empty()) return false;
    const Hash block = TRY(head()).hash;
    TRY_VOID(view_.prefetch(block, touches));
    return true;
}

}  // namespace scope::l1
