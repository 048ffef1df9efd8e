#include "l1/failover_source.hpp"

#include <gtest/gtest.h>

#include "l1/test_source.hpp"

namespace scope::l1 {
namespace {

using test::TestSource;

struct Fixture {
    explicit Fixture(uint64_t blocks = 10)
        : first(std::make_shared<TestSource>(blocks)),
          second(std::make_shared<TestSource>(blocks)),
          source({{"first", first}, {"second", second}},
                 {.clock_ms = [this] { return now_ms; },
                  .rest_ms = 100,
                  .wrong_rest_ms = 1000,
                  .on_change =
                      [this](const std::string& name, const std::optional<L1Error>& error) {
                          told.push_back(name + ": " +
                                         (error ? std::string{to_string(error->rule)} : "answers"));
                      }}) {}

    uint64_t now_ms = 0;
    std::vector<std::string> told;
    std::shared_ptr<TestSource> first;
    std::shared_ptr<TestSource> second;
    FailoverSource source;
};

TEST(failover_source, asks_the_first_as_long_as_it_answers) {
    Fixture fixture;
    EXPECT_EQ(fixture.source.heads()->latest, fixture.first->id(10));
    EXPECT_EQ((*fixture.source.block(3))->hash, fixture.first->id(3).hash);
    EXPECT_EQ(fixture.second->calls, 0);
    EXPECT_TRUE(fixture.told.empty());
}

TEST(failover_source, asks_the_next_where_one_fails_and_comes_back_later) {
    for (const auto rule : {L1Error::unreachable, L1Error::slow, L1Error::refused, L1Error::behind,
                            L1Error::pruned}) {
        Fixture fixture;
        fixture.first->fail(L1Error{rule});
        EXPECT_TRUE(fixture.source.heads());
        EXPECT_TRUE(fixture.source.block(1));
        EXPECT_EQ(fixture.first->calls, 1);  // it rests
        fixture.now_ms = 100;
        EXPECT_TRUE(fixture.source.heads());
        EXPECT_EQ(fixture.first->calls, 2);
        fixture.first->fail(std::nullopt);
        fixture.now_ms = 200;
        EXPECT_TRUE(fixture.source.heads());
        EXPECT_TRUE(fixture.source.heads());
        EXPECT_EQ(fixture.first->calls, 4);
        // Once until it changes.
        EXPECT_EQ(fixture.told, (std::vector<std::string>{"first: " + std::string{to_string(rule)},
                                                          "first: answers"}));
    }
}

TEST(failover_source, names_who_to_ask_for_what_no_source_gives) {
    Fixture fixture;
    EXPECT_EQ(fixture.source.preferred(), 0u);
    fixture.first->fail(L1Error{L1Error::unreachable});
    EXPECT_TRUE(fixture.source.heads());
    EXPECT_EQ(fixture.source.preferred(), 1u);
    fixture.now_ms = 100;  // it has rested, which says nothing
    EXPECT_EQ(fixture.source.preferred(), 1u);
    EXPECT_TRUE(fixture.source.heads());
    EXPECT_EQ(fixture.source.preferred(), 1u);
    fixture.second->fail(L1Error{L1Error::wrong});
    EXPECT_FALSE(fixture.source.heads());
    EXPECT_EQ(fixture.source.preferred(), 0u);
    fixture.first->fail(L1Error{L1Error::wrong});
    fixture.now_ms = 300;
    EXPECT_FALSE(fixture.source.heads());
    EXPECT_EQ(fixture.source.preferred(), 0u);
    fixture.first->fail(std::nullopt);
    fixture.now_ms = 2000;
    EXPECT_TRUE(fixture.source.heads());
    EXPECT_EQ(fixture.source.preferred(), 0u);
}

TEST(failover_source, one_that_was_wrong_rests_longer_also_where_no_other_answers) {
    Fixture fixture;
    fixture.first->fail(L1Error{L1Error::wrong, "it lies"});
    EXPECT_TRUE(fixture.source.heads());
    fixture.second->fail(L1Error{L1Error::unreachable});
    fixture.now_ms = 500;
    EXPECT_EQ(fixture.source.heads().error(), L1Error::unreachable);
    EXPECT_EQ(fixture.first->calls, 1);
    fixture.second->fail(L1Error{L1Error::wrong, "it lies too"});
    fixture.now_ms = 700;
    EXPECT_EQ(fixture.source.heads().error(), L1Error::wrong);
    EXPECT_EQ(fixture.source.heads().error(), L1Error::wrong);  // and nobody is asked
    EXPECT_EQ(fixture.first->calls, 1);
    fixture.first->fail(std::nullopt);
    fixture.now_ms = 1000;
    EXPECT_TRUE(fixture.source.heads());
}

TEST(failover_source, all_are_asked_where_all_rest) {
    Fixture fixture;
    fixture.first->fail(L1Error{L1Error::unreachable, "first"});
    fixture.second->fail(L1Error{L1Error::slow, "second"});
    EXPECT_EQ(fixture.source.heads().error().reason, "first");
    fixture.second->fail(std::nullopt);
    EXPECT_TRUE(fixture.source.heads());
}

TEST(failover_source, what_no_other_client_has_otherwise_is_passed_on) {
    for (const auto rule : {L1Error::reorganised, L1Error::unsupported}) {
        Fixture fixture;
        fixture.first->fail(L1Error{rule});
        EXPECT_EQ(fixture.source.block(1).error(), rule);
        EXPECT_EQ(fixture.second->calls, 0);
    }
}

TEST(failover_source, final_blocks_stay_final_whoever_answers) {
    Fixture fixture;
    fixture.first->set_finalized(5);
    EXPECT_TRUE(fixture.source.block(5));
    EXPECT_EQ(fixture.source.heads()->finalized.number, 5u);
    fixture.first->fail(L1Error{L1Error::unreachable});
    EXPECT_EQ(fixture.source.heads().error(), L1Error::unreachable);
    EXPECT_EQ(fixture.told.back(), "second: behind");
    fixture.second->cut(10);
    fixture.second->extend(10, 1);
    fixture.second->set_finalized(5);
    fixture.now_ms = 100;
    (void)fixture.source.heads();
    EXPECT_EQ(fixture.told.back(), "second: wrong");
}

TEST(failover_source, what_is_told_to_be_final_counts_once_it_was_read) {
    Fixture fixture;
    for (uint64_t number = 0; number <= 10; ++number) EXPECT_TRUE(fixture.source.block(number));
    fixture.first->extend(90, 1);
    fixture.first->set_finalized(90);  // as nobody else has it
    EXPECT_EQ(fixture.source.heads()->finalized.number, 90u);
    fixture.first->fail(L1Error{L1Error::unreachable});
    fixture.second->set_finalized(5);
    EXPECT_EQ(fixture.source.heads()->finalized.number, 5u);
    EXPECT_EQ(fixture.told, std::vector<std::string>{"first: unreachable"});
    fixture.second->set_finalized(4);
    EXPECT_EQ(fixture.source.heads().error(), L1Error::behind);
}

TEST(failover_source, a_block_that_one_has_not_yet_is_asked_of_the_others) {
    Fixture fixture;
    fixture.first->extend(5, 0);
    EXPECT_EQ(fixture.source.heads()->latest.number, 15u);
    fixture.first->fail(L1Error{L1Error::unreachable});
    EXPECT_EQ(*fixture.source.block(14), nullptr);
    fixture.first->fail(std::nullopt);
    EXPECT_NE(*fixture.source.block(14), nullptr);
}

}  // namespace
}  // namespace scope::l1
