#include "ssz/stateless_input.hpp"

#include <array>

#include "ssz/merkle.hpp"

namespace scope::ssz {

namespace {

// Limits of lists (consensus-specs, bellatrix to amsterdam).
constexpr uint64_t MAX_EXTRA_DATA_BYTES = 32;
constexpr uint64_t MAX_TRANSACTIONS_PER_PAYLOAD = 1 << 20;
constexpr uint64_t MAX_BYTES_PER_TRANSACTION = 1 << 30;
constexpr uint64_t MAX_WITHDRAWALS_PER_PAYLOAD = 1 << 16;
constexpr uint64_t MAX_BLOCK_ACCESS_LIST_BYTES = 1 << 24;
constexpr uint64_t MAX_BLOB_COMMITMENTS_PER_BLOCK = 1 << 12;
constexpr uint64_t MAX_EXECUTION_REQUESTS = 1 << 4;
constexpr uint64_t MAX_REQUEST_BYTES = 1 << 24;
// Of the witness no root is asked for: these only keep offset tables in bounds.
constexpr uint64_t MAX_WITNESS_ITEMS = 1 << 20;
constexpr uint64_t MAX_WITNESS_ITEM_BYTES = 1 << 24;
constexpr size_t WITHDRAWAL_SIZE = 8 + 8 + 20 + 8;

std::vector<Bytes> copy(const std::vector<BytesView>& views) {
    std::vector<Bytes> result;
    result.reserve(views.size());
    for (const BytesView view : views) result.push_back(to_bytes(view));
    return result;
}

SszResult<ExecutionPayload> decode_payload(BytesView bytes) {
    constexpr std::array<size_t, 19> SIZES{32,       20, 32, 32,       256, 32, 8,
                                           8,        8,  8,  VARIABLE, 32,  32, VARIABLE,
                                           VARIABLE, 8,  8,  VARIABLE, 8};
    const auto fields = TRY(container_fields(bytes, SIZES));
    ExecutionPayload payload;
    payload.parent_hash = Hash::from(fields[0]);
    payload.fee_recipient = Address::from(fields[1]);
    payload.state_root = Hash::from(fields[2]);
    payload.receipts_root = Hash::from(fields[3]);
    payload.logs_bloom = FixedBytes<256>::from(fields[4]);
    payload.prev_randao = Hash::from(fields[5]);
    payload.block_number = read_u64(fields[6]);
    payload.gas_limit = read_u64(fields[7]);
    payload.gas_used = read_u64(fields[8]);
    payload.timestamp_s = read_u64(fields[9]);
    if (fields[10].size() > MAX_EXTRA_DATA_BYTES) return std::unexpected{SszError::too_long};
    payload.extra_data = to_bytes(fields[10]);
    payload.base_fee_per_gas = read_u256(fields[11]);
    payload.block_hash = Hash::from(fields[12]);
    payload.transactions = copy(TRY(
        list_of_byte_lists(fields[13], MAX_TRANSACTIONS_PER_PAYLOAD, MAX_BYTES_PER_TRANSACTION)));
    for (const BytesView item :
         TRY(list_of_fixed(fields[14], WITHDRAWAL_SIZE, MAX_WITHDRAWALS_PER_PAYLOAD)))
        payload.withdrawals.push_back({read_u64(item.subspan(0, 8)), read_u64(item.subspan(8, 8)),
                                       Address::from(item.subspan(16, 20)),
                                       read_u64(item.subspan(36, 8))});
    payload.blob_gas_used = read_u64(fields[15]);
    payload.excess_blob_gas = read_u64(fields[16]);
    if (fields[17].size() > MAX_BLOCK_ACCESS_LIST_BYTES) return std::unexpected{SszError::too_long};
    payload.block_access_list = to_bytes(fields[17]);
    payload.slot_number = read_u64(fields[18]);
    return payload;
}

SszResult<NewPayloadRequest> decode_request(BytesView bytes) {
    constexpr std::array<size_t, 4> SIZES{VARIABLE, VARIABLE, 32, VARIABLE};
    const auto fields = TRY(container_fields(bytes, SIZES));
    NewPayloadRequest request;
    request.execution_payload = TRY(decode_payload(fields[0]));
    for (const BytesView hash :
         TRY(list_of_fixed(fields[1], Hash::size(), MAX_BLOB_COMMITMENTS_PER_BLOCK)))
        request.versioned_hashes.push_back(Hash::from(hash));
    request.parent_beacon_block_root = Hash::from(fields[2]);
    request.execution_requests =
        copy(TRY(list_of_byte_lists(fields[3], MAX_EXECUTION_REQUESTS, MAX_REQUEST_BYTES)));
    return request;
}

SszResult<ExecutionWitness> decode_witness(BytesView bytes) {
    constexpr std::array<size_t, 3> SIZES{VARIABLE, VARIABLE, VARIABLE};
    const auto fields = TRY(container_fields(bytes, SIZES));
    const auto read = [](BytesView list) {
        return list_of_byte_lists(list, MAX_WITNESS_ITEMS, MAX_WITNESS_ITEM_BYTES);
    };
    ExecutionWitness witness;
    witness.state = copy(TRY(read(fields[0])));
    witness.codes = copy(TRY(read(fields[1])));
    witness.headers = copy(TRY(read(fields[2])));
    return witness;
}

Hash root_of_byte_lists(const std::vector<Bytes>& list, uint64_t max_count, uint64_t max_size) {
    std::vector<Hash> roots;
    roots.reserve(list.size());
    for (const Bytes& element : list) roots.push_back(root_of_byte_list(element, max_size));
    return root_of_list(roots, max_count);
}

Hash root_of_withdrawals(const std::vector<ExecutionPayload::Withdrawal>& withdrawals) {
    std::vector<Hash> roots;
    roots.reserve(withdrawals.size());
    for (const auto& [index, validator_index, address, amount_gwei] : withdrawals)
        roots.push_back(
            root_of_container(std::array{root_of(index), root_of(validator_index),
                                         root_of_bytes(address), root_of(amount_gwei)}));
    return root_of_list(roots, MAX_WITHDRAWALS_PER_PAYLOAD);
}

Hash root_of_payload(const ExecutionPayload& payload) {
    return root_of_container(std::array{
        payload.parent_hash, root_of_bytes(payload.fee_recipient), payload.state_root,
        payload.receipts_root, root_of_bytes(payload.logs_bloom), payload.prev_randao,
        root_of(payload.block_number), root_of(payload.gas_limit), root_of(payload.gas_used),
        root_of(payload.timestamp_s), root_of_byte_list(payload.extra_data, MAX_EXTRA_DATA_BYTES),
        root_of(payload.base_fee_per_gas), payload.block_hash,
        root_of_byte_lists(payload.transactions, MAX_TRANSACTIONS_PER_PAYLOAD,
                           MAX_BYTES_PER_TRANSACTION),
        root_of_withdrawals(payload.withdrawals), root_of(payload.blob_gas_used),
        root_of(payload.excess_blob_gas),
        root_of_byte_list(payload.block_access_list, MAX_BLOCK_ACCESS_LIST_BYTES),
        root_of(payload.slot_number)});
}

}  // namespace

SszResult<StatelessInput> decode_stateless_input(BytesView bytes) {
    constexpr std::array<size_t, 4> SIZES{VARIABLE, VARIABLE, 8, VARIABLE};
    const auto fields = TRY(container_fields(bytes, SIZES));
    StatelessInput input;
    input.new_payload_request = TRY(decode_request(fields[0]));
    input.witness = TRY(decode_witness(fields[1]));
    input.chain_id = ChainId{read_u64(fields[2])};
    input.public_keys =
        copy(TRY(list_of_byte_lists(fields[3], MAX_WITNESS_ITEMS, MAX_WITNESS_ITEM_BYTES)));
    return input;
}

Hash hash_tree_root(const NewPayloadRequest& request) {
    return root_of_container(std::array{
        root_of_payload(request.execution_payload),
        root_of_list(request.versioned_hashes, MAX_BLOB_COMMITMENTS_PER_BLOCK),
        request.parent_beacon_block_root,
        root_of_byte_lists(request.execution_requests, MAX_EXECUTION_REQUESTS, MAX_REQUEST_BYTES)});
}

}  // namespace scope::ssz
