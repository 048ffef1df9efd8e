#include "rpc/receipt_waiters.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "rpc/errors.hpp"
#include "rpc/params.hpp"
#include "rpc/to_json.hpp"

namespace scope::rpc {

namespace {

constexpr int SYNC_TIMEOUT = 4;  // EIP-7966

RpcError timed_out(const Hash& transaction, std::chrono::milliseconds timeout) {
    return {SYNC_TIMEOUT,
            fmt::format("The transaction was added to the mempool but wasn't processed in {}ms",
                        timeout.count()),
            json::hex_json(transaction)};
}

}  // namespace

std::optional<std::string> receipt_json(const ChainView& view, const Hash& transaction) {
    const auto place = view.chain().store().transaction(transaction);
    if (!place) return std::nullopt;
    Appender out;
    append_receipt(out, view.chain().spec(), *place->block, place->index);
    return out.take();
}

ReceiptWaiters::~ReceiptWaiters() {
    timer_.request_stop();
    changed_.notify_all();
    if (timer_.joinable()) timer_.join();
    for (auto& [end, waiter] : waiters_)
        waiter.reply(std::unexpected{timed_out(waiter.transaction, waiter.timeout)});
}

void ReceiptWaiters::add(ChainId chain_id, const Hash& transaction,
                         std::chrono::milliseconds timeout, net::Reply& reply) {
    const std::lock_guard lock{mutex_};
    if (waiters_.size() >= MOST)
        fail(SERVER_ERROR, fmt::format("{} calls wait for a receipt already; the transaction was "
                                       "taken: {}",
                                       MOST, to_hex(transaction)));
    waiters_.emplace(std::chrono::steady_clock::now() + timeout,
                     Waiter{chain_id, transaction, timeout, std::exchange(reply, nullptr)});
    if (!timer_.joinable())
        timer_ = std::jthread{[this](const std::stop_token& stop) { end_late_ones(stop); }};
    changed_.notify_all();
}

size_t ReceiptWaiters::size() const {
    const std::lock_guard lock{mutex_};
    return waiters_.size();
}

template <typename Predicate>
std::vector<ReceiptWaiters::Waiter> ReceiptWaiters::take(Predicate&& is_done) {
    std::vector<Waiter> done;
    const std::lock_guard lock{mutex_};
    for (auto place = waiters_.begin(); place != waiters_.end();) {
        if (!is_done(place->second)) {
            ++place;
            continue;
        }
        done.push_back(std::move(place->second));
        place = waiters_.erase(place);
    }
    return done;
}

void ReceiptWaiters::on_blocks(ChainId chain_id, std::span<const chain::StoredBlockPtr> /*removed*/,
                               std::span<const chain::StoredBlockPtr> /*added*/) {
    const ChainView* const view = network_.chain(chain_id);
    if (view == nullptr) return;
    auto done = take([&](const Waiter& waiter) {
        return waiter.chain_id == chain_id &&
               view->chain().store().transaction(waiter.transaction).has_value();
    });
    for (auto& waiter : done) waiter.reply(*receipt_json(*view, waiter.transaction));
}

void ReceiptWaiters::on_refusal(const RefusalRecord& refusal) {
    auto done = take([&](const Waiter& waiter) {
        return waiter.chain_id == refusal.chain_id && waiter.transaction == refusal.hash;
    });
    for (auto& waiter : done)
        waiter.reply(std::unexpected{
            refusal.refusal ? refused(refusal.chain_id, *refusal.refusal, refusal.hash)
                            : RpcError{NOT_SEALED, refusal.reason, json::hex_json(refusal.hash)}});
}

void ReceiptWaiters::end_late_ones(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::vector<Waiter> late;
        {
            std::unique_lock lock{mutex_};
            if (waiters_.empty()) {
                changed_.wait(lock, stop, [&] { return !waiters_.empty(); });
            } else {
                const Time next = waiters_.begin()->first;
                changed_.wait_until(lock, stop, next, [&] {
                    return !waiters_.empty() && waiters_.begin()->first < next;
                });
            }
            const Time now = std::chrono::steady_clock::now();
            while (!waiters_.empty() && waiters_.begin()->first <= now) {
                late.push_back(std::move(waiters_.begin()->second));
                waiters_.erase(waiters_.begin());
            }
        }
        for (auto& waiter : late)
            waiter.reply(std::unexpected{timed_out(waiter.transaction, waiter.timeout)});
    }
}

}  // namespace scope::rpc
