#include "deploy_app/steps.hpp"

#include <fmt/format.h>

#include <set>
#include <stdexcept>

#include "abi/abi.hpp"
#include "base/hex.hpp"
#include "devnet/deployment.hpp"
#include "devnet/published.hpp"
#include "devnet/rollup_genesis.hpp"
#include "protocol/registry.hpp"

namespace scope::deploy_app {

namespace {

/// Returns the address that a view returns; zero if it returns none.
Address read_address(const L1Reader& l1, const Address& to, const Bytes& data) {
    return protocol::decode_address(l1.call(to, data)).value_or(Address{});
}

Step creation_step(const Creation& creation) {
    return {.what = fmt::format("{} {}", creation.contract, to_hex(creation.address)),
            .is_done =
                [&creation](const L1Reader& l1) {
                    const Bytes code = l1.code(creation.address);
                    if (code.empty()) return false;
                    if (code == creation.code) return true;
                    throw std::runtime_error{
                        fmt::format("{}: L1 has other code there than this version of {}",
                                    to_hex(creation.address), creation.contract)};
                },
            .call =
                [&creation] {
                    return l1::L1Call{
                        .to = {}, .value = {}, .data = creation.init_code, .nonce = creation.nonce};
                },
            .value = {}};
}

/// Returns whether the registry has the rollup as the plan has it.
bool is_registered(const L1Reader& l1, const Plan& plan, size_t index) {
    const auto& contracts = plan.file.network.contracts;
    const auto& rollup = plan.file.network.rollups[index];
    const ChainId chain_id = rollup.chain_id();
    const auto state =
        protocol::decode_rollup_state(l1.call(contracts.registry, protocol::state_of(chain_id)));
    if (!state || state->registered_at == 0) return false;
    const auto is_ours = [&](const Address& owner) {
        return owner == plan.beginning.deployer || owner == plan.owner;
    };
    const auto registered = protocol::decode_rollup(
        l1.call(contracts.settlement.settlement, protocol::get_rollup(chain_id)));
    // What has settled since, or changed hands, was registered by this plan or is none of it.
    const char* differs = nullptr;
    if (!registered)
        differs = "the settlement contract doesn't know it";
    else if (!is_ours(state->owner))
        differs = "by another owner";
    else if (registered->verifier != plan.file.committee.verifier)
        differs = "with another verifier";
    else if (registered->program_id != rollup.program_id)
        differs = "with another program";
    else if (registered->next_batch == 0 &&
             registered->last_block_hash != hash(plan.geneses[index]))
        differs = "with another genesis";
    if (differs == nullptr) return true;
    throw std::runtime_error{fmt::format("rollup {} is registered already, {}", chain_id, differs)};
}

/// Returns the committee's proof of a rollup's genesis. Throws where there are too few words for it.
Bytes genesis_proof(const Plan& plan, size_t index, GenesisWords& words) {
    auto proof = words.proof_of(devnet::genesis_claim(
        plan.file.network.rollups[index], plan.beginning.deployer, plan.geneses[index]));
    if (!proof) throw std::runtime_error{proof.error()};
    return std::move(*proof);
}

Step registration_step(const Plan& plan, size_t index, GenesisWords& words) {
    const auto& rollup = plan.file.network.rollups[index];
    const uint256 value = devnet::registration_value(rollup);
    return {
        .what = fmt::format("registering rollup {}", rollup.chain_id()),
        .is_done = [&plan, index](const L1Reader& l1) { return is_registered(l1, plan, index); },
        .call =
            [&plan, &rollup, index, value, &words] {
                const auto claim =
                    devnet::genesis_claim(rollup, plan.beginning.deployer, plan.geneses[index]);
                return l1::L1Call{
                    .to = plan.file.network.contracts.registry,
                    .value = value,
                    .data = devnet::register_rollup(claim, plan.file.committee.verifier,
                                                    genesis_proof(plan, index, words))};
            },
        .value = value};
}

Step bridge_step(const Plan& plan, ChainId chain_id) {
    return {.what = fmt::format("connecting the bridge to rollup {}", chain_id),
            .is_done =
                [&plan, chain_id](const L1Reader& l1) {
                    return read_address(l1, plan.bridge,
                                        abi::call("connection(uint256)", uint256{chain_id})) ==
                           plan.bridge;
                },
            .call =
                [&plan, chain_id] {
                    return l1::L1Call{.to = plan.bridge,
                                      .value = {},
                                      .data = devnet::connect_bridge(chain_id, plan.bridge)};
                },
            .value = {}};
}

Step permit2_step() {
    return {.what = fmt::format("Permit2 {}", to_hex(devnet::PERMIT2)),
            // Its address follows from its init code, so it can be no other one.
            .is_done = [](const L1Reader& l1) { return !l1.code(devnet::PERMIT2).empty(); },
            .call =
                [] {
                    return l1::L1Call{
                        .to = devnet::DETERMINISTIC_DEPLOYER,
                        .value = {},
                        .data = concat(devnet::PERMIT2_SALT, devnet::permit2_init_code())};
                },
            .value = {}};
}

/// Offers what the deployer owns to the owner, who has to accept it.
void add_offers(const Plan& plan, std::vector<Step>& steps) {
    const Address& owner = plan.owner;
    const Address& registry = plan.file.network.contracts.registry;
    std::set<uint64_t> ranges;
    for (const auto& rollup : plan.file.network.rollups) {
        const ChainId chain_id = rollup.chain_id();
        const uint64_t range = chain_id.number() >> 8;
        if (!ranges.insert(range).second) continue;
        steps.push_back(
            {.what = fmt::format("offering the rollups {} to {} to {}", range << 8,
                                 (range << 8) + 255, to_hex(owner)),
             .is_done =
                 [&registry, &owner, chain_id](const L1Reader& l1) {
                     const auto state = protocol::decode_rollup_state(
                         l1.call(registry, protocol::state_of(chain_id)));
                     return state && (state->owner == owner || state->pending_owner == owner);
                 },
             .call =
                 [&registry, &owner, range] {
                     return l1::L1Call{.to = registry,
                                       .value = {},
                                       .data = abi::call("transferOwnership(uint256,address)",
                                                         uint256{range}, owner)};
                 },
             .value = {}});
    }
    steps.push_back(
        {.what = fmt::format("offering the bridge to {}", to_hex(owner)),
         .is_done =
             [&plan, &owner](const L1Reader& l1) {
                 return read_address(l1, plan.bridge, abi::call("owner()")) == owner ||
                        read_address(l1, plan.bridge, abi::call("pendingOwner()")) == owner;
             },
         .call =
             [&plan, &owner] {
                 return l1::L1Call{.to = plan.bridge,
                                   .value = {},
                                   .data = abi::call("transferOwnership(address)", owner)};
             },
         .value = {}});
}

}  // namespace

std::vector<Step> steps_of(const Plan& plan, GenesisWords& words) {
    std::vector<Step> steps;
    for (const auto& creation : plan.creations) steps.push_back(creation_step(creation));
    for (size_t i = 0; i < plan.file.network.rollups.size(); ++i) {
        steps.push_back(registration_step(plan, i, words));
        steps.push_back(bridge_step(plan, plan.file.network.rollups[i].chain_id()));
    }
    if (plan.beginning.has_create2_deployer) steps.push_back(permit2_step());
    if (plan.owner != plan.beginning.deployer) add_offers(plan, steps);
    return steps;
}

void ask_for_words(const Plan& plan, GenesisWords& words, const L1Reader& l1) {
    for (size_t i = 0; i < plan.file.network.rollups.size(); ++i)
        if (!is_registered(l1, plan, i)) (void)genesis_proof(plan, i, words);
}

}  // namespace scope::deploy_app
