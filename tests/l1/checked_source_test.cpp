#include "l1/checked_source.hpp"

#include <gmock/gmock.h>

#include "l1/test_source.hpp"
#include "served.hpp"

namespace scope::l1 {
namespace {

using ::testing::HasSubstr;

/// A source behind a client of which the network's L1 is known by its block 1.
class CheckedSourceTest : public ::testing::Test {
  protected:
    CheckedSourceTest() { EXPECT_TRUE(l1_.mine(std::vector{storing(l1_, 1, 1, 1)})); }

    CheckedSource source(std::optional<L1Identity> identity = {}) {
        return {served_.endpoint(), inner_,
                identity.value_or(L1Identity{CHAIN_ID, {1, (*l1_.block(1))->hash}})};
    }
    /// Changes the answers to a method.
    void answer(std::string method, net::RpcResult answer) {
        served_.liar.lie = [=](const net::RpcCall& call, net::RpcResult& result) {
            if (call.method == method) result = answer;
        };
    }
    /// Asks for all that a source has; all have to fail, without the inner one being asked.
    L1Error refusal(const CheckedSource& source) {
        const auto heads = source.heads();
        EXPECT_FALSE(heads);
        EXPECT_FALSE(source.block(1));
        EXPECT_FALSE(source.blob({}));
        EXPECT_EQ(inner_->calls, 0);
        return heads ? L1Error{L1Error::wrong, "no error"} : heads.error();
    }
    int looks() { return served_.liar.calls["eth_getBlockByNumber"]; }

    LocalL1 l1_ = make_local_l1();
    LocalL1Network network_{l1_};
    rpc::Service service_{network_};
    Served served_{service_, CHAIN_ID};
    std::shared_ptr<test::TestSource> inner_ = std::make_shared<test::TestSource>(10);
};

TEST_F(CheckedSourceTest, looks_once_and_then_asks_the_source_alone) {
    const auto checked = source();
    EXPECT_EQ(looks(), 0);
    EXPECT_EQ(checked.heads()->latest, inner_->id(10));
    EXPECT_EQ((*checked.block(3))->hash, inner_->id(3).hash);
    (void)checked.blob({});
    EXPECT_EQ(looks(), 1);
    EXPECT_EQ(served_.liar.calls["eth_chainId"], 1);
    // And if the client turns into another one later, that is for the source to find out.
    answer("eth_chainId", "\"0x7\"");
    EXPECT_TRUE(checked.heads());
}

TEST_F(CheckedSourceTest, refuses_a_client_of_another_chain) {
    const auto error = refusal(source(L1Identity{ChainId{2}, {1, (*l1_.block(1))->hash}}));
    EXPECT_EQ(error, L1Error::wrong);
    EXPECT_THAT(to_string(error), HasSubstr(served_.url.substr(sizeof("http://") - 1)));
    EXPECT_EQ(looks(), 0);
}

TEST_F(CheckedSourceTest, refuses_a_client_of_another_l1_with_the_same_chain_id) {
    auto error = refusal(source(L1Identity{CHAIN_ID, {1, Hash{{0xaa}}}}));
    EXPECT_EQ(error, L1Error::wrong);
    EXPECT_THAT(error.reason, HasSubstr("it is a client of another L1: its block 1 is " +
                                        to_hex((*l1_.block(1))->hash)));
    // Also one that gives another block of its chain for it.
    const auto genesis = l1_.chain().store().canonical_block(0);
    error = refusal(source(L1Identity{CHAIN_ID, {0, (*l1_.block(1))->hash}}));
    EXPECT_EQ(error, L1Error::wrong);
    EXPECT_THAT(error.reason, HasSubstr(to_hex(genesis->hash)));
}

TEST_F(CheckedSourceTest, says_that_a_client_is_behind_and_looks_again) {
    const auto checked = source();
    answer("eth_getBlockByNumber", "null");
    EXPECT_EQ(refusal(checked), L1Error::behind);
    answer("eth_getBlockByNumber", std::unexpected{net::RpcError{-32000, "header not found", {}}});
    EXPECT_FALSE(checked.heads());
    EXPECT_EQ(inner_->calls, 0);
    served_.liar.lie = nullptr;
    EXPECT_TRUE(checked.heads());
}

TEST_F(CheckedSourceTest, believes_no_block_that_is_not_of_its_hash) {
    const auto checked = source();
    served_.liar.lie = [](const net::RpcCall& call, net::RpcResult& result) {
        if (call.method != "eth_getBlockByNumber") return;
        const std::string key = R"("gasUsed":"0x)";
        result->insert(result->find(key) + key.size(), "1");
    };
    EXPECT_EQ(refusal(checked), L1Error::wrong);
    answer("eth_getBlockByNumber", "{}");
    EXPECT_EQ(checked.heads().error(), L1Error::wrong);
    answer("eth_chainId", "\"zero\"");
    EXPECT_EQ(checked.heads().error(), L1Error::wrong);
    served_.liar.lie = nullptr;
    EXPECT_TRUE(checked.heads());
}

TEST_F(CheckedSourceTest, hands_on_why_a_client_gives_no_answer) {
    const auto checked = source();
    answer("eth_getBlockByNumber",
           std::unexpected{net::RpcError{-32005, "request rate limited", {}}});
    EXPECT_EQ(refusal(checked), L1Error::refused);
    answer("eth_chainId", std::unexpected{net::RpcError{-32005, "request rate limited", {}}});
    EXPECT_EQ(checked.heads().error(), L1Error::refused);
    const CheckedSource nobody{
        std::make_shared<RpcEndpoint>(*net::parse_http_url("http://127.0.0.1:1")), inner_,
        L1Identity{CHAIN_ID, {}}};
    EXPECT_EQ(refusal(nobody), L1Error::unreachable);
}

}  // namespace
}  // namespace scope::l1
