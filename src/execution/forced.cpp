#include "execution/forced.hpp"

#include "base/check.hpp"

namespace scope::execution {

Forced::Contents& Forced::own() {
    if (owned_ == nullptr) {
        owned_ = std::make_shared<Contents>(*contents_);
        contents_ = owned_;
    }
    return *owned_;
}

void Forced::set_state(const Hash& block, std::shared_ptr<const state::WorldState> state) {
    const std::lock_guard lock{mutex_};
    own().states.insert_or_assign(block, std::move(state));
}

std::shared_ptr<const state::WorldState> Forced::state(const Hash& block) const {
    const std::lock_guard lock{mutex_};
    const auto found = contents_->states.find(block);
    return found != contents_->states.end() ? found->second : nullptr;
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
    has_senders_.store(!contents_->senders.empty());
}

void impersonate(Transaction& tx, const Address& sender) {
    tx.y_parity = false;
    tx.r = to_uint256(sender) | (uint256{1u} << 160);  // never 0, which no signature has
    tx.s = uint256{1u};
}

}  // namespace scope::execution
