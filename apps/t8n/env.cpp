#include "env.hpp"

#include <fmt/format.h>

namespace scope::t8n {

using json::Json;

namespace {

using json::FormatError;

std::vector<Withdrawal> withdrawals(Json entries) {
    return json::list(entries, [](Json entry) {
        return Withdrawal{.index = json::get(entry, "index", json::u64),
                          .validator_index = json::get(entry, "validatorIndex", json::u64),
                          .address = json::get(entry, "address", json::address),
                          .amount_gwei = json::get(entry, "amount", json::u64)};
    });
}

std::map<uint64_t, Hash> block_hashes(Json object) {
    std::map<uint64_t, Hash> result;
    for (const auto& [key, value] : json::object(object)) {
        const auto number = uint256_from_text(key);
        if (!number || !number->fits_u64())
            throw FormatError{fmt::format("\"{}\" is no block number", json::shortened(key))};
        const Json hash = value;
        result[static_cast<uint64_t>(*number)] =
            json::within(key, [&] { return json::hash(hash); });
    }
    return result;
}

struct Ommer {
    uint64_t delta;
    Address address;
};
std::vector<Ommer> ommers(Json entries, uint64_t number) {
    return json::list(entries, [&](Json entry) {
        const uint64_t delta = json::get(entry, "delta", json::u64);
        if (delta < 1 || delta > 8 || delta > number)
            throw FormatError{"delta",
                              fmt::format("{} is not from 1 to 8, or before block 0", delta)};
        return Ommer{delta, json::get(entry, "address", json::address)};
    });
}

/// The header of the parent as far as rules for its child ask for it.
BlockHeader read_parent(Json env, const BlockHeader& header) {
    BlockHeader parent;
    parent.number = header.number - 1;
    parent.timestamp_s = json::get_optional(env, "parentTimestamp", json::u64).value_or(0);
    parent.difficulty = json::get_optional(env, "parentDifficulty", json::u256).value_or(uint256{});
    parent.ommers_hash =
        json::get_optional(env, "parentUncleHash", json::hash).value_or(EMPTY_OMMERS_HASH);
    if (parent.ommers_hash.is_zero()) parent.ommers_hash = EMPTY_OMMERS_HASH;
    parent.gas_used = json::get_optional(env, "parentGasUsed", json::u64).value_or(0);
    parent.gas_limit =
        json::get_optional(env, "parentGasLimit", json::u64).value_or(header.gas_limit);
    parent.base_fee_per_gas = json::get_optional(env, "parentBaseFee", json::u256);
    parent.excess_blob_gas = json::get_optional(env, "parentExcessBlobGas", json::u64);
    parent.blob_gas_used = json::get_optional(env, "parentBlobGasUsed", json::u64);
    return parent;
}

/// Checks that the fields are there from which a missing one is computed.
void require(Json env, const char* key, std::initializer_list<const char*> others) {
    for (const char* other : others)
        if (!json::optional_field(env, other))
            throw FormatError{
                key, fmt::format("missing, and {} to work it out from is missing too", other)};
}

/// The formulas below are those of real chains, whose numbers are far smaller: what might leave the
/// 256 or 64 bits of its field is refused, not cut.
[[noreturn]] void refuse_too_large(const char* key, const char* derived) {
    throw FormatError{key, fmt::format("so large that {} might not fit its field", derived)};
}

uint256 derive_difficulty(Json env, const chain::ChainSpec& spec, const BlockHeader& header,
                          const BlockHeader& parent) {
    constexpr auto KEY = "currentDifficulty";
    constexpr uint64_t LAST_NUMBER = 20'000'000;  // the bomb adds 2^(number / 100'000 - 2)
    require(env, KEY, {"parentDifficulty", "parentTimestamp"});
    if (header.number == 0) throw FormatError{KEY, "missing for block 0"};
    if (header.timestamp_s <= parent.timestamp_s)
        throw FormatError{"parentTimestamp", "not before currentTimestamp"};
    if (significant_bytes(parent.difficulty) > 30) refuse_too_large("parentDifficulty", KEY);
    if (header.number > LAST_NUMBER) refuse_too_large("currentNumber", KEY);
    return next_difficulty(spec, parent, header.timestamp_s);
}

uint256 derive_base_fee(Json env, const BlockHeader& header, const BlockHeader& parent) {
    constexpr auto KEY = "currentBaseFee";
    require(env, KEY, {"parentBaseFee", "parentGasUsed", "parentGasLimit"});
    if (header.number == 0) throw FormatError{KEY, "missing for block 0"};
    if (significant_bytes(*parent.base_fee_per_gas) > 23) refuse_too_large("parentBaseFee", KEY);
    return chain::next_base_fee(parent);
}

/// Returns whether blobs have a price that can be computed (execution::blob_base_fee).
bool has_price(const chain::ChainSpec& spec, const BlockHeader& header, uint64_t excess_blob_gas) {
    return execution::blob_base_fee(excess_blob_gas, spec.blobs_at(header.timestamp_s)) !=
           ~uint256{};
}

uint64_t derive_excess_blob_gas(const chain::ChainSpec& spec, const BlockHeader& header,
                                const BlockHeader& parent) {
    constexpr auto KEY = "currentExcessBlobGas";
    constexpr uint64_t MOST = uint64_t{1} << 40;  // gas: millions of blobs
    const uint64_t excess = parent.excess_blob_gas.value_or(0);
    if (excess > MOST || !has_price(spec, header, excess))
        refuse_too_large("parentExcessBlobGas", KEY);
    if (parent.blob_gas_used > MOST) refuse_too_large("parentBlobGasUsed", KEY);
    if (parent.base_fee_per_gas && significant_bytes(*parent.base_fee_per_gas) > 30)
        refuse_too_large("parentBaseFee", KEY);
    return next_excess_blob_gas(spec, parent, header.timestamp_s);
}

}  // namespace

Env read_env(Json json, const chain::ChainSpec& spec) {
    Env env;
    BlockHeader& header = env.header;
    header.coinbase = json::get(json, "currentCoinbase", json::address);
    header.number = json::get(json, "currentNumber", json::u64);
    header.timestamp_s = json::get(json, "currentTimestamp", json::u64);
    header.gas_limit = json::get(json, "currentGasLimit", json::u64);
    const evm::Rules& rules = spec.rules_at(header.number, header.timestamp_s);
    const BlockHeader parent = read_parent(json, header);
    const auto hashes = json::get_optional(json, "blockHashes", block_hashes);

    const auto difficulty = json::get_optional(json, "currentDifficulty", json::u256);
    if (rules.is_proof_of_stake) {
        header.prev_randao = json::get(json, "currentRandom", json::word);
        if (difficulty && !difficulty->is_zero())
            throw FormatError{"currentDifficulty", "not 0 from Paris on"};
    } else {
        header.difficulty =
            difficulty ? *difficulty : derive_difficulty(json, spec, header, parent);
    }
    if (rules.has_fee_market) {
        const auto base_fee = json::get_optional(json, "currentBaseFee", json::u256);
        header.base_fee_per_gas = base_fee ? *base_fee : derive_base_fee(json, header, parent);
    }
    if (rules.has_withdrawals) {
        env.withdrawals = json::get(json, "withdrawals", withdrawals);
        header.withdrawals_root = withdrawals_root(*env.withdrawals);
    }
    if (rules.has_beacon_root)
        header.parent_beacon_block_root = json::get(json, "parentBeaconBlockRoot", json::hash);
    if (rules.has_blobs) {
        const auto excess = json::get_optional(json, "currentExcessBlobGas", json::u64);
        header.excess_blob_gas = excess ? *excess : derive_excess_blob_gas(spec, header, parent);
        header.blob_gas_used = 0;
        if (!has_price(spec, header, *header.excess_blob_gas))
            refuse_too_large("currentExcessBlobGas", "the price of blobs");
    }
    env.parent_hash = json::get_optional(json, "parentHash", json::hash);
    if (hashes) {
        env.block_hashes = *hashes;
        // As geth has it: a parent that is not among those given has the hash 0.
        const auto known = env.block_hashes.find(parent.number);
        if (!env.parent_hash)
            env.parent_hash = known != env.block_hashes.end() ? known->second : Hash{};
    }
    header.parent_hash = env.parent_hash.value_or(Hash{});
    const auto read_ommers = [&](Json list) { return ommers(list, header.number); };
    for (const auto& [delta, address] :
         json::get_optional(json, "ommers", read_ommers).value_or(std::vector<Ommer>{})) {
        BlockHeader& ommer = env.ommers.emplace_back();
        ommer.number = header.number - delta;
        ommer.coinbase = address;
    }
    return env;
}

}  // namespace scope::t8n
