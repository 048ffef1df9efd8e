#include "node_app/node_status.hpp"

#include <gtest/gtest.h>

namespace scope::node_app {
namespace {

NodeStatus good() {
    NodeStatus status;
    status.now_s = 1000;
    status.l1 = l1::L1Heads{{100, {}}, {90, {}}, {80, {}}};
    status.followed = rollup::FollowedBlock{{100, {}}, 990};
    status.rollups = {{.chain_id = ChainId{42001}, .latest = 7, .safe = 6, .finalized = 5}};
    return status;
}

TEST(node_status, is_ready_at_the_head_or_just_behind_it) {
    EXPECT_TRUE(why_not_ready(good(), 12).empty());
    auto status = good();
    status.followed->id.number = 98;
    EXPECT_TRUE(why_not_ready(status, 12).empty());
    EXPECT_EQ(ready_json({}), "{\"ready\":true,\"reasons\":[]}\n");
}

TEST(node_status, says_why_it_is_not_ready) {
    auto status = good();
    status.followed->id.number = 97;
    EXPECT_EQ(why_not_ready(status, 12),
              std::vector<std::string>{"not synced: L1 block 97 of 100"});
    status.followed.reset();
    EXPECT_EQ(why_not_ready(status, 12),
              std::vector<std::string>{"not synced: no L1 block of 100 was followed"});
    status = good();
    status.l1_error = "nobody answers";
    status.l1_failing_since_s = 977;  // less than two slots
    EXPECT_TRUE(why_not_ready(status, 12).empty());
    status.l1_failing_since_s = 900;
    EXPECT_EQ(why_not_ready(status, 12),
              std::vector<std::string>{"L1 can't be followed for 100 s: nobody answers"});
    status = good();
    status.rollups[0].stopped = "a bad batch";
    EXPECT_EQ(why_not_ready(status, 12),
              std::vector<std::string>{"rollup 42001 has stopped: a bad batch"});
    EXPECT_EQ(why_not_ready({}, 12), std::vector<std::string>{"L1 has not been asked yet"});
    EXPECT_EQ(ready_json({"a \"b\"\n"}), "{\"ready\":false,\"reasons\":[\"a \\\"b\\\"\\\\n\"]}\n");
}

TEST(node_status, says_that_a_builder_does_not_settle) {
    auto status = good();
    status.builder = NodeStatus::Builder{.is_loaded = false, .trouble = {}, .trouble_since_s = 0};
    EXPECT_EQ(why_not_ready(status, 12),
              std::vector<std::string>{"it doesn't know yet what waited when it ended"});
    status.builder->is_loaded = true;
    EXPECT_TRUE(why_not_ready(status, 12).empty());
    status.builder->trouble = "not_sealed: no proof";
    status.builder->trouble_since_s = 977;  // less than two slots
    EXPECT_TRUE(why_not_ready(status, 12).empty());
    status.builder->trouble_since_s = 900;
    EXPECT_EQ(why_not_ready(status, 12),
              std::vector<std::string>{"nothing settles for 100 s: not_sealed: no proof"});
}

TEST(node_status, metrics_name_heads_and_labels) {
    auto status = good();
    status.l1_errors["slow"] = 3;
    status.l1_asked = {.round_trips = 4, .calls = 9};
    const auto text = metrics_text(status);
    for (const auto* const line :
         {"scope_l1_head{label=\"latest\"} 100\n", "scope_l1_failing 0\n",
          "scope_followed_l1_block 100\n", "scope_seconds_since_l1_block 10\n",
          "scope_rollup_head{chain_id=\"42001\",label=\"finalized\"} 5\n",
          "scope_rollup_stopped{chain_id=\"42001\"} 0\n",
          "scope_l1_errors_total{rule=\"slow\"} 3\n", "# TYPE scope_l1_errors_total counter\n",
          "scope_l1_round_trips_total 4\n", "scope_l1_calls_total 9\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
}

}  // namespace
}  // namespace scope::node_app
