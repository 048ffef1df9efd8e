#include "execution/forced.hpp"

#include "base/check.hpp"
#include "evm/analysis.hpp"
#include "state/state.hpp"

namespace scope::execution {

namespace {

constexpr uint256 IMPERSONATED_S{1u};
/// Blocks whose forced states are kept; those of others are made again.
constexpr size_t MAX_MADE = 256;

ForcedChange to_change(const state::StateDiff& diff) {
    ForcedChange change;
    for (const auto& account : diff.accounts) {
        const Account after = account.account.value_or(Account{});
        ForcedAccount& forced = change.emplace_back(
            ForcedAccount{account.address, after.nonce, after.balance, {}, account.storage});
        if (account.code)
            forced.code = account.code->bytes;
        else if (account.is_deleted())
            forced.code = Bytes{};
    }
    return change;
}

void apply(const ForcedChange& change, state::State& state) {
    for (const auto& account : change) {
        state.set_balance(account.address, account.balance);
        state.set_nonce(account.address, account.nonce);
        if (account.code)
            state.set_code(account.address, account.code->empty()
                                                ? evm::empty_code()
                                                : evm::make_code(Bytes{*account.code}));
        for (const auto& [key, value] : account.storage)
            state.set_storage(account.address, key, value);
    }
}

}  // namespace

Forced::Contents& Forced::own() {
    if (owned_ == nullptr) {
        owned_ = std::make_shared<Contents>(*contents_);
        contents_ = owned_;
    }
    return *owned_;
}

void Forced::change_state(const Hash& block, const state::WorldState& before,
                          const state::StateDiff& change) {
    auto forced = std::make_shared<const ForcedChange>(to_change(change));
    auto after = before.after(change);
    const std::lock_guard lock{mutex_};
    own().states[block].push_back(forced);
    has_states_.store(true);
    keep(block, {std::move(forced), std::move(after)});
}

std::shared_ptr<const state::WorldState> Forced::state_after(
    const Hash& block, std::shared_ptr<const state::WorldState> executed) const {
    if (!has_states_.load() || executed == nullptr) return executed;
    std::vector<ForcedChangePtr> changes;
    {
        const std::lock_guard lock{mutex_};
        const auto found = contents_->states.find(block);
        if (found == contents_->states.end()) return executed;
        if (const auto made = made_.find(block);
            made != made_.end() && made->second.last == found->second.back())
            return made->second.state;
        changes = found->second;
    }
    state::State state{*executed};
    for (const auto& change : changes) apply(*change, state);
    auto after = executed->after(state.diff());
    const std::lock_guard lock{mutex_};
    keep(block, {changes.back(), after});
    return after;
}

bool Forced::has_changed(const Hash& block) const {
    const std::lock_guard lock{mutex_};
    return contents_->states.contains(block);
}

void Forced::keep(const Hash& block, Made made) const {
    if (made_.size() >= MAX_MADE) made_.clear();
    made_.insert_or_assign(block, std::move(made));
}

void Forced::set_sender(const Hash& transaction, const Address& sender) {
    const std::lock_guard lock{mutex_};
    own().senders.insert_or_assign(transaction, sender);
    has_senders_.store(true);
}

void Forced::forget_sender(const Hash& transaction) {
    const std::lock_guard lock{mutex_};
    if (!contents_->senders.contains(transaction)) return;
    own().senders.erase(transaction);
    has_senders_.store(!contents_->senders.empty());
}

std::optional<Address> Forced::sender(const Transaction& transaction) const {
    if (!has_senders_.load()) return std::nullopt;
    const Hash key = hash(transaction);
    const std::lock_guard lock{mutex_};
    const auto found = contents_->senders.find(key);
    return found != contents_->senders.end() ? std::optional{found->second} : std::nullopt;
}

void Forced::set_child(const Hash& block, const Child& child) {
    const std::lock_guard lock{mutex_};
    own().children.insert_or_assign(block, child);
}

Forced::Child Forced::child(const Hash& block) const {
    const std::lock_guard lock{mutex_};
    const auto found = contents_->children.find(block);
    return found != contents_->children.end() ? found->second : Child{};
}

bool Forced::empty() const {
    const std::lock_guard lock{mutex_};
    return contents_->states.empty() && contents_->senders.empty() && contents_->children.empty();
}

std::shared_ptr<const Forced::Contents> Forced::contents() const {
    const std::lock_guard lock{mutex_};
    owned_.reset();
    return contents_;
}

void Forced::set_contents(std::shared_ptr<const Contents> contents) {
    CHECK(contents != nullptr);
    const std::lock_guard lock{mutex_};
    contents_ = std::move(contents);
    owned_.reset();
    has_states_.store(!contents_->states.empty());
    has_senders_.store(!contents_->senders.empty());
}

void impersonate(Transaction& tx, const Address& sender) {
    tx.y_parity = false;
    tx.r = to_uint256(sender) | (uint256{1u} << 160);  // never 0, which no signature has
    tx.s = IMPERSONATED_S;
}

bool looks_impersonated(const Transaction& tx) noexcept {
    return tx.s == IMPERSONATED_S;
}

}  // namespace scope::execution
