#pragma once

#include "types/transaction.hpp"

namespace scope {

inline constexpr Hash EMPTY_OMMERS_HASH{{0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a,
                                         0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a,
                                         0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a, 0x74, 0x13,
                                         0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47}};
/// Root of a trie without entries: keccak256(rlp("")).
inline constexpr Hash EMPTY_TRIE_ROOT{{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6,
                                       0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
                                       0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0,
                                       0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

using Bloom = FixedBytes<256>;

/// A header, with its fields in the order of their RLP; optional ones came with the fork beside
/// them and are present from there on.
struct BlockHeader {
    Hash parent_hash;
    Hash ommers_hash = EMPTY_OMMERS_HASH;
    Address coinbase;
    Hash state_root;
    Hash transactions_root = EMPTY_TRIE_ROOT;
    Hash receipts_root = EMPTY_TRIE_ROOT;
    Bloom logs_bloom;
    uint256 difficulty;
    uint64_t number = 0;
    uint64_t gas_limit = 0;
    uint64_t gas_used = 0;
    uint64_t timestamp_s = 0;
    Bytes extra_data;
    Hash prev_randao;  ///< mixHash before Paris
    FixedBytes<8> nonce;
    std::optional<uint256> base_fee_per_gas;       ///< London
    std::optional<Hash> withdrawals_root;          ///< Shanghai
    std::optional<uint64_t> blob_gas_used;         ///< Cancun
    std::optional<uint64_t> excess_blob_gas;       ///< Cancun
    std::optional<Hash> parent_beacon_block_root;  ///< Cancun
    std::optional<Hash> requests_hash;             ///< Prague

    friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};

struct Withdrawal {
    uint64_t index = 0;
    uint64_t validator_index = 0;
    Address address;
    uint64_t amount_gwei = 0;
    friend bool operator==(const Withdrawal&, const Withdrawal&) = default;
};

struct Block {
    BlockHeader header;
    std::vector<Transaction> transactions;
    std::vector<BlockHeader> ommers;
    std::optional<std::vector<Withdrawal>> withdrawals;  ///< Shanghai
    friend bool operator==(const Block&, const Block&) = default;
};

struct Log {
    Address address;
    std::vector<Hash> topics;  ///< at most 4
    Bytes data;
    friend bool operator==(const Log&, const Log&) = default;
};

struct Receipt {
    TxType type = TxType::legacy;
    bool success = false;
    std::optional<Hash> state_root;  ///< before Byzantium, instead of success
    uint64_t cumulative_gas_used = 0;
    Bloom logs_bloom;
    std::vector<Log> logs;
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

enum class BlockDecodeError : uint8_t {
    malformed_rlp,     ///< not the lists and strings that a block has
    trailing_bytes,    ///< bytes after the block, or items after its last field
    field_too_large,   ///< a number above what the field may hold
    bad_field_length,  ///< a hash, an address or a bloom of another length
    /// fewer fields than a header has, or an optional one without its fork's others
    missing_field,
    bad_transaction,  ///< see decode_transaction
};
std::string_view to_string(BlockDecodeError error) noexcept;

/// Returns whether the optional fields that are present are those of some fork.
bool has_encoding(const BlockHeader& header) noexcept;
/// Encodes the header. REQUIRES: has_encoding(header).
Bytes encode(const BlockHeader& header);
Result<BlockHeader, BlockDecodeError> decode_header(BytesView bytes);
/// Returns keccak256 of the RLP.
Hash hash(const BlockHeader& header);

Bytes encode(const Block& block);
Result<Block, BlockDecodeError> decode_block(BytesView bytes);

/// Encodes the receipt in its EIP-2718 envelope, as in the receipts trie.
Bytes encode(const Receipt& receipt);
/// Returns the bloom: three bits for the address and each topic of every log (Yellow Paper,
/// section 4.3.1).
Bloom bloom_of(const std::vector<Log>& logs);

Hash transactions_root(const std::vector<Transaction>& transactions);
Hash receipts_root(const std::vector<Receipt>& receipts);
Hash withdrawals_root(const std::vector<Withdrawal>& withdrawals);
/// Returns keccak256 of the RLP of the logs, as state tests name it.
Hash logs_hash(const std::vector<Log>& logs);

}  // namespace scope
