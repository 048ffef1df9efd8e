#include "l1/l1_account.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include "base/hex.hpp"
#include "base/printable.hpp"
#include "chain/chain_spec.hpp"
#include "execution/transaction.hpp"
#include "json/appender.hpp"
#include "l1/rpc_l1_sender.hpp"
#include "types/signing.hpp"

namespace scope::l1 {

namespace {

using Rule = AccountError::Rule;
using Stage = AccountProgress::Stage;

/// Covers several full blocks between sending and inclusion (EIP-1559: an eighth each).
constexpr unsigned FEE_HEADROOM = 2;
/// Of what the client advises above the base fee, over the least that is offered.
constexpr unsigned MAX_ADVISED = 4;
/// Raises in one step: together more than thirtyfold.
constexpr size_t MAX_RAISES = 30;
constexpr size_t MAX_TOLD = 300;

std::unexpected<AccountError> refuse(Rule rule, std::string reason) {
    return std::unexpected{AccountError{rule, std::move(reason)}};
}

/// Returns a fee by which a pool takes a replacement: more than a tenth above.
uint256 above(const uint256& fee) {
    return fee + fee / uint256{8u} + uint256{1u};
}

/// Returns the error of eth_estimateGas: a call that fails is of the call, all else of the client.
std::optional<AccountError> error_of_call(const net::RpcError& error) {
    constexpr int REVERTED = 3;  // geth's code, with the revert data
    constexpr std::array<std::string_view, 4> WORDS{"revert", "gas required exceeds", "out of gas",
                                                    "invalid opcode"};
    const auto has = [&](std::string_view words) {
        return error.message.find(words) != std::string::npos;
    };
    auto text = printable(std::string_view{error.message}.substr(0, MAX_TOLD));
    if (error.code == REVERTED || std::ranges::any_of(WORDS, has)) {
        if (!error.data.empty())
            text += ", data " + printable(std::string_view{error.data}.substr(0, MAX_TOLD));
        return AccountError{Rule::reverts, std::move(text)};
    }
    const auto sent = send_error_of(error);
    if (sent && sent->rule == SendError::Rule::insufficient)
        return AccountError{Rule::insufficient, std::move(text)};
    return std::nullopt;
}

}  // namespace

std::string_view to_string(AccountError::Rule rule) noexcept {
    switch (rule) {
        case Rule::l1:
            return "l1";
        case Rule::not_signed:
            return "not_signed";
        case Rule::reverts:
            return "reverts";
        case Rule::too_much_gas:
            return "too_much_gas";
        case Rule::insufficient:
            return "insufficient";
        case Rule::refused:
            return "refused";
        case Rule::nonce_is_used:
            return "nonce_is_used";
    }
    return "unknown";
}

std::string to_string(const AccountError& error) {
    return fmt::format("{}: {}", to_string(error.rule), error.reason);
}

const Receipt& receipt_at(const chain::TransactionPlace& place) {
    return place.block->receipts.at(place.index);
}

L1Account::L1Account(std::shared_ptr<const RpcEndpoint> endpoint, std::shared_ptr<L1Sender> sender,
                     ChainId chain_id, crypto::SignerPtr signer, L1AccountOptions options)
    : endpoint_(std::move(endpoint)),
      sender_(std::move(sender)),
      chain_id_(chain_id),
      signer_(std::move(signer)),
      options_(options) {
    CHECK(endpoint_ != nullptr && sender_ != nullptr && signer_ != nullptr);
    CHECK(options_.confirmations > 0 && options_.patience > 0);
}

void L1Account::begin(L1Call call) {
    CHECK(!is_busy());
    call_ = std::move(call);
}

void L1Account::give_up() {
    call_.reset();
    transaction_ = {};
    versions_.clear();
    used_since_.reset();
}

// ---- what the client says

AccountError L1Account::l1_error(L1Error error) const {
    return {Rule::l1, to_string(endpoint_->named(std::move(error)))};
}

Result<L1Account::Seen, AccountError> L1Account::look() const {
    const std::string account = json::hex_json(address());
    const std::array<net::RpcRequest, 4> requests{
        net::RpcRequest{"eth_getBlockByNumber", R"(["latest",false])"},
        net::RpcRequest{"eth_getTransactionCount", fmt::format(R"([{},"latest"])", account)},
        net::RpcRequest{"eth_getTransactionCount", fmt::format(R"([{},"pending"])", account)},
        net::RpcRequest{"eth_maxPriorityFeePerGas", "[]"}};
    const auto replies = endpoint_->call(requests);
    if (!replies) return std::unexpected{l1_error(replies.error())};
    for (const size_t needed : {size_t{0}, size_t{1}})
        if (!(*replies)[needed])
            return std::unexpected{l1_error(error_of((*replies)[needed].error()))};
    auto head = read_header(*(*replies)[0]);
    if (!head) return std::unexpected{l1_error(head.error())};
    if (!head->header.base_fee_per_gas)
        return std::unexpected{l1_error({L1Error::unsupported, "its blocks have no base fee"})};
    const auto latest =
        decoded("eth_getTransactionCount", [&] { return json::u64(*(*replies)[1]); });
    if (!latest) return std::unexpected{l1_error(latest.error())};
    Seen seen{std::move(head->header), {*latest, *latest}, std::nullopt};
    // The pool's word and its advice: a client without them will do.
    if ((*replies)[2])
        if (const auto pending = decoded("", [&] { return json::u64(*(*replies)[2]); }))
            seen.nonces.pending = std::max(*latest, *pending);
    if ((*replies)[3])
        if (const auto advised = decoded("", [&] { return json::u256(*(*replies)[3]); }))
            seen.advised = *advised;
    return seen;
}

Result<L1Account::Nonces, AccountError> L1Account::nonces() const {
    return TRY(look()).nonces;
}

Result<uint64_t, AccountError> L1Account::estimate(const L1Call& call) const {
    json::Appender params;
    params.begin_array();
    params.begin_object();
    params.key("from").hex(address());
    if (call.to) params.key("to").hex(*call.to);
    params.key("value").quantity(call.value);
    params.key("data").hex(call.data);
    params.end_object();
    params.string("latest");
    params.end_array();
    const net::RpcRequest request{"eth_estimateGas", params.take()};
    const auto replies = endpoint_->call({&request, 1});
    if (!replies) return std::unexpected{l1_error(replies.error())};
    const auto& reply = (*replies)[0];
    if (!reply) {
        if (auto error = error_of_call(reply.error())) return std::unexpected{std::move(*error)};
        return std::unexpected{l1_error(error_of(reply.error()))};
    }
    const auto gas = decoded("eth_estimateGas", [&] { return json::u64(*reply); });
    if (!gas) return std::unexpected{l1_error(gas.error())};
    if (*gas > execution::MAX_TRANSACTION_GAS)
        return refuse(Rule::too_much_gas, fmt::format("{} gas, a transaction may have {}", *gas,
                                                      execution::MAX_TRANSACTION_GAS));
    // A margin, for the state may be another one where it lands.
    return std::min(*gas + *gas / 4, uint64_t{execution::MAX_TRANSACTION_GAS});
}

// ---- fees

std::optional<L1Account::Fees> L1Account::fees_at(const Seen& seen) const {
    const uint256 base_fee = chain::next_base_fee(seen.head);
    const uint256& most = options_.max_fee_per_gas;
    if (base_fee >= most) return std::nullopt;
    const uint256& least = options_.min_priority_fee_per_gas;
    const uint256 advised = std::min(seen.advised.value_or(least), least * uint256{MAX_ADVISED});
    Fees fees;
    fees.priority_fee = std::min(std::max(least, advised), most);
    fees.max_fee = std::min(base_fee * uint256{FEE_HEADROOM} + fees.priority_fee, most);
    return fees;
}

std::optional<L1Account::Fees> L1Account::raised(const Fees& last, const Seen& seen) const {
    auto fees = fees_at(seen);
    if (!fees) return std::nullopt;
    fees->max_fee = std::max(fees->max_fee, above(last.max_fee));
    fees->priority_fee =
        std::min(std::max(fees->priority_fee, above(last.priority_fee)), fees->max_fee);
    if (fees->max_fee > options_.max_fee_per_gas) return std::nullopt;
    return fees;
}

// ---- steps

AccountProgress L1Account::waiting(std::string trouble) const {
    return {Stage::waiting, versions_.empty() ? Hash{} : versions_.back(), std::nullopt,
            std::move(trouble)};
}

std::unexpected<AccountError> L1Account::end_as_used(const std::string& reason) {
    give_up();
    return refuse(Rule::nonce_is_used, reason);
}

Result<void, AccountError> L1Account::prepare(const Seen& seen) {
    const uint64_t nonce = call_->nonce.value_or(seen.nonces.pending);
    if (nonce < seen.nonces.latest)
        return end_as_used(
            fmt::format("the account's next nonce is {}, not {}", seen.nonces.latest, nonce));
    const uint64_t gas_limit = call_->gas_limit ? *call_->gas_limit : TRY(estimate(*call_));
    transaction_ = {};
    transaction_.type = TxType::dynamic_fee;
    transaction_.chain_id = chain_id_;
    transaction_.nonce = nonce;
    transaction_.gas_limit = gas_limit;
    transaction_.to = call_->to;
    transaction_.value = call_->value;
    transaction_.data = call_->data;
    return {};
}

Result<AccountProgress, AccountError> L1Account::step() {
    CHECK(is_busy());
    const auto seen = TRY(look());
    if (versions_.empty()) {
        TRY_VOID(prepare(seen));
        const auto fees = fees_at(seen);
        if (!fees) return waiting("L1's base fee is above the most that is offered");
        return send(*fees, seen);
    }
    if (seen.nonces.latest > transaction_.nonce) return find_version(seen);
    used_since_.reset();
    const auto status = sender_->status(versions_.back());
    if (!status) return std::unexpected{l1_error(status.error())};
    if (status->stage == TransactionStatus::Stage::included) return find_version(seen);
    const bool is_known = status->stage == TransactionStatus::Stage::pending;
    const bool is_late = seen.head.number >= sent_at_ + options_.patience;
    if (is_known && !is_late) return waiting();
    const Fees last{transaction_.max_fee_per_gas, transaction_.max_priority_fee_per_gas};
    if (is_late && versions_.size() < MAX_VERSIONS)
        if (const auto fees = raised(last, seen)) return send(*fees, seen);
    if (is_known) return waiting("its fees are the most that is offered");
    return send(last, seen);  // it was dropped
}

Result<AccountProgress, AccountError> L1Account::send(Fees fees, const Seen& seen) {
    using SendRule = SendError::Rule;
    for (size_t raises = 0;; ++raises) {
        Transaction version = transaction_;
        version.max_fee_per_gas = fees.max_fee;
        version.max_priority_fee_per_gas = fees.priority_fee;
        if (const auto signed_by = sign(version, *signer_); !signed_by)
            return refuse(Rule::not_signed, signed_by.error());
        const auto sent = sender_->send(version, {});
        const auto rule = sent ? std::nullopt : std::optional{sent.error().rule};
        // Where nobody answers, the pool may have it.
        if (!rule || *rule == SendRule::unreachable) {
            const Hash version_hash = hash(version);
            if (versions_.empty() || versions_.back() != version_hash) {
                versions_.push_back(version_hash);
                sent_at_ = seen.head.number;
            }
            transaction_ = std::move(version);
            if (!rule) return waiting();
        }
        switch (*rule) {
            case SendRule::unreachable:
                return refuse(Rule::l1, sent.error().reason);
            case SendRule::underpriced:
            case SendRule::replacement:
                if (const auto more = raised(fees, seen); more && raises < MAX_RAISES) {
                    fees = *more;
                    continue;
                }
                return waiting(to_string(sent.error()));
            case SendRule::nonce_too_low:  // the next step finds which one has it
            case SendRule::nonce_gap:
            case SendRule::other_kind:
            case SendRule::pool_full:
                return waiting(to_string(sent.error()));
            case SendRule::insufficient:
                return refuse(Rule::insufficient, sent.error().reason);
            case SendRule::refused:
            case SendRule::blobs:
                return refuse(Rule::refused, sent.error().reason);
        }
    }
}

Result<AccountProgress, AccountError> L1Account::find_version(const Seen& seen) {
    for (const Hash& version : versions_ | std::views::reverse) {
        const auto status = sender_->status(version);
        if (!status) return std::unexpected{l1_error(status.error())};
        if (status->stage != TransactionStatus::Stage::included) continue;
        used_since_.reset();
        const uint64_t number = status->place->block->header().number;
        AccountProgress progress{Stage::confirming, version, status->place, {}};
        if (seen.head.number + 1 < number + options_.confirmations) return progress;
        progress.stage = Stage::done;
        give_up();
        return progress;
    }
    used_since_ = used_since_.value_or(seen.head.number);
    const auto reason = fmt::format("another transaction of {} has the nonce {}", to_hex(address()),
                                    transaction_.nonce);
    // As sure as what is done: a reorganisation may take it back.
    if (seen.head.number + 1 < *used_since_ + options_.confirmations) return waiting(reason);
    return end_as_used(reason);
}

}  // namespace scope::l1
