#include "rpc/raw_transaction.hpp"

#include <gmock/gmock.h>

#include "base/hex.hpp"
#include "crypto/kzg.hpp"
#include "rlp/encode.hpp"
#include "types/signing.hpp"

namespace scope::rpc {
namespace {

using testing::HasSubstr;

struct Blobbed {
    Bytes blob;
    KzgCommitment commitment;
    KzgProof proof;
    Bytes fields;  // the transaction's list
    Transaction transaction;
};

const Blobbed& blobbed() {
    static const Blobbed made = [] {
        Blobbed it;
        const auto blob = std::make_unique<Blob>();
        (*blob)[31] = 7;
        it.blob = to_bytes(*blob);
        it.commitment = *crypto::blob_to_commitment(*blob);
        it.proof = *crypto::compute_blob_proof(*blob, it.commitment);
        auto& tx = it.transaction;
        tx.type = TxType::blob;
        tx.chain_id = ChainId{1};
        tx.to = Address{};
        tx.max_fee_per_blob_gas = uint256{1u};
        tx.blob_versioned_hashes = {crypto::versioned_hash(it.commitment)};
        sign(tx, *crypto::SecretKey::from(to_be(uint256{1u})));
        it.fields = encode(tx);
        it.fields.erase(it.fields.begin());
        return it;
    }();
    return made;
}

template <typename... Fields>
Bytes wrapped(const Fields&... fields) {
    return concat(Bytes{3}, rlp::encode(std::tuple{rlp::Raw{blobbed().fields}, fields...}));
}
std::string refusal_of(BytesView bytes) {
    try {
        decode_raw_transaction(bytes);
    } catch (const RpcFailure& failure) {
        EXPECT_EQ(failure.error.code, SERVER_ERROR);
        return failure.error.message;
    }
    return "taken";
}

TEST(raw_transaction, takes_blobs_with_their_proofs) {
    const auto& it = blobbed();
    const auto raw = decode_raw_transaction(
        wrapped(std::vector<Bytes>{it.blob}, std::vector{it.commitment}, std::vector{it.proof}));
    EXPECT_EQ(raw.transaction, it.transaction);
    ASSERT_EQ(raw.blobs.size(), 1u);
    EXPECT_EQ(raw.blobs.front()->proof, it.proof);
}

TEST(raw_transaction, takes_blobs_with_the_proofs_of_their_cells) {
    const auto& it = blobbed();
    const auto raw = decode_raw_transaction(wrapped(uint64_t{1}, std::vector<Bytes>{it.blob},
                                                    std::vector{it.commitment},
                                                    std::vector<KzgProof>(128, it.proof)));
    ASSERT_EQ(raw.blobs.size(), 1u);
    EXPECT_EQ(raw.blobs.front()->proof, it.proof);  // made here
}

TEST(raw_transaction, refuses_other_sidecars_and_says_why) {
    const auto& it = blobbed();
    const std::vector<Bytes> blobs{it.blob};
    const std::vector commitments{it.commitment};
    const std::vector proofs{it.proof};
    EXPECT_THAT(refusal_of(wrapped(uint64_t{2}, blobs, commitments, proofs)),
                HasSubstr("wrapper_version: 2"));
    EXPECT_THAT(refusal_of(wrapped(blobs, commitments, std::vector<KzgProof>{})),
                HasSubstr("1 blobs with 1 commitments and 0 proofs"));
    EXPECT_THAT(refusal_of(wrapped(std::vector<Bytes>{Bytes{1}}, commitments, proofs)),
                HasSubstr("blobs[0]: it has 1 bytes"));
    EXPECT_THAT(refusal_of(wrapped(uint64_t{1}, blobs, std::vector{it.proof},
                                   std::vector<KzgProof>(128, it.proof))),
                HasSubstr("commitments[0]"));
    EXPECT_THAT(refusal_of(wrapped(std::vector<Bytes>(7, it.blob),
                                   std::vector<KzgCommitment>(7, it.commitment),
                                   std::vector<KzgProof>(7, it.proof))),
                HasSubstr("at most 6"));
    EXPECT_THAT(refusal_of(wrapped(blobs, commitments, proofs, Bytes{1})),
                HasSubstr("items after its last field"));
}

TEST(raw_transaction, refuses_what_is_no_transaction) {
    EXPECT_THAT(refusal_of({}), HasSubstr("it is empty"));
    for (const Bytes& bytes : {Bytes{3}, Bytes{2, 0xc0}, Bytes{0x80}, Bytes{3, 0xc1, 0xc0}})
        EXPECT_THAT(refusal_of(bytes), HasSubstr("can't be decoded"));
}

}  // namespace
}  // namespace scope::rpc
