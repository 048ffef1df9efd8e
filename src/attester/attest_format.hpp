#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/registry.hpp"
#include "prover/attester_client.hpp"

/// The bytes between an attester and who asks it: docs/formats/attest.md.
namespace scope::attester {

/// What a member says to a proof input, or to a genesis.
using Answer = Result<prover::Attestation, prover::Disagreement>;

enum class AnswerError : uint8_t {
    too_large,  // above MAX_ANSWER_SIZE
    unknown_version,
    unknown_tag,   // neither an attestation nor a disagreement
    malformed,     // not the canonical RLP of its fields
    too_many,      // hashes above MAX_CLAIMS, or two of what may be there once
    unknown_kind,  // of disagreement
    bad_text,      // longer than it may be, or what a terminal does not just show
};
/// Returns the enumerator's name.
std::string_view to_string(AnswerError error) noexcept;

/// An attestation to MAX_CLAIMS claims has 2.3 KB.
inline constexpr size_t MAX_ANSWER_SIZE = size_t{12} << 10;
inline constexpr size_t MAX_FIELD_SIZE = 64;  ///< of a disagreement, in bytes
inline constexpr size_t MAX_DETAIL_SIZE = size_t{8} << 10;

/// Encodes an answer:
///
///     answer       = 0x01 || 0x00 || rlp(attestation)
///                  | 0x01 || 0x01 || rlp(disagreement)
///     attestation  = [signer, [input_hash, ...], signature]            signature: r || s || v
///     disagreement = [member, kind, [chain_id], field, detail,
///                     [block_number], [transaction_index], [account]]  a list is empty for nothing
///
/// Text is made printable, and cut where it is longer than it may be.
Bytes encode(const Answer& answer);
/// Decodes an answer; accepts only what encode gives.
Result<Answer, AnswerError> decode_answer(BytesView bytes);

/// Encodes a claim about a genesis: 0x01 || rlp of its fields.
Bytes encode(const protocol::GenesisClaim& claim);
/// Decodes a claim about a genesis; nullopt for what encode doesn't give.
std::optional<protocol::GenesisClaim> decode_genesis_claim(BytesView bytes);
/// A claim has some 240 bytes.
inline constexpr size_t MAX_GENESIS_CLAIM_SIZE = 512;

/// What an attester is at.
struct AttesterStatus {
    struct Head {
        uint64_t number = 0;
        Hash hash;
        friend bool operator==(const Head&, const Head&) = default;
    };
    struct Rollup {
        ChainId chain_id;
        Head head;
        std::string stopped;  ///< why it doesn't go on; empty: it does
        friend bool operator==(const Rollup&, const Rollup&) = default;
    };
    Address address;
    std::optional<Head> l1;  ///< that it has followed; nullopt: none yet
    std::vector<Rollup> rollups;
    friend bool operator==(const AttesterStatus&, const AttesterStatus&) = default;
};
/// Returns it as JSON, with a version.
std::string to_json(const AttesterStatus& status);
/// Reads what to_json gives, and fields beside it; an error says what is wrong.
Result<AttesterStatus, std::string> read_status(std::string_view json);

}  // namespace scope::attester
