#include "attester/attester_routes.hpp"

#include <algorithm>
#include <utility>

#include "prover/proof_input.hpp"

namespace scope::attester {

namespace {

constexpr unsigned BAD_REQUEST = 400;
constexpr unsigned FORBIDDEN = 403;

net::HttpAnswer bytes_answer(const Answer& answer) {
    const Bytes bytes = encode(answer);
    return {.body = std::string{bytes.begin(), bytes.end()},
            .content_type = "application/octet-stream"};
}

/// Returns the last L1 block that a proof input's claims name; null: it is no proof input.
std::optional<uint64_t> last_l1_block(BytesView proof_input) {
    const auto input = prover::decode_proof_input(proof_input);
    if (!input) return std::nullopt;
    uint256 last;
    for (const auto& claim : input->claims) last = std::max(last, claim.l1_origin_number);
    return last > uint256{UINT64_MAX} ? UINT64_MAX : last[0];
}

/// Answers only who has shown a key.
std::function<net::HttpAnswer(const net::HttpCall&)> for_peers(
    std::function<net::HttpAnswer(const net::HttpCall&)> handler) {
    return [handler = std::move(handler)](const net::HttpCall& call) {
        if (call.peer == nullptr) return net::text_answer(FORBIDDEN, "show a key that may ask");
        return handler(call);
    };
}

}  // namespace

Address requester_of(const net::Fingerprint& key) {
    return Address::from(BytesView{key.sha256}.first(Address::size()));
}

AttesterStatus status_of(const Address& address, const rollup::Follower& follower) {
    AttesterStatus status;
    status.address = address;
    const uint64_t next = follower.next_l1_block();
    if (const auto l1 = next == 0 ? std::nullopt : follower.l1_block(next - 1))
        status.l1 = AttesterStatus::Head{next - 1, l1->id.hash};
    for (const auto& [chain_id, rollup] : follower.rollups()) {
        const auto head = rollup.chain.head();
        status.rollups.push_back({.chain_id = chain_id,
                                  .head = {head->header().number, head->hash},
                                  .stopped = rollup.stopped ? to_string(*rollup.stopped) : ""});
    }
    return status;
}

std::vector<net::HttpRoute> attester_routes(AttesterNode node, net::Worker& worker,
                                            AttesterLimits limits) {
    const auto route = [&](net::HttpMethod method, std::string path, size_t max_body,
                           std::function<net::HttpAnswer(const net::HttpCall&)> handler) {
        return net::HttpRoute{.method = method,
                              .path = std::move(path),
                              .handler = for_peers(std::move(handler)),
                              .worker = &worker,
                              .max_body = max_body,
                              .max_waiting = limits.max_waiting,
                              .max_waiting_of_peer = limits.max_waiting_of_peer};
    };
    auto attest =
        route(net::HttpMethod::post, "/v1/attest", prover::MAX_PROOF_INPUT_SIZE,
              [attest = std::move(node.attest)](const net::HttpCall& call) {
                  return bytes_answer(attest(as_bytes(call.body), requester_of(call.peer->key)));
              });
    if (node.is_near_enough)
        attest.when = [is_near = std::move(node.is_near_enough)](
                          const net::HttpCall& call) -> std::function<bool()> {
            // Who may not ask waits for nothing.
            const auto l1_block =
                call.peer == nullptr ? std::nullopt : last_l1_block(as_bytes(call.body));
            return [is_near, l1_block] { return !l1_block || is_near(*l1_block); };
        };
    attest.patience = limits.patience;
    return {
        std::move(attest),
        route(net::HttpMethod::post, "/v1/genesis", MAX_GENESIS_CLAIM_SIZE,
              [attest = std::move(node.attest_genesis)](const net::HttpCall& call) {
                  const auto claim = decode_genesis_claim(as_bytes(call.body));
                  if (!claim)
                      return net::text_answer(BAD_REQUEST, "this is no claim about a genesis");
                  return bytes_answer(attest(*claim));
              }),
        route(net::HttpMethod::get, "/v1/status", 0,
              [status = std::move(node.status)](const net::HttpCall&) {
                  return net::HttpAnswer{.body = to_json(status())};
              }),
    };
}

}  // namespace scope::attester
