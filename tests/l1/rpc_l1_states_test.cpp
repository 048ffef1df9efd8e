// The states of an L1 client that is not as it should be: each made by a server that does exactly
// that, and what source, view and sender say of it.

#include <gmock/gmock.h>

#include "l1/rpc_l1_sender.hpp"
#include "l1/rpc_l1_view.hpp"
#include "served.hpp"

namespace scope::l1 {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

/// What all that asks a client says of it.
struct Told {
    std::string heads, block, head, state, status;
    std::string sent;
};

template <typename T>
std::string rule_of(const Result<T, L1Error>& result) {
    return result ? "no error" : std::string{to_string(result.error().rule)};
}

Told ask(const std::shared_ptr<const RpcEndpoint>& endpoint, const LocalL1& l1) {
    const auto source = std::make_shared<RpcL1Source>(endpoint);
    const RpcL1View view{l1.spec(), endpoint};
    RpcL1Sender sender{endpoint, source};
    Told told;
    told.heads = rule_of(source->heads());
    told.block = rule_of(source->block(1));
    told.head = rule_of(view.head());
    const auto state = view.state((*l1.block(1))->hash);
    told.state = rule_of(state);
    if (state) {
        try {
            (void)(*state)->account(STORE);
        } catch (const StateUnavailable& error) {
            told.state = to_string(error.error.rule);
        }
    }
    told.status = rule_of(sender.status((*l1.block(1))->transaction_hashes[0]));
    const auto sent = sender.send(storing(l1, 3, 1, 1), {});
    told.sent = sent ? "no error" : std::string{to_string(sent.error().rule)};
    return told;
}

void expect_all(const Told& told, std::string_view rule, std::string_view sent = "unreachable") {
    for (const auto& each : {told.heads, told.block, told.head, told.state, told.status})
        EXPECT_EQ(each, rule);
    EXPECT_EQ(told.sent, sent);
}

std::shared_ptr<const RpcEndpoint> endpoint_of(const net::TestPeer& peer,
                                               milliseconds timeout = milliseconds{10'000}) {
    return std::make_shared<RpcEndpoint>(
        *net::parse_http_url(peer.url()),
        net::RpcCallerOptions{.http = {.timeout = timeout, .max_response = 1'000'000}});
}

class RpcStates : public ::testing::Test {
  protected:
    RpcStates() {
        EXPECT_TRUE(l1_.mine(std::vector{storing(l1_, 1, 1, 1), storing(l1_, 2, 2, 2)}));
        EXPECT_TRUE(l1_.send(storing(l1_, 1, 3, 3), {}));
    }
    /// Changes the answers to a method.
    void lie(std::string method, std::function<void(net::RpcResult&)> change) {
        served_.liar.lie = [=](const net::RpcCall& call, net::RpcResult& result) {
            if (call.method == method) change(result);
        };
    }
    void answer(std::string method, net::RpcResult answer) {
        lie(std::move(method), [=](net::RpcResult& result) { result = answer; });
    }
    Told ask() { return l1::ask(served_.endpoint(), l1_); }
    std::string block_error() {
        const auto block = RpcL1Source{served_.endpoint()}.block(1);
        return block ? "no error" : to_string(block.error());
    }

    LocalL1 l1_ = make_local_l1();
    LocalL1Network network_{l1_};
    rpc::Service service_{network_};
    Served served_{service_, CHAIN_ID};
};

TEST_F(RpcStates, nothing_is_wrong_with_one_as_it_should_be) {
    expect_all(ask(), "no error", "no error");
}

TEST_F(RpcStates, unreachable) {
    auto peer = std::make_unique<net::TestPeer>([](const auto&, const auto&) { return false; });
    expect_all(l1::ask(endpoint_of(*peer), l1_), "unreachable");  // it closes each connection
    const auto endpoint = endpoint_of(*peer);
    peer.reset();
    expect_all(l1::ask(endpoint, l1_), "unreachable");  // nobody listens
    const auto error = RpcL1Source{endpoint}.heads();
    EXPECT_THAT(to_string(error.error()), HasSubstr("unreachable: 127.0.0.1:"));
}

TEST_F(RpcStates, slow) {
    const net::TestPeer mute{[](const auto&, const auto& connection) {
        connection.wait_end();
        return false;
    }};
    expect_all(l1::ask(endpoint_of(mute, milliseconds{50}), l1_), "slow");
    const net::TestPeer drips{[](const auto&, const auto& connection) {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n");
        while (connection.send(" ")) std::this_thread::sleep_for(milliseconds{1});
        return false;
    }};
    expect_all(l1::ask(endpoint_of(drips, milliseconds{50}), l1_), "slow");
}

TEST_F(RpcStates, refused) {
    for (const auto* const status :
         {"401 Unauthorized", "429 Too Many Requests", "502 Bad Gateway"}) {
        const net::TestPeer peer{[=](const auto&, const auto& connection) {
            return connection.send(net::TestPeer::response("no", status));
        }};
        expect_all(l1::ask(endpoint_of(peer), l1_), "refused");
    }
    served_.liar.lie = [](const net::RpcCall&, net::RpcResult& result) {
        result = std::unexpected{net::RpcError{-32005, "daily request count exceeded", {}}};
    };
    expect_all(ask(), "refused", "refused");
}

TEST_F(RpcStates, wrong_where_it_speaks_no_json_rpc) {
    for (const auto* const body : {"<html>", "{}", "7", R"({"id":0})"}) {
        const net::TestPeer peer{[=](const auto&, const auto& connection) {
            return connection.send(net::TestPeer::response(body));
        }};
        expect_all(l1::ask(endpoint_of(peer), l1_), "wrong");
    }
    const net::TestPeer floods{[=](const auto&, const auto& connection) {
        return connection.send(net::TestPeer::response(std::string(1'000'001, ' ')));
    }};
    expect_all(l1::ask(endpoint_of(floods), l1_), "wrong");
}

TEST_F(RpcStates, pruned) {
    answer("eth_getBlockReceipts",
           std::unexpected{net::RpcError{4444, "pruned history unavailable", {}}});
    auto told = ask();
    EXPECT_EQ(told.block, "pruned");
    EXPECT_EQ(told.status, "pruned");  // it is included, and can't be shown
    EXPECT_EQ(told.state, "no error");
    answer("eth_getBlockReceipts", "null");
    EXPECT_EQ(ask().block, "pruned");
    answer("eth_getProof",
           std::unexpected{net::RpcError{-32000, "historical state 00 is not available", {}}});
    told = ask();
    EXPECT_EQ(told.state, "pruned");
    EXPECT_EQ(told.block, "no error");
}

TEST_F(RpcStates, unknown_block) {
    const RpcL1View view{l1_.spec(), served_.endpoint()};
    EXPECT_EQ(rule_of(view.state(Hash{{7}})), "unknown_block");
    EXPECT_EQ(rule_of(view.ancestors(Hash{{7}})), "unknown_block");
    answer("eth_getProof", std::unexpected{net::RpcError{-32001, "Resource not found", {}}});
    EXPECT_EQ(ask().state, "unknown_block");
}

TEST_F(RpcStates, reorganised) {
    // The receipts are those of another block, as where a reorganisation comes between.
    json::Appender other;
    rpc::append_receipts(other, l1_.spec(), **l1_.block(2));
    answer("eth_getBlockReceipts", other.take());
    EXPECT_EQ(ask().block, "reorganised");
    answer("eth_getBlockReceipts", std::unexpected{net::RpcError{-32000, "header not found", {}}});
    EXPECT_EQ(ask().block, "reorganised");
    answer("eth_getProof",
           std::unexpected{net::RpcError{-32000, "hash 0x12 is not currently canonical", {}}});
    EXPECT_EQ(ask().state, "reorganised");
}

TEST_F(RpcStates, reorganised_is_read_again_before_it_is_told) {
    int left = 2;
    const std::string other = [&] {
        json::Appender out;
        rpc::append_receipts(out, l1_.spec(), **l1_.block(2));
        return out.take();
    }();
    lie("eth_getBlockReceipts", [&](net::RpcResult& result) {
        if (left-- > 0) result = other;
    });
    EXPECT_EQ(block_error(), "no error");
}

TEST_F(RpcStates, unsupported) {
    lie("eth_getBlockByNumber",
        [](net::RpcResult& result) { result->insert(1, R"("blockAccessListHash":"0x12",)"); });
    const auto told = ask();
    EXPECT_EQ(told.heads, "unsupported");
    EXPECT_EQ(told.block, "unsupported");
    EXPECT_EQ(told.head, "unsupported");
    EXPECT_THAT(block_error(), HasSubstr("blockAccessListHash: a field of a fork"));
}

TEST_F(RpcStates, wrong_names_the_check_that_failed) {
    const auto replaced = [&](std::string method, std::string from, std::string to) {
        lie(std::move(method), [=](net::RpcResult& result) {
            const auto at = result->find(from);
            ASSERT_NE(at, std::string::npos) << from;
            result->replace(at, from.size(), to);
        });
        return block_error();
    };
    const auto& block = **l1_.block(1);
    EXPECT_THAT(replaced("eth_getBlockByNumber", "\"gasUsed\":\"0x", "\"gasUsed\":\"0x1"),
                HasSubstr("block: number 1: its hash is 0x"));
    EXPECT_THAT(replaced("eth_getBlockByNumber", "\"gas\":\"0x30d40\"", "\"gas\":\"0x30d41\""),
                HasSubstr("block 1: transactionsRoot: what was told has 0x"));
    EXPECT_THAT(replaced("eth_getBlockByNumber", "\"withdrawals\":[]",
                         R"("withdrawals":[{"index":"0x1","validatorIndex":"0x1","address":")" +
                             to_hex(STORE) + R"(","amount":"0x1"}])"),
                HasSubstr("block 1: withdrawalsRoot: what was told has 0x"));
    EXPECT_THAT(replaced("eth_getBlockReceipts", "\"status\":\"0x1\"", "\"status\":\"0x0\""),
                HasSubstr("block 1: receiptsRoot: what was told has 0x"));
    EXPECT_THAT(replaced("eth_getBlockReceipts", "\"logs\":", "\"logz\":"),
                HasSubstr("block 1: receipts: [0].logs: missing"));
    EXPECT_THAT(replaced("eth_getBlockByNumber", "\"stateRoot\":\"0x", "\"stateRoot\":\"0xzz"),
                HasSubstr("block: stateRoot: expected a hash"));
    EXPECT_EQ(block.block.transactions.size(), 2u);

    json::Appender other;
    rpc::append_block(other, **l1_.block(2), rpc::Transactions::full);
    json::Appender receipts;
    rpc::append_receipts(receipts, l1_.spec(), **l1_.block(2));
    served_.liar.lie = [block_2 = other.take(), receipts_2 = receipts.take()](
                           const net::RpcCall& call, net::RpcResult& result) {
        if (call.method == "eth_getBlockByNumber") result = block_2;
        if (call.method == "eth_getBlockReceipts") result = receipts_2;
    };
    EXPECT_THAT(block_error(), HasSubstr("asked for block 1, told 2"));
}

TEST_F(RpcStates, wrong_is_a_signature_that_is_none) {
    chain::StoredBlock forged = **l1_.block(1);
    forged.block.transactions[0].r = uint256{};
    forged.block.header.transactions_root = transactions_root(forged.block.transactions);
    forged.hash = hash(forged.block.header);
    json::Appender block, receipts;
    rpc::append_block(block, forged, rpc::Transactions::full);
    rpc::append_receipts(receipts, l1_.spec(), forged);
    const json::Document block_json{block.view()}, receipts_json{receipts.view()};
    const auto read = read_block_with_receipts(block_json.root(), receipts_json.root());
    ASSERT_FALSE(read);
    EXPECT_EQ(to_string(read.error()), "wrong: block 1: transactions[0]: no valid signature");
}

TEST_F(RpcStates, wrong_is_a_client_of_another_chain) {
    EXPECT_TRUE(served_.endpoint()->check_chain(CHAIN_ID));
    const auto other = served_.endpoint()->check_chain(ChainId{5});
    ASSERT_FALSE(other);
    EXPECT_THAT(to_string(other.error()), HasSubstr(": its chain is 1, not 5"));
}

/// Changes one digit or letter of some answer.
class RandomLie {
  public:
    explicit RandomLie(unsigned seed) : random_(seed) {}
    void operator()(net::RpcResult& result) {
        if (!result || result->size() < 10) return;
        for (;;) {
            char& changed = (*result)[random_() % result->size()];
            if (hex_digit(changed) < 0) continue;
            const char other = "0123456789abcdef"[random_() % 16];
            if (other == changed) continue;
            changed = other;
            return;
        }
    }

  private:
    std::mt19937_64 random_;
};

TEST_F(RpcStates, a_lie_is_found_out_or_changes_nothing) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    RandomLie random_lie{seed};
    int found_out = 0;
    for (const auto* const method : {"eth_getBlockByNumber", "eth_getBlockReceipts"}) {
        lie(method, std::ref(random_lie));
        const RpcL1Source source{served_.endpoint()};
        for (int i = 0; i < 150; ++i) {
            const auto block = source.block(1);
            if (!block) {
                ++found_out;
                continue;
            }
            ASSERT_NE(*block, nullptr);
            const auto& own = **l1_.block(1);
            ASSERT_EQ((*block)->hash, own.hash);
            ASSERT_EQ((*block)->block, own.block);
            ASSERT_EQ((*block)->receipts, own.receipts);
            ASSERT_EQ((*block)->senders, own.senders);
        }
    }
    EXPECT_GT(found_out, 100);
    for (const auto* const method : {"eth_getProof", "eth_getCode"}) {
        lie(method, std::ref(random_lie));
        const auto own = *l1_.state((*l1_.block(2))->hash);
        found_out = 0;
        for (int i = 0; i < 100; ++i) {
            const RpcL1View view{l1_.spec(), served_.endpoint()};
            const auto state = *view.state((*l1_.block(2))->hash);
            try {
                ASSERT_EQ(state->account(STORE), own->account(STORE));
                ASSERT_EQ(state->code(STORE)->bytes, own->code(STORE)->bytes);
                ASSERT_EQ(state->storage(STORE, to_be(uint256{1u})),
                          own->storage(STORE, to_be(uint256{1u})));
            } catch (const StateUnavailable& error) {
                ASSERT_EQ(to_string(error.error.rule), "wrong");
                ++found_out;
            }
        }
        EXPECT_GT(found_out, 20) << method;
    }
}

}  // namespace
}  // namespace scope::l1
