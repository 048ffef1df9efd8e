#include "demo/l1_identity.hpp"

#include <algorithm>
#include <array>

#include "base/printable.hpp"
#include "l1/eth_config.hpp"
#include "l1/rpc_l1_view.hpp"

namespace scope::demo {

namespace {

constexpr size_t MAX_CLIENT_NAME = 100;
constexpr uint64_t HEADERS_FOR_SLOT = 8;
constexpr uint64_t MAX_SLOT_S = 60;  // what is slower mines when it is asked to

/// Init code that returns CLZ of zero (EIP-7939): 256. Before Osaka it is an invalid instruction.
constexpr std::string_view CLZ_PROBE = R"([{"data":"0x5f1e5f5260205ff3"},"latest"])";

/// Returns the least time between two of the last blocks.
Result<uint64_t, l1::L1Error> read_slot_s(const l1::RpcL1View& view, const l1::L1Head& head) {
    const uint64_t number = head.header.number;
    const auto headers =
        TRY(view.headers_down_to(head.hash, number - std::min(number, HEADERS_FOR_SLOT)));
    uint64_t least = MAX_SLOT_S;
    for (size_t i = 1; i < headers.size(); ++i) {
        // Block 0 has any time.
        if (headers[i].header.number == 0) break;
        least = std::min(least, headers[i - 1].header.timestamp_s - headers[i].header.timestamp_s);
    }
    const bool is_known = headers.size() > 2 && least > 0;
    return is_known ? least : L1Identity{}.slot_s;
}

Result<L1Identity, l1::L1Error> ask(const std::shared_ptr<const l1::RpcEndpoint>& endpoint) {
    const std::array<net::RpcRequest, 4> requests{
        net::RpcRequest{"eth_chainId"}, net::RpcRequest{"web3_clientVersion"},
        net::RpcRequest{"eth_config"}, net::RpcRequest{"eth_call", std::string{CLZ_PROBE}}};
    const auto replies = TRY(endpoint->call(requests));
    const auto& [id, client, config, probe] =
        std::tie(replies[0], replies[1], replies[2], replies[3]);
    if (!id) return std::unexpected{l1::error_of(id.error())};
    const auto chain_id = TRY(l1::decoded("eth_chainId", [&] {
        const auto number = ChainId::from(json::u256(*id));
        if (!number) throw json::FormatError{"it is 2^64 or more"};
        return *number;
    }));

    L1Identity identity;
    identity.spec = chain::ChainSpec::of(evm::Revision::osaka, chain_id);
    if (std::string_view name; client && client->get(name) == simdjson::SUCCESS) {
        identity.client = printable(name.substr(0, MAX_CLIENT_NAME));
        identity.is_anvil = name.starts_with("anvil");
    }
    if (config && !config->is_null())
        identity.spec.blob_schedule =
            TRY(l1::decoded("eth_config", [&] { return l1::read_blob_schedule(*config); }));
    if (!probe)
        return std::unexpected{l1::L1Error{
            l1::L1Error::unsupported,
            "its rules are not Osaka's, which the demonstration needs: it does not know CLZ "
            "(EIP-7939)"}};

    const l1::RpcL1View view{identity.spec, endpoint};
    identity.head = TRY(view.head());
    identity.slot_s = TRY(read_slot_s(view, identity.head));
    return identity;
}

}  // namespace

Result<L1Identity, std::string> identify(const std::shared_ptr<const l1::RpcEndpoint>& endpoint) {
    auto identity = ask(endpoint);
    if (!identity)
        return std::unexpected{"L1: " + l1::to_string(endpoint->named(identity.error()))};
    return std::move(*identity);
}

}  // namespace scope::demo
