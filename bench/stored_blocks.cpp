// A block of 1,000 transfers of ether on a chain in memory, on one in a database in memory, and on one on a disk: built,
// stored with its state, made the head, committed. Each run is the next block of its chain; all chains get the same.
//
// hot: among 4,000 accounts, so that what is touched is in memory by then; cold: among all accounts. Signatures are left
// out. The disk is not waited for (Durability::process); merging tables is on other threads and not in the time.

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <random>
#include <stdexcept>

#include "base/hex.hpp"
#include "bench/suite.hpp"
#include "chain/chain.hpp"
#include "crypto/keccak.hpp"
#include "store/stored_chain.hpp"

namespace scope::bench {

namespace {

constexpr size_t TRANSFERS = 1000;
constexpr size_t HOT_ACCOUNTS = 4000;
constexpr ChainId CHAIN{1};

/// A folder that is removed at the end.
class Folder {
  public:
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "scope-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

Address account(size_t i) {
    return Address::from(BytesView{crypto::keccak256(to_be(uint256{i}))}.first(20));
}

chain::Genesis genesis_of(size_t accounts) {
    chain::Genesis genesis;
    genesis.gas_limit = 100'000'000;
    for (size_t i = 0; i < accounts; ++i) genesis.alloc[account(i)].balance = uint256{1u} << 80;
    // EIP-7002 and EIP-7251 contracts that ask for nothing.
    using namespace literals;
    for (const auto address : {"0x00000961ef480eb55e80d19ad83579a64c007002"_address,
                               "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address})
        genesis.alloc[address].code = {0x00};
    return genesis;
}

/// A chain, and the database on which it lives if it does.
class Contestant {
  public:
    Contestant(const chain::Genesis& genesis, std::unique_ptr<store::Database> database)
        : database_(std::move(database)) {
        std::unique_ptr<chain::Store> store;
        if (database_) {
            staging_ = std::make_unique<store::Staging>(*database_);
            store = std::make_unique<store::StoredChain>(*staging_, CHAIN);
        } else {
            store = chain::make_memory_store();
        }
        chain_ = std::make_unique<chain::Chain>(chain::ChainSpec::of(evm::Revision::osaka, CHAIN),
                                                genesis, std::move(store));
        if (staging_) staging_->commit();
    }

    /// Makes the next block, of transfers among the first @p accounts.
    void advance(size_t accounts) {
        const auto head = chain_->head();
        const auto state = chain_->head_state();
        std::mt19937_64 random{head->header().number};
        std::vector<Transaction> transactions(TRANSFERS);
        std::vector<Address> senders;
        std::map<Address, uint64_t> nonces;
        for (auto& tx : transactions) {
            senders.push_back(account(random() % accounts));
            auto [nonce, is_new] = nonces.try_emplace(senders.back());
            if (is_new) nonce->second = state->account(senders.back())->nonce;
            tx.type = TxType::dynamic_fee;
            tx.chain_id = CHAIN;
            tx.nonce = nonce->second++;
            tx.max_fee_per_gas = uint256{uint64_t{1'000'000'000'000'000}};
            tx.gas_limit = 21'000;
            tx.to = account(random() % accounts);
            tx.value = uint256{1u};
            tx.r = tx.s = uint256{head->header().number};  // no two hashes are the same
        }
        chain::BlockAttributes attributes;
        attributes.timestamp_s = head->header().timestamp_s + 12;
        auto built = chain_->build_block(attributes, transactions, senders);
        if (!built || !built->refused.empty()) throw std::runtime_error("no such block");
        chain_->adopt(std::move(built->sealed));
        if (staging_) staging_->commit();
    }

  private:
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Staging> staging_;
    std::unique_ptr<chain::Chain> chain_;
};

}  // namespace

void measure_stored_blocks(Suite& suite) {
    for (const size_t count : {size_t{100'000}, size_t{1'000'000}}) {
        const auto name = [&](const char* what) {
            return fmt::format("stored_block/{}_of_{}_{}", TRANSFERS, count, what);
        };
        if (suite.options().quick && count > 100'000) continue;
        if (!suite.wants(name("hot")) && !suite.wants(name("cold"))) continue;
        const Folder folder;
        const auto genesis = genesis_of(count);
        Contestant memory{genesis, nullptr};
        Contestant database{genesis, store::make_memory_database()};
        Contestant disk{genesis, store::open_disk_database({.folder = folder.path() / "database"})};
        const auto measure = [&](const char* what, size_t accounts) {
            if (!suite.wants(name(what))) return;
            suite.measure(name(what),
                          {{"memory", [&] { memory.advance(accounts); }},
                           {"database_in_memory", [&] { database.advance(accounts); }},
                           {"disk", [&] { disk.advance(accounts); }}},
                          TRANSFERS, "tx");
        };
        measure("hot", HOT_ACCOUNTS);
        measure("cold", count);
    }
}

}  // namespace scope::bench
