#include "deploy_app/l1_reader.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "l1/eth_config.hpp"

namespace scope::deploy_app {

namespace {

[[noreturn]] void away(const l1::RpcEndpoint& endpoint, const l1::L1Error& error) {
    throw L1Away{to_string(endpoint.named(error))};
}

/// Returns what @p read makes of the result of a call; throws L1Away where there is none.
template <typename Read>
auto ask(const l1::RpcEndpoint& endpoint, std::string method, std::string params, Read&& read) {
    const net::RpcRequest request{std::move(method), std::move(params)};
    const auto replies = endpoint.call({&request, 1});
    if (!replies) away(endpoint, replies.error());
    const auto& reply = (*replies)[0];
    if (!reply) away(endpoint, l1::error_of(reply.error()));
    auto value = l1::decoded(request.method, [&] { return read(*reply); });
    if (!value) away(endpoint, value.error());
    return std::move(*value);
}

}  // namespace

Bytes L1Reader::code(const Address& address) const {
    return ask(*endpoint_, "eth_getCode", fmt::format(R"(["{}","latest"])", to_hex(address)),
               json::bytes);
}

uint256 L1Reader::balance(const Address& address) const {
    return ask(*endpoint_, "eth_getBalance", fmt::format(R"(["{}","latest"])", to_hex(address)),
               json::u256);
}

uint64_t L1Reader::nonce(const Address& address) const {
    return ask(*endpoint_, "eth_getTransactionCount",
               fmt::format(R"(["{}","latest"])", to_hex(address)), json::u64);
}

uint256 L1Reader::base_fee() const {
    return ask(*endpoint_, "eth_getBlockByNumber", R"(["latest",false])",
               [](json::Json block) { return json::get(block, "baseFeePerGas", json::u256); });
}

Bytes L1Reader::call(const Address& to, const Bytes& data) const {
    const net::RpcRequest request{"eth_call", fmt::format(R"([{{"to":"{}","data":"{}"}},"latest"])",
                                                          to_hex(to), to_hex(data))};
    const auto replies = endpoint_->call({&request, 1});
    if (!replies) away(*endpoint_, replies.error());
    const auto& reply = (*replies)[0];
    if (!reply) {
        if (reply.error().code == 3 || reply.error().message.find("revert") != std::string::npos)
            return {};
        away(*endpoint_, l1::error_of(reply.error()));
    }
    auto output = l1::decoded("eth_call", [&] { return json::bytes(*reply); });
    if (!output) away(*endpoint_, output.error());
    return std::move(*output);
}

std::optional<std::vector<chain::BlobScheduleEntry>> L1Reader::blob_schedule() const {
    const net::RpcRequest request{"eth_config", "[]"};
    const auto replies = endpoint_->call({&request, 1});
    if (!replies) away(*endpoint_, replies.error());
    const auto& reply = (*replies)[0];
    // Clients say in many ways that they have no such method.
    if (!reply || reply->is_null()) return std::nullopt;
    auto told = l1::decoded("eth_config", [&] { return l1::read_blob_schedule(*reply); });
    if (!told) away(*endpoint_, told.error());
    return std::move(*told);
}

std::optional<Hash> L1Reader::block_hash(uint64_t number) const {
    return ask(*endpoint_, "eth_getBlockByNumber", fmt::format(R"(["0x{:x}",false])", number),
               [](json::Json block) {
                   return block.is_null() ? std::nullopt
                                          : std::optional{json::get(block, "hash", json::hash)};
               });
}

uint64_t L1Reader::head_time_s() const {
    return ask(*endpoint_, "eth_getBlockByNumber", R"(["latest",false])",
               [](json::Json block) { return json::get(block, "timestamp", json::u64); });
}

ChainId L1Reader::chain_id() const {
    return ChainId{ask(*endpoint_, "eth_chainId", "[]", json::u64)};
}

}  // namespace scope::deploy_app
