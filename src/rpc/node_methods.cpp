#include <fmt/format.h>

#include <map>

#include "crypto/keccak.hpp"
#include "rpc/blocks.hpp"
#include "rpc/fork_config.hpp"
#include "rpc/params.hpp"
#include "rpc/service.hpp"
#include "rpc/to_json.hpp"

// What a node says of itself and of its chain.

namespace scope::rpc {

namespace {

using json::hex_json;
using json::quantity_json;
using json::string_json;

std::string client_version(Request& /*request*/) {
    return string_json("scope/v" SCOPE_VERSION);
}
std::string sha3(Request& request) {
    return hex_json(crypto::keccak256(request.params.data(0)));
}
std::string version(Request& request) {
    return string_json(std::to_string(request.chain_id.number()));
}
std::string listening(Request& /*request*/) {
    return "true";
}
std::string peer_count(Request& /*request*/) {
    return quantity_json(0);
}

std::string modules(Request& request) {
    std::map<std::string_view, std::string_view> versions;
    for (const std::string_view name : request.service.methods())
        if (const size_t end = name.find('_'); end != std::string_view::npos)
            versions[name.substr(0, end)] = "1.0";
    Appender out;
    out.begin_object();
    for (const auto& [name, number] : versions) out.text_key(name).string(number);
    out.end_object();
    return out.take();
}

std::string discover(Request& request) {
    if (request.service.document().empty())
        fail(METHOD_NOT_FOUND, "the method rpc.discover does not exist/is not available");
    return request.service.document();
}

std::string chain_id(Request& request) {
    return quantity_json(request.chain_id.number());
}
std::string syncing(Request& /*request*/) {
    return "false";
}

std::string accounts(Request& request) {
    Appender out;
    out.begin_array();
    for (const DevAccount& account : request.network.accounts()) out.hex(account.address);
    out.end_array();
    return out.take();
}
std::string coinbase(Request& request) {
    return hex_json(request.chain.next_block().coinbase);
}
std::string mining(Request& request) {
    const TestControls* const controls = request.network.controls();
    const bool mines =
        controls != nullptr && (controls->automine() || controls->interval_ms() != 0);
    return mines ? "true" : "false";
}

std::string config(Request& request) {
    return fork_config(request.chain.chain());
}

/// Returns from which block on the chain is there, of every kind (execution-apis): from its first on,
/// but for the states that are pruned.
std::string capabilities(Request& request) {
    const chain::StoredBlockPtr head = request.chain.head();
    Appender out;
    out.begin_object();
    out.key("head").begin_object();
    out.key("number").quantity(head->header().number);
    out.key("hash").hex(head->hash);
    out.end_object();
    const uint64_t oldest = oldest_state(request.chain);
    for (const std::string_view kind :
         {"state", "tx", "logs", "receipts", "blocks", "stateproofs"}) {
        out.key(kind).begin_object();
        out.key("disabled").boolean(false);
        out.key("oldestBlock").quantity(kind.starts_with("state") ? oldest : 0);
        out.end_object();
    }
    out.end_object();
    return out.take();
}

constexpr Method METHODS[] = {
    {"web3_clientVersion", client_version},
    {"web3_sha3", sha3, "data"},
    {"net_version", version},
    {"net_listening", listening},
    {"net_peerCount", peer_count},
    {"rpc_modules", modules},
    {"rpc.discover", discover},
    {"eth_chainId", chain_id},
    {"eth_syncing", syncing},
    {"eth_accounts", accounts},
    {"eth_coinbase", coinbase},
    {"eth_mining", mining},
    {"eth_config", config},
    {"eth_capabilities", capabilities},
};

}  // namespace

std::span<const Method> node_methods() {
    return METHODS;
}

}  // namespace scope::rpc
