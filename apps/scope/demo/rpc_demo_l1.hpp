#pragma once

#include "demo/demo_l1.hpp"
#include "demo/progress.hpp"
#include "net/http_client.hpp"

namespace scope::demo {

/// The place of an L1 that is another's, and whose money the demonstration takes.
struct RpcDemoOptions {
    net::HttpUrl url;
    std::optional<net::HttpUrl> beacon;  ///< nullopt: there are no blobs
    crypto::SignerPtr funder;            ///< an account with ETH; never null
};

/// Makes the demonstration's part of an L1 that is another's: asked over JSON-RPC, blobs over the
/// Beacon REST API. Its people have keys of their own, which follow from the funder's signature and
/// next nonce: no two runs have the same, and nobody else knows them.
///
/// Throws std::runtime_error if nobody answers, or its rules are not Osaka's.
/// @param progress  Must outlive it.
std::unique_ptr<DemoL1> make_rpc_l1(RpcDemoOptions options, const Progress& progress);

}  // namespace scope::demo
