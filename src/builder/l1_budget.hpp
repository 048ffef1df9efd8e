#pragma once

#include "evm/rules.hpp"
#include "protocol/settlement.hpp"

namespace scope::builder {

/// The gas that the one L1 transaction of a scope has left, under the rules of L1's next block: at
/// most 16'777'216 from Osaka (EIP-7825).
///
/// Counts a little more than was measured, so that what fits here fits on L1. A value: copy it to
/// come back to it.
class L1Budget {
  public:
    /// @param rules  Outlive it.
    explicit L1Budget(const evm::Rules& rules = evm::rules_of(evm::LATEST_REVISION)) noexcept;

    /// Returns the gas that a call of the settlement contract can be given next.
    [[nodiscard]] uint64_t left() const noexcept;

    /// Returns the gas counted so far, but for what closing takes.
    [[nodiscard]] uint64_t counted() const noexcept { return gas_; }

    /// Sets how many batches will be closed.
    void set_batches(size_t batches) noexcept { batches_ = batches; }

    /// Counts the gas that a call took.
    void add_gas(uint64_t gas) noexcept { gas_ += gas; }
    /// Counts calldata of the transaction (EIP-2028; EIP-7623).
    void add_calldata(BytesView calldata) noexcept;
    /// Counts a leg's calldata, and that the settlement contract decodes it into memory, which it
    /// never frees (Yellow Paper, appendix H.1). Running it comes with add_gas.
    void add_leg(const protocol::L1Leg& leg);

  private:
    const evm::Rules* rules_;
    uint64_t gas_;
    size_t batches_ = 0;
    uint64_t memory_words_ = 0;
    uint64_t calldata_tokens_ = 0;
};

}  // namespace scope::builder
