#include "chain/chain_spec.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/hex.hpp"
#include "types/blob.hpp"

namespace scope::chain {

using namespace literals;
using evm::Revision;

namespace {

constexpr Address MAINNET_DEPOSIT_CONTRACT = "0x00000000219ab540356cbb839cbe05303d7705fa"_address;

constexpr uint64_t MIN_DIFFICULTY = 131'072;
constexpr uint64_t DIFFICULTY_BOUND_DIVISOR = 2048;
constexpr uint64_t BOMB_PERIOD = 100'000;

}  // namespace

Revision ChainSpec::revision_at(uint64_t number, uint64_t timestamp_s) const noexcept {
    Revision revision = Revision::frontier;
    for (const ForkActivation& fork : forks)
        if ((fork.by == ForkActivation::By::number ? number : timestamp_s) >= fork.from)
            revision = std::max(revision, fork.revision);
    return revision;
}

execution::BlobParameters ChainSpec::blobs_at(uint64_t timestamp_s) const noexcept {
    execution::BlobParameters parameters;
    for (const BlobScheduleEntry& entry : blob_schedule)
        if (timestamp_s >= entry.from_timestamp_s) parameters = entry.parameters;
    return parameters;
}

ChainSpec ChainSpec::of(Revision revision, ChainId chain_id) {
    ChainSpec spec;
    spec.chain_id = chain_id;
    spec.forks = {{revision, ForkActivation::By::timestamp, 0}};
    const evm::Rules& rules = evm::rules_of(revision);
    if (rules.has_blobs) spec.blob_schedule = {{0, rules.blobs}};
    spec.deposit_contract = MAINNET_DEPOSIT_CONTRACT;
    return spec;
}

uint256 next_base_fee(const BlockHeader& parent) {
    if (!parent.base_fee_per_gas) return uint256{INITIAL_BASE_FEE};
    const uint256 base_fee = *parent.base_fee_per_gas;
    const uint64_t target = parent.gas_limit / ELASTICITY_MULTIPLIER;
    if (parent.gas_used == target || target == 0) return base_fee;
    const uint64_t distance =
        parent.gas_used > target ? parent.gas_used - target : target - parent.gas_used;
    const uint256 change =
        base_fee * uint256{distance} / uint256{target} / uint256{BASE_FEE_CHANGE_DENOMINATOR};
    return parent.gas_used > target ? base_fee + std::max(change, uint256{1u}) : base_fee - change;
}

uint64_t next_excess_blob_gas(const ChainSpec& spec, const BlockHeader& parent,
                              uint64_t timestamp_s) {
    const auto blobs = spec.blobs_at(timestamp_s);
    const uint64_t excess = parent.excess_blob_gas.value_or(0);
    const uint64_t used = parent.blob_gas_used.value_or(0);
    const uint64_t target = blobs.target * GAS_PER_BLOB;
    if (excess + used < target) return 0;
    // EIP-7918: while a blob's gas costs less than executing it would, the price does not fall.
    const uint256 reserve = uint256{BLOB_BASE_COST} * parent.base_fee_per_gas.value_or(uint256{});
    if (spec.rules_at(parent.number + 1, timestamp_s).has_blob_reserve_price &&
        reserve > uint256{GAS_PER_BLOB} * execution::blob_base_fee(excess, blobs))
        return excess + used * (blobs.max - blobs.target) / blobs.max;
    return excess + used - target;
}

uint256 next_difficulty(const ChainSpec& spec, const BlockHeader& parent, uint64_t timestamp_s) {
    const uint64_t number = parent.number + 1;
    const evm::Rules& rules = spec.rules_at(number, timestamp_s);
    if (rules.is_proof_of_stake) return {};
    const uint64_t elapsed_s = timestamp_s - parent.timestamp_s;
    int64_t steps = 0;
    switch (rules.difficulty) {
        case evm::DifficultyFormula::frontier:
            steps = elapsed_s < 13 ? 1 : -1;
            break;
        case evm::DifficultyFormula::homestead:  // EIP-2
            steps = 1 - static_cast<int64_t>(std::min<uint64_t>(elapsed_s / 10, 1000));
            break;
        case evm::DifficultyFormula::byzantium:  // EIP-100
            const int64_t with_ommers = parent.ommers_hash == EMPTY_OMMERS_HASH ? 1 : 2;
            steps = with_ommers - static_cast<int64_t>(std::min<uint64_t>(elapsed_s / 9, 1000));
            break;
    }
    steps = std::max<int64_t>(steps, -99);

    const uint256 step = parent.difficulty / uint256{DIFFICULTY_BOUND_DIVISOR};
    uint256 difficulty = steps >= 0
                             ? parent.difficulty + step * uint256{static_cast<uint64_t>(steps)}
                             : parent.difficulty - step * uint256{static_cast<uint64_t>(-steps)};
    const uint64_t bomb_number = number > rules.bomb_delay ? number - rules.bomb_delay : 0;
    const uint64_t period = bomb_number / BOMB_PERIOD;
    if (period >= 2) difficulty += uint256{1u} << (period - 2);
    return std::max(difficulty, uint256{MIN_DIFFICULTY});
}

}  // namespace scope::chain
