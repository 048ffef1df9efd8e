#include "attester/https_attester.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "attester/attester_routes.hpp"
#include "crypto/signer.hpp"
#include "net/test_peer.hpp"
#include "prover/committee.hpp"
#include "test_prover/test_input.hpp"

namespace scope::attester {
namespace {

using namespace prover::test;
using namespace rollup::test;
using net::TestPeer;
using prover::Attestation;
using prover::Committee;
using prover::Disagreement;
using prover::DisagreementKind;
using std::chrono::milliseconds;
using testing::HasSubstr;

net::TlsIdentity make_identity() {
    const auto pem = net::make_certificate("test");
    return *net::TlsIdentity::from_pem(pem.certificate, pem.key);
}

/// Who asks, and who answers: every member of a committee has the same TLS key here, which proves
/// nothing of who signs.
struct Keys {
    net::TlsIdentity builder = make_identity();
    net::TlsIdentity server = make_identity();

    [[nodiscard]] net::TlsServerOptions for_server() const {
        return {.own = server,
                .clients = std::vector<net::TlsPeer>{{builder.fingerprint(), "builder"}}};
    }
    [[nodiscard]] net::TlsOptions for_client() const {
        return {.own = builder, .peer = server.fingerprint()};
    }
};

/// An attester with a follower of its own, served.
class Remote {
  public:
    Remote(uint8_t number, const l1::L1Source& l1, const rollup::RollupConfig& rollup,
           const Keys& keys, AttesterLimits limits = {})
        : number_(number),
          keys_(keys),
          follower_(l1, {rollup}),
          attester_(crypto::local_signer(key(number)), follower_,
                    {.request = std::chrono::hours{1},
                     .requester = {.time = std::chrono::seconds{100},
                                   .window = std::chrono::seconds{6'000}}},
                    [this] { return now_ += std::chrono::seconds{step_s}; }),
          service_({.tls = keys.for_server()}, attester_routes(node(), worker_, limits)),
          port_(service_.listen(0)) {}
    ~Remote() { service_.stop(); }
    Remote(const Remote&) = delete;
    Remote& operator=(const Remote&) = delete;

    [[nodiscard]] net::HttpUrl url() const {
        return *net::parse_http_url(fmt::format("https://127.0.0.1:{}", port_));
    }
    [[nodiscard]] Address address() const { return crypto::address_of(key(number_)); }
    [[nodiscard]] std::unique_ptr<HttpsAttester> client() const {
        return client(keys_.for_client());
    }
    [[nodiscard]] std::unique_ptr<HttpsAttester> client(net::TlsOptions tls) const {
        return std::make_unique<HttpsAttester>(address(), url(), std::move(tls));
    }
    /// Runs something in the place of a request.
    void occupy(std::move_only_function<void()> task) { worker_.post(std::move(task)); }

    std::atomic<int> attested = 0;
    std::atomic<int> looks = 0;  ///< whether its node is near an L1 block
    std::atomic<bool> is_near = true;
    std::atomic<int> step_s = 0;  ///< seconds that each look at the clock takes

  private:
    AttesterNode node() {
        return {.attest =
                    [this](BytesView input, const Address& requester) {
                        ++attested;
                        return attester_.attest(input, requester);
                    },
                .is_near_enough =
                    [this](uint64_t l1_block) {
                        EXPECT_EQ(l1_block, 0u);  // the origin of the setting's batch
                        ++looks;
                        return is_near.load();
                    },
                .attest_genesis =
                    [this](const protocol::GenesisClaim& claim) {
                        return attester_.attest_genesis(claim);
                    },
                .status = [this] { return status_of(attester_.address(), follower_); }};
    }

    uint8_t number_;
    Keys keys_;
    prover::Attester::Clock::time_point now_;
    rollup::Follower follower_;
    prover::Attester attester_;
    net::Worker worker_;
    net::HttpService service_;
    uint16_t port_;
};

TEST(https_attester, waits_for_an_l1_block_while_its_node_does_other_things) {
    Setting setting;
    const Keys keys;
    Remote remote{11, setting.l1, setting.rollup, keys, {.patience = std::chrono::hours{1}}};
    const auto input = setting.input(DataIn::calldata);
    remote.is_near = false;
    auto attestation = std::async(std::launch::async, [&] {
        return remote.client()->attest(prover::encode(input)).has_value();
    });
    while (remote.looks < 2) std::this_thread::yield();
    std::latch done{1};
    remote.occupy([&] { done.count_down(); });
    done.wait();
    EXPECT_EQ(remote.attested, 0);
    remote.is_near = true;
    EXPECT_TRUE(attestation.get());
    // Not for ever, and what is no proof input not at all.
    Remote other{11, setting.l1, setting.rollup, keys, {.patience = milliseconds{1}}};
    other.is_near = false;
    EXPECT_TRUE(other.client()->attest(prover::encode(input)));
    EXPECT_FALSE(other.client()->attest(Bytes{1, 2, 3}));
}

/// Two members that are as they should be, and a third that a test gives.
struct Trial {
    Setting setting;
    Keys keys;
    Remote one{11, setting.l1, setting.rollup, keys};
    Remote two{12, setting.l1, setting.rollup, keys};
    Address third = crypto::address_of(key(13));

    std::unique_ptr<HttpsAttester> client_of(const TestPeer& peer,
                                             milliseconds timeout = milliseconds{20'000}) {
        return std::make_unique<HttpsAttester>(third, *net::parse_http_url(peer.url()),
                                               keys.for_client(), timeout);
    }
    /// Asks a committee of the three, which has to prove, and returns what the third said.
    Disagreement dissent_of(std::unique_ptr<prover::AttesterClient> member) {
        std::vector<std::unique_ptr<prover::AttesterClient>> members;
        members.push_back(one.client());
        members.push_back(std::move(member));
        members.push_back(two.client());
        Committee committee{std::move(members), {.threshold = 2, .grace = milliseconds{20'000}}};
        const auto proof = committee.prove(setting.input(DataIn::calldata));
        if (!proof) {
            ADD_FAILURE() << to_string(proof.error());
            return {};
        }
        EXPECT_EQ(proof->bytes.size(), 2 * 65u);
        if (proof->dissents.size() != 1) {
            ADD_FAILURE() << proof->dissents.size() << " dissents";
            return {};
        }
        EXPECT_EQ(proof->dissents[0].member, third);
        return proof->dissents[0];
    }
    Disagreement dissent_of(TestPeer::Answer answer, milliseconds timeout = milliseconds{20'000}) {
        const TestPeer peer{std::move(answer), keys.for_server()};
        auto said = dissent_of(client_of(peer, timeout));
        if (said.kind != DisagreementKind::false_attestation)
            EXPECT_THAT(said.detail, HasSubstr(net::parse_http_url(peer.url())->authority()));
        return said;
    }
};

TestPeer::Answer always(std::string body, std::string status = "200 OK") {
    return [=](const auto&, const auto& connection) {
        return connection.send(TestPeer::response(body, status));
    };
}
std::string text_of(const Answer& answer) {
    const auto bytes = encode(answer);
    return {bytes.begin(), bytes.end()};
}

TEST(https_attester, gives_what_its_node_says) {
    Trial s;
    Remote three{13, s.setting.l1, s.setting.rollup, s.keys};
    std::vector<std::unique_ptr<prover::AttesterClient>> members;
    for (const auto* remote : {&s.one, &s.two, &three}) members.push_back(remote->client());
    Committee committee{std::move(members)};
    for (const auto where : {DataIn::calldata, DataIn::blobs}) {
        const auto input = s.setting.input(where);
        const auto proof = committee.prove(input);
        ASSERT_TRUE(proof) << to_string(proof.error());
        EXPECT_TRUE(proof->dissents.empty());
        auto wrong = input;
        wrong.claims[0].last_block_hash = {};
        const auto refused = committee.prove(wrong);
        ASSERT_FALSE(refused);
        ASSERT_EQ(refused.error().dissents.size(), 3u);
        for (const auto& dissent : refused.error().dissents) {
            EXPECT_EQ(dissent.kind, DisagreementKind::different_field);
            EXPECT_EQ(dissent.field, "lastBlockHash");
            EXPECT_EQ(dissent.chain_id, CHAIN);
        }
    }
    const auto malformed = committee.prove_bytes(Bytes{7});
    ASSERT_FALSE(malformed);
    EXPECT_EQ(malformed.error().dissents[0].kind, DisagreementKind::malformed_input);
}

TEST(https_attester, attests_a_genesis_and_says_where_it_is) {
    Trial s;
    const auto client = s.one.client();
    const auto before = client->status();
    ASSERT_TRUE(before) << before.error();
    EXPECT_EQ(before->address, s.one.address());
    ASSERT_EQ(before->rollups.size(), 1u);
    EXPECT_EQ(before->rollups[0].chain_id, CHAIN);
    EXPECT_EQ(before->rollups[0].head.hash, s.setting.chain.head()->hash);
    ASSERT_TRUE(client->attest(encode(s.setting.input(DataIn::calldata))));
    const auto l1 = client->status()->l1;
    ASSERT_TRUE(l1);
    EXPECT_EQ(l1->hash, s.setting.l1.head()->hash);

    const auto genesis = s.setting.chain.head();
    protocol::GenesisClaim claim{.l1_chain_id = uint256{s.setting.rollup.settlement.l1_chain_id},
                                 .settlement = s.setting.rollup.settlement.settlement,
                                 .owner = Address{{1}},
                                 .chain_id = uint256{CHAIN},
                                 .program_id = s.setting.rollup.program_id,
                                 .block_hash = genesis->hash,
                                 .state_root = genesis->header().state_root,
                                 .supply = *rollup::genesis_supply(s.setting.rollup)};
    const auto attestation = client->attest_genesis(claim);
    ASSERT_TRUE(attestation) << to_string(attestation.error());
    EXPECT_EQ(attestation->signer, s.one.address());
    const auto other = HttpsAttester{s.two.address(), s.one.url(), s.keys.for_client()};
    EXPECT_EQ(other.attest_genesis(claim).error().kind, DisagreementKind::false_attestation);
    claim.supply = uint256{7u};
    EXPECT_EQ(client->attest_genesis(claim).error().field, "supply");
}

TEST(https_attester, that_is_dead_is_named) {
    Trial s;
    auto peer = std::make_unique<TestPeer>(always("x"), s.keys.for_server());
    auto client = s.client_of(*peer);
    peer.reset();
    EXPECT_EQ(s.dissent_of(std::move(client)).kind, DisagreementKind::unreachable);
    // It takes the request, and closes.
    EXPECT_EQ(s.dissent_of([](const auto&, const auto&) { return false; }).kind,
              DisagreementKind::unreachable);
    EXPECT_EQ(s.dissent_of([](const auto&, const auto& connection) {
                   connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
                   connection.cut();
                   return false;
               }).kind,
              DisagreementKind::unreachable);
}

TEST(https_attester, that_is_slow_is_named) {
    Trial s;
    EXPECT_EQ(s.dissent_of(
                   [](const auto&, const auto& connection) {
                       connection.wait_end();
                       return false;
                   },
                   milliseconds{200})
                  .kind,
              DisagreementKind::timed_out);
    EXPECT_EQ(s.dissent_of(
                   [](const auto&, const auto& connection) {
                       connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
                       while (connection.send("x")) std::this_thread::sleep_for(milliseconds{1});
                       return false;
                   },
                   milliseconds{200})
                  .kind,
              DisagreementKind::timed_out);
}

TEST(https_attester, that_lies_is_named) {
    Trial s;
    const auto input = s.setting.input(DataIn::calldata);
    auto honest = s.one.client()->attest(encode(input));
    ASSERT_TRUE(honest);
    const auto kind_of = [&](const std::function<void(Attestation&)>& change) {
        auto lie = *honest;
        change(lie);
        return s.dissent_of(always(text_of(lie))).kind;
    };
    using enum DisagreementKind;
    EXPECT_EQ(kind_of([](auto&) {}), false_attestation);  // another one's word
    EXPECT_EQ(kind_of([&](auto& lie) { lie.signer = s.third; }), false_attestation);
    EXPECT_EQ(
        kind_of([&](auto& lie) {
            lie.signer = s.third;
            lie.input_hashes[0] = {};
            lie.signature = crypto::to_rsv(crypto::sign(
                protocol::attestation_hash(input.claims[0].program_id, lie.input_hashes), key(13)));
        }),
        false_attestation);  // signed, but something else
}

TEST(https_attester, that_answers_something_else_is_named) {
    Trial s;
    using enum DisagreementKind;
    for (const std::string& body : {std::string{}, std::string{"hello"}, std::string{"\1\0", 2},
                                    std::string{"\1\1\xc0", 3}, std::string(100'000, '\1')})
        EXPECT_EQ(s.dissent_of(always(body)).kind, malformed_answer) << body.substr(0, 10);
    EXPECT_EQ(s.dissent_of(always("x", "500 Internal Server Error")).kind, failed);
    EXPECT_EQ(s.dissent_of(always("x", "404 Not Found")).kind, failed);
    EXPECT_EQ(s.dissent_of(always("x", "503 Service Unavailable")).kind, overloaded);
    const auto garbage = s.dissent_of([](const auto&, const auto& connection) {
        connection.send("\x1b[2J hello\r\n\r\n");
        return false;
    });
    EXPECT_EQ(garbage.kind, malformed_answer);
    // A gigabyte that is announced, and one that comes.
    EXPECT_EQ(s.dissent_of([](const auto&, const auto& connection) {
                   connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                   connection.wait_end();
                   return false;
               }).kind,
              malformed_answer);
    EXPECT_EQ(s.dissent_of([](const auto&, const auto& connection) {
                   connection.send("HTTP/1.1 200 OK\r\n\r\n");
                   while (connection.send(std::string(100'000, 'x'))) {
                   }
                   return false;
               }).kind,
              malformed_answer);
    // It may say what it likes of others, not who it is.
    Disagreement said;
    said.member = s.one.address();
    said.kind = not_following;
    const TestPeer peer{always(text_of(std::unexpected{said})), s.keys.for_server()};
    EXPECT_EQ(s.dissent_of(s.client_of(peer)).kind, not_following);
}

TEST(https_attester, with_another_tls_key_is_not_asked) {
    Trial s;
    int requests = 0;
    const TestPeer impostor{[&](const auto&, const auto&) {
                                ++requests;
                                return false;
                            },
                            net::TlsServerOptions{.own = make_identity(), .clients = {}}};
    const auto said = s.dissent_of(s.client_of(impostor));
    EXPECT_EQ(said.kind, DisagreementKind::unreachable);
    EXPECT_THAT(said.detail, HasSubstr("its key is not sha256:"));
    EXPECT_EQ(requests, 0);
}

// ---- who may ask, and how much

TEST(attester_routes, refuse_who_has_no_key_that_may_ask) {
    Trial s;
    const auto input = encode(s.setting.input(DataIn::calldata));
    for (const auto& shown : {std::optional<net::TlsIdentity>{}, std::optional{make_identity()}}) {
        const auto stranger =
            s.one.client({.own = shown, .peer = s.keys.server.fingerprint()})->attest(input);
        ASSERT_FALSE(stranger);
        EXPECT_EQ(stranger.error().kind, DisagreementKind::unreachable);
        EXPECT_THAT(stranger.error().detail, HasSubstr("it refuses this client"));
    }
    EXPECT_EQ(s.one.attested, 0);
    EXPECT_TRUE(s.one.client()->attest(input));
}

TEST(attester_routes, answer_nobody_where_no_keys_are_asked_for) {
    Trial s;
    net::Worker worker;
    net::HttpService service{
        {},
        attester_routes({.attest = [](BytesView, const Address&) -> Answer { std::abort(); },
                         .attest_genesis = [](const auto&) -> Answer { std::abort(); },
                         .status = []() -> AttesterStatus { std::abort(); }},
                        worker)};
    HttpsAttester client{
        s.third, *net::parse_http_url(fmt::format("http://127.0.0.1:{}", service.listen(0))), {}};
    EXPECT_THAT(client.attest(Bytes{1}).error().detail, HasSubstr("HTTP status 403"));
    EXPECT_FALSE(client.status());
}

TEST(attester_routes, bound_the_time_of_each_who_asks) {
    Trial s;
    const auto input = encode(s.setting.input(DataIn::calldata));
    const auto client = s.one.client();
    s.one.step_s = 1'000;  // what each request takes
    EXPECT_TRUE(client->attest(input));
    const auto over = client->attest(input);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().kind, DisagreementKind::requester_over_limit);
    s.one.step_s = 100'000;  // all is forgiven by then
    EXPECT_TRUE(client->attest(input));
}

TEST(attester_routes, refuse_a_flood_and_go_on_behind_it) {
    Setting setting;
    const Keys keys;
    Remote remote{
        11, setting.l1, setting.rollup, keys, {.max_waiting = 1, .max_waiting_of_peer = 1}};
    const auto input = encode(setting.input(DataIn::calldata));
    std::latch gate{1};
    remote.occupy([&] { gate.wait(); });
    // One of them waits; all others are told at once, while nothing moves.
    constexpr int FLOOD = 20;
    std::atomic<int> overloaded = 0;
    std::atomic<int> attested = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                const auto client = remote.client();
                for (int i = 0; i < FLOOD; ++i) {
                    const auto answer = client->attest(input);
                    if (answer)
                        ++attested;
                    else if (answer.error().kind == DisagreementKind::overloaded)
                        ++overloaded;
                }
            });
        while (overloaded < FLOOD) std::this_thread::yield();
        EXPECT_EQ(remote.attested, 0);
        gate.count_down();
    }
    EXPECT_EQ(overloaded + attested, 4 * FLOOD);
    EXPECT_TRUE(remote.client()->attest(input));
}

}  // namespace
}  // namespace scope::attester
