#include "rollup/blob_codec.hpp"

namespace scope::rollup {

namespace {
constexpr size_t LENGTH_SIZE = 4;
constexpr size_t ELEMENT = crypto::BYTES_PER_FIELD_ELEMENT;
constexpr size_t PIECE = ELEMENT - 1;
}  // namespace

Result<std::vector<crypto::Blob>, BatchError> to_blobs(BytesView data) {
    if (data.empty()) return std::unexpected{BatchError::empty};
    if (data.size() > MAX_BATCH_SIZE) return std::unexpected{BatchError::too_large};

    Bytes content(LENGTH_SIZE);
    for (size_t i = 0; i < LENGTH_SIZE; ++i)
        content[i] = static_cast<uint8_t>(data.size() >> 8 * (LENGTH_SIZE - 1 - i));
    append(content, data);

    std::vector<crypto::Blob> blobs(blobs_for(data.size()));
    for (size_t at = 0, element = 0; at < content.size(); at += PIECE, ++element) {
        const size_t size = std::min(PIECE, content.size() - at);
        auto& blob = blobs[element / crypto::FIELD_ELEMENTS_PER_BLOB];
        std::memcpy(blob.data() + element % crypto::FIELD_ELEMENTS_PER_BLOB * ELEMENT + 1,
                    content.data() + at, size);
    }
    return blobs;
}

Result<Bytes, BatchError> from_blobs(std::span<const crypto::Blob> blobs) {
    if (blobs.empty()) return std::unexpected{BatchError::empty};
    Bytes content;
    content.reserve(blobs.size() * BLOB_CONTENT_SIZE);
    for (const auto& blob : blobs) {
        for (size_t at = 0; at < blob.size(); at += ELEMENT) {
            if (blob[at] != 0) return std::unexpected{BatchError::bad_field_element};
            append(content, BytesView{blob}.subspan(at + 1, PIECE));
        }
    }

    const auto size = static_cast<size_t>(from_be(BytesView{content}.first(LENGTH_SIZE))[0]);
    if (size == 0) return std::unexpected{BatchError::empty};
    if (size > content.size() - LENGTH_SIZE) return std::unexpected{BatchError::bad_blob_length};
    const auto padding = BytesView{content}.subspan(LENGTH_SIZE + size);
    if (blobs_for(size) != blobs.size() ||
        std::ranges::any_of(padding, [](uint8_t b) { return b != 0; }))
        return std::unexpected{BatchError::bad_padding};
    return to_bytes(BytesView{content}.subspan(LENGTH_SIZE, size));
}

}  // namespace scope::rollup
