#include "builder/rehearsal.hpp"

#include <algorithm>

#include "abi/abi.hpp"
#include "execution/host.hpp"

namespace scope::builder {

namespace {

/// Three signatures of a committee and a word more.
constexpr size_t PROOF_SIZE = 256;
/// More than the verification of such a proof takes.
constexpr int64_t VERIFY_GAS = 60'000;

class RehearsalHost final : public execution::Host {
  public:
    RehearsalHost(NextL1Block& block, const Verification& verification)
        : Host(block.state(), block.environment()), verification_(verification) {}

    evm::CallResult call(const evm::Message& message) override {
        if (!is_verification(message)) return Host::call(message);
        if (message.gas < VERIFY_GAS) return {.status = evm::Status::out_of_gas};
        return {.gas_left = message.gas - VERIFY_GAS};
    }

  private:
    [[nodiscard]] bool is_verification(const evm::Message& message) const {
        static const auto verify = abi::selector("verify(bytes32,bytes32[],bytes)");
        return message.is_static && message.sender == verification_.settlement &&
               std::ranges::find(verification_.verifiers, message.recipient) !=
                   verification_.verifiers.end() &&
               abi::has_selector(verify, message.input);
    }

    const Verification& verification_;
};

}  // namespace

Bytes placeholder_proof() {
    return Bytes(PROOF_SIZE, 0xff);
}

Result<execution::Outcome, execution::TxError> rehearse(const L1Snapshot& snapshot,
                                                        const Transaction& transaction,
                                                        const Address& submitter,
                                                        const Verification& verification) {
    NextL1Block block{snapshot, snapshot.next};
    RehearsalHost host{block, verification};
    return block.execute(transaction, submitter, &host);
}

}  // namespace scope::builder
