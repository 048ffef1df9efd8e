#include "l1/network_form.hpp"

#include "crypto/kzg.hpp"
#include "rlp/encode.hpp"

namespace scope::l1 {

Bytes encode_network_form(const Transaction& transaction,
                          std::span<const chain::StoredBlobPtr> blobs,
                          std::span<const CellProofs> cell_proofs) {
    constexpr uint64_t WRAPPER_VERSION = 1;  // EIP-7594
    CHECK(transaction.type == TxType::blob && blobs.size() == cell_proofs.size());
    const Bytes envelope = encode(transaction);
    std::vector<Bytes> contents;
    std::vector<KzgCommitment> commitments;
    std::vector<KzgProof> proofs;
    for (size_t i = 0; i < blobs.size(); ++i) {
        CHECK(cell_proofs[i].size() == crypto::CELL_PROOFS_PER_BLOB);
        contents.push_back(to_bytes(blobs[i]->blob));
        commitments.push_back(blobs[i]->commitment);
        proofs.insert(proofs.end(), cell_proofs[i].begin(), cell_proofs[i].end());
    }
    Bytes out{static_cast<uint8_t>(TxType::blob)};
    rlp::encode_list_to(out, rlp::Raw{BytesView{envelope}.subspan(1)}, WRAPPER_VERSION, contents,
                        commitments, proofs);
    return out;
}

}  // namespace scope::l1
