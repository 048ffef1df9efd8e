#include "env.hpp"

#include <fmt/format.h>

namespace scope::t8n {

using evm::Revision;
using json::Json;

namespace {

template <typename T>
using Read = T (*)(Json);

/// A field that need not be there, and one that must; an error says which it is about.
template <typename T>
std::optional<T> get(Json env, const char* key, Read<T> read) {
    const auto value = json::optional_field(env, key);
    if (!value) return std::nullopt;
    try {
        return read(*value);
    } catch (const json::FormatError& error) {
        throw json::FormatError{fmt::format("env.{}: {}", key, error.what())};
    }
}
template <typename T>
T need(Json env, const char* key, Read<T> read) {
    const auto value = get(env, key, read);
    if (!value) throw json::FormatError{fmt::format("env.{} is missing", key)};
    return *value;
}

std::vector<Withdrawal> withdrawals(Json list) {
    std::vector<Withdrawal> result;
    for (const Json entry : json::array(list))
        result.push_back({json::u64(json::field(entry, "index")),
                          json::u64(json::field(entry, "validatorIndex")),
                          json::address(json::field(entry, "address")),
                          json::u64(json::field(entry, "amount"))});
    return result;
}

std::map<uint64_t, Hash> block_hashes(Json object) {
    std::map<uint64_t, Hash> result;
    for (const auto& [key, value] : json::object(object)) {
        const auto number = uint256_from_text(key);
        if (!number || !number->fits_u64())
            throw json::FormatError{fmt::format("\"{}\" is no block number", key)};
        result[static_cast<uint64_t>(*number)] = json::hash(value);
    }
    return result;
}

struct Ommer {
    uint64_t delta;
    Address address;
};
std::vector<Ommer> ommers(Json list) {
    std::vector<Ommer> result;
    for (const Json entry : json::array(list)) {
        const uint64_t delta = json::u64(json::field(entry, "delta"));
        if (delta < 1 || delta > 8)
            throw json::FormatError{fmt::format("delta {} is not from 1 to 8", delta)};
        result.push_back({delta, json::address(json::field(entry, "address"))});
    }
    return result;
}

/// The header of the parent as far as rules for its child ask for it.
BlockHeader read_parent(Json env, const BlockHeader& header) {
    BlockHeader parent;
    parent.number = header.number - 1;
    parent.timestamp_s = get(env, "parentTimestamp", json::u64).value_or(0);
    parent.difficulty = get(env, "parentDifficulty", json::u256).value_or(uint256{});
    parent.ommers_hash = get(env, "parentUncleHash", json::hash).value_or(EMPTY_OMMERS_HASH);
    if (parent.ommers_hash.is_zero()) parent.ommers_hash = EMPTY_OMMERS_HASH;
    parent.gas_used = get(env, "parentGasUsed", json::u64).value_or(0);
    parent.gas_limit = get(env, "parentGasLimit", json::u64).value_or(header.gas_limit);
    parent.base_fee_per_gas = get(env, "parentBaseFee", json::u256);
    parent.excess_blob_gas = get(env, "parentExcessBlobGas", json::u64);
    parent.blob_gas_used = get(env, "parentBlobGasUsed", json::u64);
    return parent;
}

void require_any(Json env, const char* key, std::initializer_list<const char*> others) {
    for (const char* other : others)
        if (!json::optional_field(env, other))
            throw json::FormatError{fmt::format(
                "env.{} is missing, and env.{} to work it out from is too", key, other)};
}

}  // namespace

Env read_env(Json json, const chain::ChainSpec& spec) {
    Env env;
    BlockHeader& header = env.header;
    header.coinbase = need(json, "currentCoinbase", json::address);
    header.number = need(json, "currentNumber", json::u64);
    header.timestamp_s = need(json, "currentTimestamp", json::u64);
    header.gas_limit = need(json, "currentGasLimit", json::u64);
    if (header.gas_limit > INT64_MAX)
        throw json::FormatError{"env.currentGasLimit is above 2^63 - 1"};
    const Revision revision = spec.revision_at(header.number, header.timestamp_s);
    const BlockHeader parent = read_parent(json, header);
    env.block_hashes = get(json, "blockHashes", block_hashes).value_or(std::map<uint64_t, Hash>{});

    if (revision >= Revision::paris) {
        header.prev_randao = need(json, "currentRandom", json::word);
    } else if (const auto difficulty = get(json, "currentDifficulty", json::u256)) {
        header.difficulty = *difficulty;
    } else {
        require_any(json, "currentDifficulty", {"parentDifficulty", "parentTimestamp"});
        header.difficulty = next_difficulty(spec, parent, header.timestamp_s);
    }
    if (revision >= Revision::london) {
        header.base_fee_per_gas = get(json, "currentBaseFee", json::u256);
        if (!header.base_fee_per_gas) {
            require_any(json, "currentBaseFee",
                        {"parentBaseFee", "parentGasUsed", "parentGasLimit"});
            header.base_fee_per_gas = chain::next_base_fee(parent);
        }
    }
    if (revision >= Revision::shanghai) {
        env.withdrawals = need(json, "withdrawals", withdrawals);
        header.withdrawals_root = withdrawals_root(*env.withdrawals);
    }
    if (revision >= Revision::cancun) {
        header.parent_beacon_block_root = need(json, "parentBeaconBlockRoot", json::hash);
        header.excess_blob_gas = get(json, "currentExcessBlobGas", json::u64);
        if (!header.excess_blob_gas)
            header.excess_blob_gas = next_excess_blob_gas(spec, parent, header.timestamp_s);
        header.blob_gas_used = 0;
    }
    const auto known_parent = env.block_hashes.find(parent.number);
    if (const auto hash = get(json, "parentHash", json::hash))
        header.parent_hash = *hash;
    else if (known_parent != env.block_hashes.end())
        header.parent_hash = known_parent->second;
    else if (revision >= Revision::prague)
        throw json::FormatError{
            "env.parentHash is missing, and so is the parent in env.blockHashes (EIP-2935)"};
    for (const auto& [delta, address] :
         get(json, "ommers", ommers).value_or(std::vector<Ommer>{})) {
        BlockHeader& ommer = env.ommers.emplace_back();
        ommer.number = header.number - delta;
        ommer.coinbase = address;
    }
    return env;
}

}  // namespace scope::t8n
