#include "fuzz_evm/minimise.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/hex.hpp"
#include "evm/opcodes.hpp"
#include "execution/transaction.hpp"
#include "fuzz_evm/test_json.hpp"
#include "types/block.hpp"

namespace scope::fuzz_evm {
namespace {

using namespace scope::literals;

constexpr uint64_t SEED = 1;
constexpr uint64_t PROGRAMS = 60;
constexpr size_t MANY_TRIES = 100'000;

/// PUSH1 42 PUSH1 7 SSTORE, to which the artificial differences are due.
const Bytes FAULT = "602a600755"_hex;

bool has_fault(const Bytes& code) {
    return !std::ranges::search(code, FAULT).empty();
}

bool authorizes(const Program& program, const Address& address) {
    return std::ranges::any_of(program.tx.authorization_list, [&](const Authorization& item) {
        return recover_authority(item) == address;
    });
}

execution::Environment osaka() {
    execution::Environment environment;
    environment.revision = evm::Revision::osaka;
    environment.blobs = execution::PRAGUE_BLOBS;
    environment.block.coinbase = "00000000000000000000000000000000c0ba5e00"_address;
    environment.block.number = 1;
    environment.block.timestamp_s = 1000;
    environment.block.gas_limit = 60'000'000;
    environment.block.base_fee = 7u;
    environment.block.blob_base_fee = execution::blob_base_fee(0, environment.blobs);
    environment.block.chain_id = CHAIN_ID;
    return environment;
}

TEST(minimise, takes_all_away_if_nothing_of_it_matters) {
    for (uint64_t i = 0; i < PROGRAMS; ++i) {
        const Program small =
            minimise(make_program(SEED, i), [](const Program&) { return true; }, MANY_TRIES);
        EXPECT_TRUE(small.tx.data.empty()) << i;
        EXPECT_TRUE(small.tx.access_list.empty()) << i;
        EXPECT_TRUE(small.tx.value.is_zero()) << i;
        EXPECT_LE(small.tx.authorization_list.size(), 1u) << i;
        for (const auto& [address, account] : small.accounts) {
            EXPECT_TRUE(address == small.sender || authorizes(small, address)) << i;
            EXPECT_TRUE(account.code.empty()) << i;
            EXPECT_TRUE(account.storage.empty()) << i;
        }
        EXPECT_TRUE(small.accounts.contains(small.sender)) << i;
        EXPECT_EQ(execution::sender_of(small.tx, osaka()), small.sender) << i;
    }
}

TEST(minimise, keeps_the_instructions_that_differ_and_no_other) {
    const auto differs = [](const Program& program) {
        return std::ranges::any_of(program.accounts,
                                   [](const auto& entry) { return has_fault(entry.second.code); });
    };
    for (uint64_t i = 0; i < PROGRAMS; ++i) {
        Program program = make_program(SEED, i);
        ASSERT_FALSE(differs(program)) << i;
        // In front of the longest code: behind, it might be the data of a PUSH.
        auto& code = std::ranges::max_element(program.accounts, {}, [](const auto& entry) {
                         return entry.second.code.size();
                     })->second.code;
        code.insert(code.begin(), FAULT.begin(), FAULT.end());
        const Program small = minimise(program, differs, MANY_TRIES);
        size_t others = 0;
        for (const auto& [address, account] : small.accounts) {
            if (account.code == FAULT) continue;
            EXPECT_TRUE(account.code.empty()) << i << ": " << to_hex(account.code);
            EXPECT_TRUE(address == small.sender || authorizes(small, address)) << i;
            ++others;
        }
        EXPECT_EQ(others + 1, small.accounts.size()) << i;
    }
}

TEST(minimise, puts_jumpdests_where_an_instruction_must_keep_its_place) {
    constexpr size_t PLACE = 40;
    const auto differs = [](const Program& program) {
        return program.tx.data.size() > PLACE && program.tx.data[PLACE] == evm::OP_SSTORE;
    };
    Program program = make_program(SEED, 0);
    program.tx.data.assign(3 * PLACE, evm::OP_ADD);
    program.tx.data[PLACE] = evm::OP_SSTORE;
    Bytes expected(PLACE, evm::OP_JUMPDEST);
    expected.push_back(evm::OP_SSTORE);
    EXPECT_EQ(minimise(program, differs, MANY_TRIES).tx.data, expected);
}

TEST(minimise, asks_no_more_often_than_it_may) {
    for (const size_t tries : {0u, 1u, 17u}) {
        size_t asked = 0;
        const auto never = [&](const Program&) {
            ++asked;
            return false;
        };
        const Program program = make_program(SEED, 1);
        EXPECT_EQ(minimise(program, never, tries).tx, program.tx);
        EXPECT_EQ(asked, tries);
    }
}

/// The exit code of `scope statetest` on a file with this text.
int statetest(const std::string& text) {
    const auto file =
        std::filesystem::path{testing::TempDir()} / fmt::format("minimise_test.{}.json", getpid());
    std::ofstream{file} << text;
    const int status =
        std::system(("'" SCOPE_BINARY "' statetest '" + file.string() + "'").c_str());
    std::filesystem::remove(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// What is printed has all that the outcome depends on, written as the runner reads it.
TEST(state_test_json, is_a_state_test) {
    const auto environment = osaka();
    std::set<TxType> types;
    for (uint64_t i = 0; i < PROGRAMS && types.size() < 4; ++i) {
        const Program program = make_program(SEED, i);
        const state::MemoryState pre{program.accounts};
        state::State state{pre};
        execution::Host host{state, environment};
        const auto outcome = execution::execute_transaction(host, program.tx, program.sender);
        if (!outcome || !types.insert(program.tx.type).second) continue;
        state::MemoryState after = pre;
        after.apply(state.diff());
        Expectation expected{after.state_root(), logs_hash(outcome->logs)};
        EXPECT_EQ(
            statetest(state_test_json(program, program.accounts, environment.block, 0, expected)),
            0)
            << i;
        expected.logs_hash[0] ^= 1;
        EXPECT_EQ(
            statetest(state_test_json(program, program.accounts, environment.block, 0, expected)),
            1)
            << i;
    }
    EXPECT_EQ(types.size(), 4u) << "legacy, access list, dynamic fee, set code";
}

}  // namespace
}  // namespace scope::fuzz_evm
