#include "attester/attest_format.hpp"

#include <fmt/format.h>

#include <array>

#include "base/printable.hpp"
#include "json/appender.hpp"
#include "json/json.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"

namespace scope::attester {

namespace {

constexpr uint8_t VERSION = 0x01;
constexpr uint8_t ATTESTATION = 0x00;
constexpr uint8_t DISAGREEMENT = 0x01;

/// An attestation, and a disagreement, as bytes have them. What may be missing is a list.
struct AttestationFields {
    Address signer;
    std::vector<Hash> input_hashes;
    prover::AttestationSignature signature;
};
struct DisagreementFields {
    Address member;
    Bytes kind;
    std::vector<ChainId> chain_id;
    Bytes field;
    Bytes detail;
    std::vector<uint64_t> block_number;
    std::vector<uint64_t> transaction_index;
    std::vector<Address> account;
};
constexpr auto rlp_fields(const AttestationFields*) {
    using Fields = AttestationFields;
    return std::tuple{&Fields::signer, &Fields::input_hashes, &Fields::signature};
}
constexpr auto rlp_fields(const DisagreementFields*) {
    using Fields = DisagreementFields;
    return std::tuple{
        &Fields::member, &Fields::kind,         &Fields::chain_id,          &Fields::field,
        &Fields::detail, &Fields::block_number, &Fields::transaction_index, &Fields::account};
}

/// Returns a text as it is shown, of at most so many bytes, cut between two characters.
Bytes shown(std::string_view text, size_t max_bytes) {
    std::string result = printable(text.substr(0, max_bytes));
    size_t end = std::min(result.size(), max_bytes);
    while (end < result.size() && end > 0 && (static_cast<uint8_t>(result[end]) & 0xc0) == 0x80)
        --end;
    result.resize(end);
    return to_bytes(as_bytes(result));
}

std::string_view text_of(const Bytes& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename T>
std::vector<T> list_of(const std::optional<T>& value) {
    return value ? std::vector{*value} : std::vector<T>{};
}
template <typename T>
std::optional<T> optional_of(const std::vector<T>& list) {
    return list.empty() ? std::nullopt : std::optional{list.front()};
}

std::optional<AnswerError> check(const DisagreementFields& fields) {
    const auto is_shown = [](const Bytes& text, size_t max_bytes) {
        return text.size() <= max_bytes && printable(text_of(text)) == text_of(text);
    };
    if (fields.chain_id.size() > 1 || fields.block_number.size() > 1 ||
        fields.transaction_index.size() > 1 || fields.account.size() > 1)
        return AnswerError::too_many;
    if (!is_shown(fields.field, MAX_FIELD_SIZE) || !is_shown(fields.detail, MAX_DETAIL_SIZE))
        return AnswerError::bad_text;
    if (!prover::disagreement_kind_of(text_of(fields.kind))) return AnswerError::unknown_kind;
    return std::nullopt;
}

Result<Answer, AnswerError> decode_attestation(BytesView bytes) {
    auto fields = rlp::decode<AttestationFields>(bytes);
    if (!fields) return std::unexpected{AnswerError::malformed};
    if (fields->input_hashes.size() > prover::MAX_CLAIMS)
        return std::unexpected{AnswerError::too_many};
    return prover::Attestation{fields->signer, std::move(fields->input_hashes), fields->signature};
}

Result<Answer, AnswerError> decode_disagreement(BytesView bytes) {
    const auto fields = rlp::decode<DisagreementFields>(bytes);
    if (!fields) return std::unexpected{AnswerError::malformed};
    if (const auto error = check(*fields)) return std::unexpected{*error};
    prover::Disagreement result;
    result.member = fields->member;
    result.kind = *prover::disagreement_kind_of(text_of(fields->kind));
    result.chain_id = optional_of(fields->chain_id);
    result.field = text_of(fields->field);
    result.detail = text_of(fields->detail);
    result.block_number = optional_of(fields->block_number);
    result.transaction_index = optional_of(fields->transaction_index);
    result.account = optional_of(fields->account);
    return Answer{std::unexpected{std::move(result)}};
}

}  // namespace

std::string_view to_string(AnswerError error) noexcept {
    switch (error) {
        case AnswerError::too_large:
            return "too_large";
        case AnswerError::unknown_version:
            return "unknown_version";
        case AnswerError::unknown_tag:
            return "unknown_tag";
        case AnswerError::malformed:
            return "malformed";
        case AnswerError::too_many:
            return "too_many";
        case AnswerError::unknown_kind:
            return "unknown_kind";
        case AnswerError::bad_text:
            return "bad_text";
    }
    return "unknown";
}

Bytes encode(const Answer& answer) {
    Bytes out{VERSION, answer ? ATTESTATION : DISAGREEMENT};
    if (answer) {
        rlp::encode_to(out,
                       AttestationFields{answer->signer, answer->input_hashes, answer->signature});
        return out;
    }
    const auto& said = answer.error();
    std::optional<uint64_t> transaction_index = said.transaction_index;
    rlp::encode_to(out, DisagreementFields{.member = said.member,
                                           .kind = to_bytes(as_bytes(to_string(said.kind))),
                                           .chain_id = list_of(said.chain_id),
                                           .field = shown(said.field, MAX_FIELD_SIZE),
                                           .detail = shown(said.detail, MAX_DETAIL_SIZE),
                                           .block_number = list_of(said.block_number),
                                           .transaction_index = list_of(transaction_index),
                                           .account = list_of(said.account)});
    return out;
}

Result<Answer, AnswerError> decode_answer(BytesView bytes) {
    if (bytes.size() > MAX_ANSWER_SIZE) return std::unexpected{AnswerError::too_large};
    if (bytes.empty() || bytes[0] != VERSION) return std::unexpected{AnswerError::unknown_version};
    if (bytes.size() < 2) return std::unexpected{AnswerError::unknown_tag};
    if (bytes[1] == ATTESTATION) return decode_attestation(bytes.subspan(2));
    if (bytes[1] == DISAGREEMENT) return decode_disagreement(bytes.subspan(2));
    return std::unexpected{AnswerError::unknown_tag};
}

// --- A genesis.

Bytes encode(const protocol::GenesisClaim& claim) {
    Bytes out{VERSION};
    rlp::encode_list_to(out, claim.l1_chain_id, claim.settlement, claim.owner, claim.chain_id,
                        claim.program_id, claim.block_hash, claim.state_root, claim.supply);
    return out;
}

std::optional<protocol::GenesisClaim> decode_genesis_claim(BytesView bytes) {
    if (bytes.size() > MAX_GENESIS_CLAIM_SIZE || bytes.empty() || bytes[0] != VERSION)
        return std::nullopt;
    const auto read = [&]() -> rlp::RlpResult<protocol::GenesisClaim> {
        rlp::Reader reader{bytes.subspan(1)};
        rlp::Reader fields = TRY(reader.list());
        TRY_VOID(reader.finish());
        protocol::GenesisClaim claim;
        claim.l1_chain_id = TRY(fields.u256());
        claim.settlement = TRY(fields.fixed<20>());
        claim.owner = TRY(fields.fixed<20>());
        claim.chain_id = TRY(fields.u256());
        claim.program_id = TRY(fields.fixed<32>());
        claim.block_hash = TRY(fields.fixed<32>());
        claim.state_root = TRY(fields.fixed<32>());
        claim.supply = TRY(fields.u256());
        TRY_VOID(fields.finish());
        return claim;
    };
    const auto claim = read();
    if (!claim) return std::nullopt;
    return *claim;
}

// --- The status.

namespace {

constexpr uint64_t STATUS_VERSION = 1;

void append_head(json::Appender& out, const AttesterStatus::Head& head) {
    out.key("number").number(head.number);
    out.key("hash").hex(head.hash);
}

AttesterStatus::Head head_in(json::Json value) {
    return {json::get(value, "number", json::u64), json::get(value, "hash", json::hash)};
}

}  // namespace

std::string to_json(const AttesterStatus& status) {
    json::Appender out;
    out.begin_object();
    out.key("version").number(STATUS_VERSION);
    out.key("address").hex(status.address);
    if (status.l1) {
        out.key("l1").begin_object();
        append_head(out, *status.l1);
        out.end_object();
    }
    out.key("rollups").begin_array();
    for (const auto& rollup : status.rollups) {
        out.begin_object();
        out.key("chainId").number(rollup.chain_id.number());
        append_head(out, rollup.head);
        if (!rollup.stopped.empty()) out.key("stopped").string(rollup.stopped);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return out.take();
}

Result<AttesterStatus, std::string> read_status(std::string_view text) {
    try {
        const json::Document document{text};
        const auto root = document.root();
        if (json::get(root, "version", json::u64) != STATUS_VERSION)
            return std::unexpected{std::string{"version: another one than 1"}};
        AttesterStatus status;
        status.address = json::get(root, "address", json::address);
        status.l1 = json::get_optional(root, "l1", head_in);
        status.rollups = json::get(root, "rollups", [](json::Json list) {
            return json::list(list, [](json::Json value) {
                const auto stopped = json::get_optional(value, "stopped", json::string);
                return AttesterStatus::Rollup{
                    .chain_id = ChainId{json::get(value, "chainId", json::u64)},
                    .head = head_in(value),
                    .stopped = stopped ? printable(*stopped) : std::string{}};
            });
        });
        return status;
    } catch (const json::FormatError& error) {
        return std::unexpected{printable(error.what())};
    }
}

}  // namespace scope::attester
