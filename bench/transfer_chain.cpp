#include "bench/transfer_chain.hpp"

#include <unistd.h>

#include <random>
#include <stdexcept>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"

namespace scope::bench {

Address account_address(size_t i) {
    return Address::from(BytesView{crypto::keccak256(to_be(uint256{i}))}.first(20));
}

Account rich_account() {
    return {.nonce = 0, .balance = uint256{1u} << 80};
}

chain::Genesis genesis_of_accounts(size_t accounts) {
    chain::Genesis genesis;
    genesis.gas_limit = 100'000'000;
    for (size_t i = 0; i < accounts; ++i)
        genesis.alloc[account_address(i)].balance = rich_account().balance;
    // EIP-7002 and EIP-7251 contracts that ask for nothing.
    using namespace literals;
    for (const auto address : {"0x00000961ef480eb55e80d19ad83579a64c007002"_address,
                               "0x0000bbddc7ce488642fb579f8b00f3a590007251"_address})
        genesis.alloc[address].code = {0x00};
    return genesis;
}

TemporaryFolder::TemporaryFolder() {
    auto name = (std::filesystem::temp_directory_path() / "scope-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

TransferChain::TransferChain(const chain::Genesis& genesis,
                             std::unique_ptr<store::Database> database,
                             const store::StoredChainOptions& options)
    : database_(std::move(database)) {
    std::unique_ptr<chain::Store> store;
    if (database_) {
        staging_ = std::make_unique<store::Staging>(*database_);
        store = std::make_unique<store::StoredChain>(*staging_, ID, options);
    } else {
        store = chain::make_memory_store();
    }
    chain_ = std::make_unique<chain::Chain>(chain::ChainSpec::of(evm::Revision::osaka, ID), genesis,
                                            std::move(store));
    if (staging_) staging_->commit();
}

void TransferChain::count_nonces() {
    for (uint64_t number = chain_->head()->header().number; number > 0; --number)
        for (const auto& sender : chain_->store().canonical_block(number)->senders)
            ++nonces_[sender];
}

void TransferChain::prepare(size_t accounts) {
    if (transactions_.empty()) count_nonces();
    const auto head = chain_->head();
    std::mt19937_64 random{head->header().number};
    transactions_.assign(TRANSFERS, {});
    senders_.clear();
    for (auto& tx : transactions_) {
        senders_.push_back(account_address(random() % accounts));
        tx.type = TxType::dynamic_fee;
        tx.chain_id = ID;
        tx.nonce = nonces_[senders_.back()]++;
        tx.max_fee_per_gas = uint256{uint64_t{1'000'000'000'000'000}};
        tx.gas_limit = 21'000;
        tx.to = account_address(random() % accounts);
        tx.value = uint256{1u};
        tx.r = tx.s = uint256{head->header().number};  // no two hashes are the same
    }
}

void TransferChain::advance() {
    chain::BlockAttributes attributes;
    attributes.timestamp_s = chain_->head()->header().timestamp_s + 12;
    auto built = chain_->build_block(attributes, transactions_, senders_);
    if (!built || !built->refused.empty()) throw std::runtime_error("no such block");
    chain_->adopt(std::move(built->sealed));
    if (staging_) staging_->begin_commit();
}

}  // namespace scope::bench
