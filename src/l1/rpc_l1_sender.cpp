#include "l1/rpc_l1_sender.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/hex.hpp"
#include "base/printable.hpp"
#include "crypto/kzg.hpp"
#include "json/appender.hpp"

namespace scope::l1 {

namespace {

using Rule = SendError::Rule;

/// Words of clients, in lower case; the first that fit decide.
struct Words {
    std::string_view text;
    Rule rule;
};
constexpr auto WORDS = std::to_array<Words>({
    {"nonce too low", Rule::nonce_too_low},                           // geth, reth, anvil
    {"oldnonce", Rule::nonce_too_low},                                // Nethermind
    {"nonce too high", Rule::nonce_gap},                              // geth: before one with blobs
    {"gapped nonce", Rule::nonce_gap},                                // geth
    {"noncegap", Rule::nonce_gap},                                    // Nethermind
    {"replacement transaction underpriced", Rule::replacement},       // geth, reth, anvil
    {"replacementnotallowed", Rule::replacement},                     // Nethermind
    {"already reserved", Rule::other_kind},                           // geth: blobs beside others
    {"already exists in the pool with different", Rule::other_kind},  // reth
    {"pendingtxsofconflictingtype", Rule::other_kind},                // Nethermind
    {"insufficient funds", Rule::insufficient},                       // geth, reth, anvil
    {"overshot", Rule::insufficient},                                 // geth: with those that wait
    {"insufficientfunds", Rule::insufficient},                        // Nethermind
    {"underpriced", Rule::underpriced},                               // geth, reth
    {"gas tip cap", Rule::underpriced},               // geth: below the pool's minimum
    {"less than block base fee", Rule::underpriced},  // geth, anvil
    {"max fee per gas less than", Rule::underpriced},
    {"max fee per blob gas less than", Rule::underpriced},
    {"feetoolow", Rule::underpriced},             // Nethermind
    {"txpool is full", Rule::pool_full},          // geth, reth
    {"account limit exceeded", Rule::pool_full},  // geth
    {"exceeds the per-account", Rule::pool_full},
});
constexpr std::array<std::string_view, 3> KNOWN_WORDS{"already known", "already imported",
                                                      "alreadyknown"};

std::unexpected<SendError> refuse(Rule rule, std::string reason) {
    return std::unexpected{SendError{rule, std::move(reason)}};
}

}  // namespace

std::optional<SendError> send_error_of(const net::RpcError& error) {
    constexpr size_t MOST = 300;
    std::string text = error.message;
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto has = [&](std::string_view words) { return text.find(words) != std::string::npos; };
    if (std::ranges::any_of(KNOWN_WORDS, has)) return std::nullopt;
    SendError result{Rule::refused, printable(std::string_view{error.message}.substr(0, MOST))};
    const auto found = std::ranges::find_if(WORDS, has, &Words::text);
    if (found != WORDS.end()) result.rule = found->rule;
    return result;
}

RpcL1Sender::RpcL1Sender(std::shared_ptr<const RpcEndpoint> endpoint,
                         std::shared_ptr<const L1Source> source)
    : endpoint_(std::move(endpoint)), source_(std::move(source)) {
    CHECK(endpoint_ != nullptr && source_ != nullptr);
}

// ---- sending

Result<std::vector<CellProofs>, SendError> RpcL1Sender::prove(
    std::span<const chain::StoredBlobPtr> blobs) {
    std::vector<CellProofs> result;
    for (const auto& stored : blobs) {
        const Hash versioned_hash = crypto::versioned_hash(stored->commitment);
        {
            const std::lock_guard lock{mutex_};
            const auto found = proofs_.find(versioned_hash);
            if (found != proofs_.end()) {
                result.push_back(found->second);
                continue;
            }
        }
        if (crypto::blob_to_commitment(stored->blob) != stored->commitment)
            return refuse(Rule::blobs, "a commitment is not that of its blob");
        auto proofs = crypto::compute_cell_proofs(stored->blob);
        CHECK(proofs.has_value());
        result.push_back(*proofs);
        const std::lock_guard lock{mutex_};
        if (proofs_.size() == MAX_KEPT_PROOFS) proofs_.clear();
        proofs_.emplace(versioned_hash, std::move(*proofs));
    }
    return result;
}

Result<void, SendError> RpcL1Sender::send(const Transaction& transaction,
                                          std::span<const chain::StoredBlobPtr> blobs) {
    const auto hash_of = [](const auto& blob) { return crypto::versioned_hash(blob->commitment); };
    if (!std::ranges::equal(blobs, transaction.blob_versioned_hashes, {}, hash_of))
        return refuse(Rule::blobs, "they are not those of the versioned hashes");
    const Bytes raw = transaction.type == TxType::blob
                          ? encode_network_form(transaction, blobs, TRY(prove(blobs)))
                          : encode(transaction);
    const net::RpcRequest request{"eth_sendRawTransaction",
                                  fmt::format("[{}]", json::hex_json(raw))};
    const auto replies = endpoint_->call({&request, 1});
    if (!replies) return refuse(Rule::unreachable, to_string(endpoint_->named(replies.error())));
    const auto& reply = (*replies)[0];
    if (!reply) {
        auto error = send_error_of(reply.error());
        if (!error) return {};
        error->reason = fmt::format("{}: {}", endpoint_->name(), error->reason);
        return std::unexpected{std::move(*error)};
    }
    const auto told = decoded("eth_sendRawTransaction", [&] { return json::hash(*reply); });
    if (!told || *told != hash(transaction))
        return refuse(Rule::unreachable,
                      fmt::format("{}: it answers with another hash", endpoint_->name()));
    return {};
}

// ---- status

Result<TransactionStatus, L1Error> RpcL1Sender::status(const Hash& transaction_hash) const {
    auto status = read_status(transaction_hash);
    if (!status) return std::unexpected{endpoint_->named(status.error())};
    return status;
}

Result<TransactionStatus, L1Error> RpcL1Sender::read_status(const Hash& transaction_hash) const {
    const std::string params = fmt::format("[{}]", json::hex_json(transaction_hash));
    const std::array<net::RpcRequest, 2> requests{
        net::RpcRequest{"eth_getTransactionReceipt", params},
        net::RpcRequest{"eth_getTransactionByHash", params}};
    const auto replies = TRY(endpoint_->call(requests));
    for (size_t i = 0; i < requests.size(); ++i)
        if (!replies[i]) return std::unexpected{error_of(replies[i].error())};
    TransactionStatus status;
    // Also where the block of its receipt is canonical no more: then it waits again, if it is known.
    if (!replies[1]->is_null()) status.stage = TransactionStatus::Stage::pending;
    if (replies[0]->is_null()) return status;

    const auto number =
        TRY(decoded("receipt", [&] { return json::get(*replies[0], "blockNumber", json::u64); }));
    const auto block_hash =
        TRY(decoded("receipt", [&] { return json::get(*replies[0], "blockHash", json::hash); }));
    auto block = source_->block(number);
    if (!block) return std::unexpected{block.error()};
    if (*block == nullptr || (*block)->hash != block_hash) return status;
    const auto& hashes = (*block)->transaction_hashes;
    const auto found = std::ranges::find(hashes, transaction_hash);
    if (found == hashes.end())
        return std::unexpected{
            L1Error{L1Error::wrong, fmt::format("block {} is said to hold {}, and doesn't", number,
                                                to_hex(transaction_hash))}};
    status.stage = TransactionStatus::Stage::included;
    status.place = chain::TransactionPlace{*block, static_cast<size_t>(found - hashes.begin())};
    return status;
}

}  // namespace scope::l1
