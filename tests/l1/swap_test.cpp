// The demonstration's swap, simulated on an L1 that is asked over JSON-RPC.

#include <gtest/gtest.h>

#include "demo/stories.hpp"
#include "l1/rehearsal.hpp"
#include "served.hpp"

namespace scope::l1 {
namespace {

class RpcSwap : public ::testing::Test {
  protected:
    /// Returns what a scope of the swap alone comes to, which settles nothing.
    builder::RootResult swap_on(const L1View& view) {
        auto scope = builder::ScopeBuilder::open(view, world_.devnet().node().follower(),
                                                 world_.network().contracts, world_.options());
        EXPECT_TRUE(scope) << to_string(scope.error());
        auto result = scope->add(root_);
        EXPECT_TRUE(result) << result.error().to_string();
        EXPECT_TRUE(result->success);
        return std::move(*result);
    }
    void expect_as_on_the_l1_itself(const builder::RootResult& told) {
        const auto own = swap_on(world_.devnet().l1());
        EXPECT_EQ(told.root_id, own.root_id);
        EXPECT_EQ(told.output, own.output);
        EXPECT_EQ(told.outcome, own.outcome);
        EXPECT_EQ(told.gas_used, own.gas_used);
        EXPECT_EQ(builder::count_calls(told.calls), builder::count_calls(own.calls));
    }
    [[nodiscard]] uint64_t trips() const { return endpoint_->counts().round_trips; }
    /// Returns the round trips that @p run takes.
    template <typename Run>
    uint64_t trips_of(Run&& run) {
        const uint64_t before = trips();
        run();
        return trips() - before;
    }

    demo::Progress progress_;
    demo::World world_{demo::Artifacts::locate(), builder::DataAvailability::calldata, progress_};
    builder::Root root_ = demo::stories()[0].make(world_);
    LocalL1Network network_{world_.devnet().l1()};
    rpc::Service service_{network_};
    Served served_{service_, demo::L1};
    std::shared_ptr<const RpcEndpoint> endpoint_ = served_.endpoint();
    RpcL1View view_{world_.devnet().l1().spec(), endpoint_, {.slot_s = demo::SLOT_S}};
};

TEST_F(RpcSwap, stands_on_the_same_chain_with_all_that_settled_on_it) {
    expect_same_chain(world_.devnet().l1(), RpcL1Source{endpoint_});
}

TEST_F(RpcSwap, takes_two_round_trips_where_one_was_before) {
    expect_as_on_the_l1_itself(swap_on(view_));
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(world_.devnet().l1().mine({}));
        ASSERT_TRUE(world_.devnet().node().follow());
        const uint64_t before = trips();
        expect_as_on_the_l1_itself(swap_on(view_));
        EXPECT_EQ(trips() - before, 2u);  // the head, and all that the last one touched
    }
}

TEST_F(RpcSwap, takes_fewer_round_trips_where_it_is_named_or_rehearsed) {
    const auto new_view = [&] {
        return std::make_unique<RpcL1View>(world_.devnet().l1().spec(), endpoint_,
                                           RpcL1ViewOptions{.slot_s = demo::SLOT_S});
    };
    // The contracts, and what the client says that the operation touches up to its first scoped call.
    const auto name_all = [&](const RpcL1View& view, Rehearsal& rehearsal) {
        const Hash head = rehearsal.head()->hash;
        std::vector<Touch> touches;
        const auto& sites = world_.sites();
        for (const Address& site : {sites.settlement, sites.l1_callable, sites.verifier,
                                    sites.bridge, sites.usd, sites.gold, sites.remote_swap})
            touches.push_back({site, {}});
        ASSERT_TRUE(view.prefetch(head, touches));
        const auto& operation = std::get<builder::L1Root>(root_).operation.operation;
        Transaction call;
        call.to = operation.target;
        call.data = operation.data;
        call.gas_limit = 10'000'000;
        const auto done = view.prefetch_call(head, operation.account, call);
        ASSERT_TRUE(done) << to_string(done.error());
    };
    const auto rehearse = [&](const RpcL1View& /*view*/, Rehearsal& rehearsal) {
        constexpr int MAX_TURNS = 30;
        for (int turn = 0; turn < MAX_TURNS; ++turn) {
            auto scope = builder::ScopeBuilder::open(rehearsal, world_.devnet().node().follower(),
                                                     world_.network().contracts, world_.options());
            if (scope) (void)scope->add(root_);
            const auto was_missing = rehearsal.read_missing();
            ASSERT_TRUE(was_missing) << to_string(was_missing.error());
            if (!*was_missing) return;
        }
        FAIL() << "it doesn't end";
    };
    const auto trips_with = [&](auto&&... steps) {
        const auto view = new_view();
        [[maybe_unused]] Rehearsal rehearsal{*view};
        return trips_of([&] {
            (steps(*view, rehearsal), ...);
            expect_as_on_the_l1_itself(swap_on(*view));
        });
    };
    const uint64_t cold = trips_with();
    const uint64_t named = trips_with(name_all);
    const uint64_t rehearsed = trips_with(rehearse);
    const uint64_t both = trips_with(name_all, rehearse);
    std::cout << fmt::format("cold {}, named {}, rehearsed {}, both {}\n", cold, named, rehearsed,
                             both);
    EXPECT_LE(cold, 40u);
    EXPECT_LE(named, 24u);
    EXPECT_LE(rehearsed, 20u);
    EXPECT_LE(both, 12u);
}

}  // namespace
}  // namespace scope::l1
