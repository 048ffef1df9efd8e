#pragma once

#include <vector>

#include "base/chain_id.hpp"
#include "ssz/decode.hpp"

namespace scope::ssz {

/// A block of Amsterdam as the engine API gives it.
struct ExecutionPayload {
    Hash parent_hash;
    Address fee_recipient;
    Hash state_root;
    Hash receipts_root;
    FixedBytes<256> logs_bloom;
    Hash prev_randao;
    uint64_t block_number = 0;
    uint64_t gas_limit = 0;
    uint64_t gas_used = 0;
    uint64_t timestamp_s = 0;
    Bytes extra_data;
    uint256 base_fee_per_gas;
    Hash block_hash;
    std::vector<Bytes> transactions;
    struct Withdrawal {
        uint64_t index = 0;
        uint64_t validator_index = 0;
        Address address;
        uint64_t amount_gwei = 0;
    };
    std::vector<Withdrawal> withdrawals;
    uint64_t blob_gas_used = 0;
    uint64_t excess_blob_gas = 0;
    Bytes block_access_list;  ///< RLP (EIP-7928)
    uint64_t slot_number = 0;
};

struct NewPayloadRequest {
    ExecutionPayload execution_payload;
    std::vector<Hash> versioned_hashes;
    Hash parent_beacon_block_root;
    std::vector<Bytes> execution_requests;  ///< EIP-7685: type byte and data
};

/// The data on which a block is executed without the state.
struct ExecutionWitness {
    std::vector<Bytes> state;    ///< RLP of trie nodes
    std::vector<Bytes> codes;    ///< bytecodes
    std::vector<Bytes> headers;  ///< RLP of ancestors
    friend bool operator==(const ExecutionWitness&, const ExecutionWitness&) = default;
};

/// The input of a stateless validator (EIP-8025, as version 0.3.3 of its tests has it: later ones
/// are laid out in another way).
struct StatelessInput {
    NewPayloadRequest new_payload_request;
    ExecutionWitness witness;
    ChainId chain_id;
    std::vector<Bytes> public_keys;
};

SszResult<StatelessInput> decode_stateless_input(BytesView bytes);

Hash hash_tree_root(const NewPayloadRequest& request);

}  // namespace scope::ssz
