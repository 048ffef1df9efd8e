#include "demo/patient_sender.hpp"

#include <fmt/format.h>

#include <thread>
#include <utility>

#include "base/check.hpp"

namespace scope::demo {

PatientSender::PatientSender(std::shared_ptr<l1::L1Sender> sender, Patience patience)
    : sender_(std::move(sender)), patience_(patience) {
    CHECK(sender_ != nullptr);
}

Result<void, l1::SendError> PatientSender::send(const Transaction& transaction,
                                                std::span<const chain::StoredBlobPtr> blobs) {
    TRY_VOID(sender_->send(transaction, blobs));
    // Whoever sends asks for the status too.
    [[maybe_unused]] const auto place = wait_for(hash(transaction));
    return {};
}

Result<chain::TransactionPlace, std::string> PatientSender::wait_for(
    const Hash& transaction_hash) const {
    using Clock = std::chrono::steady_clock;
    const auto give_up = Clock::now() + patience_.most;
    while (true) {
        auto status = sender_->status(transaction_hash);
        if (status && status->place) return std::move(*status->place);
        if (Clock::now() >= give_up)
            return std::unexpected{fmt::format(
                "in no block after {} s: {}",
                std::chrono::duration_cast<std::chrono::seconds>(patience_.most).count(),
                status ? std::string{to_string(status->stage)} : to_string(status.error()))};
        std::this_thread::sleep_for(patience_.each_look);
    }
}

}  // namespace scope::demo
