#include "rpc/fork_config.hpp"

#include <array>
#include <set>

#include "evm/precompiles.hpp"
#include "execution/system_contracts.hpp"
#include "json/appender.hpp"

namespace scope::rpc {

namespace {

using chain::ForkActivation;
using json::Appender;

/// Returns the times from which anything of the rules changes, the first of them 0: forks, and
/// steps of the blob schedule.
std::set<uint64_t> times_of(const chain::ChainSpec& spec) {
    std::set<uint64_t> times{0};
    for (const ForkActivation& fork : spec.forks)
        if (fork.by == ForkActivation::By::timestamp) times.insert(fork.from);
    for (const chain::BlobScheduleEntry& entry : spec.blob_schedule)
        times.insert(entry.from_timestamp_s);
    return times;
}

/// Returns the checksum of EIP-2124: CRC-32 of the genesis hash, and of each block number and each
/// time at which a fork began until @p time.
FixedBytes<4> fork_id(const chain::Chain& chain, uint64_t time) {
    std::set<uint64_t> numbers{chain.spec().other_fork_blocks.begin(),
                               chain.spec().other_fork_blocks.end()};
    for (const ForkActivation& fork : chain.spec().forks)
        if (fork.by == ForkActivation::By::number) numbers.insert(fork.from);
    const chain::StoredBlockPtr genesis = chain.store().canonical_block(0);
    if (!genesis) return {};  // it begins later: nobody could tell it by its forks

    uint32_t checksum = UINT32_MAX;
    const auto add = [&](uint8_t byte) {
        constexpr uint32_t POLYNOMIAL = 0xedb88320;  // IEEE 802.3, reflected
        checksum ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            checksum = checksum >> 1 ^ (checksum % 2 == 0 ? 0 : POLYNOMIAL);
    };
    const auto add_number = [&](uint64_t number) {
        for (unsigned shift = 64; shift > 0; shift -= 8)
            add(static_cast<uint8_t>(number >> (shift - 8)));
    };
    for (const uint8_t byte : genesis->hash) add(byte);
    for (const uint64_t number : numbers)
        if (number != 0) add_number(number);
    for (const uint64_t each : times_of(chain.spec()))
        if (each > genesis->header().timestamp_s && each <= time) add_number(each);
    checksum = ~checksum;
    FixedBytes<4> id;
    for (size_t i = 0; i < 4; ++i) id[i] = static_cast<uint8_t>(checksum >> (24 - 8 * i));
    return id;
}

/// Returns the name that EIP-7910 gives a precompile.
std::string_view precompile_name(const Address& address) {
    constexpr std::array<std::string_view, 18> NAMES{"",
                                                     "ECREC",
                                                     "SHA256",
                                                     "RIPEMD160",
                                                     "ID",
                                                     "MODEXP",
                                                     "BN254_ADD",
                                                     "BN254_MUL",
                                                     "BN254_PAIRING",
                                                     "BLAKE2F",
                                                     "KZG_POINT_EVALUATION",
                                                     "BLS12_G1ADD",
                                                     "BLS12_G1MSM",
                                                     "BLS12_G2ADD",
                                                     "BLS12_G2MSM",
                                                     "BLS12_PAIRING_CHECK",
                                                     "BLS12_MAP_FP_TO_G1",
                                                     "BLS12_MAP_FP2_TO_G2"};
    const uint256 number = to_uint256(address);
    if (number == uint256{0x100u}) return "P256VERIFY";
    CHECK(number < uint256{NAMES.size()});
    return NAMES[number[0]];
}

void append_config(Appender& out, const chain::Chain& chain, uint64_t time) {
    using namespace execution;
    const chain::ChainSpec& spec = chain.spec();
    // The block forks have passed where a time decides.
    const evm::Revision revision = spec.revision_at(UINT64_MAX, time);
    const evm::Rules& rules = evm::rules_of(revision);
    const BlobParameters blobs = spec.blobs_at(time);
    out.begin_object();
    out.key("activationTime").number(time);
    out.key("blobSchedule").begin_object();
    out.key("target").number(blobs.target);
    out.key("max").number(blobs.max);
    out.key("baseFeeUpdateFraction").number(blobs.base_fee_update_fraction);
    out.end_object();
    out.key("chainId").quantity(spec.chain_id.number());
    out.key("forkId").hex(fork_id(chain, time));
    out.key("precompiles").begin_object();
    for (const Address& address : evm::precompile_addresses(revision))
        out.key(precompile_name(address)).hex(address);
    out.end_object();
    out.key("systemContracts").begin_object();
    if (rules.has_beacon_root) out.key("BEACON_ROOTS_ADDRESS").hex(BEACON_ROOTS);
    if (rules.has_requests) {
        out.key("CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS").hex(CONSOLIDATIONS);
        out.key("DEPOSIT_CONTRACT_ADDRESS").hex(spec.deposit_contract);
    }
    if (rules.has_history_contract) out.key("HISTORY_STORAGE_ADDRESS").hex(HISTORY);
    if (rules.has_requests) out.key("WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS").hex(WITHDRAWALS);
    out.end_object();
    out.end_object();
}

}  // namespace

std::string fork_config(const chain::Chain& chain) {
    const std::set<uint64_t> times = times_of(chain.spec());
    const auto next = times.upper_bound(chain.head()->header().timestamp_s);
    Appender out;
    out.begin_object();
    append_config(out.key("current"), chain, *std::prev(next));
    for (const auto& [name, time] : {std::pair{"next", next}, std::pair{"last", times.end()}}) {
        out.key(name);
        if (next == times.end())
            out.null();
        else
            append_config(out, chain, time == times.end() ? *times.rbegin() : *time);
    }
    out.end_object();
    return out.take();
}

}  // namespace scope::rpc
