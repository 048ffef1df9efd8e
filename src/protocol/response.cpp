#include "protocol/response.hpp"

namespace scope::protocol {

namespace {

constexpr uint8_t SUCCESS = 1;
constexpr uint8_t BATON = 2;

constexpr size_t CHAIN_ID_SIZE = 8;
constexpr size_t MARK_SIZE = CHAIN_ID_SIZE + Hash::size();
constexpr size_t MAX_MARKS = 255;  // their number is one byte

void append_baton(Bytes& out, const Response& response) {
    CHECK(response.marks.size() <= MAX_MARKS);
    append(out, response.trace);
    out.push_back(static_cast<uint8_t>(response.marks.size()));
    uint256 previous;
    for (const auto& [chain_id, trace] : response.marks) {
        CHECK(chain_id.fits_u64() && chain_id > previous && !trace.is_zero());
        append(out, BytesView{to_be(chain_id)}.last(CHAIN_ID_SIZE));
        append(out, trace);
        previous = chain_id;
    }
}

/// Reads a baton at the front of @p rest, and moves it behind that; false if there is none.
bool read_baton(BytesView& rest, Response& response) {
    if (rest.size() < Hash::size() + 1) return false;
    response.trace = Hash::from(rest.first(Hash::size()));
    const size_t count = rest[Hash::size()];
    rest = rest.subspan(Hash::size() + 1);
    if (rest.size() < count * MARK_SIZE) return false;
    uint256 previous;
    for (size_t i = 0; i < count; ++i, rest = rest.subspan(MARK_SIZE)) {
        const Mark mark{from_be(rest.first(CHAIN_ID_SIZE)),
                        Hash::from(rest.subspan(CHAIN_ID_SIZE, Hash::size()))};
        if (mark.chain_id <= previous || mark.trace.is_zero()) return false;
        previous = mark.chain_id;
        response.marks.push_back(mark);
    }
    return true;
}

}  // namespace

Bytes encode(const Response& response) {
    const int flags = (response.success ? SUCCESS : 0) | (response.has_baton ? BATON : 0);
    Bytes out{static_cast<uint8_t>(flags)};
    if (response.has_baton)
        append_baton(out, response);
    else
        CHECK(response.trace.is_zero() && response.marks.empty());
    append(out, response.data);
    return out;
}

Result<Response, DecodeError> decode_response(BytesView bytes) {
    if (bytes.empty() || bytes[0] > (SUCCESS | BATON))
        return std::unexpected{DecodeError::malformed_response};
    Response response{.success = (bytes[0] & SUCCESS) != 0, .has_baton = (bytes[0] & BATON) != 0};
    BytesView rest = bytes.subspan(1);
    if (response.has_baton && !read_baton(rest, response))
        return std::unexpected{DecodeError::malformed_response};
    response.data = to_bytes(rest);
    return response;
}

std::string_view to_string(DecodeError error) noexcept {
    switch (error) {
        case DecodeError::malformed_abi:
            return "not the ABI encoding of its type";
        case DecodeError::malformed_response:
            return "not a packed response";
        case DecodeError::unknown_function:
            return "calldata of another function";
    }
    return "unknown";
}

}  // namespace scope::protocol
