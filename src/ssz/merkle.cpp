#include "ssz/merkle.hpp"

#include <bit>
#include <vector>

#include "base/check.hpp"
#include "crypto/sha256.hpp"

namespace scope::ssz {

namespace {

constexpr uint64_t CHUNK_SIZE = 32;

std::vector<Hash> chunks_of(BytesView bytes) {
    std::vector<Hash> chunks((bytes.size() + CHUNK_SIZE - 1) / CHUNK_SIZE);
    for (size_t i = 0; i < bytes.size(); ++i) chunks[i / CHUNK_SIZE][i % CHUNK_SIZE] = bytes[i];
    return chunks;
}

Hash mix_in_length(const Hash& root, uint64_t length) {
    return crypto::sha256(concat(root, root_of(length)));
}

}  // namespace

Hash merkleize(std::span<const Hash> chunks, uint64_t limit) {
    CHECK(chunks.size() <= limit);
    const auto depth = limit < 2 ? 0u : static_cast<unsigned>(std::bit_width(limit - 1));
    std::vector<Hash> level{chunks.begin(), chunks.end()};
    Hash zero;  // root of a tree of zero chunks as high as the level
    for (unsigned i = 0; i < depth; ++i) {
        if (level.size() % 2 == 1) level.push_back(zero);
        for (size_t j = 0; j < level.size(); j += 2)
            level[j / 2] = crypto::sha256(concat(level[j], level[j + 1]));
        level.resize(level.size() / 2);
        zero = crypto::sha256(concat(zero, zero));
    }
    return level.empty() ? zero : level[0];
}

Hash root_of_container(std::span<const Hash> fields) {
    return merkleize(fields, fields.size());
}

Hash root_of_list(std::span<const Hash> elements, uint64_t limit) {
    return mix_in_length(merkleize(elements, limit), elements.size());
}

Hash root_of_bytes(BytesView bytes) {
    const auto chunks = chunks_of(bytes);
    return merkleize(chunks, chunks.size());
}

Hash root_of_byte_list(BytesView bytes, uint64_t max_size) {
    return mix_in_length(merkleize(chunks_of(bytes), (max_size + CHUNK_SIZE - 1) / CHUNK_SIZE),
                         bytes.size());
}

Hash root_of(uint64_t number) noexcept {
    return root_of(uint256{number});
}

Hash root_of(const uint256& number) noexcept {
    Hash chunk;
    for (size_t i = 0; i < chunk.size(); ++i)
        chunk[i] = static_cast<uint8_t>(number[i / 8] >> i % 8 * 8);
    return chunk;
}

}  // namespace scope::ssz
