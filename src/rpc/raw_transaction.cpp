#include "rpc/raw_transaction.hpp"

#include <fmt/format.h>

#include "crypto/kzg.hpp"
#include "rlp/decode.hpp"

namespace scope::rpc {

namespace {

constexpr uint64_t CELL_PROOFS = 1;  // EIP-7594: wrapper_version

[[noreturn]] void refuse(std::string_view reason) {
    fail(SERVER_ERROR, fmt::format("the transaction can't be decoded: {}", reason));
}

Transaction decode_envelope(BytesView bytes) {
    auto transaction = decode_transaction(bytes);
    if (!transaction) refuse(to_string(transaction.error()));
    return std::move(*transaction);
}

template <typename T>
T checked(rlp::RlpResult<T> read, std::string_view field) {
    if (!read) refuse(fmt::format("{}: {}", field, rlp::to_string(read.error())));
    return std::move(*read);
}

/// The sidecar of a transaction of type 3.
struct Sidecar {
    bool has_cell_proofs = false;
    std::vector<BytesView> blobs;
    std::vector<KzgCommitment> commitments;
    std::vector<KzgProof> proofs;
};

Sidecar read_sidecar(rlp::Reader& fields) {
    Sidecar sidecar;
    if (!fields.next_is_list()) {
        const auto version = checked(fields.u64(), "wrapper_version");
        if (version != CELL_PROOFS) refuse(fmt::format("wrapper_version: {} is unknown", version));
        sidecar.has_cell_proofs = true;
    }
    auto blobs = checked(fields.list(), "blobs");
    while (!blobs.at_end()) sidecar.blobs.push_back(checked(blobs.string(), "blobs"));
    sidecar.commitments = checked(fields.read<std::vector<KzgCommitment>>(), "commitments");
    sidecar.proofs = checked(fields.read<std::vector<KzgProof>>(), "proofs");
    if (!fields.at_end()) refuse("items after its last field");
    return sidecar;
}

chain::StoredBlobPtr make_blob(const Sidecar& sidecar, size_t index) {
    auto stored = std::make_shared<chain::StoredBlob>();
    if (sidecar.blobs[index].size() != stored->blob.size())
        refuse(fmt::format("blobs[{}]: it has {} bytes, not {}", index, sidecar.blobs[index].size(),
                           stored->blob.size()));
    std::ranges::copy(sidecar.blobs[index], stored->blob.data());
    stored->commitment = sidecar.commitments[index];
    if (!sidecar.has_cell_proofs) {
        stored->proof = sidecar.proofs[index];
        return stored;
    }
    const auto commitment = crypto::blob_to_commitment(stored->blob);
    const auto proof =
        commitment ? crypto::compute_blob_proof(stored->blob, *commitment) : std::nullopt;
    if (!proof || *commitment != stored->commitment)
        refuse(fmt::format("commitments[{}]: it is not that of its blob", index));
    stored->proof = *proof;
    return stored;
}

}  // namespace

RawTransaction decode_raw_transaction(BytesView bytes) {
    constexpr auto BLOB_TYPE = static_cast<uint8_t>(TxType::blob);
    if (bytes.empty()) refuse("it is empty");
    if (bytes.front() != BLOB_TYPE) return {decode_envelope(bytes), {}};
    rlp::Reader outer{bytes.subspan(1)};
    auto fields = checked(outer.list(), "transaction");
    if (!outer.at_end()) refuse("bytes after it");
    if (!fields.next_is_list()) return {decode_envelope(bytes), {}};

    const auto payload = checked(fields.item(), "transaction");
    RawTransaction raw{decode_envelope(concat(Bytes{BLOB_TYPE}, payload.whole)), {}};
    const auto sidecar = read_sidecar(fields);
    const size_t count = sidecar.blobs.size();
    const size_t proofs = count * (sidecar.has_cell_proofs ? crypto::CELL_PROOFS_PER_BLOB : 1);
    if (count > MAX_BLOBS_PER_TRANSACTION)
        refuse(fmt::format("blobs: {}, a transaction has at most {}", count,
                           MAX_BLOBS_PER_TRANSACTION));
    if (sidecar.commitments.size() != count || sidecar.proofs.size() != proofs)
        refuse(fmt::format("{} blobs with {} commitments and {} proofs", count,
                           sidecar.commitments.size(), sidecar.proofs.size()));
    for (size_t i = 0; i < count; ++i) raw.blobs.push_back(make_blob(sidecar, i));
    return raw;
}

}  // namespace scope::rpc
