#include "node_app/follower_part.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <sstream>
#include <thread>

#include "served_devnet.hpp"

namespace scope::node_app {
namespace {

/// Collects what a network tells of blocks.
class Blocks final : public rpc::Listener {
  public:
    void on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> removed,
                   std::span<const chain::StoredBlockPtr> added) override {
        if (chain_id != A) return;
        removed_count += removed.size();
        added_count += added.size();
    }
    void on_pending(ChainId, const pool::PooledTransaction&) override {}
    void on_scope(const rpc::ScopeRecordPtr&) override {}
    void on_refusal(const rpc::RefusalRecord&) override {}

    size_t removed_count = 0;
    size_t added_count = 0;
};

/// A follower of a devnet's rollups over its JSON-RPC.
class TestFollower {
  public:
    TestFollower(config::NodeConfig config, const node::NetworkFile& file)
        : log_({.level = config::LogLevel::info, .format = config::LogFormat::text},
               std::make_shared<spdlog::sinks::ostream_sink_mt>(out_)),
          part_(config, file, log_, worker_) {
        on(worker_, [&] { part_.network().listen(&blocks); });
        part_.begin([] {});
    }
    ~TestFollower() {
        part_.stop();
        on(worker_, [&] { part_.network().unlisten(&blocks); });
        worker_.stop();
    }

    [[nodiscard]] Hash head(ChainId chain) {
        return on(worker_, [&] { return part_.network().chain(chain)->head()->hash; });
    }
    [[nodiscard]] bool comes_to(ChainId chain, const Hash& head_hash) {
        return eventually([&] { return head(chain) == head_hash; });
    }
    [[nodiscard]] NodeStatus status() {
        return on(worker_, [&] { return part_.status(); });
    }
    [[nodiscard]] std::string log() {
        return on(worker_, [&] { return out_.str(); });
    }
    [[nodiscard]] size_t removed() {
        return on(worker_, [&] { return blocks.removed_count; });
    }

    Blocks blocks;

  private:
    std::ostringstream out_;
    NodeLog log_;
    net::Worker worker_;
    FollowerPart part_;
};

struct Fixture {
    config::NodeConfig config() {
        config::NodeConfig made;
        made.folder = folder.path();
        made.l1.rpc = {devnet.url()};
        made.l1.poll = 20ms;
        made.l1.max_head_age = 100 * 365 * 24h;
        made.database.cache_bytes = size_t{4} << 20;
        return made;
    }

    TempFolder folder;
    ServedDevnet devnet;
};

TEST(follower_part, follows_what_settles) {
    Fixture fixture;
    TestFollower follower{fixture.config(), fixture.devnet.network_file()};
    const Hash first = fixture.devnet.settle(A);
    EXPECT_TRUE(follower.comes_to(A, first));
    const Hash second = fixture.devnet.settle(B);
    EXPECT_TRUE(follower.comes_to(B, second));
    EXPECT_EQ(follower.head(A), first);
    const auto status = follower.status();
    EXPECT_EQ(status.scopes, 2u);
    EXPECT_TRUE(why_not_ready(status, 12).empty());
    EXPECT_EQ(status.rollups.front().latest, 1u);
    EXPECT_EQ(status.rollups.front().finalized, 0u);
    fixture.devnet.mine(70);  // a devnet calls blocks final that are 64 deep
    EXPECT_TRUE(eventually([&] { return follower.status().rollups.front().finalized == 1; }));
    EXPECT_NE(follower.log().find("settled in L1 block"), std::string::npos);
}

TEST(follower_part, tells_of_each_scope_the_heads_that_it_made) {
    Fixture fixture;
    fixture.devnet.settle(A);
    const Hash second = fixture.devnet.settle(A);
    TestFollower follower{fixture.config(), fixture.devnet.network_file()};
    ASSERT_TRUE(follower.comes_to(A, second));
    EXPECT_TRUE(eventually([&] {
        const auto log = follower.log();
        const auto first = log.find(": heads 42001@1");
        return first != std::string::npos && log.find(": heads 42001@2", first) != log.npos;
    })) << follower.log();
}

TEST(follower_part, is_told_of_heads_by_websocket) {
    Fixture fixture;
    auto config = fixture.config();
    config.l1.websocket = fixture.devnet.websocket();
    config.l1.poll = 1h;
    TestFollower follower{config, fixture.devnet.network_file()};
    ASSERT_TRUE(
        eventually([&] { return follower.log().find("tells of heads") != std::string::npos; }));
    EXPECT_TRUE(follower.comes_to(A, fixture.devnet.settle(A)));
}

TEST(follower_part, goes_back_with_l1) {
    Fixture fixture;
    TestFollower follower{fixture.config(), fixture.devnet.network_file()};
    const Hash first = fixture.devnet.settle(A);
    ASSERT_TRUE(follower.comes_to(A, first));
    const auto snapshot = fixture.devnet.snapshot();
    const Hash second = fixture.devnet.settle(A);
    ASSERT_TRUE(follower.comes_to(A, second));
    fixture.devnet.revert(snapshot);
    EXPECT_TRUE(follower.comes_to(A, first));
    EXPECT_EQ(follower.removed(), 1u);
    EXPECT_EQ(follower.status().reorganisations, 1u);
    EXPECT_TRUE(follower.comes_to(A, fixture.devnet.settle(A)));
}

TEST(follower_part, goes_on_from_its_database) {
    Fixture fixture;
    const auto file = fixture.devnet.network_file();
    Hash head;
    {
        TestFollower follower{fixture.config(), file};
        head = fixture.devnet.settle(A);
        ASSERT_TRUE(follower.comes_to(A, head));
    }
    fixture.devnet.mine(300);
    const Hash later = fixture.devnet.settle(A);
    TestFollower follower{fixture.config(), file};
    EXPECT_TRUE(follower.comes_to(A, later));
    // What had been followed isn't read again.
    EXPECT_EQ(follower.status().scopes, 1u);
}

TEST(follower_part, goes_on_when_l1_comes_back) {
    Fixture fixture;
    TestFollower follower{fixture.config(), fixture.devnet.network_file()};
    ASSERT_TRUE(follower.comes_to(A, fixture.devnet.settle(A)));
    fixture.devnet.set_away(true);
    ASSERT_TRUE(eventually([&] { return follower.status().l1_error.has_value(); }));
    auto status = follower.status();
    status.now_s += 100;
    EXPECT_FALSE(why_not_ready(status, 12).empty());
    fixture.devnet.set_away(false);
    EXPECT_TRUE(follower.comes_to(A, fixture.devnet.settle(A)));
    EXPECT_FALSE(follower.status().l1_error);
}

/// A client of L1 that isn't as it should be, by the rule that names it.
struct Trouble {
    const char* rule;
    net::Liar::Lie lie;
};

net::Liar::Lie answering(std::string method, const net::RpcResult& answer) {
    return [=](const net::RpcCall& call, net::RpcResult& result) {
        if (call.method == method) result = answer;
    };
}
net::Liar::Lie failing(std::string method, int code, std::string message) {
    return answering(std::move(method),
                     std::unexpected{net::RpcError{code, std::move(message), {}}});
}
/// Blocks come with this before their other fields.
net::Liar::Lie adding(std::string field) {
    return [=](const net::RpcCall& call, net::RpcResult& result) {
        if (call.method == "eth_getBlockByNumber" && result && *result != "null")
            result->insert(1, field);
    };
}

class TroubledFollower : public ::testing::TestWithParam<Trouble> {};

TEST_P(TroubledFollower, keeps_what_it_has_names_the_trouble_and_goes_on) {
    const auto& [rule, lie] = GetParam();
    Fixture fixture;
    auto config = fixture.config();
    config.l1.timeout = 500ms;
    TestFollower follower{config, fixture.devnet.network_file()};
    const Hash before = fixture.devnet.settle(A);
    ASSERT_TRUE(follower.comes_to(A, before));

    fixture.devnet.lie(lie);
    const Hash after = fixture.devnet.settle(A);
    const auto named = fmt::format("{}: 127.0.0.1:", rule);
    EXPECT_TRUE(eventually([&] {
        const auto error = follower.status().l1_error;
        return error && error->find(named) != std::string::npos;
    })) << rule
        << follower.log();
    EXPECT_EQ(follower.head(A), before);
    auto status = follower.status();
    EXPECT_TRUE(std::ranges::none_of(
        status.rollups, [](const auto& rollup) { return rollup.stopped.has_value(); }));
    status.now_s += 100;
    EXPECT_FALSE(why_not_ready(status, 12).empty());

    fixture.devnet.lie(nullptr);
    if (std::string_view{rule} == "wrong") {  // it isn't asked again for a while
        EXPECT_EQ(follower.status().l1_errors["wrong"], 1u);
        return;
    }
    EXPECT_TRUE(follower.comes_to(A, after)) << follower.log();
    EXPECT_TRUE(eventually([&] { return !follower.status().l1_error; }));
}

INSTANTIATE_TEST_SUITE_P(
    rules, TroubledFollower,
    ::testing::Values(
        Trouble{"slow", [](const auto&, auto&) { std::this_thread::sleep_for(700ms); }},
        Trouble{"refused", failing("eth_getBlockByNumber", -32005, "daily request count exceeded")},
        Trouble{"behind",
                failing("eth_getBlockReceipts", -32000, "transaction indexing is in progress")},
        Trouble{"pruned", failing("eth_getBlockReceipts", 4444, "pruned history unavailable")},
        Trouble{"reorganised", failing("eth_getBlockReceipts", -32000, "header not found")},
        Trouble{"wrong", answering("eth_getBlockReceipts", "7")},
        Trouble{"unsupported", adding(R"("blockAccessListHash":"0x12",)")}),
    [](const auto& info) { return std::string{info.param.rule}; });

TEST(follower_part, another_l1_is_not_followed) {
    Fixture fixture;
    auto file = fixture.devnet.network_file();
    file.first_l1_block_hash.data()[0] ^= 1;
    TestFollower follower{fixture.config(), file};
    fixture.devnet.settle(A);
    EXPECT_TRUE(eventually(
        [&] { return follower.log().find("it is a client of another L1") != std::string::npos; }));
    EXPECT_EQ(follower.status().rollups.front().latest, 0u);
    EXPECT_EQ(follower.status().l1_errors["wrong"], 1u);
}

TEST(follower_part, the_next_client_is_asked_where_the_first_is_away) {
    Fixture fixture;
    auto config = fixture.config();
    config.l1.rpc = {"http://127.0.0.1:1", fixture.devnet.url()};
    TestFollower follower{config, fixture.devnet.network_file()};
    EXPECT_TRUE(follower.comes_to(A, fixture.devnet.settle(A)));
}

}  // namespace
}  // namespace scope::node_app
