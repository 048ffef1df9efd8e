#include "terminal/tree_json.hpp"

#include <gtest/gtest.h>

namespace scope::terminal {
namespace {

std::string name(std::string_view chain_id) {
    return chain_id == "31337" ? "L1" : std::string{chain_id};
}

std::string drawn(std::string_view json) {
    simdjson::dom::parser parser;
    const simdjson::padded_string text{json};
    return draw_root(parser.parse(text), name);
}

constexpr std::string_view ROOT = R"({
  "origin_chain": 42001, "operation_hash": "0x1234567890abcdef1234567890abcdef", "success": true,
  "gas_used": 123456, "output": "0x", "calls": [
    {"source": 42001, "target": 31337, "to": "0xca11bde05977b3631167028862be2a173976ca11",
     "to_name": "Multicall3", "function": "getBlockNumber", "kind": "static", "value_wei": "0",
     "gas_used": 50000, "success": true, "kept": false, "output": "0x01", "output_text": "1",
     "calls": [
       {"source": 31337, "target": 42002, "to": "0xca11bde05977b3631167028862be2a173976ca11",
        "function": "0x12345678", "kind": "call", "value_wei": "1000000000000000000",
        "gas_used": 7, "success": false, "kept": true, "output": "0x08c379a0", "output_text": "no",
        "calls": []}]}]})";

TEST(tree_json, draws_a_line_for_each_call) {
    const auto text = drawn(ROOT);
    EXPECT_EQ(std::ranges::count(text, '\n'), 3);
    for (const auto* const part : {"42001  root 0x1234…cdef", "123,456  nothing",
                                   "└─ 42001 → L1  Multicall3.getBlockNumber  ", "1, rolled back",
                                   "   └─ L1 → 42002  0xca11…ca11.0x12345678", "failed: no"})
        EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
}

TEST(tree_json, says_in_words_why_a_root_failed) {
    const auto of = [](std::string_view output) {
        return drawn(
            R"({"origin_chain": 1, "operation_hash": "0x12", "gas_used": 1, "success": false,
                         "calls": [], "output": ")" +
            std::string{output} + "\"}");
    };
    EXPECT_NE(of("0x4e487b710000000000000000000000000000000000000000000000000000000000000011")
                  .find("failed: Panic"),
              std::string::npos);
    EXPECT_NE(of("0x").find("failed: without data"), std::string::npos);
}

TEST(tree_json, escapes_what_would_control_the_terminal) {
    auto json = std::string{ROOT};
    json.replace(json.find("\"no\""), 4, R"("\u001b[2J\nno")");
    json.replace(json.find("getBlockNumber"), 14, R"(\u001b]0;x\u0007)");
    const auto text = drawn(json);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(std::ranges::count(text, '\n'), 3);
    EXPECT_NE(text.find("failed: \\x1b[2J\\nno"), std::string::npos) << text;
}

TEST(tree_json, takes_ids_of_chains_as_numbers_and_as_texts) {
    auto json = std::string{ROOT};
    json.replace(json.find("\"origin_chain\": 42001"), 21,
                 R"("origin_chain": "99999999999999999999")");
    EXPECT_NE(drawn(json).find("99999999999999999999  root"), std::string::npos);
}

TEST(tree_json, refuses_other_documents) {
    for (
        const auto* const json :
        {"{}", "[]", "1", R"({"origin_chain": true})",
         R"({"origin_chain": 1, "operation_hash": "0x", "gas_used": 1, "success": true, "output": "0x"})",
         R"({"origin_chain": 1, "operation_hash": "0x", "gas_used": 1, "success": true, "output": "0x", "calls": [{}]})"})
        EXPECT_THROW(drawn(json), std::runtime_error) << json;
}

}  // namespace
}  // namespace scope::terminal
