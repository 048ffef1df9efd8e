#include "rlp/decode.hpp"

namespace scope::rlp {

namespace {

/// The item at the front of @p input. REQUIRES: not empty.
RlpResult<Item> first_item(BytesView input) noexcept {
    const uint8_t first = input[0];
    if (first < 0x80) return Item{false, input.first(1), input.first(1)};

    const bool is_list = first >= 0xc0;
    const size_t code = first - (is_list ? 0xc0u : 0x80u);
    size_t header = 1;
    size_t size = code;
    if (code > 55) {
        const size_t size_of_size = code - 55;
        if (input.size() - 1 < size_of_size) return std::unexpected{RlpError::truncated};
        if (input[1] == 0) return std::unexpected{RlpError::size_zero_byte};
        size = 0;
        for (size_t i = 1; i <= size_of_size; ++i) size = size << 8 | input[i];
        if (size < 56) return std::unexpected{RlpError::long_form_size};
        header += size_of_size;
    }
    if (size > MAX_PAYLOAD_SIZE) return std::unexpected{RlpError::too_large};
    if (size > input.size() - header) return std::unexpected{RlpError::truncated};

    const BytesView payload = input.subspan(header, size);
    if (!is_list && size == 1 && payload[0] < 0x80)
        return std::unexpected{RlpError::long_form_byte};
    return Item{is_list, payload, input.first(header + size)};
}

}  // namespace

RlpResult<Item> Reader::item() noexcept {
    if (rest_.empty()) return std::unexpected{RlpError::missing_item};
    const Item item = TRY(first_item(rest_));
    rest_ = rest_.subspan(item.whole.size());
    return item;
}

RlpResult<BytesView> Reader::string() noexcept {
    if (next_is_list()) return std::unexpected{RlpError::expected_string};
    return TRY(item()).payload;
}

RlpResult<Reader> Reader::list() noexcept {
    if (!at_end() && !next_is_list()) return std::unexpected{RlpError::expected_list};
    if (depth_ == MAX_DEPTH) return std::unexpected{RlpError::too_deep};
    return Reader{TRY(item()).payload, depth_ + 1};
}

RlpResult<uint256> Reader::u256() noexcept {
    const Reader before = *this;
    const BytesView view = TRY(string());
    if (!view.empty() && view[0] == 0) {
        *this = before;
        return std::unexpected{RlpError::leading_zero};
    }
    if (view.size() > 32) {
        *this = before;
        return std::unexpected{RlpError::number_too_large};
    }
    return from_be(view);
}

RlpResult<uint64_t> Reader::u64() noexcept {
    const Reader before = *this;
    const uint256 value = TRY(u256());
    if (value.fits_u64()) return value[0];
    *this = before;
    return std::unexpected{RlpError::number_too_large};
}

RlpResult<bool> Reader::boolean() noexcept {
    const Reader before = *this;
    const uint64_t value = TRY(u64());
    if (value <= 1) return value == 1;
    *this = before;
    return std::unexpected{RlpError::number_too_large};
}

namespace {

RlpResult<void> validate_items(Reader items) noexcept {
    while (!items.at_end()) {
        if (items.next_is_list()) {
            const Reader list = TRY(items.list());
            TRY_VOID(validate_items(list));
        } else {
            TRY(items.string());
        }
    }
    return {};
}

}  // namespace

RlpResult<void> validate(BytesView input) noexcept {
    Reader reader{input};
    if (reader.next_is_list()) {
        const Reader list = TRY(reader.list());
        TRY_VOID(validate_items(list));
    } else {
        TRY(reader.string());
    }
    return reader.finish();
}

}  // namespace scope::rlp
