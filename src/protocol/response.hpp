#pragma once

#include <string_view>

#include "protocol/request.hpp"

namespace scope::protocol {

/// The answer to a request, with the baton as the target let go of it (§3, §5).
struct Response {
    bool success = false;
    Bytes data;  ///< return data, or revert data of a failed callee
    Hash trace;
    Marks marks;
    friend bool operator==(const Response&, const Response&) = default;
};

/// The reason why bytes are none of the protocol's structs.
enum class DecodeError : uint8_t {
    malformed_abi,     ///< not exactly what abi.encode gives
    unknown_function,  ///< calldata of a function that does not belong there
};
std::string_view to_string(DecodeError error) noexcept;

/// Encodes the raw bytes of responsesIn:
/// abi.encode(bool success, bytes data, bytes32 trace, Mark[] marks).
Bytes encode(const Response& response);
/// Decodes a response; accepts only what encode gives.
Result<Response, DecodeError> decode_response(BytesView bytes);

/// Returns the hash that the trace folds when the target answers.
Hash response_hash(const Hash& request_hash, const Response& response);
/// Returns the hash that the response streams fold.
/// @param response  As raw bytes.
Hash answer_hash(const Hash& request_hash, BytesView response);

}  // namespace scope::protocol
