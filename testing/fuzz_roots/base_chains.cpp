#include "fuzz_roots/base_chains.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "base/hex.hpp"
#include "builder/revert.hpp"
#include "crypto/keccak.hpp"
#include "devnet/deployment.hpp"
#include "devnet/system_contracts.hpp"
#include "execution/host.hpp"
#include "rollup/rollup_config.hpp"

namespace scope::fuzz_roots {

Address owner() {
    return crypto::address_of(key_of("owner"));
}

namespace {

constexpr int64_t SETUP_GAS = int64_t{1} << 40;
constexpr uint256 PURSE{0, 1'000'000, 0, 0};  // wei of those who pay for all

/// A minimal proxy (EIP-1167) with immutable arguments behind.
Bytes proxy_with_arguments(const Address& implementation, BytesView arguments) {
    static const Bytes BEFORE = from_hex("363d3d373d3d3d363d73").value();
    static const Bytes AFTER = from_hex("5af43d82803e903d91602b57fd5bf3").value();
    return concat(BEFORE, implementation, AFTER, arguments);
}

/// Returns where OpenZeppelin's Clones puts a proxy of this code with salt 0.
Address clone_address(const Address& creator, const Bytes& code) {
    CHECK(code.size() < 256);
    const Bytes deploy = concat(Bytes{0x61, 0x00, static_cast<uint8_t>(code.size())},
                                from_hex("3d81600a3d39f3").value());
    return execution::create2_address(creator, Hash{}, crypto::keccak256(concat(deploy, code)));
}

/// Somebody whose alias only shows what aliases delegate to.
constexpr ChainId STRANGER_CHAIN_ID{999};
constexpr Address STRANGER{{1}};

/// Deploys an alias; returns what it delegates to.
Address deploy_alias_implementation(Setup& setup, const Address& callable) {
    const Bytes output = setup.call(
        callable, abi::call("deployAlias(uint256,address)", uint256{STRANGER_CHAIN_ID}, STRANGER));
    const Bytes code = setup.code(to_address(from_be(output)));
    return to_address(from_be(BytesView{code}.subspan(10, 20)));
}

}  // namespace

ChainId chain_id_of(size_t chain) {
    CHECK(chain < MAX_CHAINS);
    return chain == 0 ? ChainId{1} : ChainId{900 + chain};
}

crypto::SecretKey key_of(std::string_view name) {
    return crypto::SecretKey::from(
               crypto::keccak256(concat(as_bytes("scope.fuzz-roots."), as_bytes(name))))
        .value();
}

const crypto::SecretKey& submitter_key() {
    static const auto KEY = key_of("submitter");
    return KEY;
}

const crypto::SecretKey& member_key() {
    static const auto KEY = key_of("member");
    return KEY;
}

// ---- Setup

Setup::Setup(const state::GenesisAlloc& alloc, ChainId chain_id)
    : genesis_(alloc), state_(genesis_), host_(state_, environment_) {
    environment_.block.chain_id = chain_id;
    environment_.block.gas_limit = static_cast<uint64_t>(SETUP_GAS);
    environment_.block.timestamp_s = devnet::GENESIS_TIME_S;
}

Address Setup::create(const Bytes& init_code) {
    return run({.kind = evm::CallKind::create,
                .gas = SETUP_GAS,
                .sender = owner(),
                .input = init_code})
        .created;
}

Bytes Setup::call(const Address& to, const Bytes& data, const uint256& value) {
    return run({.gas = SETUP_GAS,
                .recipient = to,
                .sender = owner(),
                .code_address = to,
                .input = data,
                .value = value})
        .output;
}

Bytes Setup::code(const Address& address) const {
    return state_.code(address)->bytes;
}

state::GenesisAlloc Setup::finish() {
    genesis_.apply(state_.diff());
    return genesis_.dump();
}

evm::CallResult Setup::run(const evm::Message& message) {
    host_.open_transaction({.origin = owner()});
    auto result = host_.call(message);
    host_.close_transaction();
    if (result.status != evm::Status::success)
        throw std::runtime_error{
            fmt::format("setting up: {}", builder::describe_revert(result.output))};
    return result;
}

// ---- BaseChains

BaseChains::BaseChains(const devnet::Artifacts& artifacts) {
    state::GenesisAlloc alloc;
    devnet::add_system_contracts(alloc);
    alloc[owner()].balance = PURSE;
    Setup l1{alloc, chain_id_of(0)};
    contracts = devnet::settlement_contracts(chain_id_of(0), owner());
    devnet::deploy_settlement(
        artifacts, contracts,
        [&](const std::string&, const Bytes& init_code) { return l1.create(init_code); });
    account_implementation = devnet::shared_account(contracts);
    verifier =
        l1.create(concat(artifacts.init_code("CommitteeVerifier"),
                         abi::encode(std::vector{crypto::address_of(member_key())}, uint256{1u})));
    l1_alias_ = deploy_alias_implementation(l1, contracts.l1_callable);
    const Bytes owned = l1.call(contracts.account_factory, protocol::account_of(STRANGER));
    l1_ = l1.finish();
    l1_[crypto::address_of(submitter_key())].balance = PURSE;
    CHECK(protocol::decode_address(owned) == account_of(STRANGER));

    const auto spec = rollup::rollup_spec(chain_id_of(1));
    Setup rollup{
        devnet::rollup_alloc(devnet::predeploy_code(artifacts, spec, contracts.settlement)),
        chain_id_of(1)};
    rollup_alias_ = deploy_alias_implementation(rollup, rollup::PREDEPLOY);
    rollup_ = rollup.finish();
    CHECK(l1_.contains(alias_of(0, STRANGER_CHAIN_ID, STRANGER)));
    CHECK(rollup_.contains(alias_of(1, STRANGER_CHAIN_ID, STRANGER)));
}

const Address& BaseChains::callable(size_t chain) const {
    return chain == 0 ? contracts.l1_callable : rollup::PREDEPLOY;
}

const Address& BaseChains::loader(size_t chain) const {
    return chain == 0 ? contracts.settlement.settlement : rollup::SYSTEM_SENDER;
}

Bytes BaseChains::alias_code(size_t on_chain, ChainId chain_id, const Address& account) const {
    return proxy_with_arguments(on_chain == 0 ? l1_alias_ : rollup_alias_,
                                concat(to_be(uint256{chain_id}), account));
}

Address BaseChains::alias_of(size_t on_chain, ChainId chain_id, const Address& account) const {
    return clone_address(callable(on_chain), alias_code(on_chain, chain_id, account));
}

Address BaseChains::account_of(const Address& of) const {
    return clone_address(contracts.account_factory,
                         proxy_with_arguments(account_implementation, of));
}

}  // namespace scope::fuzz_roots
