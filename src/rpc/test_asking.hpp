#pragma once

#include <gtest/gtest.h>

#include "lone_chain/lone_chain.hpp"
#include "rpc/params.hpp"
#include "rpc/service.hpp"

namespace scope::rpc {

/// A service on a lone chain, which a test asks.
struct Asking {
    explicit Asking(ChainId chain_id, const chain::Genesis& genesis,
                    std::unique_ptr<chain::Store> store = chain::make_memory_store())
        : chain(chain::ChainSpec::of(evm::LATEST_REVISION, chain_id), genesis, std::move(store)) {}

    testing::LoneChain chain;
    Service service{chain};

    RpcResult ask(std::string_view method, const std::string& params) {
        simdjson::dom::parser parser;
        std::optional<RpcResult> answer;
        service.call({.chain_id = chain.chains().front(),
                      .method = method,
                      .params = Json{parser.parse(params)},
                      .subscriber = nullptr},
                     [&](RpcResult result) { answer = std::move(result); });
        return std::move(*answer);
    }
    /// Returns the result; fails the test on an error.
    std::string get(std::string_view method, const std::string& params) {
        const auto answer = ask(method, params);
        EXPECT_TRUE(answer.has_value()) << (answer ? "" : answer.error().message);
        return answer.value_or("");
    }
    /// Returns the error; fails the test if there is none.
    RpcError error(std::string_view method, const std::string& params) {
        const auto answer = ask(method, params);
        EXPECT_FALSE(answer.has_value()) << answer.value_or("");
        return answer ? RpcError{} : answer.error();
    }
};

}  // namespace scope::rpc
