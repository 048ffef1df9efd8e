#include "fuzz_roots/landing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "builder/next_l1_block.hpp"
#include "builder/revert.hpp"
#include "execution/host.hpp"
#include "execution/transaction.hpp"
#include "types/signing.hpp"

namespace scope::fuzz_roots {

namespace {

using Field = protocol::EnvironmentField;

constexpr uint64_t MAX_LATE = 3;  // blocks between the parent and the bundle's
constexpr uint64_t GWEI = 1'000'000'000;
constexpr uint64_t BYSTANDER_GAS = 60'000;
constexpr uint64_t GAS_LIMIT = 60'000'000;  // around which blocks' own ones stay
constexpr uint64_t ONE_IN = 10;

/// Returns the last timestamp that all operations of the scope allow.
uint64_t deadline_of(const protocol::Scope& scope) {
    uint64_t deadline_s = UINT64_MAX;
    for (const auto& leg : scope.legs) {
        if (leg.signed_operation.empty()) continue;
        const auto signed_one = protocol::decode_signed_operation(leg.signed_operation);
        CHECK(signed_one.has_value());
        const auto& deadline = signed_one->operation.deadline;
        if (deadline.fits_u64()) deadline_s = std::min(deadline_s, uint64_t{deadline});
    }
    return deadline_s;
}

/// One branch of L1 with the bundle at its end.
class Branch {
  public:
    Branch(World& world, const builder::Bundle& bundle, Random& random)
        : l1_(world.devnet().l1()),
          bundle_(bundle),
          random_(random),
          deadline_s_(deadline_of(bundle.scope)) {}

    /// Mines the block for which the bundle was built.
    /// @return  Why it did not settle.
    std::optional<std::string> grow_as_planned() {
        begin();
        return mine_last(bundle_.attributes, {}, 0);
    }

    /// Mines another one, behind others.
    /// @return  Why it did not settle.
    std::optional<std::string> grow(Statistics& statistics) {
        begin();
        const uint64_t late = blocks_between();
        for (uint64_t i = 0; i < late; ++i) mine_between();
        ++statistics.landings;
        statistics.late_landings += late != 0;
        const auto attributes = any_attributes();
        const uint64_t limit = attributes.gas_limit.value_or(head().gas_limit);
        return mine_last(attributes, transactions(limit - bundle_.transaction.gas_limit), late);
    }

    /// Returns the last block, in words.
    [[nodiscard]] const std::string& where() const { return where_; }

    /// Returns what the bundle's transaction did: its receipt, but for what others used.
    [[nodiscard]] const Receipt& receipt() const { return receipt_; }

  private:
    [[nodiscard]] bool is_declared(Field field) const {
        return std::ranges::find(bundle_.scope.environment, static_cast<uint8_t>(field),
                                 &protocol::EnvironmentValue::field) !=
               bundle_.scope.environment.end();
    }
    [[nodiscard]] const BlockHeader& head() const { return head_block_->header(); }

    void begin() {
        l1_.set_head(bundle_.l1_parent);
        head_block_ = l1_.chain().head();
    }

    uint64_t blocks_between() {
        // These are what they are in a child of the parent alone.
        for (const auto field : {Field::parent_hash, Field::number, Field::base_fee,
                                 Field::blob_base_fee, Field::gas_price})
            if (is_declared(field)) return 0;
        if (random_.chance(50)) return 0;
        const uint64_t seconds = bundle_.attributes.timestamp_s - head().timestamp_s;
        return std::min(1 + random_.below(MAX_LATE), seconds - 1);
    }

    std::optional<uint64_t> gas_limit() {
        if (is_declared(Field::gas_limit) || random_.chance(30)) return std::nullopt;
        const uint64_t limit = head().gas_limit;
        const uint64_t step = random_.below(limit / chain::GAS_LIMIT_BOUND_DIVISOR);
        return limit > GAS_LIMIT ? limit - step : limit + step;
    }

    Address any_coinbase() {
        switch (random_.below(6)) {
            case 0:
                return COINBASE;
            case 1:
                return crypto::address_of(World::bystander_key(1));
            case 2:
                return crypto::address_of(submitter_key());
            default:
                return random_.fixed<20>();
        }
    }

    /// Makes a block that is not the bundle's, right behind its parent in time.
    void mine_between() {
        chain::BlockAttributes attributes;
        attributes.timestamp_s = head().timestamp_s + 1;
        attributes.coinbase = random_.fixed<20>();
        attributes.prev_randao = random_.fixed<32>();
        attributes.gas_limit = gas_limit();
        const auto others = transactions(attributes.gas_limit.value_or(head().gas_limit));
        mine(attributes, others);
    }

    chain::BlockAttributes any_attributes() {
        chain::BlockAttributes attributes = bundle_.attributes;
        if (!is_declared(Field::timestamp)) attributes.timestamp_s = timestamp_s();
        if (!is_declared(Field::coinbase)) attributes.coinbase = any_coinbase();
        if (!is_declared(Field::prev_randao)) attributes.prev_randao = random_.fixed<32>();
        attributes.gas_limit = gas_limit();
        return attributes;
    }

    std::optional<std::string> mine_last(const chain::BlockAttributes& attributes,
                                         std::vector<Transaction> all, uint64_t late) {
        const auto base_fee = chain::next_base_fee(head());
        CHECK(base_fee <= bundle_.transaction.max_fee_per_gas);  // MAX_LATE is that small
        where_ = fmt::format(
            "{} blocks late, behind {} others; timestamp {} (built for {}), coinbase {}, base fee "
            "{}, gas limit {}",
            late, all.size(), attributes.timestamp_s, bundle_.attributes.timestamp_s,
            to_hex(attributes.coinbase), to_decimal(base_fee),
            attributes.gas_limit.value_or(head().gas_limit));
        all.push_back(bundle_.transaction);
        const auto built = mine(attributes, all);
        if (!built.refused.empty())
            return fmt::format("refused: {}", to_string(built.refused.front().error));
        receipt_ = head_block_->receipts.back();
        if (all.size() > 1)
            receipt_.cumulative_gas_used -=
                head_block_->receipts[all.size() - 2].cumulative_gas_used;
        const auto& outcome = built.outcomes.back();
        if (outcome.succeeded()) return std::nullopt;
        return fmt::format("{} {}", evm::to_string(outcome.status),
                           builder::describe_revert(outcome.output));
    }

    uint64_t timestamp_s() {
        const uint64_t first = head().timestamp_s + 1;
        constexpr std::array<uint64_t, 4> AFTER{1, 12, 100, 100'000};
        const uint64_t chosen = first + random_.below(random_.pick(AFTER));
        return chosen <= deadline_s_ ? chosen : std::max(first, bundle_.attributes.timestamp_s);
    }

    chain::BuiltBlock mine(const chain::BlockAttributes& attributes,
                           const std::vector<Transaction>& all) {
        l1_.set_next_block(attributes);
        auto built = l1_.mine(all);
        if (!built) throw std::runtime_error{"mining: " + chain::to_string(built.error())};
        for (const auto& refused : built->refused)
            if (all[refused.index].to != bundle_.transaction.to)
                throw std::runtime_error{"mining: a bystander was refused, " +
                                         std::string{to_string(refused.error)}};
        head_block_ = l1_.chain().head();
        return std::move(*built);
    }

    /// Makes transactions of bystanders that have room in so much gas.
    std::vector<Transaction> transactions(uint64_t gas) {
        std::vector<Transaction> made;
        const auto state = l1_.chain().head_state();
        std::array<uint64_t, World::BYSTANDERS> sent{};
        for (uint64_t i = random_.below(4); i > 0; --i) {
            const size_t by = random_.below(World::BYSTANDERS);
            const auto account = state->account(crypto::address_of(World::bystander_key(by)));
            CHECK(account.has_value());
            auto tx = transaction(gas);
            if (tx.gas_limit > gas) break;
            gas -= tx.gas_limit;
            tx.nonce = account->nonce + sent[by]++;
            sign(tx, World::bystander_key(by));
            made.push_back(std::move(tx));
        }
        return made;
    }
    Transaction transaction(uint64_t gas) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = chain_id_of(0);
        tx.max_priority_fee_per_gas = uint256{random_.below(50 * GWEI)};
        tx.max_fee_per_gas = uint256{1000 * GWEI};
        tx.gas_limit = BYSTANDER_GAS;
        tx.value = uint256{random_.below(1'000'000)};
        switch (random_.below(4)) {
            case 0:
                tx.to = random_.fixed<20>();
                break;
            case 1:
                tx.to = crypto::address_of(submitter_key());
                break;
            case 2:
                tx.to = World::TIPPER;
                break;
            default:  // a full block raises the base fee of the next
                tx.to = World::BURNER;
                tx.value = {};
                tx.gas_limit = std::min<uint64_t>(gas, execution::MAX_TRANSACTION_GAS);
        }
        return tx;
    }

    l1::LocalL1& l1_;
    const builder::Bundle& bundle_;
    Random& random_;
    uint64_t deadline_s_;
    chain::StoredBlockPtr head_block_;
    Receipt receipt_;
    std::string where_;
};

/// The effects of a scope on L1, as far as its program is concerned.
struct Done {
    Receipt receipt;
    /// Of the program's contracts, of its accounts and of what their operations may have deployed.
    std::map<Address, std::pair<std::optional<Account>, Hash>> accounts;
};

Done done_by(World& world, const Program& program, const Receipt& receipt) {
    Done done{receipt, {}};
    const auto state = world.devnet().l1().chain().head_state();
    const auto add = [&](const Address& address) {
        done.accounts[address] = {state->account(address), state->storage_root(address)};
    };
    for (const auto& contract : program.contracts)
        if (contract.chain == 0) add(contract.address);
    for (const auto& address : world.accounts_of(program)) add(address);
    return done;
}

std::optional<std::string> first_difference(const Done& planned, const Done& other) {
    if (planned.receipt.cumulative_gas_used != other.receipt.cumulative_gas_used)
        return fmt::format("{} gas instead of {}", other.receipt.cumulative_gas_used,
                           planned.receipt.cumulative_gas_used);
    if (planned.receipt != other.receipt) return "other logs";
    for (const auto& [address, account] : planned.accounts)
        if (other.accounts.at(address) != account)
            return fmt::format("{} differs", to_hex(address));
    return std::nullopt;
}

/// An operation as the settlement contract saw its account run it.
struct SeenOperation {
    uint64_t gas_used = 0;
    std::optional<protocol::OperationResult> result;
};

/// A host that sees operations.
class WatchingHost final : public execution::Host {
  public:
    WatchingHost(builder::NextL1Block& block, const Address& settlement)
        : Host(block.state(), block.environment()), settlement_(settlement) {}

    evm::CallResult call(const evm::Message& message) override {
        auto result = Host::call(message);
        if (message.depth == 1 && message.sender == settlement_ &&
            abi::has_selector(EXECUTE_OPERATION, message.input))
            seen.push_back({static_cast<uint64_t>(message.gas - result.gas_left),
                            protocol::decode_operation_result(BytesView{result.output}.first(
                                std::min<size_t>(result.output.size(), 2 * abi::WORD)))});
        return result;
    }

    std::vector<SeenOperation> seen;

  private:
    static inline const abi::Selector EXECUTE_OPERATION =
        abi::Selector::from(BytesView{protocol::execute_operation({}, {})}.first(4));
    const Address& settlement_;
};

/// Compares what operations do on L1 with what add said they do, to the last unit of gas.
std::optional<std::string> first_other_operation(World& world, const builder::Bundle& bundle) {
    const auto snapshot = builder::read_snapshot(world.devnet().l1());
    CHECK(snapshot.has_value());
    builder::NextL1Block block{*snapshot, bundle.attributes};
    WatchingHost host{block, world.settlement().settlement};
    const auto submitter = execution::sender_of(bundle.transaction, block.environment());
    CHECK(submitter.has_value());
    if (const auto outcome = block.execute(bundle.transaction, *submitter, &host);
        !outcome || !outcome->succeeded())
        return std::nullopt;  // it won't settle either
    size_t next = 0;
    for (const auto& root : bundle.roots) {
        if (root.context.root_chain_id != uint256{chain_id_of(0)}) continue;
        CHECK(next < host.seen.size());
        const auto& seen = host.seen[next++];
        const auto index = to_decimal(root.context.root_index);
        if (!seen.result || seen.result->success != root.success)
            return fmt::format("root {} ends otherwise than add said", index);
        if (seen.gas_used != root.gas_used)
            return fmt::format("root {} takes {} gas, add said {}", index, seen.gas_used,
                               root.gas_used);
    }
    return std::nullopt;
}

std::optional<std::string> follow(node::Node& node, const builder::Bundle& bundle) {
    if (const auto followed = node.follow(); !followed)
        return "not followed: " + to_string(followed.error());
    return why_other_heads(node, bundle);
}

}  // namespace

std::optional<std::string> why_other_heads(node::Node& node, const builder::Bundle& bundle) {
    for (const auto& part : bundle.parts) {
        const auto* const rollup = node.follower().rollup(part.chain_id);
        CHECK(rollup != nullptr);
        if (rollup->stopped) return "stopped: " + to_string(*rollup->stopped);
        const Hash head = rollup->chain.head()->hash;
        if (head != part.execution.last_block_hash)
            return fmt::format("rollup {}: the head that follows from L1 is {}, the builder's {}",
                               part.chain_id, to_hex(head), to_hex(part.execution.last_block_hash));
    }
    return std::nullopt;
}

std::optional<std::string> land(World& world, const Program& program, const builder::Bundle& bundle,
                                Random& random, Statistics& statistics) {
    if (!world.devnet().l1().add_blobs(bundle.blobs)) return "a KZG proof does not hold";
    if (auto what = first_other_operation(world, bundle)) return what;
    Branch branch{world, bundle, random};
    if (auto why = branch.grow_as_planned())
        return fmt::format("it did not settle where it should: {}, {}", *why, branch.where());
    const auto planned = done_by(world, program, branch.receipt());
    const uint64_t branches = 1 + random.below(3);
    for (uint64_t i = 1; i <= branches; ++i) {
        if (auto why = branch.grow(statistics))
            return fmt::format("it did not settle: {}, {}", *why, branch.where());
        const auto done = done_by(world, program, branch.receipt());
        if (auto what = first_difference(planned, done))
            return fmt::format("it did something else: {}, {}", *what, branch.where());
        // Some see a branch that does not stay.
        if (i != branches && random.below(ONE_IN) != 0) continue;
        for (auto* const node : {&world.node(), &world.follower()})
            if (auto why = follow(*node, bundle)) return why;
    }
    ++statistics.scopes;
    return std::nullopt;
}

}  // namespace scope::fuzz_roots
