#include "devnet_app/event_log.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

#include "base/hex.hpp"
#include "rpc/errors.hpp"

namespace scope::devnet_app {
namespace {

constexpr ChainId L1{31337};
constexpr ChainId A{42001};

/// A log, and what it has written.
struct Logged {
    explicit Logged(EventLog::Form form, bool with_trees = false)
        : log(logger(out), artifacts(), {{L1, "Shop", Address{}}},
              {.form = form,
               .with_trees = with_trees,
               .l1 = L1,
               .is_on = [this] { return is_on; },
               .no_open_root = no_open_root}) {}

    /// Block 8 has one.
    static std::vector<rpc::NoOpenRoot> no_open_root(ChainId chain_id,
                                                     const chain::StoredBlockPtr& block) {
        if (block->header().number != 8) return {};
        return {{chain_id, Hash{}, {rpc::NO_OPEN_ROOT, "append it", {}}}};
    }

    static const devnet::Artifacts& artifacts() {
        static const auto read = devnet::Artifacts::locate();
        return read;
    }
    static std::shared_ptr<spdlog::logger> logger(std::ostringstream& out) {
        auto made = std::make_shared<spdlog::logger>(
            "test", std::make_shared<spdlog::sinks::ostream_sink_st>(out));
        made->set_pattern("%v");
        return made;
    }
    [[nodiscard]] std::string text() const { return out.str(); }

    std::ostringstream out;
    bool is_on = true;
    EventLog log;
};

chain::StoredBlockPtr block(uint64_t number) {
    auto made = std::make_shared<chain::StoredBlock>();
    made->hash[0] = 0xab;
    made->block.header.number = number;
    made->block.header.gas_used = 1'234'567;
    made->block.transactions.resize(2);
    return made;
}

rpc::RefusalRecord refusal() {
    builder::Refusal why;
    why.rule = builder::RefusalRule::underpaid;
    return {.chain_id = A, .hash = {}, .refusal = why, .reason = "pays 1 wei"};
}

rpc::ScopeRecordPtr scope_of_one_root() {
    builder::CallTree call;
    call.request.source_chain_id = uint256{A};
    call.request.target_chain_id = uint256{L1};
    call.success = true;
    call.kept = true;
    builder::RootResult root;
    root.context.root_chain_id = uint256{A};
    root.success = true;
    root.calls.push_back(call);
    rpc::ScopeRecord scope;
    scope.number = 3;
    scope.l1_block_number = 9;
    scope.blobs = 1;
    scope.roots.push_back(root);
    scope.batches.push_back({.chain_id = uint256{A}});
    return std::make_shared<const rpc::ScopeRecord>(scope);
}

TEST(event_log, has_a_line_for_each_event) {
    Logged logged{EventLog::Form::text};
    logged.log.on_blocks(L1, {}, std::array{block(7)});
    logged.log.on_blocks(A, std::array{block(6), block(5)}, {});
    logged.log.on_scope(scope_of_one_root());
    logged.log.on_refusal(refusal());
    logged.log.on_trouble("no ETH");
    std::istringstream lines{logged.text()};
    for (const auto* const part :
         {"L1      block 7      2 transactions      1,234,567 gas  0xab00…0000",
          "42001   2 blocks undone, down to block 5",
          "L1      scope 3 settled: 1 root, batches of 42001, 1 blob, 0 gas, L1 block 9",
          "42001   refused 0x0000000000000000000000000000000000000000000000000000000000000000: "
          "pays 1 wei",
          "L1      can't go on, and tries again: no ETH"}) {
        std::string line;
        ASSERT_TRUE(std::getline(lines, line));
        EXPECT_EQ(line.substr(0, std::string_view{part}.size()), part);
    }
    std::string more;
    EXPECT_FALSE(std::getline(lines, more)) << more;
}

TEST(event_log, tells_what_failed_for_want_of_a_root) {
    Logged text{EventLog::Form::text};
    text.log.on_blocks(A, {}, std::array{block(8)});
    EXPECT_NE(text.text().find("\n42001   failed " + to_hex(Hash{}) + ": append it\n"),
              std::string::npos)
        << text.text();
    Logged json{EventLog::Form::json};
    json.log.on_blocks(A, {}, std::array{block(8)});
    EXPECT_NE(json.text().find("{\"event\":\"no_open_root\",\"chain_id\":42001,\"hash\":\"" +
                               to_hex(Hash{}) + "\",\"reason\":\"append it\"}\n"),
              std::string::npos)
        << json.text();
}

TEST(event_log, draws_trees_if_asked_to) {
    Logged logged{EventLog::Form::text, true};
    logged.log.on_scope(scope_of_one_root());
    EXPECT_NE(logged.text().find("└─ 42001 → L1  Shop."), std::string::npos) << logged.text();
}

TEST(event_log, is_json_with_one_object_a_line) {
    Logged logged{EventLog::Form::json, true};
    logged.log.on_blocks(L1, std::array{block(7)}, std::array{block(7)});
    logged.log.on_scope(scope_of_one_root());
    logged.log.on_refusal(refusal());
    logged.log.on_trouble("no ETH");
    std::istringstream lines{logged.text()};
    std::string line;
    for (const std::string_view event : {"undone", "block", "scope", "refused", "trouble"}) {
        ASSERT_TRUE(std::getline(lines, line));
        simdjson::dom::parser parser;
        const simdjson::padded_string padded{line};
        const auto json = parser.parse(padded);
        EXPECT_EQ(json["event"].get_string().value(), event);
        if (event == "scope")
            EXPECT_EQ(json["roots"].at(0)["calls"].at(0)["target"].get_uint64().value(), 31337u);
        if (event == "refused") EXPECT_EQ(json["rule"].get_string().value(), "underpaid");
    }
    EXPECT_FALSE(std::getline(lines, line)) << line;
}

TEST(event_log, says_nothing_while_it_is_off) {
    Logged logged{EventLog::Form::text};
    logged.is_on = false;
    logged.log.on_blocks(L1, {}, std::array{block(7)});
    logged.log.on_scope(scope_of_one_root());
    logged.log.on_refusal(refusal());
    logged.log.on_trouble("no ETH");
    EXPECT_EQ(logged.text(), "");
}

}  // namespace
}  // namespace scope::devnet_app
