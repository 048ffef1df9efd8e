#include "protocol/settlement.hpp"

#include "abi/calldata.hpp"
#include "crypto/keccak.hpp"
#include "protocol/abi_fields.hpp"

namespace scope::protocol {

using crypto::keccak256;

namespace {

#define MARK "(uint256,bytes32)"
#define STREAMS "(uint256,bytes32,bytes32,bytes32,bytes32,uint256,uint256)"
#define FILL "(uint256,bytes32,bytes)"
#define REQUEST                                            \
    "(bytes32,uint8,uint256,uint256,address,uint256," MARK \
    "[],uint256,address,uint256,uint256,bytes)"
#define RECORD "(" REQUEST ",bytes32,bool)"
#define BATCH                                                                                 \
    "(uint256,uint256,bytes32,bytes32,uint256,bytes32,bytes32,uint256,bytes,uint256,uint256," \
    "uint256," STREAMS "[],bytes)"
#define OPERATION "(address,uint256,address,uint256,bytes,uint256,uint256,address,bytes32,bool)"
#define LEG "((uint256,bytes32,uint256)," FILL "[]," RECORD "[],bytes)"

abi::Selector execute_scope_selector() {
    static const auto SELECTOR =
        abi::selector("executeScope(((uint8,bytes32)[]," BATCH "[]," LEG "[]))");
    return SELECTOR;
}

/// A Scope, as far as rollups follow from it.
struct ScopeBatches {
    abi::Unread environment;
    std::vector<BatchClaim> batches;
    abi::Unread legs;
};
constexpr auto abi_fields(const ScopeBatches*) {
    return std::tuple{&ScopeBatches::environment, &ScopeBatches::batches, &ScopeBatches::legs};
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

}  // namespace

Bytes get_rollup(ChainId chain_id) {
    return abi::call("getRollup(uint256)", uint256{chain_id});
}

std::optional<RegisteredRollup> decode_rollup(BytesView output) {
    const auto decoded = abi::decode<RegisteredRollup>(output);
    if (!decoded) return std::nullopt;
    return std::get<0>(*decoded);
}

Bytes execute_operation(const SignedOperation& operation) {
    static const auto SELECTOR = abi::selector("executeOperation(" OPERATION ",bytes)");
    return abi::call(SELECTOR, operation.operation, operation.signature);
}

bool is_too_little_operation_gas(BytesView revert_data) {
    static const auto ERROR = abi::selector("TooLittleOperationGas(uint256)");
    return abi::has_selector(ERROR, revert_data);
}

Hash operation_executed_topic() {
    static const Hash TOPIC = abi::topic("OperationExecuted(bytes32,bool,bytes)");
    return TOPIC;
}

std::optional<OperationOutcome> decode_operation_executed(BytesView data) {
    auto decoded = abi::decode<bool, Bytes>(data);
    if (!decoded) return std::nullopt;
    auto& [success, return_data] = *decoded;
    return OperationOutcome{success, std::move(return_data)};
}

Bytes execute_scope(const Scope& scope) {
    return abi::call(execute_scope_selector(), scope);
}

Result<Scope, DecodeError> decode_execute_scope(BytesView calldata) {
    return unwrap(abi::decode_call<Scope>(execute_scope_selector(), calldata));
}

Result<std::vector<BatchClaim>, DecodeError> decode_settled_batches(BytesView calldata,
                                                                    uint64_t gas_limit) {
    auto scope = abi::decode_call_as_solidity<ScopeBatches>(execute_scope_selector(), calldata,
                                                            gas_limit / GAS_PER_WORD_READ);
    if (!scope) return std::unexpected{DecodeError::malformed_abi};
    return std::move(scope->batches);
}

Bytes encode(const SignedOperation& operation) {
    return abi::encode(operation);
}

Result<SignedOperation, DecodeError> decode_signed_operation(BytesView bytes) {
    return unwrap(abi::decode<SignedOperation>(bytes));
}

Hash scope_settled_topic() {
    static const Hash TOPIC = abi::topic(
        "ScopeSettled(uint256,(uint256,uint256,bytes32,bytes32,bytes32,uint256,uint256)[])");
    return TOPIC;
}

Result<std::vector<SettledBatch>, DecodeError> decode_scope_settled(BytesView data) {
    return unwrap(abi::decode<std::vector<SettledBatch>>(data));
}

Hash da_commitment_of_calldata(BytesView batch_bytes) {
    return keccak256(abi::encode(domain("scope.da.calldata.v1"), keccak256(batch_bytes)));
}

Hash da_commitment_of_blobs(std::span<const Hash> versioned_hashes) {
    return keccak256(abi::encode(domain("scope.da.blobs.v1"), versioned_hashes));
}

Hash public_inputs_hash(const PublicInputs& inputs) {
    return keccak256(abi::encode(domain("scope.public-inputs.v1"), inputs));
}

Hash attestation_hash(const Hash& program_id, const Hash& public_inputs_hash) {
    return keccak256(abi::encode(domain("scope.attestation.v1"), program_id, public_inputs_hash));
}

Hash operation_digest(const SettlementId& settlement, const Operation& operation) {
    const Hash domain_separator = keccak256(abi::encode(
        domain(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
        keccak256(as_bytes("Scope")), keccak256(as_bytes("1")), uint256{settlement.l1_chain_id},
        settlement.settlement));
    const Hash struct_hash = keccak256(abi::encode(
        domain("Operation(address account,uint256 nonce,address target,uint256 value,bytes data,"
               "uint256 gas,uint256 deadline,address submitter,bytes32 finalTrace,bool runsAlone)"),
        operation.account, operation.nonce, operation.target, operation.value,
        keccak256(operation.data), operation.gas, operation.deadline, operation.submitter,
        operation.final_trace, operation.runs_alone));
    return keccak256(concat(as_bytes("\x19\x01"), domain_separator, struct_hash));
}

Hash operation_hash(const SettlementId& settlement, const Operation& operation) {
    Operation unbound = operation;
    unbound.final_trace = {};
    return operation_digest(settlement, unbound);
}

}  // namespace scope::protocol
