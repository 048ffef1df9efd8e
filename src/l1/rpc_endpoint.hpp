#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/chain_id.hpp"
#include "json/blocks.hpp"
#include "l1/l1_error.hpp"
#include "net/rpc_caller.hpp"

namespace scope::l1 {

/// Returns the rule that an error of JSON-RPC stands for, by its code and by the words of geth, reth,
/// Erigon, Nethermind and anvil.
L1Error error_of(const net::RpcError& error);
L1Error error_of(const net::HttpError& error);
/// Returns whether an error says that there is no block of a name, as before the first finality.
bool is_no_such_block(const net::RpcError& error);

/// A JSON-RPC endpoint of an L1 client, known in messages by its host and port alone: its path may
/// hold a key. May be used by several threads.
class RpcEndpoint {
  public:
    explicit RpcEndpoint(net::HttpUrl url, net::RpcCallerOptions options = {});
    /// One that is, in each call, the one of @p others that @p choose names by its place. REQUIRES:
    /// others of URLs, and a place of theirs.
    RpcEndpoint(std::vector<std::shared_ptr<const RpcEndpoint>> others,
                std::function<size_t()> choose);

    /// Sends the calls in as few round trips as they fit in.
    [[nodiscard]] Result<net::RpcReplies, L1Error> call(
        std::span<const net::RpcRequest> requests) const;
    /// Asks whether it is a client of this chain; L1Error::wrong, if of another one.
    [[nodiscard]] Result<void, L1Error> check_chain(ChainId chain_id) const;
    /// Returns the round trips and calls so far.
    [[nodiscard]] net::RpcCounts counts() const { return caller().counts(); }
    [[nodiscard]] std::string name() const { return caller().url().authority(); }
    /// Returns the error with this endpoint's name before its reason, once.
    [[nodiscard]] L1Error named(L1Error error) const;

  private:
    [[nodiscard]] const net::RpcCaller& caller() const;

    std::optional<net::RpcCaller> caller_;  ///< nullopt: the chosen one's
    std::vector<std::shared_ptr<const RpcEndpoint>> others_;
    std::function<size_t()> choose_;
};

/// Returns what @p read returns. A json::FormatError that it throws is L1Error::wrong, or unsupported
/// where a later fork is why, with @p what before its text.
template <typename Read>
auto decoded(std::string_view what, Read&& read) -> Result<std::invoke_result_t<Read>, L1Error> {
    try {
        return read();
    } catch (const json::LaterFork& error) {
        return std::unexpected{L1Error{
            L1Error::unsupported, fmt::format("{}: {}", what, std::string_view{error.what()})}};
    } catch (const json::FormatError& error) {
        return std::unexpected{
            L1Error{L1Error::wrong, fmt::format("{}: {}", what, std::string_view{error.what()})}};
    }
}

/// Returns the header in a block's JSON with its hash. One whose own `hash` is not that of its fields
/// is L1Error::wrong.
struct HashedHeader {
    Hash hash;
    BlockHeader header;
};
Result<HashedHeader, L1Error> read_header(json::Json block);

}  // namespace scope::l1
