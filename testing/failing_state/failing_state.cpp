#include "failing_state/failing_state.hpp"

#include "state/unavailable.hpp"

namespace scope::testing {

void ReadCount::count() {
    if (++reads == fails_at) throw state::Unavailable{"the disk fails"};
}

std::optional<Account> FailingState::account(const Address& address) const {
    count_->count();
    return state_->account(address);
}
evm::CodePtr FailingState::code(const Address& address) const {
    count_->count();
    return state_->code(address);
}
Hash FailingState::storage(const Address& address, const Hash& key) const {
    count_->count();
    return state_->storage(address, key);
}
bool FailingState::has_storage(const Address& address) const {
    count_->count();
    return state_->has_storage(address);
}
Hash FailingState::state_root() const {
    return state_->state_root();
}
Hash FailingState::storage_root(const Address& address) const {
    count_->count();
    return state_->storage_root(address);
}
state::AccountProof FailingState::prove(const Address& address, std::span<const Hash> keys) const {
    count_->count();
    return state_->prove(address, keys);
}
std::vector<Bytes> FailingState::prove_erasure(const Address& address,
                                               std::span<const Hash> keys) const {
    count_->count();
    return state_->prove_erasure(address, keys);
}
uint256 FailingState::supply() const {
    count_->count();
    return state_->supply();
}
std::shared_ptr<const state::WorldState> FailingState::after(const state::StateDiff& diff) const {
    if (diff.empty()) return std::make_shared<FailingState>(*this);
    count_->count();
    return state_->after(diff);
}

}  // namespace scope::testing
