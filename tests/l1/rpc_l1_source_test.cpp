#include "l1/rpc_l1_source.hpp"

#include <gmock/gmock.h>

#include "served.hpp"

namespace scope::l1 {
namespace {

TEST(rpc_l1_source, tells_the_chain_that_answers) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random{seed};
    auto l1 = make_local_l1();
    LocalL1Network network{l1};
    rpc::Service service{network};
    const Served served{service, CHAIN_ID};
    const RpcL1Source source{served.endpoint()};
    for (int i = 0; i < 4; ++i) {
        expect_same_chain(l1, source);
        mine_random(l1, 3, random);
    }
}

TEST(rpc_l1_source, reads_a_block_and_the_heads_in_one_round_trip_each) {
    auto l1 = make_local_l1();
    ASSERT_TRUE(l1.send(storing(l1, 1, 1, 1), {}));
    LocalL1Network network{l1};
    rpc::Service service{network};
    const Served served{service, CHAIN_ID};
    const auto endpoint = served.endpoint();
    const RpcL1Source source{endpoint};
    ASSERT_TRUE(source.heads());
    ASSERT_TRUE(source.block(1));
    EXPECT_EQ(endpoint->counts().round_trips, 2u);
}

TEST(rpc_l1_source, follows_a_reorganisation) {
    auto l1 = make_local_l1();
    for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(l1.send(storing(l1, 1, i, 1), {}));
    LocalL1Network network{l1};
    rpc::Service service{network};
    const Served served{service, CHAIN_ID};
    const RpcL1Source source{served.endpoint()};
    expect_same_chain(l1, source);
    l1.set_head((*l1.block(1))->hash);
    l1.set_coinbase(Address{{9}});
    for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(l1.send(storing(l1, 2, i, 2), {}));
    expect_same_chain(l1, source);
}

// ---- heads as real clients have them

/// Makes labels answer as a test says: with another block's JSON, or an error.
struct Labels {
    std::optional<uint64_t> latest;
    std::optional<uint64_t> safe;
    std::optional<uint64_t> finalized;
    std::optional<net::RpcError> error;  ///< of labels without a number, but for latest
};

class RpcHeads : public ::testing::Test {
  protected:
    RpcHeads() {
        for (uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(l1_.send(storing(l1_, 1, i, 1), {}));
        served_.liar.lie = [this](const net::RpcCall& call, net::RpcResult& result) {
            if (call.method != "eth_getBlockByNumber" || !call.params) return;
            const auto label = std::string_view{(*call.params).at(0)};
            const auto answer = [&](const std::optional<uint64_t>& number) {
                if (number)
                    result = json_of(*number);
                else if (labels_.error)
                    result = std::unexpected{*labels_.error};
                else
                    result = "null";
            };
            if (label == "latest" && labels_.latest) answer(labels_.latest);
            if (label == "safe") answer(labels_.safe);
            if (label == "finalized") answer(labels_.finalized);
        };
    }
    std::string json_of(uint64_t number) {
        json::Appender out;
        rpc::append_block(out, **l1_.block(number), rpc::Transactions::hashes);
        return out.take();
    }
    L1BlockId id(uint64_t number) { return {number, (*l1_.block(number))->hash}; }
    void expect_heads(const RpcL1Source& source, uint64_t latest, uint64_t safe,
                      uint64_t finalized) {
        const auto heads = source.heads();
        ASSERT_TRUE(heads) << to_string(heads.error());
        EXPECT_EQ(heads->latest, id(latest));
        EXPECT_EQ(heads->safe, id(safe));
        EXPECT_EQ(heads->finalized, id(finalized));
    }
    static std::string error_of(const RpcL1Source& source) {
        const auto heads = source.heads();
        return heads ? "no error" : std::string{to_string(heads.error().rule)};
    }

    LocalL1 l1_ = make_local_l1();
    LocalL1Network network_{l1_};
    rpc::Service service_{network_};
    Served served_{service_, CHAIN_ID};
    RpcL1Source source_{served_.endpoint()};
    Labels labels_;
};

TEST_F(RpcHeads, are_the_genesis_block_before_the_first_finality) {
    expect_heads(source_, 8, 0, 0);  // null
    for (const auto& [code, message] :
         {std::pair{-32000, "safe block not found"}, {-39001, "Unknown block"}}) {
        labels_.error = net::RpcError{code, message, {}};
        expect_heads(source_, 8, 0, 0);
    }
    labels_.finalized = 3;
    expect_heads(source_, 8, 3, 3);
    labels_.error = net::RpcError{-32005, "rate limited", {}};
    EXPECT_EQ(error_of(source_), "refused");
}

TEST_F(RpcHeads, hold_a_safe_block_to_its_place) {
    labels_ = {.latest = 5, .safe = 7, .finalized = 2, .error = {}};  // geth after a rewind
    expect_heads(source_, 5, 5, 2);
    labels_ = {.latest = {}, .safe = 1, .finalized = 2, .error = {}};
    expect_heads(source_, 8, 2, 2);
}

TEST_F(RpcHeads, say_that_a_client_is_behind) {
    labels_ = {.latest = 3, .safe = 5, .finalized = 5, .error = {}};
    EXPECT_EQ(error_of(source_), "behind");  // its head is below what it says is final
    labels_ = {.latest = {}, .safe = 6, .finalized = 5, .error = {}};
    expect_heads(source_, 8, 6, 5);
    labels_ = {.latest = {}, .safe = 6, .finalized = 4, .error = {}};
    EXPECT_EQ(error_of(source_), "behind");  // 5 was final before

    uint64_t now_s = GENESIS_TIME_S + 8 * 12 + 300;
    const RpcL1Source watched{served_.endpoint(), {}, {.now_s = [&] { return now_s; }}};
    labels_ = {.latest = {}, .safe = 6, .finalized = 5, .error = {}};
    EXPECT_EQ(error_of(watched), "no error");
    ++now_s;
    EXPECT_EQ(error_of(watched), "behind");
}

TEST_F(RpcHeads, of_different_chains_are_a_reorganisation) {
    labels_ = {.latest = {}, .safe = 8, .finalized = 4, .error = {}};
    const auto other = [&] {
        auto fork = make_local_l1({.coinbase = Address{{7}}});
        for (uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(fork.send(storing(fork, 1, i, 1), {}));
        json::Appender out;
        rpc::append_block(out, **fork.block(8), rpc::Transactions::hashes);
        return out.take();
    }();
    int answers = 0;
    const auto honest = served_.liar.lie;
    served_.liar.lie = [&](const net::RpcCall& call, net::RpcResult& result) {
        honest(call, result);
        if (call.params && simdjson::minify(*call.params).starts_with(R"(["latest")") &&
            ++answers <= 1)
            result = other;
    };
    expect_heads(source_, 8, 8, 4);  // read again: it was between two blocks
    EXPECT_EQ(answers, 2);
    answers = -100;
    EXPECT_EQ(error_of(source_), "reorganised");
}

TEST_F(RpcHeads, may_not_change_what_is_final) {
    labels_ = {.latest = {}, .safe = 6, .finalized = 5, .error = {}};
    expect_heads(source_, 8, 6, 5);
    auto fork = make_local_l1({.coinbase = Address{{7}}});
    for (uint64_t i = 0; i < 8; ++i) EXPECT_TRUE(fork.send(storing(fork, 1, i, 1), {}));
    l1_ = std::move(fork);
    EXPECT_EQ(error_of(source_), "wrong");
}

// ---- blobs

class RpcBlobs : public ::testing::Test {
  protected:
    RpcBlobs() {
        for (uint64_t i = 1; i <= 2; ++i) {
            blobs_.push_back(make_blob(i));
            hashes_.push_back(crypto::versioned_hash(blobs_.back()->commitment));
        }
        EXPECT_TRUE(l1_.send(storing(l1_, 1, 1, 1), {}));
        EXPECT_TRUE(l1_.send(with_blobs(l1_, 1, blobs_), blobs_));
    }
    Bytes content(size_t i) { return to_bytes(blobs_[i]->blob); }
    RpcL1Source reader_of(std::vector<std::shared_ptr<const BlobSource>> sources) {
        return RpcL1Source{served_.endpoint(), std::move(sources)};
    }
    void expect_blobs(const RpcL1Source& source) {
        for (size_t i = 0; i < blobs_.size(); ++i) {
            const auto blob = source.blob(hashes_[i]);
            ASSERT_TRUE(blob) << to_string(blob.error());
            ASSERT_NE(*blob, nullptr);
            EXPECT_EQ((*blob)->blob, blobs_[i]->blob);
            EXPECT_EQ((*blob)->commitment, blobs_[i]->commitment);
            EXPECT_TRUE(
                crypto::verify_blob_proof((*blob)->blob, (*blob)->commitment, (*blob)->proof));
        }
    }
    static std::string outcome_of(const Result<chain::StoredBlobPtr, L1Error>& blob) {
        if (!blob) return std::string{to_string(blob.error().rule)};
        return *blob == nullptr ? "null" : "found";
    }

    LocalL1 l1_ = make_local_l1();
    LocalL1Network network_{l1_};
    rpc::Service service_{network_};
    Served served_{service_, CHAIN_ID};
    std::vector<chain::StoredBlobPtr> blobs_;
    std::vector<Hash> hashes_;
};

TEST_F(RpcBlobs, come_by_slot_or_by_number_all_of_a_transaction_at_once) {
    BeaconPeer by_number;
    by_number.blobs["2"] = {content(1), content(0)};
    const auto one = reader_of({by_number.source()});
    EXPECT_EQ(outcome_of(one.blob(hashes_[0])), "unknown_block");
    ASSERT_TRUE(one.block(2));
    expect_blobs(one);
    EXPECT_EQ(by_number.requests(), 2);  // config/spec, and all blobs

    // Block 2 is 24 s behind L1's genesis block: slot 5 of a chain whose genesis was 6 s before it.
    BeaconPeer by_slot{GENESIS_TIME_S - 6, 6};
    by_slot.blobs["5"] = {content(0), content(1)};
    const auto other = reader_of({by_slot.source()});
    ASSERT_TRUE(other.block(2));
    expect_blobs(other);
    EXPECT_EQ(by_slot.requests(), 3);  // genesis, too
}

TEST_F(RpcBlobs, come_by_slot_from_a_beacon_node_that_was_away_when_it_was_asked_first) {
    BeaconPeer peer{GENESIS_TIME_S - 6, 6};
    peer.blobs["5"] = {content(0), content(1)};
    const auto source = reader_of({peer.source()});
    ASSERT_TRUE(source.block(2));
    peer.is_away = true;
    EXPECT_EQ(outcome_of(source.blob(hashes_[0])), "null");
    peer.is_away = false;
    expect_blobs(source);
}

TEST_F(RpcBlobs, come_from_several_sources_in_turn) {
    BeaconPeer first, second, empty;
    first.blobs["2"] = {content(0)};
    second.blobs["2"] = {content(0), content(1)};
    const auto source = reader_of({empty.source(), first.source(), second.source()});
    ASSERT_TRUE(source.block(2));
    expect_blobs(source);
    EXPECT_EQ(empty.requests(), 4);  // its kind and the blob, each time
    EXPECT_EQ(first.requests(), 3);
    EXPECT_EQ(second.requests(), 2);
}

TEST_F(RpcBlobs, are_null_where_no_source_has_them_and_an_error_where_one_may) {
    BeaconPeer empty, other;
    const auto gone = std::make_shared<BeaconBlobs>(*net::parse_http_url(
        std::make_unique<net::TestPeer>([](const auto&, const auto&) { return false; })->url()));
    other.blobs["2"] = {content(0), content(1)};
    const auto ask = [&](std::vector<std::shared_ptr<const BlobSource>> sources) {
        const auto source = reader_of(std::move(sources));
        EXPECT_TRUE(source.block(2));
        return outcome_of(source.blob(hashes_[0]));
    };
    EXPECT_EQ(ask({}), "null");
    EXPECT_EQ(ask({empty.source()}), "null");
    EXPECT_EQ(ask({empty.source(), gone}), "unreachable");
    EXPECT_EQ(ask({gone, other.source()}), "found");
}

TEST_F(RpcBlobs, are_checked_by_their_commitments) {
    const auto ask = [&](std::vector<Bytes> told) {
        BeaconPeer peer;
        peer.blobs["2"] = std::move(told);
        const auto source = reader_of({peer.source()});
        EXPECT_TRUE(source.block(2));
        return outcome_of(source.blob(hashes_[0]));
    };
    Bytes changed = content(0);
    changed[77] ^= 1;
    Bytes above_modulus = content(0);
    above_modulus[0] = 0xff;
    EXPECT_EQ(ask({content(0)}), "found");
    EXPECT_EQ(ask({changed}), "wrong");
    EXPECT_EQ(ask({above_modulus}), "wrong");
    EXPECT_EQ(ask({{1, 2, 3}}), "wrong");
    EXPECT_EQ(ask({content(1)}), "null");  // it has another one of the transaction
    EXPECT_EQ(ask({}), "null");
}

TEST_F(RpcBlobs, name_what_a_source_does_wrong) {
    const auto ask = [&](std::string status, std::string body) {
        const net::TestPeer peer{[&](const auto& request, const auto& connection) {
            const bool is_spec = request.target == "/eth/v1/config/spec";
            return connection.send(is_spec ? net::TestPeer::response("", "404 Not Found")
                                           : net::TestPeer::response(body, status));
        }};
        const auto source =
            reader_of({std::make_shared<BeaconBlobs>(*net::parse_http_url(peer.url()))});
        EXPECT_TRUE(source.block(2));
        return outcome_of(source.blob(hashes_[0]));
    };
    EXPECT_EQ(ask("200 OK", "hello"), "wrong");
    EXPECT_EQ(ask("200 OK", "{}"), "wrong");
    EXPECT_EQ(ask("200 OK", R"({"data":[7]})"), "wrong");
    EXPECT_EQ(ask("401 Unauthorized", "{}"), "refused");
    EXPECT_EQ(ask("503 Service Unavailable", "{}"), "refused");
    EXPECT_EQ(ask("200 OK", std::string(BeaconBlobs::default_options().max_response + 1, ' ')),
              "wrong");
}

}  // namespace
}  // namespace scope::l1
