#pragma once

#include <concepts>
#include <optional>

#include "abi/abi.hpp"
#include "protocol/forced.hpp"
#include "protocol/plan.hpp"
#include "protocol/registry.hpp"
#include "protocol/settlement.hpp"

/// The fields of the structs in the contract ABI, in the order of the contracts' interfaces.

/// An enum of two values, as Solidity's uint8.
template <typename Kind>
    requires std::same_as<Kind, scope::protocol::CallKind> ||
             std::same_as<Kind, scope::protocol::ForcedKind>
struct scope::abi::Codec<Kind> {
    static constexpr bool DYNAMIC = false;
    static constexpr size_t HEAD_SIZE = WORD;
    static void write(uint8_t* out, Kind kind) noexcept {
        out[WORD - 1] = static_cast<uint8_t>(kind);
    }
    static AbiResult<Decoded<Kind>> read(BytesView input) noexcept {
        const uint256 word = TRY(Codec<uint256>::read(input)).value;
        if (word > uint256{1u}) return std::unexpected{AbiError::dirty_padding};
        return Decoded<Kind>{static_cast<Kind>(word[0]), WORD};
    }
};

namespace scope::protocol {

/// Decodes the one value that a function returns; nullopt for anything else.
template <typename T>
std::optional<T> decode_one(BytesView output) {
    auto decoded = abi::decode<T>(output);
    if (!decoded) return std::nullopt;
    return std::get<0>(std::move(*decoded));
}

constexpr auto abi_fields(const Mark*) {
    return std::tuple{&Mark::chain_id, &Mark::trace};
}
constexpr auto abi_fields(const Request*) {
    return std::tuple{
        &Request::root_id, &Request::kind,  &Request::source_chain_id, &Request::target_chain_id,
        &Request::from,    &Request::nonce, &Request::marks,           &Request::depth,
        &Request::variant, &Request::to,    &Request::value,           &Request::gas_limit,
        &Request::data};
}
constexpr auto abi_fields(const Limit*) {
    return std::tuple{&Limit::chain_id, &Limit::value};
}
constexpr auto abi_fields(const Fill*) {
    return std::tuple{&Fill::chain_id, &Fill::request_hash, &Fill::response};
}
constexpr auto abi_fields(const Record*) {
    return std::tuple{&Record::request, &Record::raw_response_hash, &Record::kept};
}
constexpr auto abi_fields(const RootContext*) {
    return std::tuple{&RootContext::root_chain_id, &RootContext::operation_hash,
                      &RootContext::root_index};
}
constexpr auto abi_fields(const RollingHashes*) {
    return std::tuple{&RollingHashes::requests_out, &RollingHashes::requests_in,
                      &RollingHashes::responses_out, &RollingHashes::responses_in};
}
constexpr auto abi_fields(const Streams*) {
    return std::tuple{&Streams::chain_id, &Streams::hashes, &Streams::value_in, &Streams::value_out,
                      &Streams::limit};
}
constexpr auto abi_fields(const EnvironmentValue*) {
    return std::tuple{&EnvironmentValue::field, &EnvironmentValue::value};
}
constexpr auto abi_fields(const BatchClaim*) {
    return std::tuple{&BatchClaim::chain_id,
                      &BatchClaim::batch_number,
                      &BatchClaim::first_block,
                      &BatchClaim::parent_block_hash,
                      &BatchClaim::last_block_hash,
                      &BatchClaim::builder,
                      &BatchClaim::l1_origin_number,
                      &BatchClaim::l1_origin_hash,
                      &BatchClaim::data_offset,
                      &BatchClaim::data_length,
                      &BatchClaim::remotes,
                      &BatchClaim::policy_data,
                      &BatchClaim::forced_queue_position};
}
constexpr auto abi_fields(const Operation*) {
    return std::tuple{&Operation::account,
                      &Operation::nonce,
                      &Operation::target,
                      &Operation::value,
                      &Operation::data,
                      &Operation::gas,
                      &Operation::verification_gas,
                      &Operation::fee,
                      &Operation::deadline,
                      &Operation::submitter,
                      &Operation::outcome,
                      &Operation::runs_alone};
}
constexpr auto abi_fields(const SignedOperation*) {
    return std::tuple{&SignedOperation::operation, &SignedOperation::signature,
                      &SignedOperation::owner};
}
constexpr auto abi_fields(const L1Leg*) {
    return std::tuple{&L1Leg::context, &L1Leg::fills, &L1Leg::records, &L1Leg::signed_operation};
}
constexpr auto abi_fields(const Scope*) {
    return std::tuple{&Scope::environment, &Scope::data, &Scope::batches, &Scope::legs,
                      &Scope::proofs};
}
constexpr auto abi_fields(const DataSlice*) {
    return std::tuple{&DataSlice::commitment, &DataSlice::offset, &DataSlice::length};
}
constexpr auto abi_fields(const PublicInputs*) {
    return std::tuple{&PublicInputs::l1_chain_id,
                      &PublicInputs::settlement,
                      &PublicInputs::chain_id,
                      &PublicInputs::program_id,
                      &PublicInputs::batch_number,
                      &PublicInputs::first_block,
                      &PublicInputs::parent_block_hash,
                      &PublicInputs::last_block_hash,
                      &PublicInputs::builder,
                      &PublicInputs::l1_origin_number,
                      &PublicInputs::l1_origin_hash,
                      &PublicInputs::data,
                      &PublicInputs::remotes,
                      &PublicInputs::policy_hash,
                      &PublicInputs::forced_queue_position};
}
constexpr auto abi_fields(const RegisteredRollup*) {
    return std::tuple{&RegisteredRollup::verifier,
                      &RegisteredRollup::program_id,
                      &RegisteredRollup::policy,
                      &RegisteredRollup::last_block_hash,
                      &RegisteredRollup::escrow,
                      &RegisteredRollup::next_batch,
                      &RegisteredRollup::l1_origin_number,
                      &RegisteredRollup::forced_queue_position,
                      &RegisteredRollup::forced_queue_length,
                      &RegisteredRollup::closed};
}
constexpr auto abi_fields(const ForcedEntry*) {
    return std::tuple{&ForcedEntry::kind,  &ForcedEntry::from,      &ForcedEntry::to,
                      &ForcedEntry::value, &ForcedEntry::gas_limit, &ForcedEntry::data};
}
constexpr auto abi_fields(const GenesisClaim*) {
    return std::tuple{&GenesisClaim::l1_chain_id, &GenesisClaim::settlement,
                      &GenesisClaim::owner,       &GenesisClaim::chain_id,
                      &GenesisClaim::program_id,  &GenesisClaim::block_hash,
                      &GenesisClaim::state_root,  &GenesisClaim::supply};
}
constexpr auto abi_fields(const Registration*) {
    return std::tuple{&Registration::chain_id,
                      &Registration::program_id,
                      &Registration::verifier,
                      &Registration::policy,
                      &Registration::genesis_block_hash,
                      &Registration::genesis_state_root,
                      &Registration::supply};
}
constexpr auto abi_fields(const QueuedEntry*) {
    return std::tuple{&QueuedEntry::hash, &QueuedEntry::queued_at, &QueuedEntry::cumulative_gas,
                      &QueuedEntry::cumulative_value};
}
constexpr auto abi_fields(const PendingChange*) {
    return std::tuple{&PendingChange::verifier, &PendingChange::program_id, &PendingChange::policy,
                      &PendingChange::applies_from_s};
}
constexpr auto abi_fields(const PendingUpgrade*) {
    return std::tuple{&PendingUpgrade::code_hash, &PendingUpgrade::applies_from_s};
}
constexpr auto abi_fields(const RollupState*) {
    return std::tuple{&RollupState::owner,     &RollupState::pending_owner,
                      &RollupState::bond,      &RollupState::registered_at,
                      &RollupState::change,    &RollupState::upgrade,
                      &RollupState::closes_at, &RollupState::is_closed};
}
constexpr auto abi_fields(const SettledBatch*) {
    return std::tuple{&SettledBatch::chain_id, &SettledBatch::batch_number,
                      &SettledBatch::last_block_hash, &SettledBatch::data_offset,
                      &SettledBatch::data_length};
}

}  // namespace scope::protocol
