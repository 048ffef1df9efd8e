#include "devnet/forced_encoding.hpp"

#include <map>

namespace scope::devnet {

EncodedChange to_encoded(const execution::ForcedChange& change) {
    EncodedChange encoded;
    encoded.reserve(change.size());
    for (const auto& account : change) {
        auto& out = encoded.emplace_back(EncodedAccount{.address = account.address,
                                                        .nonce = account.nonce,
                                                        .balance = account.balance,
                                                        .has_code = account.code.has_value(),
                                                        .code = account.code.value_or(Bytes{}),
                                                        .storage = {}});
        for (const auto& [key, value] : account.storage) out.storage.push_back({key, value});
    }
    return encoded;
}

execution::ForcedChange from_encoded(EncodedChange encoded) {
    execution::ForcedChange change;
    change.reserve(encoded.size());
    for (auto& account : encoded) {
        auto& out = change.emplace_back(execution::ForcedAccount{
            account.address, account.nonce, account.balance, std::nullopt, {}});
        if (account.has_code) out.code = std::move(account.code);
        for (const auto& [key, value] : account.storage) out.storage.emplace_back(key, value);
    }
    return change;
}

execution::ForcedChange merge(const std::vector<execution::ForcedChangePtr>& changes) {
    struct Merged {
        execution::ForcedAccount account;
        std::map<Hash, Hash> storage;
    };
    std::map<Address, Merged> merged;
    for (const auto& change : changes)
        for (const auto& account : *change) {
            auto& [all, storage] = merged[account.address];
            if (account.code) all.code = account.code;
            all.address = account.address;
            all.nonce = account.nonce;
            all.balance = account.balance;
            for (const auto& [key, value] : account.storage) storage[key] = value;
        }
    execution::ForcedChange all;
    all.reserve(merged.size());
    for (auto& [address, each] : merged) {
        each.account.storage.assign(each.storage.begin(), each.storage.end());
        all.push_back(std::move(each.account));
    }
    return all;
}

}  // namespace scope::devnet
