#include "l1/rpc_l1_sender.hpp"

#include <gmock/gmock.h>

#include "rlp/decode.hpp"
#include "served.hpp"

namespace scope::l1 {
namespace {

using ::testing::HasSubstr;

class RpcSender : public ::testing::Test {
  protected:
    std::string stage_of(const Hash& hash) {
        const auto status = sender_.status(hash);
        return status ? std::string{to_string(status->stage)} : to_string(status.error());
    }
    std::string error_of(const Transaction& tx, std::span<const chain::StoredBlobPtr> blobs = {}) {
        const auto sent = sender_.send(tx, blobs);
        return sent ? "no error" : to_string(sent.error());
    }

    LocalL1 l1_ = make_local_l1();
    LocalL1Network network_{l1_};
    rpc::Service service_{network_};
    Served served_{service_, CHAIN_ID};
    std::shared_ptr<const RpcEndpoint> endpoint_ = served_.endpoint();
    std::shared_ptr<RpcL1Source> source_ = std::make_shared<RpcL1Source>(endpoint_);
    RpcL1Sender sender_{endpoint_, source_};
};

TEST_F(RpcSender, sends_and_tells_where_the_transaction_stands) {
    const auto tx = storing(l1_, 1, 1, 1);
    EXPECT_EQ(stage_of(hash(tx)), "unknown");
    ASSERT_TRUE(l1_.mine(std::vector{storing(l1_, 2, 2, 2)}));
    EXPECT_EQ(error_of(tx), "no error");
    const auto status = *sender_.status(hash(tx));
    const auto own = *l1_.status(hash(tx));
    EXPECT_EQ(to_string(status.stage), "included");
    ASSERT_TRUE(status.place);
    EXPECT_EQ(status.place->block->hash, own.place->block->hash);
    EXPECT_EQ(status.place->index, own.place->index);
    EXPECT_EQ(status.place->block->receipts, own.place->block->receipts);
}

TEST_F(RpcSender, tells_what_a_reorganisation_takes_back) {
    const auto tx = storing(l1_, 1, 1, 1);
    EXPECT_EQ(error_of(tx), "no error");
    EXPECT_EQ(stage_of(hash(tx)), "included");
    const auto block = l1_.head()->hash;
    l1_.set_head((*l1_.block(0))->hash);
    EXPECT_EQ(stage_of(hash(tx)), "unknown");
    ASSERT_TRUE(l1_.mine(std::vector{storing(l1_, 2, 2, 2), tx}));
    EXPECT_EQ(stage_of(hash(tx)), "included");
    EXPECT_NE((*sender_.status(hash(tx))).place->block->hash, block);
    EXPECT_EQ((*sender_.status(hash(tx))).place->index, 1u);
}

TEST_F(RpcSender, tells_what_waits) {
    const auto tx = storing(l1_, 1, 1, 1);
    EXPECT_EQ(error_of(tx), "no error");
    bool is_receipt_hidden = true;
    const auto block = l1_.head()->hash;
    served_.liar.lie = [&](const net::RpcCall& call, net::RpcResult& result) {
        if (call.method != "eth_getTransactionReceipt") return;
        if (is_receipt_hidden) {
            result = "null";
        } else {  // of a block that is canonical no more
            const auto at = result->find(to_hex(block));
            (*result)[at + 10] = (*result)[at + 10] == '0' ? '1' : '0';
        }
    };
    EXPECT_EQ(stage_of(hash(tx)), "pending");
    is_receipt_hidden = false;
    EXPECT_EQ(stage_of(hash(tx)), "pending");
}

TEST_F(RpcSender, believes_no_receipt_of_a_block_without_the_transaction) {
    const auto tx = storing(l1_, 1, 1, 1);
    EXPECT_EQ(error_of(tx), "no error");
    const auto other = storing(l1_, 1, 2, 2);
    served_.liar.lie = [&](const net::RpcCall& call, net::RpcResult& result) {
        if (call.method == "eth_getTransactionReceipt")
            result = fmt::format(R"({{"blockNumber":"0x1","blockHash":"{}"}})",
                                 to_hex((*l1_.block(1))->hash));
    };
    EXPECT_THAT(stage_of(hash(other)), HasSubstr("wrong: 127.0.0.1:"));
    EXPECT_THAT(stage_of(hash(other)), HasSubstr("block 1 is said to hold 0x"));
}

TEST_F(RpcSender, sends_blobs_with_the_proofs_of_their_cells) {
    const std::vector blobs{make_blob(1), make_blob(2)};
    const auto tx = with_blobs(l1_, 1, blobs);
    EXPECT_EQ(error_of(tx, blobs), "no error");
    EXPECT_EQ(stage_of(hash(tx)), "included");
    for (const auto& blob : blobs)
        EXPECT_EQ((*l1_.blob(crypto::versioned_hash(blob->commitment)))->blob, blob->blob);

    std::vector<std::vector<KzgProof>> proofs;
    for (const auto& blob : blobs) proofs.push_back(*crypto::compute_cell_proofs(blob->blob));
    const Bytes raw = encode_network_form(tx, blobs, proofs);
    EXPECT_EQ(raw[0], 3);
    rlp::Reader outer{BytesView{raw}.subspan(1)};
    auto fields = *outer.list();
    EXPECT_TRUE(outer.at_end());
    EXPECT_EQ(*decode_transaction(concat(Bytes{3}, fields.item()->whole)), tx);
    EXPECT_EQ(*fields.u64(), 1u);
    EXPECT_EQ(*fields.read<std::vector<Bytes>>(),
              (std::vector{to_bytes(blobs[0]->blob), to_bytes(blobs[1]->blob)}));
    EXPECT_EQ(*fields.read<std::vector<KzgCommitment>>(),
              (std::vector{blobs[0]->commitment, blobs[1]->commitment}));
    const auto told = *fields.read<std::vector<KzgProof>>();
    EXPECT_TRUE(fields.at_end());
    ASSERT_EQ(told.size(), 2 * crypto::CELL_PROOFS_PER_BLOB);
    for (size_t i = 0; i < 2; ++i)
        EXPECT_TRUE(
            crypto::verify_cell_proofs(blobs[i]->blob, blobs[i]->commitment,
                                       std::span{told}.subspan(i * crypto::CELL_PROOFS_PER_BLOB,
                                                               crypto::CELL_PROOFS_PER_BLOB)));
}

TEST_F(RpcSender, refuses_blobs_that_are_not_the_transactions) {
    const std::vector blobs{make_blob(1), make_blob(2)};
    const auto tx = with_blobs(l1_, 1, blobs);
    EXPECT_EQ(error_of(tx), "blobs: they are not those of the versioned hashes");
    EXPECT_EQ(error_of(tx, std::vector{blobs[1], blobs[0]}),
              "blobs: they are not those of the versioned hashes");
    auto changed = std::make_shared<chain::StoredBlob>(*blobs[1]);
    changed->blob[100] ^= 1;
    EXPECT_EQ(error_of(tx, std::vector<chain::StoredBlobPtr>{blobs[0], changed}),
              "blobs: a commitment is not that of its blob");
    EXPECT_EQ(endpoint_->counts().calls, 0u);
}

TEST_F(RpcSender, names_why_a_pool_refuses) {
    const auto tx = storing(l1_, 1, 1, 1);
    const auto answer = [&](net::RpcResult result) {
        served_.liar.lie = [=](const net::RpcCall& call, net::RpcResult& told) {
            if (call.method == "eth_sendRawTransaction") told = result;
        };
        return error_of(tx);
    };
    const auto error = [](const char* message) {
        return std::unexpected{net::RpcError{-32000, message, {}}};
    };
    EXPECT_THAT(answer(error("replacement transaction underpriced")),
                HasSubstr("replacement: 127.0.0.1:"));
    EXPECT_EQ(answer(error("already known")), "no error");
    EXPECT_THAT(answer("\"" + to_hex(Hash{{7}}) + "\""), HasSubstr("another hash"));
    EXPECT_THAT(answer("null"), HasSubstr("another hash"));
    served_.liar.lie = nullptr;
    auto too_early = plain(l1_, 1);
    too_early.nonce = 77;
    EXPECT_THAT(error_of(signed_by(too_early, 1)), HasSubstr("refused: 127.0.0.1:"));
}

}  // namespace
}  // namespace scope::l1
