#include "demo/purse.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>
#include <utility>

#include "base/hex.hpp"
#include "json/appender.hpp"
#include "l1/l1_account.hpp"

namespace scope::demo {

Purse::Purse(std::shared_ptr<const l1::RpcEndpoint> endpoint, std::shared_ptr<PatientSender> sender,
             ChainId chain_id)
    : endpoint_(std::move(endpoint)), sender_(std::move(sender)), chain_id_(chain_id) {
    CHECK(endpoint_ != nullptr && sender_ != nullptr);
}

uint64_t Purse::next_nonce(const crypto::SignerPtr& account) const {
    const auto nonces = l1::L1Account{endpoint_, sender_, chain_id_, account}.nonces();
    if (!nonces) throw std::runtime_error{"L1: " + to_string(nonces.error())};
    return nonces->pending;
}

uint256 Purse::balance(const Address& account) const {
    const net::RpcRequest request{"eth_getBalance",
                                  fmt::format(R"([{},"latest"])", json::hex_json(account))};
    const auto told = [&]() -> Result<uint256, l1::L1Error> {
        const auto replies = TRY(endpoint_->call({&request, 1}));
        if (!replies[0]) return std::unexpected{l1::error_of(replies[0].error())};
        return l1::decoded(request.method, [&] { return json::u256(*replies[0]); });
    }();
    if (!told) throw std::runtime_error{"L1: " + l1::to_string(endpoint_->named(told.error()))};
    return *told;
}

void Purse::pay(const crypto::SignerPtr& from, const Address& to, const uint256& value,
                const uint256& max_fee) const {
    using Clock = std::chrono::steady_clock;
    l1::L1Account account{endpoint_,
                          sender_->below(),
                          chain_id_,
                          from,
                          {.max_fee_per_gas = max_fee, .confirmations = 1}};
    account.begin({.to = to, .value = value, .data = {}, .gas_limit = PAYMENT_GAS});
    const auto give_up = Clock::now() + sender_->patience().most;
    while (true) {
        const auto progress = account.step();
        const bool is_over = Clock::now() >= give_up;
        const auto fail = [&](const std::string& why) {
            throw std::runtime_error{
                fmt::format("paying {} from {}: {}", to_hex(to), to_hex(from->address()), why)};
        };
        if (!progress) {
            // What L1 doesn't answer now it may later.
            if (progress.error().rule != l1::AccountError::Rule::l1 || is_over)
                fail(to_string(progress.error()));
        } else if (progress->stage == l1::AccountProgress::Stage::done) {
            if (!l1::receipt_at(*progress->place).success) fail("the payment reverted");
            return;
        } else if (is_over) {
            fail("in no block in time: " + progress->trouble);
        }
        std::this_thread::sleep_for(sender_->patience().each_look);
    }
}

}  // namespace scope::demo
