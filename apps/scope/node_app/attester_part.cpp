#include "node_app/attester_part.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "attester/attester_routes.hpp"
#include "base/hex.hpp"
#include "config/units.hpp"
#include "node_app/own_keys.hpp"

namespace scope::node_app {

namespace {

namespace chrono = std::chrono;

/// A builder may see an L1 block before this node does: it is waited for while it can't be far.
constexpr uint64_t NEAR_BLOCKS = 4;
/// Between two looks at L1's heads for that: whoever waits, L1's clients are asked no more often.
constexpr chrono::milliseconds LOOK{250};

/// Returns what says whether a node is at an L1 block, or far from it, and has it look for its head
/// meanwhile.
std::function<bool(uint64_t)> nearness_of(NodePart& part) {
    // Of all who wait.
    auto next_look = std::make_shared<chrono::steady_clock::time_point>();
    return [&part, next_look = std::move(next_look)](uint64_t l1_block) {
        const uint64_t next = part.node().follower().next_l1_block();
        if (l1_block < next || l1_block - next >= NEAR_BLOCKS) return true;
        if (const auto now = chrono::steady_clock::now(); now >= *next_look) {
            *next_look = now + LOOK;
            part.l1().ahead().wake();
        }
        return false;
    };
}

net::HttpServiceOptions service_options(const config::NodeConfig& config, NodeLog& log) {
    const auto& attester = *config.attester;
    std::vector<net::TlsPeer> clients;
    for (const auto& [name, key] : attester.allowed) {
        const auto fingerprint = net::parse_fingerprint(key);
        CHECK(fingerprint.has_value());  // checked with the configuration
        clients.push_back({*fingerprint, name});
    }
    const auto place = config::parse_listen(attester.listen);
    CHECK(place.has_value());  // checked with the configuration
    net::HttpServiceOptions options;
    options.host = place->host;
    options.tls = {
        .own = read_identity("attester.tls_certificate", attester.tls_certificate, config),
        .clients = std::move(clients)};
    options.failed = [&log](std::string_view why) {
        log.error("attest_failed", fmt::format("a request failed: {}", why));
    };
    return options;
}

/// Attests to a genesis of this node's network for the deployer alone: anyone else would own the rollup.
attester::Answer attest_genesis(const protocol::GenesisClaim& claim,
                                const std::optional<Address>& deployer, NodePart& part) {
    if (claim.owner == deployer) return part.node().attest_genesis(claim);
    prover::Disagreement refusal;
    refusal.member = part.node().attester();
    refusal.kind = prover::DisagreementKind::different_field;
    refusal.chain_id = ChainId::from(claim.chain_id);
    refusal.field = "owner";
    refusal.detail =
        deployer ? fmt::format("claimed {}, allowed {}", to_hex(claim.owner), to_hex(*deployer))
                 : "attester.deployer names nobody";
    return std::unexpected{std::move(refusal)};
}

std::vector<net::HttpRoute> routes(const config::NodeConfig& config, NodePart& part, NodeLog& log,
                                   net::Worker& worker, std::shared_ptr<AttesterAnswers> answers) {
    const auto deployer = fixed_from_hex<20>(config.attester->deployer);
    const auto told = [&log, answers = std::move(answers)](const attester::Answer& answer) {
        answers->add(answer);
        if (!answer)
            log.warn("disagreement", to_string(answer.error()),
                     {{"kind", std::string{to_string(answer.error().kind)}}});
        return answer;
    };
    return attester::attester_routes(
        {.attest =
             [&part, told](BytesView proof_input, const Address& requester) {
                 return told(part.node().attest(proof_input, requester));
             },
         .is_near_enough = nearness_of(part),
         .attest_genesis =
             [&part, told, deployer](const protocol::GenesisClaim& claim) {
                 return told(node_app::attest_genesis(claim, deployer, part));
             },
         .status =
             [&part] {
                 return attester::status_of(part.node().attester(), part.node().follower());
             }},
        worker);
}

}  // namespace

AttesterPart::AttesterPart(const config::NodeConfig& config, NodePart& node, NodeLog& log,
                           net::Worker& worker)
    : config_(config),
      service_(service_options(config, log), routes(config, node, log, worker, answers_)) {}

std::string AttesterPart::listen() {
    const auto place = config::parse_listen(config_.attester->listen);
    const uint16_t port = service_.listen(place->port);
    return config::print_listen({place->host, port});
}

}  // namespace scope::node_app
