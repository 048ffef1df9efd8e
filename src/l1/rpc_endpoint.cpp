#include "l1/rpc_endpoint.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/hex.hpp"
#include "base/printable.hpp"

namespace scope::l1 {

namespace {

/// The words, in lower case, by which clients say something that has no code of its own.
struct Words {
    std::string_view text;
    L1Error::Rule rule;
};
constexpr auto WORDS = std::to_array<Words>({
    {"missing trie node", L1Error::pruned},                 // geth, Nethermind
    {"historical state", L1Error::pruned},                  // geth: path scheme, hash scheme
    {"state is not available", L1Error::pruned},            // geth
    {"state not available", L1Error::pruned},               // Erigon
    {"pruned", L1Error::pruned},                            // geth (EIP-4444), reth, Erigon
    {"distance to target block exceeds", L1Error::pruned},  // reth: eth_getProof
    {"not currently canonical", L1Error::reorganised},      // EIP-1898, requireCanonical
    {"is not canonical", L1Error::reorganised},             // Nethermind
    {"indexing is in progress", L1Error::behind},           // geth: transactions
    {"header not found", L1Error::unknown_block},           // geth
    {"header for hash not found", L1Error::unknown_block},  // geth
    {"block not found", L1Error::unknown_block},            // reth, Erigon
    {"unknown block", L1Error::unknown_block},              // geth, Besu
    {"resource not found", L1Error::unknown_block},         // anvil
    {"could not be found", L1Error::unknown_block},         // Nethermind
});

// EIP-1474, execution-apis.
constexpr int RESOURCE_NOT_FOUND = -32001;
constexpr int PRUNED_HISTORY = 4444;
constexpr int UNKNOWN_BLOCK = -39001;

std::string lower(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string shown(std::string_view text) {
    constexpr size_t MOST = 300;
    return printable(text.substr(0, MOST));
}

}  // namespace

L1Error error_of(const net::RpcError& error) {
    const std::string reason = fmt::format("{} ({})", shown(error.message), error.code);
    if (error.code == PRUNED_HISTORY) return {L1Error::pruned, reason};
    const std::string text = lower(error.message);
    for (const auto& [words, rule] : WORDS)
        if (text.find(words) != std::string::npos) return {rule, reason};
    if (error.code == RESOURCE_NOT_FOUND || error.code == UNKNOWN_BLOCK)
        return {L1Error::unknown_block, reason};
    return {L1Error::refused, reason};
}

L1Error error_of(const net::HttpError& error) {
    const auto rule = [&] {
        switch (error.rule) {
            case net::HttpError::Rule::unreachable:
                return L1Error::unreachable;
            case net::HttpError::Rule::slow:
                return L1Error::slow;
            case net::HttpError::Rule::refused:
                return L1Error::refused;
            case net::HttpError::Rule::malformed:
            case net::HttpError::Rule::too_long:
            case net::HttpError::Rule::tls:
                break;
        }
        return L1Error::wrong;
    }();
    return {rule, shown(error.reason)};
}

bool is_no_such_block(const net::RpcError& error) {
    const std::string text = lower(error.message);
    return error.code == UNKNOWN_BLOCK || error.code == RESOURCE_NOT_FOUND ||
           text.find("not found") != std::string::npos ||
           text.find("unknown block") != std::string::npos;
}

RpcEndpoint::RpcEndpoint(net::HttpUrl url, net::RpcCallerOptions options)
    : caller_(std::in_place, std::move(url), options) {}

RpcEndpoint::RpcEndpoint(std::vector<std::shared_ptr<const RpcEndpoint>> others,
                         std::function<size_t()> choose)
    : others_(std::move(others)), choose_(std::move(choose)) {
    CHECK(choose_ && std::ranges::all_of(others_, [](const auto& other) {
              return other != nullptr && other->caller_.has_value();
          }));
}

const net::RpcCaller& RpcEndpoint::caller() const {
    return caller_ ? *caller_ : *others_.at(choose_())->caller_;
}

Result<net::RpcReplies, L1Error> RpcEndpoint::call(
    std::span<const net::RpcRequest> requests) const {
    auto replies = caller().call(requests);
    if (!replies) return std::unexpected{error_of(replies.error())};
    return std::move(*replies);
}

Result<void, L1Error> RpcEndpoint::check_chain(ChainId chain_id) const {
    const auto told = [&]() -> Result<uint64_t, L1Error> {
        const net::RpcRequest request{"eth_chainId"};
        const auto replies = TRY(call({&request, 1}));
        if (!replies[0]) return std::unexpected{error_of(replies[0].error())};
        return decoded("eth_chainId", [&] { return json::u64(*replies[0]); });
    }();
    if (!told) return std::unexpected{named(told.error())};
    if (*told == chain_id.number()) return {};
    return std::unexpected{
        named({L1Error::wrong, fmt::format("its chain is {}, not {}", *told, chain_id.number())})};
}

L1Error RpcEndpoint::named(L1Error error) const {
    if (error.reason.starts_with(name())) return error;
    error.reason = error.reason.empty() ? name() : fmt::format("{}: {}", name(), error.reason);
    return error;
}

Result<HashedHeader, L1Error> read_header(json::Json block) {
    return decoded("block", [&] {
        HashedHeader result;
        result.header = json::header(block);
        result.hash = hash(result.header);
        if (const Hash told = json::get(block, "hash", json::hash); told != result.hash)
            throw json::FormatError{fmt::format("number {}: its hash is {}, told is {}",
                                                result.header.number, to_hex(result.hash),
                                                to_hex(told))};
        return result;
    });
}

}  // namespace scope::l1
