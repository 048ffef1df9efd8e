#pragma once

#include <filesystem>
#include <map>

#include "chain/chain.hpp"
#include "store/stored_chain.hpp"

namespace scope::bench {

/// Returns the address of a benchmark's account number @p i: they look random.
Address account_address(size_t i);

/// Returns what an account of a benchmark has at the beginning.
Account rich_account();

/// Returns a genesis with the first @p accounts, and the contracts that a block calls.
chain::Genesis genesis_of_accounts(size_t accounts);

/// A folder that is removed at the end.
class TemporaryFolder {
  public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

/// A chain of blocks of 1,000 transfers of ether, and the database on which it lives if it does.
class TransferChain {
  public:
    static constexpr size_t TRANSFERS = 1000;
    static constexpr ChainId ID{1};

    /// @param database  Null: a chain in memory. One that has blocks goes on.
    TransferChain(const chain::Genesis& genesis, std::unique_ptr<store::Database> database,
                  const store::StoredChainOptions& options = {});

    /// Makes the transactions of the next block, between the first @p accounts at random. Signatures
    /// are left out.
    void prepare(size_t accounts);
    /// Builds, stores and commits the block that was prepared, and makes it the head.
    void advance();

  private:
    /// Counts what the chain's blocks have sent. The state isn't asked, so as not to warm it.
    void count_nonces();

    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Staging> staging_;
    std::unique_ptr<chain::Chain> chain_;
    std::map<Address, uint64_t> nonces_;  // of those that have sent
    std::vector<Transaction> transactions_;
    std::vector<Address> senders_;
};

}  // namespace scope::bench
