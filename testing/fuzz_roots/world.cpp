#include "fuzz_roots/world.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "crypto/keccak.hpp"
#include "devnet/deployment.hpp"
#include "evm/opcodes.hpp"
#include "types/signing.hpp"

namespace scope::fuzz_roots {

namespace {

constexpr uint256 PURSE{0, 1'000'000, 0, 0};  // wei, of bystanders
constexpr uint64_t GWEI = 1'000'000'000;
constexpr uint256 MAX_FEE{100 * GWEI};
/// For the most roots, each with the most gas at the highest price, and value.
constexpr uint256 USER_BALANCE =
    uint256{1u << 24} * MAX_FEE * uint256{4u} + uint256{10'000'000'000'000'000'000u};
constexpr uint64_t TRANSFER_GAS = 21'000;

Bytes delegation_to(const Address& to) {
    return concat(Bytes{0xef, 0x01, 0x00}, to);
}

/// Returns the predeploy's slot that is 1 if it knows the chain.
Hash known_chain_slot(ChainId chain_id) {
    return crypto::keccak256(
        concat(crypto::keccak256(as_bytes("scope.known-chains")), to_be(uint256{chain_id})));
}

}  // namespace

World::World(const BaseChains& base, std::span<const Program> programs)
    : base_(base), chains_(programs.front().chains) {
    network_.contracts = base.contracts;
    std::vector<state::GenesisAlloc> allocs;
    for (size_t chain = 0; chain < chains_; ++chain) allocs.push_back(base.alloc(chain));
    for (const auto& program : programs) {
        CHECK(program.chains == chains_);
        add_program(program, allocs);
    }
    add_bystanders(allocs[0]);
    Setup l1{allocs[0], chain_id_of(0)};
    for (size_t chain = 1; chain < chains_; ++chain)
        add_rollup(chain, std::move(allocs[chain]), l1);
    devnet_ = std::make_unique<devnet::Devnet>(
        std::make_unique<l1::LocalL1>(
            devnet::l1_spec(chain_id_of(0)), devnet::l1_genesis(l1.finish()),
            l1::LocalL1Options{.slot_s = devnet::SLOT_S, .coinbase = COINBASE}),
        network_,
        devnet::DevnetOptions{.builder = {.submitter = crypto::local_signer(submitter_key())},
                              .members = {member_key()},
                              .committee = {.threshold = 1}});
    follower_ = devnet_->make_follower();
}

void World::add_program(const Program& program, std::vector<state::GenesisAlloc>& allocs) const {
    Random random{program.seed * 31 + program.index};
    const Address user = crypto::address_of(program.user);
    const Address second = crypto::address_of(program.second);
    for (const auto& contract : program.contracts)
        allocs[contract.chain][contract.address] = {
            .nonce = 1, .balance = contract.balance, .code = contract.code, .storage = {}};
    for (size_t chain = 0; chain < chains_; ++chain) {
        auto& alloc = allocs[chain];
        const auto add_alias = [&](ChainId chain_id, const Address& account) {
            if (chain_id == chain_id_of(chain)) return;
            alloc[base_.alias_of(chain, chain_id, account)] = {
                .nonce = 1,
                .balance = uint256{random.chance(10) ? 5u : 0u},
                .code = base_.alias_code(chain, chain_id, account),
                .storage = {}};
        };
        // Who is called has to be there; the others are deployed as they speak.
        for (const auto& contract : program.contracts)
            if (random.chance(75)) add_alias(chain_id_of(contract.chain), contract.address);
        if (random.chance(30)) add_alias(chain_id_of(chain == 0 ? 1 : 0), user);
        alloc[second].balance = 1'000u;
        alloc[user] = {.nonce = 0, .balance = USER_BALANCE, .code = {}, .storage = {}};
        if (chain == 0) {
            alloc[user].nonce = 1;
            alloc[user].code = delegation_to(base_.account_implementation);
            alloc[base_.account_of(crypto::address_of(program.owner))].balance = USER_BALANCE;
        }
    }
    for (const auto& contract : program.contracts)
        if (contract.is_entry)
            allocs[contract.chain][rollup::PREDEPLOY]
                .storage[execution::entry_slot(contract.address)] = to_be(uint256{1u});
}

void World::add_bystanders(state::GenesisAlloc& alloc) const {
    using namespace evm;
    for (size_t i = 0; i < BYSTANDERS; ++i)
        alloc[crypto::address_of(bystander_key(i))].balance = PURSE;
    alloc[BURNER] = {.nonce = 1, .balance = {}, .code = {OP_INVALID}, .storage = {}};
    alloc[TIPPER] = {.nonce = 1,
                     .balance = {},
                     .code = {OP_PUSH0, OP_PUSH0, OP_PUSH0, OP_PUSH0, OP_CALLVALUE, OP_COINBASE,
                              OP_GAS, OP_CALL},
                     .storage = {}};
}

void World::add_rollup(size_t chain, state::GenesisAlloc alloc, Setup& l1) {
    // They are registered before L1's first block, so that no batch makes them known.
    for (size_t other = 1; other < chains_; ++other)
        if (other != chain)
            alloc[rollup::PREDEPLOY].storage[known_chain_slot(chain_id_of(other))] =
                to_be(uint256{1u});
    auto config =
        devnet::rollup_config(chain_id_of(chain), base_.contracts.settlement, std::move(alloc));
    const chain::Chain genesis{config.spec, config.genesis};
    l1.call(base_.contracts.registry,
            devnet::register_rollup(config, owner(), base_.verifier, genesis.head()->header(),
                                    std::span{&member_key(), 1}),
            devnet::registration_value(config));
    network_.rollups.push_back(std::move(config));
}

const crypto::SecretKey& World::bystander_key(size_t number) {
    static const std::array KEYS{key_of("bystander.0"), key_of("bystander.1"),
                                 key_of("bystander.2"), key_of("bystander.3")};
    static_assert(KEYS.size() == BYSTANDERS);
    return KEYS[number];
}

std::vector<Address> World::accounts_of(const Program& program) const {
    const Address user = crypto::address_of(program.user);
    std::vector<Address> accounts{user, crypto::address_of(program.second),
                                  base_.account_of(crypto::address_of(program.owner)),
                                  base_.alias_of(0, chain_id_of(1), user)};
    for (const auto& contract : program.contracts)
        if (contract.chain != 0)
            accounts.push_back(base_.alias_of(0, chain_id_of(contract.chain), contract.address));
    return accounts;
}

builder::ScopeBuilder World::open(const Program& program) {
    const builder::BuilderOptions options{
        .submitter = crypto::local_signer(submitter_key()),
        .data_availability = program.in_blobs ? builder::DataAvailability::blobs
                                              : builder::DataAvailability::calldata};
    auto opened = node().open_scope(options);
    if (!opened) throw std::runtime_error{"opening: " + to_string(opened.error())};
    return std::move(*opened);
}

// ---- roots

MadeRoot World::make_root(const Program& program, const RootPlan& plan, const Counted& before,
                          const Hash& outcome, std::optional<uint64_t> root_index) const {
    Counted counted = before;
    if (const auto* const operation = std::get_if<OperationPlan>(&plan)) {
        ++counted.operations[operation->operation.account];
        return {builder::L1Root{sign_operation(program, *operation, before, outcome), root_index},
                std::move(counted)};
    }
    const auto& transaction = std::get<TransactionPlan>(plan);
    ++counted.transactions[transaction.chain];
    if (transaction.delegate_to) ++counted.authorizations[transaction.chain];
    return {builder::L2Root{chain_id_of(transaction.chain),
                            sign_transaction(program, transaction, before)},
            std::move(counted)};
}

namespace {

template <typename Key>
uint64_t count_of(const std::map<Key, uint64_t>& counts, const Key& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
}

}  // namespace

Transaction World::sign_transaction(const Program& program, const TransactionPlan& plan,
                                    const Counted& before) const {
    Transaction tx;
    tx.type = plan.type;
    tx.chain_id = chain_id_of(plan.chain);
    tx.nonce = count_of(before.transactions, plan.chain);
    tx.max_fee_per_gas = MAX_FEE;
    const bool has_tip = plan.type == TxType::dynamic_fee || plan.type == TxType::set_code;
    tx.max_priority_fee_per_gas = has_tip ? uint256{GWEI} : MAX_FEE;
    tx.gas_limit = plan.gas;
    tx.to = plan.to;
    tx.value = plan.value;
    tx.data = plan.data;
    tx.access_list = plan.access_list;
    if (plan.delegate_to) {
        Authorization authorization;
        authorization.chain_id = uint256{chain_id_of(plan.chain)};
        authorization.address = *plan.delegate_to;
        authorization.nonce = count_of(before.authorizations, plan.chain);
        sign(authorization, program.second);
        tx.authorization_list.push_back(authorization);
    }
    sign(tx, program.user);
    return tx;
}

protocol::SignedOperation World::sign_operation(const Program& program, const OperationPlan& plan,
                                                const Counted& before, const Hash& outcome) const {
    protocol::SignedOperation made{plan.operation, {}, {}};
    made.operation.nonce = uint256{count_of(before.operations, plan.operation.account)};
    made.operation.outcome = outcome;
    const bool is_owned = plan.kind == OperationPlan::Account::owned;
    const auto digest = protocol::operation_digest(network_.contracts.settlement, made.operation);
    made.signature =
        to_bytes(crypto::to_rsv(crypto::sign(digest, is_owned ? program.owner : program.user)));
    if (plan.bad_signature) made.signature[7] ^= 1;
    if (is_owned && plan.names_owner) made.owner = crypto::address_of(program.owner);
    return made;
}

Transaction World::make_ordinary(const Program& program, const Counted& before) const {
    constexpr size_t CHAIN = 1;
    TransactionPlan plan;
    plan.chain = CHAIN;
    plan.gas = TRANSFER_GAS;
    plan.to = crypto::address_of(bystander_key(0));
    return sign_transaction(program, plan, before);
}

}  // namespace scope::fuzz_roots
