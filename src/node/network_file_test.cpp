#include "node/network_file.hpp"

#include <gmock/gmock.h>

#include <random>

#include "base/hex.hpp"

namespace scope::node {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr ChainId L1{7};

NetworkFile make_file() {
    NetworkFile file;
    file.l1_spec = chain::ChainSpec::of(evm::Revision::prague, L1);
    file.l1_spec.forks.push_back(
        {evm::Revision::osaka, chain::ForkActivation::By::timestamp, 1'000});
    file.l1_spec.blob_schedule.push_back({2'000, {10, 15, 8'346'193}});
    file.network.first_l1_block = 12;
    file.first_l1_block_hash = Hash{{12}};
    file.network.contracts = {.settlement = {L1, Address{{1}}},
                              .l1_callable = Address{{2}},
                              .account_factory = Address{{3}},
                              .forced_queue = Address{{4}},
                              .registry = Address{{5}},
                              .exits = Address{{6}}};
    file.committee = {
        .verifier = Address{{7}}, .threshold = 2, .members = {Address{{8}}, Address{{9}}}};
    for (const uint64_t id : {uint64_t{21}, uint64_t{22}}) {
        rollup::RollupConfig config;
        config.spec = rollup::rollup_spec(ChainId{id});
        config.settlement = file.network.contracts.settlement;
        config.program_id = Hash{{0xaa}};
        config.genesis.timestamp_s = 1'800'000'000;
        config.genesis.gas_limit = rollup::MIN_GAS_LIMIT;
        config.genesis.base_fee_per_gas = uint256{id};
        config.genesis.coinbase = Address{{10}};
        auto& alloc = config.genesis.alloc;
        alloc[rollup::PREDEPLOY] = {
            .nonce = 1, .balance = rollup::RESERVE, .code = Bytes(300, 0x5b), .storage = {}};
        alloc[Address{{11}}].balance = uint256{id} << 64;
        alloc[Address{{12}}] = {.nonce = 5,
                                .balance = {},
                                .code = Bytes{static_cast<uint8_t>(id)},
                                .storage = {{Hash{{1}}, Hash{{2}}}, {Hash{{3}}, Hash{{4}}}}};
        alloc[Address{{13}}].code = Bytes{1, 2};
        alloc[Address{{14}}].code = Bytes{1, 2};
        file.network.rollups.push_back(std::move(config));
        file.contracts.push_back({ChainId{id}, "ScopedCallable", rollup::PREDEPLOY});
    }
    file.contracts.push_back({L1, "Settlement", Address{{1}}});
    return file;
}

const std::string& text() {
    static const std::string TEXT = write_network_file(make_file());
    return TEXT;
}

std::string with(std::string_view part, std::string_view other) {
    std::string out = text();
    const auto at = out.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    return out.replace(at, part.size(), other);
}

TEST(network_file, is_read_as_it_was_written) {
    const auto file = make_file();
    const auto read = read_network_file(text());
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(write_network_file(*read), text());
    EXPECT_EQ(read->first_l1_block_hash, file.first_l1_block_hash);
    EXPECT_EQ(read->network.first_l1_block, 12u);
    EXPECT_EQ(read->network.contracts.settlement, file.network.contracts.settlement);
    EXPECT_EQ(read->network.contracts.exits, file.network.contracts.exits);
    EXPECT_EQ(read->committee.members, file.committee.members);
    EXPECT_EQ(read->contracts, file.contracts);
    EXPECT_EQ(read->l1_spec.chain_id, L1);
    for (const uint64_t time : std::vector<uint64_t>{0, 999, 1'000, 1'999, 2'000, 3'000}) {
        EXPECT_EQ(read->l1_spec.revision_at(0, time), file.l1_spec.revision_at(0, time)) << time;
        EXPECT_EQ(read->l1_spec.blobs_at(time), file.l1_spec.blobs_at(time)) << time;
    }
    ASSERT_EQ(read->network.rollups.size(), 2u);
    for (size_t i = 0; i < 2; ++i) {
        const auto& own = file.network.rollups[i];
        const auto& told = read->network.rollups[i];
        EXPECT_EQ(told.chain_id(), own.chain_id());
        EXPECT_EQ(told.settlement, own.settlement);
        EXPECT_EQ(told.program_id, own.program_id);
        EXPECT_EQ(told.genesis.alloc, own.genesis.alloc);
        EXPECT_EQ(chain::genesis_hash(told.spec, told.genesis),
                  chain::genesis_hash(own.spec, own.genesis));
        EXPECT_NE(told.spec.rollup, nullptr);
    }
}

TEST(network_file, holds_code_of_several_accounts_once_by_the_contracts_name) {
    const std::string code = to_hex(Bytes(300, 0x5b));
    const auto first = text().find(code);
    ASSERT_NE(first, std::string::npos);
    EXPECT_EQ(text().find(code, first + 1), std::string::npos);
    EXPECT_THAT(text(), HasSubstr("\"code\": \"ScopedCallable\""));
}

TEST(network_file, names_the_place_and_the_rule_of_what_is_wrong) {
    struct Case {
        std::string_view part, other, told;
    };
    for (const auto& [part, other, told] : {
             Case{"\"version\": 1", "\"version\": 2", "version: 2 is not known here, only 1"},
             Case{"\"version\": 1,", "", "version"},
             Case{"\"version\": 1", "\"version\": 1, \"more\": 1", "more: an unknown key"},
             Case{"\"version\": 1", "\"version\": 1, \"version\": 1", "version: is there twice"},
             Case{"\"chainId\": 7", "\"chainId\": 0", "l1.chainId: 0 is no chain id"},
             Case{"\"chainId\": 7", "\"chainId\": -7", "l1.chainId: "},
             Case{"\"chainId\": 7", "\"chainid\": 7", "l1.chainid: an unknown key"},
             Case{"Prague", "Amsterdam", "l1.forks[0].name: Amsterdam is none of "},
             Case{"Prague", "Osaka", "l1.forks: not ascending"},
             Case{"\"from\": 1000", "\"from\": -1", "l1.forks[1].from: "},
             Case{"\"max\": 15", "\"max\": 5", "l1.blobSchedule[1].target: 10 is above max"},
             Case{"\"from\": 2000", "\"from\": 0", "l1.blobSchedule: not ascending"},
             Case{"\"number\": 12", "\"number\": 12.5", "l1.firstBlock.number: "},
             Case{"\"settlement\": \"0x01", "\"settlement\": \"0x", "contracts.settlement: "},
             Case{"\"settlement\": \"0x01", "\"settlement\": \"0x00",
                  "contracts.settlement: the zero address"},
             Case{"\"threshold\": 2", "\"threshold\": 3", "committee.threshold: 3 is not from 1"},
             Case{"\"threshold\": 2", "\"threshold\": 0", "committee.threshold: 0 is not from 1"},
             Case{"\"0x0800", "\"0x0900", "committee.members: not 1 to 256, ascending"},
             Case{"\"Settlement\"", "\"\"", "named[2].name: "},
             Case{"\"Settlement\"", "\"a\\nb\"", "named[2].name: "},
             Case{"\"code\": \"ScopedCallable\"", "\"code\": \"Scoped\"",
                  "rollups[0].genesis.alloc.0x5c09e00000000000000000000000000000000001.code: no "
                  "code of this name"},
             Case{"\"chainId\": 22,\n      \"programId\"", "\"chainId\": 21,\n      \"programId\"",
                  "rollups[1].chainId: not above"},
             Case{"\"chainId\": 21,\n      \"programId\"", "\"chainId\": 7,\n      \"programId\"",
                  "rollups[0].chainId: that of L1"},
             Case{"\"gasLimit\": 67108864", "\"gasLimit\": 67108863",
                  "rollups[0].genesis: no rollup can start from it"},
             Case{"\"gasLimit\": 67108864", "\"gasLimit\": 67108865",
                  "rollups[0].genesis.hash: the genesis gives 0x"},
             Case{"\"gasLimit\": 67108864", "\"gasLimit\": 9223372036854775808",
                  "rollups[0].genesis.gasLimit: more than a block can have"},
             Case{"\"nonce\": 5", "\"nonce\": 6", "rollups[0].genesis.hash: "},
         }) {
        const auto read = read_network_file(with(part, other));
        ASSERT_FALSE(read.has_value()) << other;
        EXPECT_THAT(read.error(), HasSubstr(told));
    }
    for (const std::string_view wrong : {"", "{}", "[]", "null", "\xff", "{\"version\":1}"})
        EXPECT_FALSE(read_network_file(wrong).has_value()) << wrong;
}

/// What is damaged is refused, or read as something that is written the same.
void expect_sound(std::string_view json) {
    const auto read = read_network_file(json);
    if (!read) {
        EXPECT_FALSE(read.error().empty());
        return;
    }
    const auto written = write_network_file(*read);
    const auto again = read_network_file(written);
    ASSERT_TRUE(again.has_value()) << again.error();
    EXPECT_EQ(write_network_file(*again), written);
}

TEST(network_file, survives_what_is_cut_off_or_damaged) {
    for (size_t size = 0; size + 2 < text().size(); size += 1 + size % 7)
        EXPECT_FALSE(read_network_file(std::string_view{text()}.substr(0, size)).has_value())
            << size;
    const uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    const std::string_view digits = "0123456789abcdefx\"{}[]:,-. \\\n";
    for (int i = 0; i < 3'000; ++i) {
        std::string changed = text();
        for (uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
            const size_t at = random() % changed.size();
            switch (random() % 4) {
                case 0:
                    changed[at] = digits[random() % digits.size()];
                    break;
                case 1:
                    changed[at] = static_cast<char>(random());
                    break;
                case 2:
                    changed.erase(at, 1 + random() % 20);
                    break;
                default:
                    changed.insert(at, changed.substr(random() % changed.size(), random() % 40));
                    break;
            }
        }
        expect_sound(changed);
    }
}

}  // namespace
}  // namespace scope::node
