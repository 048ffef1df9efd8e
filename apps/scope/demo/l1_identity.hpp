#pragma once

#include <string>

#include "l1/l1_view.hpp"
#include "l1/rpc_endpoint.hpp"

namespace scope::demo {

/// An L1 that is another's, as its client tells of it.
struct L1Identity {
    chain::ChainSpec spec;  ///< Osaka's rules, with the blob schedule that the client tells
    std::string client;     ///< web3_clientVersion, fit to be printed; empty: it has no name
    bool is_anvil = false;
    uint64_t slot_s = 12;  ///< the least time from one of the last blocks to the next, in seconds
    l1::L1Head head;
};

/// Asks a client which chain it has, by which rules, and how fast. An error says what is wrong with
/// it: nobody answers, or its rules are not Osaka's.
Result<L1Identity, std::string> identify(const std::shared_ptr<const l1::RpcEndpoint>& endpoint);

}  // namespace scope::demo
