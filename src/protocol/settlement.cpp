#include "protocol/settlement.hpp"

#include "abi/calldata.hpp"
#include "crypto/keccak.hpp"
#include "protocol/abi_fields.hpp"

namespace scope::protocol {

using crypto::keccak256;

namespace {

#define MARK "(uint256,bytes32)"
#define STREAMS "(uint256,bytes32,bytes32,bytes32,bytes32,uint256,uint256,uint256)"
#define FILL "(uint256,bytes32,bytes)"
#define REQUEST                                            \
    "(bytes32,uint8,uint256,uint256,address,uint256," MARK \
    "[],uint256,uint256,address,uint256,uint256,bytes)"
#define RECORD "(" REQUEST ",bytes32,bool)"
#define BATCH                                                                                   \
    "(uint256,uint256,uint256,bytes32,bytes32,address,uint256,bytes32,uint256,uint256," STREAMS \
    "[],bytes,uint256)"
#define OPERATION \
    "(address,uint256,address,uint256,bytes,uint256,uint256,uint256,uint256,address,bytes32,bool)"
#define LEG "((uint256,bytes32,uint256)," FILL "[]," RECORD "[],bytes)"

abi::Selector execute_scope_selector() {
    static const auto SELECTOR =
        abi::selector("executeScope(((uint8,bytes32)[],bytes," BATCH "[]," LEG "[],bytes[]))");
    return SELECTOR;
}

/// A claim without its policy data.
struct SettledClaim : BatchClaim {
    abi::Unread policy;
};
template <typename T>
constexpr T SettledClaim::* settled(T BatchClaim::* field) {
    return field;
}
/// For the one field of bytes, the policy data.
constexpr abi::Unread SettledClaim::* settled(Bytes BatchClaim::*) {
    return &SettledClaim::policy;
}
constexpr auto abi_fields(const SettledClaim*) {
    return std::apply([](auto... fields) { return std::tuple{settled(fields)...}; },
                      abi_fields(static_cast<const BatchClaim*>(nullptr)));
}

/// A Scope, as far as rollups follow from it.
struct SettledParts {
    abi::Unread environment;
    Bytes data;
    std::vector<SettledClaim> batches;
    abi::Unread legs;
    abi::Unread proofs;
};
constexpr auto abi_fields(const SettledParts*) {
    return std::tuple{&SettledParts::environment, &SettledParts::data, &SettledParts::batches,
                      &SettledParts::legs, &SettledParts::proofs};
}

/// CALLDATACOPY's gas for a word, and CALLDATALOAD's.
constexpr uint64_t GAS_PER_WORD_READ = 3;

Hash domain(std::string_view name) {
    return keccak256(as_bytes(name));
}

template <typename T>
Result<T, DecodeError> unwrap(abi::AbiResult<std::tuple<T>> decoded) {
    if (!decoded) return std::unexpected{DecodeError::malformed_abi};
    return std::get<0>(std::move(*decoded));
}

/// The gas that the settlement contract gives an account beyond what was signed, and for a byte of
/// the operation's data.
constexpr uint64_t ACCOUNT_GAS = 100'000;
constexpr uint64_t ACCOUNT_GAS_PER_BYTE = 32;
/// A 31st of the target's gas is more than the two calls on the way to it keep back (EIP-150).
constexpr uint64_t KEPT_BACK_DIVISOR = 31;

}  // namespace

Bytes get_rollup(ChainId chain_id) {
    return abi::call("getRollup(uint256)", uint256{chain_id});
}

std::optional<RegisteredRollup> decode_rollup(BytesView output) {
    return decode_one<RegisteredRollup>(output);
}

Hash rollup_registered_topic() {
    static const Hash TOPIC =
        abi::topic("RollupRegistered(uint256,address,bytes32,address,bytes32,uint256)");
    return TOPIC;
}

std::optional<uint256> decode_rollup_registered(std::span<const Hash> topics) {
    if (topics.size() != 2 || topics[0] != rollup_registered_topic()) return std::nullopt;
    return from_be(topics[1]);
}

Bytes nonce_of(const Address& account) {
    return abi::call("nonceOf(address)", account);
}

std::optional<uint256> decode_nonce(BytesView output) {
    return decode_one<uint256>(output);
}

Bytes account_factory() {
    return abi::call("accountFactory()");
}

Bytes account_of(const Address& owner) {
    return abi::call("accountOf(address)", owner);
}

Bytes deploy_account(const Address& owner) {
    return abi::call("deploy(address)", owner);
}

std::optional<Address> decode_address(BytesView output) {
    return decode_one<Address>(output);
}

Bytes execute_operation(const SignedOperation& operation, const Hash& digest) {
    static const auto SELECTOR = abi::selector("executeOperation(" OPERATION ",bytes32,bytes)");
    return abi::call(SELECTOR, operation.operation, digest, operation.signature);
}

std::optional<uint64_t> operation_gas(const Operation& operation) {
    if (!operation.gas.fits_u64() || !operation.verification_gas.fits_u64()) return std::nullopt;
    const uint64_t gas{operation.gas};
    const uint256 sum = operation.gas + uint256{gas / KEPT_BACK_DIVISOR} +
                        operation.verification_gas + uint256{ACCOUNT_GAS} +
                        uint256{ACCOUNT_GAS_PER_BYTE * operation.data.size()};
    if (!sum.fits_u64()) return std::nullopt;
    return uint64_t{sum};
}

std::optional<OperationResult> decode_operation_result(BytesView output) {
    const auto decoded = abi::decode<bool, Hash>(output);
    if (!decoded) return std::nullopt;
    const auto& [success, hash] = *decoded;
    return OperationResult{success, hash};
}

bool is_too_little_gas_for_operation(BytesView revert_data) {
    static const auto ERROR = abi::selector("TooLittleGasForOperation(uint256)");
    return abi::has_selector(ERROR, revert_data);
}

bool is_too_little_operation_gas(BytesView revert_data) {
    static const auto ERROR = abi::selector("TooLittleOperationGas(uint256)");
    return abi::has_selector(ERROR, revert_data);
}

Hash operation_executed_topic() {
    static const Hash TOPIC = abi::topic("OperationExecuted(bytes32,bool,bytes)");
    return TOPIC;
}

std::optional<OperationExecuted> decode_operation_executed(BytesView data) {
    auto decoded = abi::decode<bool, Bytes>(data);
    if (!decoded) return std::nullopt;
    auto& [success, return_data] = *decoded;
    return OperationExecuted{success, std::move(return_data)};
}

Bytes execute_scope(const Scope& scope) {
    return abi::call(execute_scope_selector(), scope);
}

Result<Scope, DecodeError> decode_execute_scope(BytesView calldata) {
    return unwrap(abi::decode_call<Scope>(execute_scope_selector(), calldata));
}

Result<SettledScope, DecodeError> decode_settled_scope(BytesView calldata, uint64_t gas_limit) {
    auto scope = abi::decode_call_as_solidity<SettledParts>(execute_scope_selector(), calldata,
                                                            gas_limit / GAS_PER_WORD_READ);
    if (!scope) return std::unexpected{DecodeError::malformed_abi};
    SettledScope settled{std::move(scope->data), {}};
    settled.batches.reserve(scope->batches.size());
    for (BatchClaim& claim : scope->batches) settled.batches.push_back(std::move(claim));
    return settled;
}

Bytes encode(const SignedOperation& operation) {
    return abi::encode(operation);
}

Result<SignedOperation, DecodeError> decode_signed_operation(BytesView bytes) {
    return unwrap(abi::decode<SignedOperation>(bytes));
}

Hash scope_settled_topic() {
    static const Hash TOPIC =
        abi::topic("ScopeSettled(uint256,bytes32,(uint256,uint256,bytes32,uint256,uint256)[])");
    return TOPIC;
}

Result<ScopeSettled, DecodeError> decode_scope_settled(BytesView data) {
    auto decoded = abi::decode<Hash, std::vector<SettledBatch>>(data);
    if (!decoded) return std::unexpected{DecodeError::malformed_abi};
    auto& [commitment, batches] = *decoded;
    return ScopeSettled{commitment, std::move(batches)};
}

Hash data_commitment_of_calldata(BytesView data) {
    return keccak256(abi::encode(domain("scope.da.calldata.v2"), keccak256(data)));
}

Hash data_commitment_of_blobs(std::span<const Hash> versioned_hashes) {
    return keccak256(abi::encode(domain("scope.da.blobs.v2"), versioned_hashes));
}

Hash public_inputs_hash(const PublicInputs& inputs) {
    return keccak256(abi::encode(domain("scope.public-inputs.v2"), inputs));
}

Bytes attestation_message(const Hash& program_id, std::span<const Hash> inputs_hashes) {
    Bytes hashes;
    for (const Hash& hash : inputs_hashes) append(hashes, hash);
    return abi::encode(domain("scope.attestation.v2"), program_id, keccak256(hashes));
}

Hash attestation_hash(const Hash& program_id, std::span<const Hash> inputs_hashes) {
    return keccak256(attestation_message(program_id, inputs_hashes));
}

Hash return_data_hash(BytesView return_data) {
    return keccak256(return_data.first(std::min(return_data.size(), MAX_DATA_BYTES)));
}

Hash outcome_of(bool success, const Hash& return_data_hash, const Hash& trace,
                const std::vector<Fill>& fills, const std::vector<Record>& records) {
    return keccak256(abi::encode(domain("scope.outcome.v1"), success, return_data_hash, trace,
                                 keccak256(abi::encode(fills)), keccak256(abi::encode(records))));
}

Hash operation_digest(const SettlementId& settlement, const Operation& operation) {
    const Hash domain_separator = keccak256(abi::encode(
        domain(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
        keccak256(as_bytes("Scope")), keccak256(as_bytes("1")), uint256{settlement.l1_chain_id},
        settlement.settlement));
    const Hash struct_hash = keccak256(abi::encode(
        domain("Operation(address account,uint256 nonce,address target,uint256 value,bytes data,"
               "uint256 gas,uint256 verificationGas,uint256 fee,uint256 deadline,address submitter,"
               "bytes32 outcome,bool runsAlone)"),
        operation.account, operation.nonce, operation.target, operation.value,
        keccak256(operation.data), operation.gas, operation.verification_gas, operation.fee,
        operation.deadline, operation.submitter, operation.outcome, operation.runs_alone));
    return keccak256(concat(as_bytes("\x19\x01"), domain_separator, struct_hash));
}

Hash operation_hash(const SettlementId& settlement, const Operation& operation) {
    Operation unbound = operation;
    unbound.outcome = {};
    return operation_digest(settlement, unbound);
}

}  // namespace scope::protocol
