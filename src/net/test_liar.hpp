#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "net/json_rpc.hpp"

namespace scope::net {

/// Answers as another handler does, but for what a test changes.
class Liar final : public RpcHandler {
  public:
    using Lie = std::function<void(const RpcCall&, RpcResult&)>;

    explicit Liar(RpcHandler& honest) : honest_(honest) {}
    void call(const RpcCall& call, Reply reply) override {
        ++calls[std::string{call.method}];
        honest_.call(call, [&call, this, reply = std::move(reply)](RpcResult result) mutable {
            if (lie) lie(call, result);
            reply(std::move(result));
        });
    }
    void closed(const Subscriber& subscriber) override { honest_.closed(subscriber); }

    Lie lie;
    std::map<std::string, int> calls;

  private:
    RpcHandler& honest_;
};

}  // namespace scope::net
