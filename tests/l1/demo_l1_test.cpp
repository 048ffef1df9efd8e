// The demonstration on an L1 that is another's: one that is asked over JSON-RPC.

#include <gmock/gmock.h>

#include <ranges>

#include "demo/l1_identity.hpp"
#include "demo/patient_sender.hpp"
#include "demo/rpc_demo_l1.hpp"
#include "demo/run_scope.hpp"
#include "served.hpp"

namespace scope::l1 {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr ChainId L1_ID{4242};
constexpr uint64_t WEI_PER_ETH = 1'000'000'000'000'000'000;

/// An L1 by Osaka's rules on which one account has money, behind JSON-RPC.
class OtherL1 : public ::testing::Test {
  protected:
    static LocalL1 make_l1() {
        state::GenesisAlloc alloc;
        alloc[crypto::address_of(key())].balance = uint256{100u} * uint256{WEI_PER_ETH};
        return {devnet::l1_spec(L1_ID), devnet::l1_genesis(std::move(alloc)), {.slot_s = 3}};
    }
    /// Has the client give another result, or an error, for a method.
    void answer(std::string method, net::RpcResult other) {
        served_.liar.lie = [method = std::move(method), other = std::move(other)](
                               const net::RpcCall& call, net::RpcResult& result) {
            if (call.method == method) result = other;
        };
    }
    static net::RpcResult error(std::string message) {
        return std::unexpected{net::RpcError{-32000, std::move(message), {}}};
    }
    [[nodiscard]] std::string refusal() const {
        const auto identity = demo::identify(served_.endpoint());
        return identity ? "none" : identity.error();
    }
    [[nodiscard]] demo::RpcDemoOptions options() const {
        return {.url = *net::parse_http_url(served_.url),
                .beacon = {},
                .funder = crypto::local_signer(key())};
    }

    LocalL1 l1_ = make_l1();
    LocalL1Network network_{l1_};
    rpc::Service service_{network_};
    Served served_{service_, L1_ID};
    demo::Progress progress_;
};

TEST_F(OtherL1, says_what_it_is) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(l1_.mine({}));
    const auto identity = demo::identify(served_.endpoint());
    ASSERT_TRUE(identity) << identity.error();
    EXPECT_EQ(identity->spec.chain_id, L1_ID);
    EXPECT_THAT(identity->client, StartsWith("scope/"));
    EXPECT_FALSE(identity->is_anvil);
    EXPECT_EQ(identity->slot_s, 3u);
    EXPECT_EQ(identity->head.hash, l1_.head()->hash);
}

TEST_F(OtherL1, has_the_blob_schedule_that_it_tells) {
    answer("eth_config",
           R"({"current":{"activationTime":5,"blobSchedule":)"
           R"({"target":10,"max":15,"baseFeeUpdateFraction":8346193}},)"
           R"("next":{"activationTime":1900000000,"blobSchedule":)"
           R"({"target":14,"max":21,"baseFeeUpdateFraction":11684671}},"last":null})");
    const auto identity = demo::identify(served_.endpoint());
    ASSERT_TRUE(identity) << identity.error();
    EXPECT_EQ(identity->spec.blobs_at(1'800'000'000).max, 15u);
    EXPECT_EQ(identity->spec.blobs_at(1'899'999'999).target, 10u);
    EXPECT_EQ(identity->spec.blobs_at(1'900'000'000).max, 21u);

    answer("eth_config", error("no such method"));
    EXPECT_EQ(demo::identify(served_.endpoint())->spec.blobs_at(1'800'000'000).max,
              chain::ChainSpec::of(evm::Revision::osaka, L1_ID).blobs_at(1'800'000'000).max);
}

TEST_F(OtherL1, is_refused_by_the_reason) {
    EXPECT_EQ(refusal(), "none");
    answer("eth_call", error("invalid opcode: opcode 0x1e not defined"));
    EXPECT_THAT(refusal(), HasSubstr("unsupported: "));
    EXPECT_THAT(refusal(), HasSubstr("not Osaka's"));
    answer("eth_chainId", R"("0x10000000000000000")");
    EXPECT_THAT(refusal(), HasSubstr("eth_chainId: it is 2^64 or more"));
    answer("eth_config", R"({"current":{"blobSchedule":{"target":7,"max":0}}})");
    EXPECT_THAT(refusal(), HasSubstr("eth_config: current.blobSchedule.baseFeeUpdateFraction"));
    answer("web3_clientVersion", R"("anvil\u001b[2J/1.0")");
    const auto identity = demo::identify(served_.endpoint());
    ASSERT_TRUE(identity);
    EXPECT_TRUE(identity->is_anvil);
    EXPECT_EQ(identity->client, R"(anvil\x1b[2J/1.0)");
}

TEST_F(OtherL1, gives_each_run_people_of_its_own) {
    const auto alice_of = [&] { return demo::make_rpc_l1(options(), progress_)->person("alice"); };
    const auto alice = alice_of();
    EXPECT_EQ(alice.address, alice_of().address);
    EXPECT_NE(alice.address, devnet::make_person("alice").address);
    EXPECT_NE(alice.address, demo::make_rpc_l1(options(), progress_)->person("bob").address);
    auto other = options();
    other.funder = crypto::local_signer(key(7));
    EXPECT_NE(alice.address, demo::make_rpc_l1(other, progress_)->person("alice").address);
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = L1_ID;
    tx.max_fee_per_gas = uint256{uint64_t{20'000'000'000}};
    tx.gas_limit = 21'000;
    tx.to = Address{{0xbb}};
    ASSERT_TRUE(l1_.send(signed_by(tx, 0x1234), {}));
    EXPECT_NE(alice.address, alice_of().address);
}

TEST_F(OtherL1, keeps_its_money_from_who_asks_for_too_much) {
    const auto l1 = demo::make_rpc_l1(options(), progress_);
    const std::array needs{
        demo::Need{.person = l1->person("alice"), .value = uint256{200u} * uint256{WEI_PER_ETH}}};
    const auto nonce = [&] {
        return l1_.chain().head_state()->account(crypto::address_of(key()))->nonce;
    };
    try {
        l1->fund(needs);
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("has 100 ETH on L1, and the demonstration takes up to "
                                            "200"));
    }
    EXPECT_EQ(nonce(), 0u);
}

/// Has the demonstration settle stories there, and followers arrive where its builder is.
void expect_to_settle(demo::World& world) {
    EXPECT_EQ(world.l1_id(), L1_ID);
    demo::Checks checks;
    for (const auto& story : demo::stories().first(3)) {
        const auto report = demo::run_scope(world, "one", std::array{&story}, checks);
        EXPECT_TRUE(report.settled) << report.failure;
        EXPECT_EQ(report.tries, 1u);
        EXPECT_EQ(report.bundle.blobs > 0,
                  world.options().data_availability == builder::DataAvailability::blobs);
    }
    for (const auto& check : checks.all()) EXPECT_TRUE(check.held) << check.what;
    const auto follower = world.devnet().make_follower();
    ASSERT_TRUE(follower->follow());
    for (const ChainId chain_id : {demo::A, demo::B})
        EXPECT_EQ(follower->follower().rollup(chain_id)->chain.head()->hash,
                  world.chain(chain_id).head()->hash);
}

TEST_F(OtherL1, settles_stories_and_gets_back_what_is_left) {
    const std::shared_ptr<demo::DemoL1> l1 = demo::make_rpc_l1(options(), progress_);
    EXPECT_THAT(l1->why_no_blobs(), HasSubstr("--beacon"));
    demo::World world{l1, demo::Artifacts::locate(), builder::DataAvailability::calldata,
                      progress_};
    expect_to_settle(world);
    l1->take_back();
    const auto has = l1_.chain().head_state()->account(crypto::address_of(key()))->balance;
    // All but the bonds, what exists on the rollups, and gas.
    EXPECT_GT(has, uint256{93u} * uint256{WEI_PER_ETH});
}

TEST_F(OtherL1, settles_stories_in_blobs_that_a_beacon_node_has) {
    const net::TestPeer beacon{[this](const auto& request, const auto& connection) {
        constexpr std::string_view QUERY = "versioned_hashes=";
        const std::string_view target = request.target;
        const size_t at = target.find(QUERY);
        if (at == std::string_view::npos)  // no slots, as anvil
            return connection.send(net::TestPeer::response("{}", "404 Not Found"));
        std::string list;
        for (const auto word : std::views::split(target.substr(at + QUERY.size()), ',')) {
            const auto hash = fixed_from_hex<32>(std::string_view{word});
            const auto blob = hash ? *l1_.blob(*hash) : nullptr;
            if (blob != nullptr)
                list += (list.empty() ? "\"" : ",\"") + to_hex(BytesView{blob->blob}) + "\"";
        }
        return connection.send(net::TestPeer::response(fmt::format(R"({{"data":[{}]}})", list)));
    }};
    auto with_beacon = options();
    with_beacon.beacon = *net::parse_http_url(beacon.url());
    const std::shared_ptr<demo::DemoL1> l1 = demo::make_rpc_l1(with_beacon, progress_);
    EXPECT_EQ(l1->why_no_blobs(), "");
    demo::World world{l1, demo::Artifacts::locate(), builder::DataAvailability::blobs, progress_};
    expect_to_settle(world);
}

// ---- waiting

/// Has a transaction in a block at the n-th question, answers nothing at some before.
class SlowSender final : public L1Sender {
  public:
    SlowSender(int included_at, int silent_until)
        : included_at_(included_at), silent_until_(silent_until) {}

    Result<void, SendError> send(const Transaction& /*transaction*/,
                                 std::span<const chain::StoredBlobPtr> /*blobs*/) override {
        ++sent;
        return {};
    }
    [[nodiscard]] Result<TransactionStatus, L1Error> status(
        const Hash& /*transaction_hash*/) const override {
        const int number = ++asked;
        if (number <= silent_until_) return std::unexpected{L1Error{L1Error::slow, "asleep"}};
        TransactionStatus status{TransactionStatus::Stage::pending, {}};
        if (number >= included_at_) {
            status.stage = TransactionStatus::Stage::included;
            status.place = chain::TransactionPlace{std::make_shared<chain::StoredBlock>(), 0};
        }
        return status;
    }

    mutable int asked = 0;
    int sent = 0;

  private:
    int included_at_;
    int silent_until_;
};

using std::chrono_literals::operator""ms;

TEST(patient_sender, returns_when_it_is_in_a_block) {
    const auto slow = std::make_shared<SlowSender>(5, 2);
    demo::PatientSender sender{slow, {.most = 600'000ms, .each_look = 1ms}};
    EXPECT_TRUE(sender.send({}, {}));
    EXPECT_EQ(slow->sent, 1);
    EXPECT_EQ(slow->asked, 5);
}

TEST(patient_sender, gives_up_and_says_how_it_is) {
    demo::PatientSender impatient{std::make_shared<SlowSender>(1000, 0),
                                  {.most = 0ms, .each_look = 1ms}};
    EXPECT_TRUE(impatient.send({}, {}));
    EXPECT_EQ(impatient.wait_for({}).error(), "in no block after 0 s: pending");
    const demo::PatientSender unheard{std::make_shared<SlowSender>(1000, 1000),
                                      {.most = 0ms, .each_look = 1ms}};
    EXPECT_EQ(unheard.wait_for({}).error(), "in no block after 0 s: slow: asleep");
}

}  // namespace
}  // namespace scope::l1
