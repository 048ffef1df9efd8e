#include <simdjson.h>

#include <string>

#include "net/message.hpp"

// Any text is answered: with JSON that is a response or an array of them, one for each call with an
// id, which is echoed as it was written. No input harms.

using namespace scope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

/// Answers with the params, with an error, or not at all.
class Echo final : public net::RpcHandler {
  public:
    void call(const net::RpcCall& call, net::Reply reply) override {
        if (call.method.empty()) return;
        if (call.method.starts_with('e'))
            reply(std::unexpected{net::RpcError{-32000, std::string{call.method}, {}}});
        else
            reply(call.params ? simdjson::minify(*call.params) : "null");
    }
    void closed(const net::Subscriber&) override {}
};

using Json = simdjson::dom::element;

bool has(Json object, const char* key) {
    return object[key].error() == simdjson::SUCCESS;
}

void check_response(Json response) {
    CHECK(std::string_view{response["jsonrpc"]} == "2.0");
    CHECK(has(response, "id"));
    CHECK(has(response, "result") != has(response, "error"));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    // Small limits, so that they are met.
    const net::MessageLimits limits{.batch_calls = 8, .depth = 8, .response_bytes = 256};
    Echo handler;
    const std::string text{reinterpret_cast<const char*>(data), size};
    const std::string answer = net::run_message(handler, ChainId{1}, text, limits);
    if (answer.empty()) return 0;

    // Numbers of ids that simdjson doesn't hold are quoted, as they are on the way in.
    simdjson::dom::parser parser;
    Json root;
    const auto error = parser.parse(answer).get(root);
    if (error == simdjson::NUMBER_ERROR) return 0;
    CHECK(error == simdjson::SUCCESS);
    if (!root.is_array()) {
        check_response(root);
        return 0;
    }
    const simdjson::dom::array responses{root};
    CHECK(responses.size() > 0 && responses.size() <= limits.batch_calls);
    for (const Json response : responses) {
        check_response(response);
        // An element of a batch is JSON, for the whole is.
        const auto code = response["error"]["code"].get_int64();
        CHECK(code.error() != simdjson::SUCCESS || code.value_unsafe() != -32700);
    }
    return 0;
}
