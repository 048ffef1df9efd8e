#pragma once

#include <string>

#include "chain/chain.hpp"

namespace scope::devnet {

/// The state of a chain before its first block, in which constructors and calls run: free of
/// charge, as block 0.
class GenesisState {
  public:
    GenesisState(const chain::ChainSpec& spec, const chain::Genesis& genesis);
    GenesisState(const GenesisState&) = delete;
    GenesisState& operator=(const GenesisState&) = delete;

    /// Runs a contract creation as @p creator's next transaction would; returns its address. Throws
    /// std::runtime_error that says @p what if it does not succeed, as call does.
    Address create(const std::string& what, const Address& creator, BytesView init_code);
    /// Runs a call; @p value comes from nowhere. Returns what it returned.
    Bytes call(const std::string& what, const Address& from, const Address& to, BytesView data,
               const uint256& value = {});

    /// All accounts, and the header of block 0 with them.
    struct Finished {
        state::GenesisAlloc alloc;
        BlockHeader header;
    };
    [[nodiscard]] Finished finish() const;

  private:
    evm::CallResult run(const std::string& what, const evm::Message& message);

    state::MemoryState before_;
    state::State state_;
    BlockHeader header_;
    execution::Environment environment_;
};

}  // namespace scope::devnet
