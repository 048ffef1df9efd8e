#include "l1/touched.hpp"

#include <utility>

#include "base/check.hpp"

namespace scope::l1 {

void Touched::begin() {
    ++generation_;
    uint64_t kept = GENERATIONS;
    if (generation_ > kept) forget_before(generation_ - kept);
    while (size_ > MAX_SIZE / 2 && kept > 1) {
        kept /= 2;
        if (generation_ > kept) forget_before(generation_ - kept);
    }
}

void Touched::forget_before(uint64_t generation) {
    for (auto at = accounts_.begin(); at != accounts_.end();) {
        auto& [last, code, slots] = at->second;
        size_ -= std::erase_if(slots, [&](const auto& slot) { return slot.second < generation; });
        if (last < generation) {
            CHECK(slots.empty());  // an account is noted with each of its slots
            --size_;
            at = accounts_.erase(at);
        } else {
            ++at;
        }
    }
}

Touched::Account& Touched::account(const Address& address) {
    const auto [found, is_new] = accounts_.try_emplace(address);
    if (is_new) ++size_;
    found->second.last = generation_;
    return found->second;
}

void Touched::note(const Address& address) {
    if (size_ < MAX_SIZE || accounts_.contains(address)) account(address);
}

void Touched::note(const Address& address, const Hash& slot) {
    if (size_ + 1 < MAX_SIZE || accounts_.contains(address)) {
        auto& slots = account(address).slots;
        const auto found = slots.find(slot);
        if (found != slots.end()) {
            found->second = generation_;
        } else if (size_ < MAX_SIZE) {
            slots.emplace(slot, generation_);
            ++size_;
        }
    }
}

void Touched::set_code(const Address& address, evm::CodePtr code) {
    const auto found = accounts_.find(address);
    if (found != accounts_.end()) found->second.code = std::move(code);
}

evm::CodePtr Touched::code(const Address& address) const {
    const auto found = accounts_.find(address);
    return found != accounts_.end() ? found->second.code : nullptr;
}

std::vector<Touch> Touched::all() const {
    std::vector<Touch> result;
    for (const auto& [address, account] : accounts_) {
        result.push_back({address, {}});
        for (const auto& [slot, generation] : account.slots) result.back().slots.push_back(slot);
    }
    return result;
}

}  // namespace scope::l1
