#include "service/scope_encoding.hpp"

#include <gtest/gtest.h>

#include <random>

namespace scope::service {
namespace {

using builder::CallTree;
using builder::RootResult;

class Random {
  public:
    explicit Random(uint64_t seed) : engine_(seed) {}

    uint64_t below(uint64_t bound) { return engine_() % bound; }
    bool coin() { return below(2) == 0; }
    Hash hash() { return to_be(word()); }
    uint256 word() { return {engine_(), engine_(), engine_(), engine_()}; }
    Bytes bytes() {
        Bytes bytes(below(40));
        for (auto& byte : bytes) byte = static_cast<uint8_t>(engine_());
        return bytes;
    }
    protocol::Request request() {
        return {.root_id = hash(),
                .kind = coin() ? protocol::CallKind::call : protocol::CallKind::static_call,
                .source_chain_id = word(),
                .target_chain_id = word(),
                .from = Address::from(BytesView{hash()}.first(20)),
                .nonce = word(),
                .marks = {{word(), hash()}},
                .depth = word(),
                .variant = word(),
                .to = Address::from(BytesView{hash()}.first(20)),
                .value = word(),
                .gas_limit = word(),
                .data = bytes()};
    }
    std::vector<CallTree> calls(uint64_t depth) {
        std::vector<CallTree> calls;
        if (depth == 0) return calls;
        for (uint64_t i = below(3); i > 0; --i)
            calls.push_back({request(), hash(), coin(), bytes(), below(1'000'000), coin(),
                             this->calls(depth - 1)});
        return calls;
    }
    RootResult root() {
        RootResult root{.context = {word(), hash(), word()},
                        .root_id = hash(),
                        .success = coin(),
                        .output = bytes(),
                        .outcome = hash(),
                        .gas_used = below(1'000'000),
                        .calls = calls(5),
                        .plan = {},
                        .environment = {protocol::EnvironmentField::timestamp}};
        for (uint64_t i = below(3); i > 0; --i)
            root.plan[ChainId{1 + below(9)}] = {.limits = {{word(), word()}},
                                                .fills = {{word(), hash(), bytes()}},
                                                .records = {{request(), hash(), coin()}}};
        return root;
    }

  private:
    std::mt19937_64 engine_;
};

void expect_equal(const std::vector<CallTree>& is, const std::vector<CallTree>& should) {
    ASSERT_EQ(is.size(), should.size());
    for (size_t i = 0; i < is.size(); ++i) {
        EXPECT_EQ(is[i].request, should[i].request);
        EXPECT_EQ(is[i].request_hash, should[i].request_hash);
        EXPECT_EQ(is[i].success, should[i].success);
        EXPECT_EQ(is[i].output, should[i].output);
        EXPECT_EQ(is[i].gas_used, should[i].gas_used);
        EXPECT_EQ(is[i].kept, should[i].kept);
        expect_equal(is[i].calls, should[i].calls);
    }
}

TEST(scope_encoding, gives_back_what_it_took) {
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Random random{seed};
        std::vector<RootResult> roots(random.below(4));
        for (auto& root : roots) root = random.root();
        const auto decoded = decode_roots(encode_roots(roots));
        ASSERT_TRUE(decoded.has_value());
        ASSERT_EQ(decoded->size(), roots.size());
        for (size_t i = 0; i < roots.size(); ++i) {
            EXPECT_EQ((*decoded)[i].context, roots[i].context);
            EXPECT_EQ((*decoded)[i].root_id, roots[i].root_id);
            EXPECT_EQ((*decoded)[i].output, roots[i].output);
            EXPECT_EQ((*decoded)[i].outcome, roots[i].outcome);
            EXPECT_EQ((*decoded)[i].plan, roots[i].plan);
            EXPECT_EQ((*decoded)[i].environment, roots[i].environment);
            expect_equal((*decoded)[i].calls, roots[i].calls);
        }
    }
}

// Calls nest to 64, and a row with more of them than there are bytes for is none.
TEST(scope_encoding, refuses_what_it_does_not_write) {
    Random random{1};
    RootResult root = random.root();
    root.calls.clear();
    std::vector<CallTree>* at = &root.calls;
    for (uint64_t depth = 0; depth < protocol::MAX_DEPTH; ++depth) {
        at->push_back({random.request(), {}, true, {}, 0, true, {}});
        at = &at->back().calls;
    }
    EXPECT_TRUE(decode_roots(encode_roots({root})).has_value());
    at->push_back({random.request(), {}, true, {}, 0, true, {}});
    EXPECT_FALSE(decode_roots(encode_roots({root})).has_value());
    const Bytes encoded = encode_roots({random.root()});
    for (size_t size = 0; size < encoded.size(); ++size)
        EXPECT_FALSE(decode_roots(BytesView{encoded}.first(size)).has_value());
}

}  // namespace
}  // namespace scope::service
