#pragma once

#include <string_view>

#include "protocol/request.hpp"

namespace scope::protocol {

/// The answer to a request (§3, §5); that of a call with the baton as the target let go of it.
struct Response {
    bool success = false;
    Bytes data;              ///< return data, or revert data of a failed callee
    bool has_baton = false;  ///< of a call; a static call's answer has none
    Hash trace;              ///< zero without a baton
    Marks marks;             ///< empty without a baton
    friend bool operator==(const Response&, const Response&) = default;
};

/// The reason why bytes are none of the protocol's structs.
enum class DecodeError : uint8_t {
    malformed_abi,       ///< not exactly what abi.encode gives
    malformed_response,  ///< not exactly a packed response
    unknown_function,    ///< calldata of a function that does not belong there
};
std::string_view to_string(DecodeError error) noexcept;

/// Encodes the raw bytes of responsesIn, packed:
///
///     response := flags [baton] data
///     flags    := 1 byte: bit 0 success, bit 1 a baton follows, the others 0
///     baton    := trace (32 bytes) count (1 byte) mark^count
///     mark     := chain id (8 bytes, big-endian) trace (32 bytes)
///     data     := all the rest
///
/// REQUIRES: marks are strictly ascending, at most 255, each with a chain id of 1 to 2^64-1 and a
/// trace that is not zero; trace and marks are empty without a baton.
Bytes encode(const Response& response);
/// Decodes a response; accepts only what encode gives.
Result<Response, DecodeError> decode_response(BytesView bytes);

/// Returns the hash that the trace folds when the target answers.
Hash response_hash(const Hash& request_hash, const Response& response);
/// Returns the hash that the response streams fold.
/// @param response  As raw bytes.
Hash answer_hash(const Hash& request_hash, BytesView response);

}  // namespace scope::protocol
