#include "builder/call_tree.hpp"

#include <gtest/gtest.h>

#include <set>

#include "abi/abi.hpp"

namespace scope::builder {
namespace {

CallTree call(uint64_t source, uint64_t target, std::vector<CallTree> calls = {}) {
    CallTree tree;
    tree.request.source_chain_id = uint256{source};
    tree.request.target_chain_id = uint256{target};
    tree.request.from = Address{{1}};
    tree.request.to = Address{{2}};
    tree.request.data = Bytes(4);
    tree.success = true;
    tree.calls = std::move(calls);
    return tree;
}

TEST(call_tree, counts_calls_at_every_depth) {
    EXPECT_EQ(count_calls({}), 0u);
    EXPECT_EQ(count_calls({call(1, 2), call(1, 3, {call(3, 1, {call(1, 3)}), call(3, 2)})}), 5u);
}

TEST(refusal, tells_its_rule_and_the_calls_that_led_there) {
    auto failed = call(901, 902);
    failed.success = false;
    failed.output = abi::call("NoOpenRoot()");
    const Refusal refusal{RefusalRule::fault, "chain 901: why", {call(1, 901, {failed})}};
    const std::string from = "0x0100000000000000000000000000000000000000";
    const std::string to = "0x0200000000000000000000000000000000000000";
    EXPECT_EQ(refusal.to_string(),
              "fault: chain 901: why\n"
              "  chain 1 -> 901: " +
                  from + " calls " + to +
                  ", 4 bytes, ok\n"
                  "    chain 901 -> 902: " +
                  from + " calls " + to + ", 4 bytes, failed: NoOpenRoot()");
}

TEST(refusal, every_rule_has_a_name) {
    std::set<std::string_view> names;
    for (auto rule = RefusalRule::unknown_chain; rule <= RefusalRule::scope_full;
         rule = static_cast<RefusalRule>(static_cast<int>(rule) + 1))
        names.insert(to_string(rule));
    EXPECT_EQ(names.size(), static_cast<size_t>(RefusalRule::scope_full) + 1);
    EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace scope::builder
