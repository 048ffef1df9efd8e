#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <ranges>
#include <regex>
#include <set>
#include <sstream>

#include "devnet/live_genesis.hpp"
#include "devnet/live_network.hpp"
#include "net/message.hpp"
#include "rpc/openrpc.hpp"

// The methods of a whole network: each of the list (design/rpc.md, beside the checkout) is answered
// and described, and nothing else is. The codes of errors: each that the code has is in
// docs/rpc-errors.md, and the other way round, and so is each of the list. (Its flags:
// apps/scope/devnet_app/options_test.cpp.)

namespace scope::devnet {
namespace {

using rpc::Method;

class Methods : public testing::Test {
  protected:
    /// A network, for all tests, with its document.
    static rpc::Service& service() {
        static LiveNetwork network = [] {
            const auto artifacts = Artifacts::locate();
            const auto genesis = make_live_genesis(
                artifacts, {.rollups = {ChainId{FIRST_DEVNET_ROLLUP}}, .attesters = 1});
            LiveOptions options{
                .devnet = {.builder = {.submitter = crypto::local_signer(genesis.submitter.key)},
                           .members = {genesis.members.front().key},
                           .committee = {.threshold = genesis.threshold}},
                .coinbase = genesis.proposer.address,
                .contracts = genesis.contracts,
                .clock_ms = [] { return GENESIS_TIME_S * 1000; }};
            return LiveNetwork{genesis.l1_spec, genesis.l1, genesis.network, std::move(options)};
        }();
        static rpc::Service made{network};
        if (made.document().empty()) made.set_document(rpc::open_rpc(made.method_table()));
        return made;
    }

    static std::string ask(const std::string& method) {
        return net::run_message(
            service(), DEVNET_L1,
            R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":[]})");
    }

    /// The names of the document that rpc.discover answers.
    static std::set<std::string> described() {
        simdjson::dom::parser parser;
        const simdjson::padded_string text{ask("rpc.discover")};
        std::set<std::string> names;
        for (const auto method : parser.parse(text)["result"]["methods"])
            names.emplace(method["name"].get_string().value());
        return names;
    }
};

/// Reads the names of design/rpc.md: words with a known namespace, and lists behind "anvil_:" and
/// "anvil_ and hardhat_:".
std::set<std::string> names_of_design(std::istream& in) {
    static const std::regex NAME{
        R"(\b((?:web3|net|rpc|eth|txpool|debug|personal|evm|ots|erigon|scope)[_.][A-Za-z0-9_]+))"};
    std::set<std::string> names;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("## Transport")) break;  // no method has its place from there on
        std::vector<std::string> prefixes;
        if (line.starts_with("anvil_ and hardhat_: "))
            prefixes = {"anvil_", "hardhat_"};
        else if (line.starts_with("anvil_: "))
            prefixes = {"anvil_"};
        if (prefixes.empty()) {
            for (std::sregex_iterator found{line.begin(), line.end(), NAME}, end; found != end;
                 ++found)
                names.insert((*found)[1]);
            continue;
        }
        // Words, without what stands in brackets.
        std::istringstream words{
            std::regex_replace(line.substr(line.find(": ") + 2), std::regex{R"(\([^)]*\))"}, "")};
        for (std::string word; words >> word;)
            for (const auto& prefix : prefixes) names.insert(prefix + word);
    }
    return names;
}

TEST_F(Methods, are_those_of_the_design) {
    const auto file =
        std::filesystem::path{SCOPE_SOURCE_DIR}.parent_path() / "shared" / "design" / "rpc.md";
    std::ifstream in{file};
    if (!in) GTEST_SKIP() << file << " is not there";
    auto wanted = names_of_design(in);
    EXPECT_GT(wanted.size(), 150u);
    // Beyond the design's list.
    wanted.merge(std::set<std::string>{"scope_getDeposit", "scope_getForcedQueue",
                                       "scope_getForcedTransaction"});

    std::set<std::string> answered;
    for (const auto name : service().methods()) answered.emplace(name);
    EXPECT_THAT(answered, testing::ContainerEq(wanted));
    EXPECT_THAT(described(), testing::ContainerEq(wanted));
}

TEST_F(Methods, are_all_answered) {
    // Not the code alone: geth says with it, too, that HTTP takes no notifications.
    const auto is_unknown = [](const std::string& method) {
        return ask(method).find("does not exist") != std::string::npos;
    };
    for (const auto& description : rpc::method_descriptions())
        EXPECT_FALSE(is_unknown(std::string{description.name})) << description.name;
    EXPECT_TRUE(is_unknown("eth_frobnicate"));
}

TEST_F(Methods, are_described_with_types_for_all_parameters) {
    for (const Method& method : service().method_table())
        for (const auto word : std::views::split(method.parameters, ' ')) {
            std::string_view name{word.begin(), word.end()};
            if (name.ends_with('?')) name.remove_suffix(1);
            if (!name.empty())
                EXPECT_TRUE(rpc::parameter_type(name)) << method.name << ": " << name;
        }
}

TEST_F(Methods, have_a_document_whose_types_are_there) {
    simdjson::dom::parser parser;
    const auto document = parser.parse(service().document());
    EXPECT_EQ(document["openrpc"].get_string().value(), "1.3.2");
    std::set<std::string> types;
    for (const auto [name, schema] : document["components"]["schemas"].get_object())
        types.emplace(name);
    static const std::regex REFERENCE{R"re("\$ref":"#/components/schemas/([A-Za-z]*)")re"};
    const std::string& text = service().document();
    for (std::sregex_iterator found{text.begin(), text.end(), REFERENCE}, end; found != end;
         ++found)
        EXPECT_TRUE(types.contains((*found)[1])) << (*found)[1];
    // A parameter that may be left out has none behind it that must be there.
    for (const auto method : document["methods"]) {
        bool optional = false;
        for (const auto parameter : method["params"]) {
            const bool required = parameter["required"].get_bool();
            EXPECT_FALSE(optional && required) << method["name"].get_string().value();
            optional |= !required;
        }
    }
}

// ---- errors

std::string read(const std::filesystem::path& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Codes that a document names one by one, and ranges "-1 to -2" in which more of them lie.
struct Codes {
    std::set<int> single;
    std::vector<std::pair<int, int>> ranges;

    explicit Codes(std::string text) {
        text = std::regex_replace(text, std::regex{"\u2212"}, "-");
        static const std::regex RANGE{R"((-3\d{4}) to (-3\d{4}))"};
        static const std::regex CODE{R"(-3\d{4})"};
        for (std::sregex_iterator found{text.begin(), text.end(), RANGE}, end; found != end;
             ++found)
            ranges.emplace_back(std::stoi((*found)[2]), std::stoi((*found)[1]));
        text = std::regex_replace(text, RANGE, "");
        for (std::sregex_iterator found{text.begin(), text.end(), CODE}, end; found != end; ++found)
            single.insert(std::stoi(found->str()));
    }
    [[nodiscard]] bool has(int code) const {
        return single.contains(code) || std::ranges::any_of(ranges, [&](const auto& range) {
                   return range.first <= code && code <= range.second;
               });
    }
};

/// Returns the codes in the code of a library, outside of comments and tests.
std::set<int> codes_of(const std::filesystem::path& library) {
    std::set<int> codes;
    for (const auto& entry : std::filesystem::directory_iterator{library}) {
        const auto name = entry.path().filename().string();
        if (name.find("_test.") != std::string::npos || name.starts_with("test_")) continue;
        const auto code = std::regex_replace(read(entry.path()), std::regex{"//[^\n]*"}, "");
        codes.merge(std::set{Codes{code}.single});
    }
    return codes;
}

TEST(Errors, are_those_of_the_document_and_of_the_design) {
    const std::filesystem::path source{SCOPE_SOURCE_DIR};
    const Codes documented{read(source / "docs" / "rpc-errors.md")};
    auto answered = codes_of(source / "src" / "net");
    answered.merge(codes_of(source / "src" / "rpc"));
    EXPECT_GT(answered.size(), 35u);
    for (const int code : answered) EXPECT_TRUE(documented.has(code)) << code;
    for (const int code : documented.single) EXPECT_TRUE(answered.contains(code)) << code;

    const auto design = read(source.parent_path() / "shared" / "design" / "rpc.md");
    if (design.empty()) GTEST_SKIP() << "the design is not there";
    const Codes wanted{design};
    EXPECT_GT(wanted.single.size(), 5u);
    for (const int code : wanted.single) EXPECT_TRUE(answered.contains(code)) << code;
    for (const auto& [first, last] : wanted.ranges)
        EXPECT_TRUE(std::ranges::any_of(answered, [&](int code) {
            return first <= code && code <= last;
        })) << first;
    for (const int code : answered)
        EXPECT_TRUE(wanted.has(code) || code == -32003 || code == -32015) << code;
}

}  // namespace
}  // namespace scope::devnet
