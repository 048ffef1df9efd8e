// L1Account on an L1 whose pool does what a test says.

#include "l1/l1_account.hpp"

#include <gmock/gmock.h>

#include "execution/host.hpp"
#include "l1/rpc_l1_sender.hpp"
#include "served.hpp"

namespace scope::l1 {
namespace {

using ::testing::HasSubstr;
using Rule = AccountError::Rule;
using Stage = AccountProgress::Stage;

constexpr uint64_t GWEI = 1'000'000'000;

/// An L1 with a pool: what is sent waits there until a test mines it.
class PoolNetwork final : public testing::LoneChain {
  public:
    explicit PoolNetwork(LocalL1& l1) : LoneChain(l1.spec(), {}), l1_(l1) {}

    using LoneChain::chain;
    [[nodiscard]] const chain::Chain& chain() const override { return l1_.chain(); }
    [[nodiscard]] chain::StoredBlockPtr head(rpc::Label /*label*/) const override {
        return l1_.chain().head();
    }
    [[nodiscard]] std::shared_ptr<const state::WorldState> state(const Hash& block) const override {
        return chain().state_after(block);
    }
    [[nodiscard]] chain::BlockAttributes next_block() const override { return *l1_.next_block(); }
    Result<Hash, rpc::RpcError> send(ChainId /*chain_id*/, const Transaction& transaction,
                                     std::span<const chain::StoredBlobPtr> /*blobs*/,
                                     std::optional<Address> /*sender*/) override {
        ++sent;
        const auto refuse = [](std::string why) {
            return std::unexpected{rpc::RpcError{-32000, std::move(why), {}}};
        };
        if (!refusal.empty()) return refuse(refusal);
        const auto account = chain().head_state()->account(*recover_sender(transaction));
        if (transaction.nonce < account->nonce) return refuse("nonce too low");
        if (transaction.max_fee_per_gas < least_fee) return refuse("transaction underpriced");
        const auto last = pool.find(transaction.nonce);
        if (last != pool.end()) {
            if (last->second == transaction) return refuse("already known");
            const auto enough = [](const uint256& before, const uint256& after) {
                return after * uint256{10u} >= before * uint256{11u};
            };
            if (!enough(last->second.max_fee_per_gas, transaction.max_fee_per_gas) ||
                !enough(last->second.max_priority_fee_per_gas,
                        transaction.max_priority_fee_per_gas))
                return refuse("replacement transaction underpriced");
        }
        pool.insert_or_assign(transaction.nonce, transaction);
        return hash(transaction);
    }

    std::map<uint64_t, Transaction> pool;  ///< by nonce
    uint256 least_fee;
    std::string refusal;  ///< with which everything is refused; empty: not so
    int sent = 0;

  private:
    LocalL1& l1_;
};

class Account : public ::testing::Test {
  protected:
    Account() {
        served_.liar.lie = [this](const net::RpcCall& call, net::RpcResult& result) {
            if (call.method == "eth_getTransactionByHash" && is_in_pool(text_of(call)))
                result = R"({"hash":"0x"})";
            if (call.method == "eth_getTransactionCount" &&
                text_of(call).find("pending") != std::string::npos && pending_nonce_)
                result = fmt::format("\"{:#x}\"", *pending_nonce_);
            if (lie_) lie_(call, result);
        };
    }
    static std::string text_of(const net::RpcCall& call) {
        return call.params ? simdjson::minify(*call.params) : std::string{};
    }
    [[nodiscard]] bool is_in_pool(const std::string& params) const {
        return std::ranges::any_of(network_.pool, [&](const auto& waiting) {
            return params.find(to_hex(hash(waiting.second))) != std::string::npos;
        });
    }
    L1Account account(uint64_t number = 1, L1AccountOptions options = {}) {
        return {endpoint_, std::make_shared<RpcL1Sender>(endpoint_, source_), CHAIN_ID,
                crypto::local_signer(key(number)), std::move(options)};
    }
    /// A call that stores a value.
    static L1Call call(uint64_t slot = 1, uint64_t value = 1) {
        return {
            .to = STORE, .value = {}, .data = concat(to_be(uint256{slot}), to_be(uint256{value}))};
    }
    /// Mines these and no more, and takes them out of the pool.
    void mine(std::vector<Transaction> transactions = {}) {
        ASSERT_TRUE(l1_.mine(transactions));
        for (const auto& tx : transactions) network_.pool.erase(tx.nonce);
    }
    /// Mines all that waits.
    void mine_pool() {
        std::vector<Transaction> transactions;
        for (const auto& [nonce, tx] : network_.pool) transactions.push_back(tx);
        mine(transactions);
    }
    /// Steps, which is no error.
    AccountProgress step(L1Account& account) {
        auto progress = account.step();
        EXPECT_TRUE(progress) << to_string(progress.error());
        return progress ? *progress : AccountProgress{};
    }
    Rule error_of(L1Account& account) {
        const auto progress = account.step();
        EXPECT_FALSE(progress);
        return progress ? Rule::l1 : progress.error().rule;
    }
    const Transaction& waiting() { return network_.pool.begin()->second; }

    LocalL1 l1_ = make_local_l1();
    PoolNetwork network_{l1_};
    rpc::Service service_{network_};
    Served served_{service_, CHAIN_ID};
    std::shared_ptr<const RpcEndpoint> endpoint_ = served_.endpoint();
    std::shared_ptr<RpcL1Source> source_ = std::make_shared<RpcL1Source>(endpoint_);
    std::function<void(const net::RpcCall&, net::RpcResult&)> lie_;
    std::optional<uint64_t> pending_nonce_;
};

TEST_F(Account, sends_and_is_done_when_blocks_stand_above) {
    auto account = this->account();
    for (uint64_t nonce = 0; nonce < 3; ++nonce) {
        account.begin(call(nonce, nonce + 1));
        EXPECT_TRUE(account.is_busy());
        const auto sent = step(account);
        EXPECT_EQ(sent.stage, Stage::waiting);
        ASSERT_EQ(network_.pool.size(), 1u);
        EXPECT_EQ(hash(waiting()), sent.transaction);
        EXPECT_EQ(waiting().nonce, nonce);
        EXPECT_GE(waiting().max_priority_fee_per_gas, uint256{GWEI});
        EXPECT_EQ(step(account).stage, Stage::waiting);  // the same head
        mine_pool();
        const auto confirming = step(account);
        EXPECT_EQ(confirming.stage, Stage::confirming);
        EXPECT_EQ(confirming.place->block->hash, l1_.head()->hash);
        EXPECT_EQ(step(account).stage, Stage::confirming);
        mine();
        const auto done = step(account);
        EXPECT_EQ(done.stage, Stage::done);
        EXPECT_EQ(done.transaction, sent.transaction);
        EXPECT_TRUE(receipt_at(*done.place).success);
        EXPECT_FALSE(account.is_busy());
    }
    EXPECT_EQ(network_.sent, 3);
}

TEST_F(Account, creates_contracts_and_says_of_a_block_that_they_failed) {
    auto account = this->account(1, {.confirmations = 1});
    account.begin({.to = {}, .value = {}, .data = *from_hex("0x600a5f5f39600a5ff3")});
    step(account);
    mine_pool();
    EXPECT_TRUE(receipt_at(*step(account).place).success);
    EXPECT_FALSE(l1_.chain()
                     .head_state()
                     ->code(execution::create_address(account.address(), 0))
                     ->bytes.empty());
    account.begin({.to = {}, .value = {}, .data = Bytes{0xfe}, .gas_limit = 100'000});
    step(account);
    mine_pool();
    EXPECT_FALSE(receipt_at(*step(account).place).success);
}

TEST_F(Account, raises_the_fees_of_what_stays_in_no_block_and_knows_all_versions) {
    for (const bool is_first_mined : {false, true}) {
        auto account = this->account(is_first_mined ? 2 : 1, {.patience = 2});
        account.begin(call());
        step(account);
        const auto first = waiting();
        mine();
        step(account);
        EXPECT_EQ(waiting(), first);
        mine();
        step(account);
        const auto second = waiting();
        EXPECT_EQ(second.nonce, first.nonce);
        EXPECT_GE(second.max_fee_per_gas * uint256{10u}, first.max_fee_per_gas * uint256{11u});
        EXPECT_GE(second.max_priority_fee_per_gas * uint256{10u},
                  first.max_priority_fee_per_gas * uint256{11u});
        mine();
        step(account);
        EXPECT_EQ(waiting(), second);
        mine({is_first_mined ? first : second});
        mine();
        const auto done = step(account);
        EXPECT_EQ(done.stage, Stage::done);
        EXPECT_EQ(done.transaction, hash(is_first_mined ? first : second));
        network_.pool.clear();
    }
}

TEST_F(Account, offers_no_more_than_it_may) {
    const uint256 most{5 * GWEI};
    auto account = this->account(1, {.max_fee_per_gas = most, .patience = 1});
    account.begin(call());
    std::string trouble;
    for (int block = 0; block < 30; ++block) {
        trouble = step(account).trouble;
        ASSERT_LE(waiting().max_fee_per_gas, most);
        mine();
    }
    EXPECT_EQ(trouble, "its fees are the most that is offered");
    EXPECT_GT(waiting().max_fee_per_gas * uint256{9u}, most * uint256{8u} - uint256{9u});
    mine_pool();
    EXPECT_EQ(step(account).stage, Stage::confirming);

    auto poor = this->account(2, {.max_fee_per_gas = 1u});
    poor.begin(call());
    EXPECT_EQ(step(poor).trouble, "L1's base fee is above the most that is offered");
    EXPECT_TRUE(network_.pool.empty());
}

TEST_F(Account, follows_the_clients_advice_within_a_bound) {
    std::string advice;
    lie_ = [&](const net::RpcCall& call, net::RpcResult& result) {
        if (call.method == "eth_maxPriorityFeePerGas") result = advice;
    };
    uint64_t number = 1;
    for (const auto& [told, offered] :
         {std::pair{"\"0x1\"", GWEI}, std::pair{"\"0x77359400\"", 2 * GWEI},
          std::pair{"\"0xffffffffffffffffff\"", 4 * GWEI}, std::pair{"\"much\"", GWEI}}) {
        advice = told;
        auto account = this->account(number++);
        account.begin(call());
        step(account);
        EXPECT_EQ(waiting().max_priority_fee_per_gas, uint256{offered}) << told;
        network_.pool.clear();
    }
}

TEST_F(Account, sends_again_what_the_pool_has_dropped) {
    auto account = this->account();
    account.begin(call());
    step(account);
    const auto first = waiting();
    network_.pool.clear();
    mine();
    EXPECT_EQ(step(account).stage, Stage::waiting);
    EXPECT_EQ(waiting(), first);
    for (int block = 0; block < 3; ++block) mine();
    network_.pool.clear();
    step(account);  // by then it has waited too long, too
    EXPECT_GT(waiting().max_fee_per_gas, first.max_fee_per_gas);
}

TEST_F(Account, raises_fees_at_once_where_the_pool_asks_for_more) {
    network_.least_fee = uint256{50 * GWEI};
    auto account = this->account();
    account.begin(call());
    EXPECT_EQ(step(account).trouble, "");
    EXPECT_GE(waiting().max_fee_per_gas, network_.least_fee);
    EXPECT_LE(waiting().max_fee_per_gas, network_.least_fee * uint256{2u});

    // One of an earlier run waits, with fees that nobody remembers.
    network_.pool.clear();
    network_.least_fee = {};
    auto left = plain(l1_, 2);
    left.max_fee_per_gas = left.max_priority_fee_per_gas = uint256{30 * GWEI};
    network_.pool[0] = signed_by(left, 2);
    auto later = this->account(2);
    later.begin({.to = STORE, .value = {}, .data = {}, .nonce = 0});
    EXPECT_EQ(step(later).trouble, "");
    EXPECT_EQ(waiting().to, STORE);

    // Above the bound it waits.
    network_.pool.clear();
    network_.least_fee = uint256{50 * GWEI};
    auto poor = this->account(3, {.max_fee_per_gas = uint256{40 * GWEI}});
    poor.begin(call());
    EXPECT_THAT(step(poor).trouble, HasSubstr("underpriced"));
    network_.least_fee = {};
    EXPECT_EQ(step(poor).trouble, "");
}

TEST_F(Account, notices_that_another_transaction_has_used_the_nonce) {
    auto account = this->account();
    account.begin(call());
    step(account);
    network_.pool.clear();
    mine({storing(l1_, 1, 7, 7)});
    EXPECT_THAT(step(account).trouble, HasSubstr("another transaction of 0x"));
    // A reorganisation takes it back: then it's as before.
    const auto used = l1_.head()->hash;
    l1_.set_head(l1_.head()->header.parent_hash);
    mine();
    EXPECT_EQ(step(account).trouble, "");
    EXPECT_EQ(network_.pool.size(), 1u);
    l1_.set_head(used);
    mine();
    step(account);
    mine();
    EXPECT_EQ(error_of(account), Rule::nonce_is_used);
    EXPECT_FALSE(account.is_busy());
    network_.pool.clear();
    account.begin(call());
    step(account);
    EXPECT_EQ(waiting().nonce, 1u);
}

TEST_F(Account, goes_on_after_a_reorganisation) {
    auto account = this->account();
    account.begin(call());
    step(account);
    const auto sent = waiting();
    const auto before = l1_.head()->hash;
    mine_pool();
    EXPECT_EQ(step(account).stage, Stage::confirming);
    // Its block is gone, and the pool has forgotten it.
    l1_.set_head(before);
    mine();
    EXPECT_EQ(step(account).stage, Stage::waiting);
    EXPECT_EQ(waiting(), sent);
    mine_pool();
    const auto block = l1_.head()->hash;
    EXPECT_EQ(step(account).place->block->hash, block);
    // Another block has it.
    l1_.set_head((*l1_.block(1))->hash);
    l1_.set_next({.coinbase = Address{{5}}});
    mine({sent});
    EXPECT_NE(l1_.head()->hash, block);
    EXPECT_EQ(step(account).place->block->hash, l1_.head()->hash);
    mine();
    EXPECT_EQ(step(account).stage, Stage::done);
}

TEST_F(Account, waits_behind_what_waits_and_takes_the_nonce_that_it_is_given) {
    pending_nonce_ = 2;
    auto account = this->account();
    account.begin(call());
    step(account);
    EXPECT_EQ(waiting().nonce, 2u);
    EXPECT_EQ(account.nonces()->latest, 0u);
    EXPECT_EQ(account.nonces()->pending, 2u);
    account.give_up();
    network_.pool.clear();
    mine({storing(l1_, 1, 1, 1)});
    account.begin({.to = STORE, .value = {}, .data = {}, .nonce = 1});
    step(account);
    EXPECT_EQ(waiting().nonce, 1u);
    account.give_up();
    account.begin({.to = STORE, .value = {}, .data = {}, .nonce = 0});
    EXPECT_EQ(error_of(account), Rule::nonce_is_used);
    EXPECT_FALSE(account.is_busy());
}

TEST_F(Account, says_why_it_can_not_send_and_goes_on_when_it_can) {
    auto account = this->account();
    account.begin({.to = STORE, .value = uint256{1u} << 90, .data = {}, .gas_limit = 50'000});
    network_.refusal = "insufficient funds for gas * price + value";
    EXPECT_EQ(error_of(account), Rule::insufficient);
    network_.refusal = "invalid sender";
    EXPECT_EQ(error_of(account), Rule::refused);
    network_.refusal = "txpool is full";
    EXPECT_THAT(step(account).trouble, HasSubstr("pool_full"));
    network_.refusal.clear();
    EXPECT_EQ(step(account).trouble, "");
    EXPECT_EQ(network_.pool.size(), 1u);
}

TEST_F(Account, asks_for_an_estimate_and_believes_it_within_bounds) {
    auto account = this->account();
    // A contract's code that is a revert.
    account.begin({.to = {}, .value = {}, .data = *from_hex("0x5f5ffd")});
    EXPECT_EQ(error_of(account), Rule::reverts);
    account.give_up();
    std::string told;
    lie_ = [&](const net::RpcCall& call, net::RpcResult& result) {
        if (call.method == "eth_estimateGas") result = told;
    };
    account.begin(call());
    for (const auto* const much : {"\"0x1000001\"", "\"0xffffffffffffffff\""}) {
        told = much;
        EXPECT_EQ(error_of(account), Rule::too_much_gas);
    }
    told = "\"x\"";
    EXPECT_EQ(error_of(account), Rule::l1);
    told = "\"0x1000000\"";
    step(account);
    EXPECT_EQ(waiting().gas_limit, 16'777'216u);
    network_.pool.clear();
    account.give_up();
    account.begin(call());
    told = "\"0x186a0\"";
    step(account);
    EXPECT_EQ(waiting().gas_limit, 125'000u);
}

TEST_F(Account, loses_nothing_where_the_client_does_not_answer) {
    auto account = this->account();
    account.begin(call());
    bool is_away = true;
    std::string method = "eth_getBlockByNumber";
    lie_ = [&](const net::RpcCall& call, net::RpcResult& result) {
        if (is_away && call.method == method)
            result = std::unexpected{net::RpcError{-32005, "limit exceeded", {}}};
    };
    EXPECT_EQ(error_of(account), Rule::l1);
    method = "eth_estimateGas";
    EXPECT_EQ(error_of(account), Rule::l1);
    is_away = false;
    // The pool has it, and its answer is lost.
    bool is_lost = true;
    lie_ = [&](const net::RpcCall& call, net::RpcResult& result) {
        if (is_lost && call.method == "eth_sendRawTransaction") result = "null";
    };
    EXPECT_EQ(error_of(account), Rule::l1);
    is_lost = false;
    EXPECT_EQ(network_.pool.size(), 1u);
    EXPECT_EQ(step(account).stage, Stage::waiting);
    EXPECT_EQ(network_.sent, 1);
    mine_pool();
    EXPECT_EQ(step(account).stage, Stage::confirming);
}

/// A key that doesn't sign.
class NoSigner final : public crypto::Signer {
  public:
    [[nodiscard]] const Address& address() const noexcept override { return address_; }
    [[nodiscard]] Result<crypto::Signature, std::string> sign(
        BytesView /*message*/) const override {
        return std::unexpected{"nobody is there"};
    }

  private:
    Address address_{{7}};
};

TEST_F(Account, says_that_its_key_does_not_sign) {
    L1Account account{endpoint_, std::make_shared<RpcL1Sender>(endpoint_, source_), CHAIN_ID,
                      std::make_shared<NoSigner>()};
    account.begin({.to = STORE, .value = {}, .data = {}, .gas_limit = 50'000});
    const auto progress = account.step();
    ASSERT_FALSE(progress);
    EXPECT_EQ(to_string(progress.error()), "not_signed: nobody is there");
    EXPECT_EQ(network_.sent, 0);
}

}  // namespace
}  // namespace scope::l1
