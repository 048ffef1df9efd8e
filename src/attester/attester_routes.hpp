#pragma once

#include <functional>

#include "attester/attest_format.hpp"
#include "net/http_service.hpp"
#include "rollup/follower.hpp"

namespace scope::attester {

/// What a node does for those who ask it. All of it is called on one worker, since a node is for one
/// thread.
struct AttesterNode {
    /// Attests to a proof input, for the time of this requester (node::Node::attest).
    std::function<Answer(BytesView proof_input, const Address& requester)> attest;
    /// Returns whether the node can attest to a proof input that needs an L1 block up to this one, or can't
    /// soon either. Null: it always can.
    std::function<bool(uint64_t l1_block)> is_near_enough;
    /// Attests to a rollup's genesis (prover::Attester::attest_genesis).
    std::function<Answer(const protocol::GenesisClaim&)> attest_genesis;
    std::function<AttesterStatus()> status;
};
/// Returns what a node with the attester's part is at.
AttesterStatus status_of(const Address& address, const rollup::Follower& follower);

/// How much of an attester's time may be waited for.
struct AttesterLimits {
    /// Requests that run or wait, of all who ask and of each; one more is status 503.
    size_t max_waiting = 16;
    size_t max_waiting_of_peer = 4;
    /// How long a proof input waits until the node has followed the L1 blocks that it names, which its
    /// builder may see first. The node does other things meanwhile.
    std::chrono::milliseconds patience{3'000};
};

/// Returns what an attester answers, to be served over TLS with the keys of those who may ask:
///
///     POST /v1/attest    a proof input (docs/formats/proof-input.md): an answer
///     POST /v1/genesis   a claim about a genesis: an answer
///     GET  /v1/status    JSON
///
/// Who has shown no key is refused (403). Answers are bytes of docs/formats/attest.md.
///
/// @param worker  Runs the node. REQUIRES: lives as long as the service.
std::vector<net::HttpRoute> attester_routes(AttesterNode node, net::Worker& worker,
                                            AttesterLimits limits = {});

/// Returns the address under which the time of somebody with this key is counted.
Address requester_of(const net::Fingerprint& key);

}  // namespace scope::attester
