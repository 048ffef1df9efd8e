#include "execution/expected_senders.hpp"

#include <algorithm>
#include <utility>

#include "execution/forced.hpp"

namespace scope::execution {

namespace {

/// Who was impersonated is looked up when the transaction comes.
Environment without_forced(Environment environment) {
    environment.forced = nullptr;
    return environment;
}

}  // namespace

ExpectedSenders::ExpectedSenders(std::vector<Transaction> transactions, Environment environment)
    : transactions_(std::move(transactions)),
      environment_(without_forced(std::move(environment))),
      recovery_(transactions_, environment_) {}

Result<Address, TxError> ExpectedSenders::sender_of(const Transaction& transaction,
                                                    const Environment& environment) {
    const bool has_same_rules = environment.revision == environment_.revision &&
                                environment.block.chain_id == environment_.block.chain_id;
    if (!has_same_rules || (environment.forced && environment.forced->sender(transaction)))
        return execution::sender_of(transaction, environment);
    const auto found = std::find(transactions_.begin() + static_cast<ptrdiff_t>(next_),
                                 transactions_.end(), transaction);
    if (found == transactions_.end()) return execution::sender_of(transaction, environment);
    const auto index = static_cast<size_t>(found - transactions_.begin());
    next_ = index + 1;
    return recovery_.sender(index);
}

}  // namespace scope::execution
