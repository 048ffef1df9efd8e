#include "prover/proof_input.hpp"

#include "abi/abi.hpp"
#include "protocol/abi_fields.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"

namespace scope::rollup {

constexpr auto rlp_fields(const AccountDigest*) {
    return std::tuple{&AccountDigest::address, &AccountDigest::digest};
}
constexpr auto rlp_fields(const TransactionDigest*) {
    return std::tuple{&TransactionDigest::receipt_hash, &TransactionDigest::accounts};
}
constexpr auto rlp_fields(const BlockDigest*) {
    return std::tuple{&BlockDigest::block_hash, &BlockDigest::state_root,
                      &BlockDigest::transactions};
}

}  // namespace scope::rollup

namespace scope::prover {

namespace {

constexpr uint8_t VERSION = 0x01;

rlp::RlpResult<std::vector<crypto::Blob>> read_blobs(rlp::Reader& fields) {
    rlp::Reader items = TRY(fields.list());
    std::vector<crypto::Blob> blobs;
    while (!items.at_end()) {
        const BytesView bytes = TRY(items.string());
        if (bytes.size() != crypto::Blob::size()) return std::unexpected{rlp::RlpError::wrong_size};
        std::ranges::copy(bytes, blobs.emplace_back().bytes.begin());
    }
    return blobs;
}

struct Fields {
    BytesView claim;
    ProofInput rest;
};
rlp::RlpResult<Fields> read_fields(BytesView bytes) {
    rlp::Reader reader{bytes};
    rlp::Reader fields = TRY(reader.list());
    TRY_VOID(reader.finish());
    Fields out;
    out.claim = TRY(fields.string());
    out.rest.batch = to_bytes(TRY(fields.string()));
    out.rest.blobs = TRY(read_blobs(fields));
    out.rest.digests = TRY(fields.read<std::vector<rollup::BlockDigest>>());
    TRY_VOID(fields.finish());
    return out;
}

}  // namespace

std::string_view to_string(ProofInputError error) noexcept {
    switch (error) {
        case ProofInputError::too_large:
            return "proof input: larger than 64 MiB";
        case ProofInputError::unknown_version:
            return "proof input: version is not 0x01";
        case ProofInputError::malformed:
            return "proof input: not the canonical RLP of its fields";
        case ProofInputError::ambiguous_data:
            return "proof input: batch bytes and blobs, or neither";
        case ProofInputError::malformed_claim:
            return "claim: not the ABI encoding of PublicInputs";
    }
    return "unknown";
}

Bytes encode(const ProofInput& input) {
    Bytes out{VERSION};
    rlp::encode_list_to(out, abi::encode(input.claim), input.batch, input.blobs, input.digests);
    return out;
}

Result<ProofInput, ProofInputError> decode_proof_input(BytesView bytes) {
    if (bytes.size() > MAX_PROOF_INPUT_SIZE) return std::unexpected{ProofInputError::too_large};
    if (bytes.empty() || bytes[0] != VERSION)
        return std::unexpected{ProofInputError::unknown_version};
    auto fields = read_fields(bytes.subspan(1));
    if (!fields) return std::unexpected{ProofInputError::malformed};
    if (fields->rest.batch.empty() == fields->rest.blobs.empty())
        return std::unexpected{ProofInputError::ambiguous_data};
    auto claim = abi::decode<protocol::PublicInputs>(fields->claim);
    if (!claim) return std::unexpected{ProofInputError::malformed_claim};
    fields->rest.claim = std::get<0>(std::move(*claim));
    return std::move(fields->rest);
}

}  // namespace scope::prover
