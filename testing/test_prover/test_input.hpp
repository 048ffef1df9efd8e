#pragma once

#include "prover/attester.hpp"
#include "test_rollup/test_rollup.hpp"

namespace scope::prover::test {

/// A rollup at its genesis with a batch for it, and an L1 on which nothing has settled yet.
struct Setting {
    rollup::RollupConfig rollup = rollup::test::config();
    chain::Chain chain = rollup::test::make_chain(rollup);
    rollup::test::FakeL1 l1;
    rollup::Batch batch = rollup::test::sample_batch(chain, l1.head()->hash, 0);

    rollup::test::Claimed claimed(rollup::test::DataIn data_in) {
        return rollup::test::claim_of(chain, rollup, batch, data_in, &l1);
    }
    /// Returns what an honest builder asks to have proved, with its digests.
    [[nodiscard]] ProofInput input_of(const rollup::test::Claimed& claimed) const {
        return input_of(std::vector{claimed});
    }
    /// Returns it for batches of one scope, ascending by chain id, all where the first one's data
    /// is.
    [[nodiscard]] ProofInput input_of(const std::vector<rollup::test::Claimed>& batches) const;
    ProofInput input(rollup::test::DataIn data_in) { return input_of(claimed(data_in)); }
};

/// A committee's member with a follower of its own.
class Member final : public AttesterClient {
  public:
    Member(crypto::SecretKey key, const l1::L1Source& l1, std::vector<rollup::RollupConfig> rollups)
        : follower_(l1, std::move(rollups)),
          // No test waits for the clock: with sanitizers the largest batches take ten times as long.
          attester_(crypto::local_signer(key), follower_,
                    {.request = std::chrono::hours{1}, .requester = {}}) {}

    [[nodiscard]] const Address& address() const noexcept override { return attester_.address(); }
    Result<Attestation, Disagreement> attest(BytesView proof_input) override {
        return attester_.attest(proof_input);
    }
    [[nodiscard]] rollup::Follower& follower() noexcept { return follower_; }

  private:
    rollup::Follower follower_;
    Attester attester_;
};

/// Returns the signer of an attestation for all claims of an input.
Address signer_of(const ProofInput& input, BytesView signature);

/// Puts other bytes into the place of the one batch of an input in calldata.
void replace_batch(ProofInput& input, Bytes bytes);

/// Returns the batch's bytes with another envelope for the last transaction of the last block.
Bytes with_envelope(const rollup::Batch& batch, const Bytes& envelope);

}  // namespace scope::prover::test
