#include "service/refusals.hpp"

namespace scope::service {

Refusals::Refusals(Herald& herald, PoolRows* rows) : herald_(herald), rows_(rows) {
    if (rows_ == nullptr) return;
    for (auto& [number, record] : rows_->refusals()) {
        const Hash hash = record.hash;
        by_number_.emplace(number, hash);
        by_hash_.insert_or_assign(hash, Kept{std::move(record), number});
        next_ = number + 1;
    }
}

const rpc::RefusalRecord* Refusals::find(const Hash& hash) const {
    const auto found = by_hash_.find(hash);
    return found == by_hash_.end() ? nullptr : &found->second.record;
}

void Refusals::note(rpc::RefusalRecord record) {
    const Hash hash = record.hash;
    erase(hash);
    if (by_number_.size() == MAX) erase(Hash{by_number_.begin()->second});
    const uint64_t number = next_++;
    if (rows_ != nullptr) rows_->put_refusal(number, record);
    by_number_.emplace(number, hash);
    const auto place = by_hash_.insert_or_assign(hash, Kept{std::move(record), number}).first;
    // A listener may make it forget this one.
    const auto told = place->second.record;
    herald_.tell_refusal(told);
}

void Refusals::erase(const Hash& hash) {
    const auto found = by_hash_.find(hash);
    if (found == by_hash_.end()) return;
    if (rows_ != nullptr) rows_->erase_refusal(found->second.number);
    by_number_.erase(found->second.number);
    by_hash_.erase(found);
}

}  // namespace scope::service
