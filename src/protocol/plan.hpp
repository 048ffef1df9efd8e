#pragma once

#include "protocol/response.hpp"

namespace scope::protocol {

/// An answer as loaded at the source, before the root runs (§6).
struct Fill {
    uint256 chain_id;  ///< the remote that answered
    Hash request_hash;
    Bytes response;  ///< raw bytes of a Response
    friend bool operator==(const Fill&, const Fill&) = default;
};

/// An inbound call as loaded at the target (§6).
struct Record {
    Request request;
    Hash raw_response_hash;  ///< keccak256 of the raw bytes of its answer
    bool kept = false;       ///< every frame around the call on the source survives
    friend bool operator==(const Record&, const Record&) = default;
};

/// The wei that L1 holds for a rollup as a scope begins (§10).
struct Limit {
    uint256 chain_id;
    uint256 value;
    friend bool operator==(const Limit&, const Limit&) = default;
};

/// The section that one chain gets for one root: the limits that it is the first to need, the
/// answers to its requests, and the requests to it.
struct RootSection {
    std::vector<Limit> limits;  ///< none on L1
    std::vector<Fill> fills;
    std::vector<Record> records;
    [[nodiscard]] bool is_empty() const noexcept {
        return limits.empty() && fills.empty() && records.empty();
    }
    friend bool operator==(const RootSection&, const RootSection&) = default;
};

}  // namespace scope::protocol
