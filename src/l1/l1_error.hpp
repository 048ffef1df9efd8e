#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace scope::l1 {

/// The reason why an L1 gives no answer, or none that can be used. Nothing is known then: the caller
/// keeps what it has and asks again. What each rule asks of it: docs/l1-over-rpc.md.
struct L1Error {
    enum class Rule : uint8_t {
        unreachable,    ///< nobody answers
        slow,           ///< not in time
        refused,        ///< it answers with an error: not allowed, too many calls, no such method
        behind,         ///< its chain ends before what it, or the clock, has told
        pruned,         ///< it has kept the block's header at most: no state, receipts or content
        unknown_block,  ///< a block that it doesn't have
        reorganised,    ///< what was asked for is canonical no more, or changed while it was read
        wrong,          ///< a check failed (reason: which): it lies, or is broken
        unsupported,    ///< of a fork that this version does not know
    };
    using enum Rule;

    // NOLINTNEXTLINE(google-explicit-constructor): a rule is an error without more to say
    L1Error(Rule which, std::string why = {}) : rule(which), reason(std::move(why)) {}

    Rule rule;
    std::string reason;  ///< may be empty

    friend bool operator==(const L1Error& error, Rule other) noexcept {
        return error.rule == other;
    }
};
/// Returns the enumerator's name.
constexpr std::string_view to_string(L1Error::Rule rule) noexcept {
    switch (rule) {
        case L1Error::unreachable:
            return "unreachable";
        case L1Error::slow:
            return "slow";
        case L1Error::refused:
            return "refused";
        case L1Error::behind:
            return "behind";
        case L1Error::pruned:
            return "pruned";
        case L1Error::unknown_block:
            return "unknown_block";
        case L1Error::reorganised:
            return "reorganised";
        case L1Error::wrong:
            return "wrong";
        case L1Error::unsupported:
            return "unsupported";
    }
    return "unknown";
}
inline std::string to_string(const L1Error& error) {
    std::string text{to_string(error.rule)};
    if (!error.reason.empty()) text += ": " + error.reason;
    return text;
}

/// The reason why a transaction is not on its way to a block.
struct SendError {
    enum class Rule : uint8_t {
        unreachable,    ///< nobody took it
        blobs,          ///< not those of its versioned hashes, or a proof that does not hold
        refused,        ///< it can't stand in a block (reason: why)
        nonce_too_low,  ///< another transaction of this nonce stands in a block
        nonce_gap,      ///< one with a lower nonce is missing, and the pool keeps no gap
        insufficient,   ///< the sender can't pay for it, and for what waits before it
        underpriced,    ///< its fees are below what the pool takes
        replacement,    ///< one of this nonce waits, and its fees are not enough above that one's
        other_kind,     ///< the account has transactions with blobs waiting, or without (geth)
        pool_full,      ///< the pool takes no more, or no more of this account
    };
    Rule rule{};
    std::string reason;
};
constexpr std::string_view to_string(SendError::Rule rule) noexcept {
    switch (rule) {
        case SendError::Rule::unreachable:
            return "unreachable";
        case SendError::Rule::blobs:
            return "blobs";
        case SendError::Rule::refused:
            return "refused";
        case SendError::Rule::nonce_too_low:
            return "nonce_too_low";
        case SendError::Rule::nonce_gap:
            return "nonce_gap";
        case SendError::Rule::insufficient:
            return "insufficient";
        case SendError::Rule::underpriced:
            return "underpriced";
        case SendError::Rule::replacement:
            return "replacement";
        case SendError::Rule::other_kind:
            return "other_kind";
        case SendError::Rule::pool_full:
            return "pool_full";
    }
    return "unknown";
}

inline std::string to_string(const SendError& error) {
    std::string text{to_string(error.rule)};
    if (!error.reason.empty()) text += ": " + error.reason;
    return text;
}

}  // namespace scope::l1
