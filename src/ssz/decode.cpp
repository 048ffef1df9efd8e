#include "ssz/decode.hpp"

namespace scope::ssz {

namespace {
constexpr size_t OFFSET_SIZE = 4;
}

std::string_view to_string(SszError error) noexcept {
    switch (error) {
        case SszError::truncated:
            return "truncated";
        case SszError::trailing_bytes:
            return "trailing_bytes";
        case SszError::bad_offset:
            return "bad_offset";
        case SszError::too_long:
            return "too_long";
    }
    return "";
}

uint64_t read_u64(BytesView bytes) noexcept {
    uint64_t value = 0;
    for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

uint256 read_u256(BytesView bytes) noexcept {
    uint256 value;
    for (size_t i = 0; i < bytes.size(); ++i) value[i / 8] |= uint64_t{bytes[i]} << i % 8 * 8;
    return value;
}

SszResult<std::vector<BytesView>> container_fields(BytesView bytes, std::span<const size_t> sizes) {
    std::vector<BytesView> fields;
    std::vector<size_t> variable;  // which
    std::vector<size_t> offsets;   // where they begin
    size_t at = 0;
    for (const size_t size : sizes) {
        const size_t taken = size == VARIABLE ? OFFSET_SIZE : size;
        if (bytes.size() - at < taken) return std::unexpected{SszError::truncated};
        const BytesView field = bytes.subspan(at, taken);
        if (size == VARIABLE) {
            variable.push_back(fields.size());
            offsets.push_back(static_cast<size_t>(read_u64(field)));
        }
        fields.push_back(field);
        at += taken;
    }
    if (variable.empty()) {
        if (at != bytes.size()) return std::unexpected{SszError::trailing_bytes};
        return fields;
    }
    offsets.push_back(bytes.size());
    if (offsets[0] != at) return std::unexpected{SszError::bad_offset};
    for (size_t i = 0; i < variable.size(); ++i) {
        if (offsets[i] > offsets[i + 1]) return std::unexpected{SszError::bad_offset};
        fields[variable[i]] = bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]);
    }
    return fields;
}

SszResult<std::vector<BytesView>> list_of_byte_lists(BytesView bytes, uint64_t max_count,
                                                     uint64_t max_size) {
    if (bytes.empty()) return {};
    if (bytes.size() < OFFSET_SIZE) return std::unexpected{SszError::truncated};
    const uint64_t first = read_u64(bytes.first(OFFSET_SIZE));
    if (first == 0 || first % OFFSET_SIZE != 0 || first > bytes.size())
        return std::unexpected{SszError::bad_offset};
    const auto count = static_cast<size_t>(first) / OFFSET_SIZE;
    if (count > max_count) return std::unexpected{SszError::too_long};
    auto elements = TRY(container_fields(bytes, std::vector<size_t>(count, VARIABLE)));
    for (const BytesView element : elements)
        if (element.size() > max_size) return std::unexpected{SszError::too_long};
    return elements;
}

SszResult<std::vector<BytesView>> list_of_fixed(BytesView bytes, size_t element_size,
                                                uint64_t max_count) {
    if (bytes.size() % element_size != 0) return std::unexpected{SszError::truncated};
    if (bytes.size() / element_size > max_count) return std::unexpected{SszError::too_long};
    std::vector<BytesView> elements;
    for (size_t at = 0; at < bytes.size(); at += element_size)
        elements.push_back(bytes.subspan(at, element_size));
    return elements;
}

}  // namespace scope::ssz
