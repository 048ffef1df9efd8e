#include "prover/proof_input.hpp"

#include <algorithm>

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

constexpr uint8_t VERSION = 0x02;

/// The most of each list that are read: one too many is enough to refuse it by its rule.
constexpr size_t MAX_READ_CLAIMS = MAX_CLAIMS + 1;
constexpr size_t MAX_READ_BLOBS = MAX_BLOBS_PER_TRANSACTION + 1;

rlp::RlpResult<std::vector<crypto::Blob>> read_blobs(rlp::Reader& fields) {
    rlp::Reader items = TRY(fields.list());
    std::vector<crypto::Blob> blobs;
    while (!items.at_end() && blobs.size() < MAX_READ_BLOBS) {
        const BytesView bytes = TRY(items.string());
        if (bytes.size() != crypto::Blob::size()) return std::unexpected{rlp::RlpError::wrong_size};
        std::ranges::copy(bytes, blobs.emplace_back().bytes.begin());
    }
    return blobs;
}

/// Reads a list for each claim, of a digest for each block.
rlp::RlpResult<std::vector<std::vector<rollup::BlockDigest>>> read_digests(rlp::Reader& fields) {
    rlp::Reader lists = TRY(fields.list());
    std::vector<std::vector<rollup::BlockDigest>> digests;
    while (!lists.at_end() && digests.size() < MAX_READ_CLAIMS) {
        rlp::Reader blocks = TRY(lists.list());
        auto& of_claim = digests.emplace_back();
        while (!blocks.at_end() && of_claim.size() <= rollup::MAX_BATCH_BLOCKS)
            of_claim.push_back(TRY(blocks.read<rollup::BlockDigest>()));
    }
    return digests;
}

struct Fields {
    std::vector<BytesView> claims;
    ProofInput rest;
};
rlp::RlpResult<Fields> read_fields(BytesView bytes) {
    rlp::Reader reader{bytes};
    rlp::Reader fields = TRY(reader.list());
    TRY_VOID(reader.finish());
    Fields out;
    rlp::Reader claims = TRY(fields.list());
    while (!claims.at_end() && out.claims.size() < MAX_READ_CLAIMS)
        out.claims.push_back(TRY(claims.string()));
    out.rest.data = to_bytes(TRY(fields.string()));
    out.rest.blobs = TRY(read_blobs(fields));
    out.rest.digests = TRY(read_digests(fields));
    TRY_VOID(fields.finish());
    return out;
}

/// Returns whether they can share one proof.
bool belong_together(const std::vector<protocol::PublicInputs>& claims) {
    const auto& first = claims.front();
    const auto is_out_of_order = [](const auto& one, const auto& next) {
        return one.chain_id >= next.chain_id;
    };
    return std::ranges::all_of(claims,
                               [&](const auto& claim) {
                                   return claim.program_id == first.program_id &&
                                          claim.data.commitment == first.data.commitment;
                               }) &&
           std::ranges::adjacent_find(claims, is_out_of_order) == claims.end();
}

}  // namespace

std::string_view to_string(ProofInputError error) noexcept {
    switch (error) {
        case ProofInputError::too_large:
            return "proof input: larger than 64 MiB";
        case ProofInputError::unknown_version:
            return "proof input: version is not 0x02";
        case ProofInputError::malformed:
            return "proof input: not the canonical RLP of its fields";
        case ProofInputError::ambiguous_data:
            return "proof input: data and blobs, or neither";
        case ProofInputError::no_claims:
            return "claims: empty";
        case ProofInputError::too_many_claims:
            return "claims: more than 64";
        case ProofInputError::malformed_claim:
            return "claim: not the ABI encoding of PublicInputs";
        case ProofInputError::mixed_claims:
            return "claims: of several programs or data, or not ascending by chain id";
        case ProofInputError::wrong_digest_count:
            return "digests: not as many lists as claims";
    }
    return "unknown";
}

Bytes encode(const ProofInput& input) {
    std::vector<Bytes> claims;
    claims.reserve(input.claims.size());
    for (const auto& claim : input.claims) claims.push_back(abi::encode(claim));
    Bytes out{VERSION};
    rlp::encode_list_to(out, claims, input.data, input.blobs, input.digests);
    return out;
}

Result<ProofInput, ProofInputError> decode_proof_input(BytesView bytes) {
    if (bytes.size() > MAX_PROOF_INPUT_SIZE) return std::unexpected{ProofInputError::too_large};
    if (bytes.empty() || bytes[0] != VERSION)
        return std::unexpected{ProofInputError::unknown_version};
    auto fields = read_fields(bytes.subspan(1));
    if (!fields) return std::unexpected{ProofInputError::malformed};
    auto& input = fields->rest;
    if (input.data.empty() == input.blobs.empty())
        return std::unexpected{ProofInputError::ambiguous_data};
    if (fields->claims.empty()) return std::unexpected{ProofInputError::no_claims};
    if (fields->claims.size() > MAX_CLAIMS)
        return std::unexpected{ProofInputError::too_many_claims};
    for (const auto& encoded : fields->claims) {
        auto claim = abi::decode<protocol::PublicInputs>(encoded);
        if (!claim) return std::unexpected{ProofInputError::malformed_claim};
        input.claims.push_back(std::get<0>(std::move(*claim)));
    }
    if (!belong_together(input.claims)) return std::unexpected{ProofInputError::mixed_claims};
    if (!input.digests.empty() && input.digests.size() != input.claims.size())
        return std::unexpected{ProofInputError::wrong_digest_count};
    return std::move(input);
}

std::vector<Hash> hashes_of(const std::vector<protocol::PublicInputs>& claims) {
    std::vector<Hash> hashes;
    hashes.reserve(claims.size());
    for (const auto& claim : claims) hashes.push_back(protocol::public_inputs_hash(claim));
    return hashes;
}

}  // namespace scope::prover
