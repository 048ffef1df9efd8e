#include "crypto/keccak.hpp"
#include "rlp/encode.hpp"
#include "trie/root.hpp"
#include "types/block.hpp"
#include "types/rlp_fields.hpp"

namespace scope {

namespace {

/// Sets the bits that the first three pairs of bytes of the hash name, modulo 2048.
void add_to_bloom(Bloom& bloom, BytesView entry) {
    const Hash hash = crypto::keccak256(entry);
    for (size_t i = 0; i < 6; i += 2) {
        const unsigned bit = (unsigned{hash[i]} << 8 | hash[i + 1]) % 2048;
        uint8_t& byte = bloom[Bloom::size() - 1 - bit / 8];
        byte = static_cast<uint8_t>(byte | 1u << bit % 8);
    }
}

template <typename T, typename F>
Hash root_of_encoded(const std::vector<T>& values, F encode_one) {
    std::vector<Bytes> encoded;
    encoded.reserve(values.size());
    for (const T& value : values) encoded.push_back(encode_one(value));
    return trie::ordered_root(encoded);
}

}  // namespace

Bytes encode(const Receipt& receipt) {
    Bytes out;
    if (receipt.type != TxType::legacy) out.push_back(static_cast<uint8_t>(receipt.type));
    if (receipt.state_root)
        rlp::encode_list_to(out, *receipt.state_root, receipt.cumulative_gas_used,
                            receipt.logs_bloom, receipt.logs);
    else
        rlp::encode_list_to(out, receipt.success, receipt.cumulative_gas_used, receipt.logs_bloom,
                            receipt.logs);
    return out;
}

Bloom bloom_of(const std::vector<Log>& logs) {
    Bloom bloom;
    for (const Log& log : logs) {
        add_to_bloom(bloom, log.address);
        for (const Hash& topic : log.topics) add_to_bloom(bloom, topic);
    }
    return bloom;
}

Hash transactions_root(const std::vector<Transaction>& transactions) {
    return root_of_encoded(transactions, [](const Transaction& tx) { return encode(tx); });
}

Hash receipts_root(const std::vector<Receipt>& receipts) {
    return root_of_encoded(receipts, [](const Receipt& receipt) { return encode(receipt); });
}

Hash withdrawals_root(const std::vector<Withdrawal>& withdrawals) {
    return root_of_encoded(withdrawals, rlp::encode<Withdrawal>);
}

Hash logs_hash(const std::vector<Log>& logs) {
    return crypto::keccak256(rlp::encode(logs));
}

}  // namespace scope
