#include "l1/rpc_l1_view.hpp"

#include <gmock/gmock.h>

#include "served.hpp"

namespace scope::l1 {
namespace {

using ::testing::HasSubstr;

std::vector<Address> accounts_of_interest() {
    std::vector<Address> result{STORE, Address{{0xbb}}, Address{{0xc0}}, Address{{0x99}}};
    for (uint64_t i = 1; i <= 5; ++i) result.push_back(crypto::address_of(key(i)));
    return result;
}

void expect_equal(const state::StateView& own, const state::StateView& told) {
    for (const Address& address : accounts_of_interest()) {
        EXPECT_EQ(told.account(address), own.account(address)) << to_hex(address);
        EXPECT_EQ(told.code(address)->bytes, own.code(address)->bytes);
        EXPECT_EQ(told.code(address)->hash, own.code(address)->hash);
        EXPECT_EQ(told.has_storage(address), own.has_storage(address));
        for (uint64_t slot = 0; slot < 20; ++slot)
            EXPECT_EQ(told.storage(address, to_be(uint256{slot})),
                      own.storage(address, to_be(uint256{slot})));
    }
}

class RpcView : public ::testing::Test {
  protected:
    RpcView() { mine(3); }
    void mine(size_t blocks) { mine_random(l1_, blocks, random_); }
    Hash head_hash() { return l1_.head()->hash; }
    [[nodiscard]] uint64_t trips() const { return endpoint_->counts().round_trips; }
    /// Returns the round trips that @p run takes.
    template <typename Run>
    uint64_t trips_of(Run&& run) {
        const uint64_t before = trips();
        run();
        return trips() - before;
    }

    unsigned seed_ = std::random_device{}();
    ::testing::ScopedTrace trace_{__FILE__, __LINE__, seed_};
    std::mt19937_64 random_{seed_};
    LocalL1 l1_ = make_local_l1();
    LocalL1Network network_{l1_};
    rpc::Service service_{network_};
    Served served_{service_, CHAIN_ID};
    std::shared_ptr<const RpcEndpoint> endpoint_ = served_.endpoint();
    RpcL1View view_{l1_.spec(), endpoint_};
};

TEST_F(RpcView, tells_the_states_of_the_chain_that_answers) {
    for (int i = 0; i < 5; ++i) {
        const auto head = view_.head();
        ASSERT_TRUE(head) << to_string(head.error());
        EXPECT_EQ(head->hash, head_hash());
        EXPECT_EQ(head->header, l1_.head()->header);
        expect_equal(**l1_.state(head_hash()), **view_.state(head_hash()));
        mine(2);
    }
    const auto genesis = (*l1_.block(0))->hash;
    expect_equal(**l1_.state(genesis), **view_.state(genesis));
}

TEST_F(RpcView, stands_on_the_block_that_its_caller_has_followed) {
    const auto followed = *l1_.block(2);
    const RpcL1View view{
        l1_.spec(), endpoint_, {.followed = [&] { return L1BlockId{2, followed->hash}; }}};
    ASSERT_TRUE(view.head());
    EXPECT_EQ(view.head()->hash, followed->hash);
    EXPECT_EQ(view.head()->header, followed->header());
    EXPECT_EQ(view.next_block()->timestamp_s, followed->header().timestamp_s + 12);
    EXPECT_EQ(trips_of([&] { ASSERT_TRUE(view.head()); }), 0u);
}

TEST_F(RpcView, reads_what_a_caller_names_in_one_round_trip) {
    std::vector<Touch> touches;
    for (const Address& address : accounts_of_interest()) {
        touches.push_back({address, {}});
        for (uint64_t slot = 0; slot < 20; ++slot)
            touches.back().slots.push_back(to_be(uint256{slot}));
        touches.push_back(touches.back());  // twice
    }
    const Hash head = view_.head()->hash;
    EXPECT_EQ(trips_of([&] { ASSERT_TRUE(view_.prefetch(head, touches)); }), 1u);
    EXPECT_EQ(trips_of([&] { expect_equal(**l1_.state(head), **view_.state(head)); }), 0u);
    EXPECT_EQ(trips_of([&] { ASSERT_TRUE(view_.prefetch(head, touches)); }), 0u);
}

TEST_F(RpcView, reads_more_slots_than_one_proof_may_have) {
    constexpr size_t SLOTS = 2 * RpcState::MAX_SLOTS_IN_PROOF + 7;
    Touch touch{STORE, {}};
    for (uint64_t i = 0; i < SLOTS; ++i) touch.slots.push_back(to_be(uint256{i}));
    const Hash head = view_.head()->hash;
    ASSERT_TRUE(view_.prefetch(head, {}));  // what is expected with the first read
    const auto calls_before = endpoint_->counts().calls;
    EXPECT_EQ(trips_of([&] { ASSERT_TRUE(view_.prefetch(head, {&touch, 1})); }), 1u);
    EXPECT_EQ(endpoint_->counts().calls - calls_before, 4u);  // three proofs, and the code
    EXPECT_EQ(trips_of([&] { expect_equal(**l1_.state(head), **view_.state(head)); }),
              accounts_of_interest().size() - 1);
}

/// A walk as code makes it: each read depends on the one before.
void walk(const state::StateView& state) {
    for (const Address& address : accounts_of_interest()) {
        (void)state.account(address);
        (void)state.code(address);
    }
    for (uint64_t slot = 0; slot < 10; ++slot) (void)state.storage(STORE, to_be(uint256{slot}));
}

TEST_F(RpcView, reads_what_the_last_scope_touched_in_one_round_trip) {
    // Cold: each account with its code, and the slots of the one that has some by eight.
    const auto cold = trips_of([&] { walk(**view_.state(view_.head()->hash)); });
    EXPECT_EQ(cold, 1 + accounts_of_interest().size() + 2);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(l1_.send(storing(l1_, 1, 3, 1 + random_()), {}));
        EXPECT_EQ(trips_of([&] { walk(**view_.state(view_.head()->hash)); }), 2u);
        expect_equal(**l1_.state(head_hash()), **view_.state(head_hash()));
    }
    EXPECT_EQ(trips_of([&] { walk(**view_.state(head_hash())); }), 0u);  // the same block
}

TEST_F(RpcView, asks_for_code_again_only_where_it_has_changed) {
    walk(**view_.state(view_.head()->hash));
    served_.liar.calls.clear();
    ASSERT_TRUE(l1_.send(storing(l1_, 1, 3, 1), {}));
    walk(**view_.state(view_.head()->hash));
    EXPECT_EQ(served_.liar.calls["eth_getCode"], 0);
}

TEST_F(RpcView, asks_the_client_what_a_call_touches) {
    auto call = plain(l1_, 1);
    call.to = STORE;
    call.data = concat(to_be(uint256{77u}), to_be(uint256{5u}));
    const Hash head = view_.head()->hash;
    const auto from = crypto::address_of(key(1));
    EXPECT_EQ(trips_of([&] {
                  const auto touches = view_.list_touches(head, {from, call});
                  ASSERT_TRUE(touches) << to_string(touches.error());
                  ASSERT_TRUE(view_.prefetch(head, *touches));
              }),
              2u);
    const auto state = *view_.state(head);
    EXPECT_EQ(trips_of([&] {
                  (void)state->account(from);
                  (void)state->code(STORE);
                  (void)state->storage(STORE, to_be(uint256{77u}));
              }),
              0u);
}

TEST_F(RpcView, limits_what_one_reads_step_by_step) {
    const auto state = *view_.state(view_.head()->hash);
    (void)state->account(STORE);
    const auto read = [&](uint64_t first, uint64_t count) {  // far apart: each is a round trip
        for (uint64_t i = first; i < first + count; ++i)
            (void)state->storage(STORE, to_be(uint256{(i + 1) * 1000}));
    };
    const uint64_t most = ReadLimit::MAX_ROUND_TRIPS;
    {
        const ReadLimit limit{view_};
        EXPECT_EQ(trips_of([&] { read(0, most); }), most);
        EXPECT_EQ(trips_of([&] { EXPECT_THROW(read(most, 1), state::TooManyReads); }), 0u);
        EXPECT_EQ(trips_of([&] { read(0, most); }), 0u);  // it is known
    }
    {
        const ReadLimit limit{view_};
        EXPECT_EQ(trips_of([&] { read(most, 2); }), 2u);
    }
    EXPECT_EQ(trips_of([&] { read(2 * most, most + 1); }), most + 1);
}

TEST_F(RpcView, gives_ancestors_that_are_parents_of_one_another) {
    for (uint64_t i = 0; i < 300; ++i) ASSERT_TRUE(l1_.mine({}));
    const auto head = *view_.head();
    const auto own = *l1_.ancestors(head.hash);
    const auto told = *view_.ancestors(head.hash);
    const uint64_t number = head.header.number;
    EXPECT_EQ(trips_of([&] {
                  EXPECT_EQ(told->block_hash(number), own->block_hash(number));
                  EXPECT_EQ(told->block_hash(number - 1), own->block_hash(number - 1));
              }),
              0u);
    EXPECT_EQ(
        trips_of([&] { EXPECT_EQ(told->block_hash(number - 255), own->block_hash(number - 255)); }),
        3u);  // 254 headers by 100
    EXPECT_EQ(trips_of([&] {
                  for (uint64_t i = 0; i < 256; ++i)
                      ASSERT_EQ(told->block_hash(number - i), own->block_hash(number - i)) << i;
              }),
              0u);
    // Those of the next head are known, but for itself.
    ASSERT_TRUE(l1_.mine({}));
    const auto next = *view_.ancestors(view_.head()->hash);
    EXPECT_EQ(trips_of([&] { (void)next->block_hash(number - 254); }), 0u);
}

TEST_F(RpcView, throws_where_ancestors_are_not_those_of_the_block) {
    mine(4);
    const auto before = *view_.head();
    const auto hashes = *view_.ancestors(before.hash);
    l1_.set_head((*l1_.block(1))->hash);
    l1_.set_coinbase(Address{{9}});
    mine(8);
    try {
        (void)hashes->block_hash(before.header.number - 3);
        FAIL() << "no error";
    } catch (const StateUnavailable& error) {
        EXPECT_EQ(to_string(error.error.rule), "reorganised");
    }
}

TEST_F(RpcView, a_read_that_fails_leaves_no_mark) {
    const auto state = *view_.state(view_.head()->hash);
    bool is_away = true;
    served_.liar.lie = [&](const net::RpcCall&, net::RpcResult& result) {
        if (is_away) result = std::unexpected{net::RpcError{-32000, "rate limited", {}}};
    };
    for (int i = 0; i < 3; ++i) {
        EXPECT_THROW((void)state->account(STORE), state::Unavailable);
        EXPECT_THROW((void)state->storage(STORE, to_be(uint256{1u})), state::Unavailable);
        EXPECT_THROW((void)state->code(STORE), state::Unavailable);
        EXPECT_THROW((void)state->has_storage(STORE), state::Unavailable);
    }
    is_away = false;
    expect_equal(**l1_.state(head_hash()), *state);
}

TEST_F(RpcView, names_the_proof_that_does_not_hold) {
    served_.liar.lie = [](const net::RpcCall& call, net::RpcResult& result) {
        if (call.method != "eth_getProof") return;
        const auto at = result->find("\"accountProof\":[\"0x");
        (*result)[at + 20] = (*result)[at + 20] == '0' ? '1' : '0';
    };
    const auto state = *view_.state(view_.head()->hash);
    try {
        (void)state->account(STORE);
        FAIL() << "no error";
    } catch (const state::Unavailable& error) {
        EXPECT_THAT(error.what(), HasSubstr("L1's state: wrong: 127.0.0.1:"));
        EXPECT_THAT(error.what(), HasSubstr(": accountProof: node does not have"));
    }
}

TEST_F(RpcView, expects_the_next_block_in_a_slot_that_has_not_begun) {
    uint64_t now_s = 0;
    std::optional<chain::BlockAttributes> announced;
    const RpcL1View view{l1_.spec(),
                         endpoint_,
                         {.slot_s = 12,
                          .now_s = [&] { return now_s; },
                          .announced = [&](const L1Head&) { return announced; }}};
    const auto head = l1_.head()->header;
    EXPECT_EQ(view.next_block()->timestamp_s, head.timestamp_s + 12);
    EXPECT_EQ(view.next_block()->coinbase, head.coinbase);
    now_s = head.timestamp_s + 11;
    EXPECT_EQ(view.next_block()->timestamp_s, head.timestamp_s + 12);
    now_s = head.timestamp_s + 12;
    EXPECT_EQ(view.next_block()->timestamp_s, head.timestamp_s + 24);
    now_s = head.timestamp_s + 40;
    EXPECT_EQ(view.next_block()->timestamp_s, head.timestamp_s + 48);
    EXPECT_TRUE(chain::are_allowed(view.spec(), head, *view.next_block()));
    announced = chain::BlockAttributes{.timestamp_s = head.timestamp_s + 5};
    EXPECT_EQ(view.next_block()->timestamp_s, head.timestamp_s + 5);
}

}  // namespace
}  // namespace scope::l1
