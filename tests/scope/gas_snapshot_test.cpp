// What each pattern costs, on the chain that asks and on the one that answers:
// contracts/snapshots/patterns.md, which SCOPE_WRITE_SNAPSHOTS=1 writes anew.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rollup/scratch_chain.hpp"
#include "scenarios/scenario_world.hpp"

namespace scope::scenarios {
namespace {

/// Marginal: this many times less one time fewer, in one root.
constexpr uint64_t TIMES = 3;
/// The gas that finding out that it is static may cost a call of an alias.
constexpr int64_t DETECTION_GAS = 5'000;
/// Hashes are calldata on L1, and their zero bytes cost less: they change with every contract.
constexpr int64_t NOISE_GAS = 200;

struct Pattern {
    std::string_view name;
    std::string_view function;  // of Meter, with the number of times
    bool with_value = false;
};
constexpr auto PATTERNS = std::to_array<Pattern>({
    {"`scopedCall`", "scopedCall(uint256)"},
    {"`scopedCall` with value", "scopedCallWithValue(uint256)", true},
    {"`scopedStaticCall`", "scopedStaticCall(uint256)"},
    {"`tryScopedCall` of a callee that fails", "failedTryScopedCall(uint256)"},
    {"call of an alias", "aliasCall(uint256)"},
    {"call of an alias with value", "aliasCallWithValue(uint256)", true},
    {"static call of an alias", "aliasStaticCall(uint256)"},
    {"static call of an alias, the same once more", "sameAliasStaticCall(uint256)"},
    {"call of an alias whose callee calls back", "aliasCallThatCallsBack(uint256)"},
    {"call of an alias whose callee fails, caught", "failedAliasCall(uint256)"},
    {"call of an alias in a frame that reverts", "rolledBackAliasCall(uint256)"},
});
constexpr std::string_view VARIANT = "an equal call with another answer: the third variant";
constexpr std::string_view WHOLE = "a scope of one root with one call of an alias, all of it";

constexpr std::string_view HEAD = R"(# What each pattern costs, in gas

One more use of the pattern in a root that has used it already: on L1 in the settling transaction, calldata and
loading included; on a rollup in its block, the system transaction that loads and serves included. The callee does
nothing and answers with 32 bytes. Bytes are what it adds to the rollup's batch, which is in blobs. What asking itself
takes on a rollup, callbacks included, nobody pays there (docs/protocol.md, section 7): it is in no figure.

`npm run contracts:patterns` writes this file from what scope_test measures; `./scope test` compares.

| pattern | L1 asks: on L1 | on the rollup | bytes | the rollup asks: on the rollup | on L1 | bytes |
|---|--:|--:|--:|--:|--:|--:|
)";

/// L1 asks a rollup; a rollup asks L1.
constexpr std::array DIRECTIONS{Direction{L1, A}, Direction{A, L1}};

/// Gas on the chain of the root and on the other one, and bytes of the rollup's batch.
using Cost = std::array<int64_t, 3>;
using Row = std::array<int64_t, 6>;

Cost operator-(const Cost& more, const Cost& less) {
    return {more[0] - less[0], more[1] - less[1], more[2] - less[2]};
}

/// Returns the gas of a batch that is the chain's last one, its one block executed once more: what
/// transactions pay for, and what system transactions take; without asking.
int64_t gas_of(const chain::Chain& chain, const rollup::Batch& batch) {
    const rollup::ScratchChain before{chain, chain.head()->header().parent_hash};
    const auto& block = batch.blocks.at(0);
    chain::BlockBuilder builder{before.chain(), before.head()->hash, rollup::attributes_of(block)};
    execution::Host host{builder.state(), builder.environment()};
    uint64_t gas = 0;
    for (const auto& tx : block.transactions) {
        const auto outcome = builder.try_transaction(tx, &host).value();
        const bool is_system = tx.type == TxType::system;
        gas += is_system ? outcome.rollup_gas_used - host.rollup()->gas_used() : outcome.gas_used;
    }
    return static_cast<int64_t>(gas);
}

/// Chains of its own, so that no other test has a part in the figures.
class Measurement {
  public:
    std::map<std::string, Row> run() {
        std::map<std::string, Row> rows;
        for (size_t i = 0; i < DIRECTIONS.size(); ++i) {
            const auto [here, there] = DIRECTIONS.at(i);
            const auto work = world_.deploy(there, "Meter", "Work");
            const auto meter =
                world_.deploy(here, "Meter", "Meter", world_.callable(here), uint256{there},
                              work.address, world_.seen_from(here, work));
            const auto echo = world_.deploy(there, "Views", "Echo");
            const auto changing = world_.deploy(here, "Views", "Changing");
            const auto echo_here = world_.seen_from(here, echo);
            // Aliases that loading deploys are not part of it.
            world_.seen_from(there, meter);
            world_.seen_from(there, changing);

            const auto note = [&](std::string_view name, const Cost& cost) {
                std::ranges::copy(cost, rows[std::string{name}].begin() + static_cast<int>(3 * i));
            };
            note(WHOLE, cost(meter, abi::call("aliasCall(uint256)", uint256{1u}), {}));
            for (const auto& pattern : PATTERNS) {
                const auto times = [&](uint64_t n) {
                    return cost(meter, abi::call(pattern.function, uint256{n}),
                                pattern.with_value ? uint256{n} : uint256{});
                };
                const auto less = times(TIMES - 1);
                note(pattern.name, times(TIMES) - less);
            }
            const auto ask = [&](uint64_t n) {
                return cost(changing, abi::call("ask(address,uint256)", echo_here, uint256{n}), {});
            };
            const auto less = ask(TIMES - 1);
            note(VARIANT, ask(TIMES) - less);
        }
        return rows;
    }

  private:
    Cost cost(const Site& to, Bytes data, const uint256& value) {
        const auto ran =
            world_.run(to, std::move(data), {.value = value}, builder::DataAvailability::blobs);
        if (!ran.root.success) throw std::runtime_error{"a pattern failed"};
        const auto on_l1 = static_cast<int64_t>(ran.settled.gas_used);
        const auto on_rollup = gas_of(world_.demo().chain(A), ran.bundle.parts.at(0).batch);
        const auto bytes = std::ssize(ran.bundle.parts.at(0).batch_bytes);
        if (to.chain_id == L1) return {on_l1, on_rollup, bytes};
        return {on_rollup, on_l1, bytes};
    }

    ScenarioWorld world_;
};

std::string with_commas(int64_t number) {
    std::string digits = std::to_string(std::abs(number));
    for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
    return (number < 0 ? "-" : "") + digits;
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& pattern : PATTERNS) all.emplace_back(pattern.name);
    all.emplace_back(VARIANT);
    all.emplace_back(WHOLE);
    return all;
}

std::filesystem::path snapshot_file() {
    const char* const root = std::getenv("SCOPE_ROOT");
    return std::filesystem::path{root ? root : SCOPE_SOURCE_DIR} / "contracts" / "snapshots" /
           "patterns.md";
}

std::string text_of(const std::map<std::string, Row>& rows) {
    std::string text{HEAD};
    for (const auto& name : names()) {
        text += "| " + name;
        for (const int64_t figure : rows.at(name)) text += " | " + with_commas(figure);
        text += " |\n";
    }
    return text;
}

/// The figures of the row with this name; none if there is no such row.
std::vector<int64_t> read_row(const std::string& text, const std::string& name) {
    const std::string start = "| " + name + " |";
    const auto at = text.find(start);
    if (at == std::string::npos) return {};
    std::istringstream line{
        text.substr(at + start.size(), text.find('\n', at) - at - start.size())};
    std::vector<int64_t> figures;
    for (std::string cell; std::getline(line, cell, '|');) {
        std::erase_if(cell, [](char c) { return c == ',' || c == ' '; });
        if (!cell.empty()) figures.push_back(std::stoll(cell));
    }
    return figures;
}

TEST(gas_snapshot, of_each_pattern) {
    const auto rows = Measurement{}.run();
    if (std::getenv("SCOPE_WRITE_SNAPSHOTS")) {
        std::ofstream{snapshot_file()} << text_of(rows);
        return;
    }
    // The same request without and with it; the alias's own hop is in the difference too.
    const auto& told = rows.at("`scopedStaticCall`");
    const auto& found_out = rows.at("static call of an alias");
    for (const size_t who_asks : {0u, 3u})
        EXPECT_LE(found_out.at(who_asks) - told.at(who_asks), DETECTION_GAS) << who_asks;

    std::ifstream file{snapshot_file()};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_TRUE(text.starts_with(HEAD));
    for (const auto& name : names()) {
        const auto expected = read_row(text, name);
        const auto& measured = rows.at(name);
        ASSERT_EQ(expected.size(), measured.size()) << name;
        for (size_t i = 0; i < measured.size(); ++i)
            EXPECT_LE(std::abs(measured.at(i) - expected[i]), NOISE_GAS)
                << name << ", column " << i + 1
                << ": `npm run contracts:patterns` writes the file anew";
    }
}

}  // namespace
}  // namespace scope::scenarios
