#pragma once

#include "demo/world.hpp"

namespace scope::demo {

/// A copy of a bundle, to be changed before it is signed and run again.
class Forgery {
  public:
    Forgery(World& world, const builder::Bundle& bundle);

    [[nodiscard]] const builder::Bundle& original() const noexcept { return original_; }
    [[nodiscard]] protocol::Scope& scope() noexcept { return scope_; }
    /// Returns the leg on L1 of the root with this index. REQUIRES: it has one.
    protocol::L1Leg& leg(uint64_t root_index);

    /// The section that a rollup's system transaction loads for a root.
    struct Section {
        protocol::RootContext context;
        protocol::RootSection section;
    };
    /// Changes what a rollup loads for a root, re-executes the batch, claims what came out, and
    /// asks the committee, which signs because all of it is true of that batch.
    /// Throws std::runtime_error if the batch isn't valid any more, or nobody signs.
    template <typename Change>
    void change_section(ChainId chain_id, uint64_t root_index, Change change) {
        auto section = section_of(chain_id, root_index);
        change(section);
        replace_section(chain_id, root_index, section);
    }

    /// Publishes another batch under the old claim and signatures. REQUIRES: it has as many bytes.
    /// @return  The committee's answer when it is asked to attest to it.
    std::string publish_other_batch(ChainId chain_id, const rollup::Batch& batch);

    /// Returns the L1 transaction, signed by the submitter.
    [[nodiscard]] Transaction transaction() const;

  private:
    [[nodiscard]] size_t index_of(ChainId chain_id) const;
    [[nodiscard]] Transaction& transaction_of(rollup::Batch& batch, uint64_t root_index) const;
    [[nodiscard]] Section section_of(ChainId chain_id, uint64_t root_index) const;
    void replace_section(ChainId chain_id, uint64_t root_index, const Section& section);
    /// Puts the batches' bytes where the original's were, and has the claims name their slices.
    void publish();
    /// Returns what the committee is asked: the original's public inputs with the claims as they
    /// are.
    [[nodiscard]] prover::ProofInput proof_input() const;

    World& world_;
    const builder::Bundle& original_;
    protocol::Scope scope_;
    std::vector<rollup::Batch> batches_;
    std::vector<chain::StoredBlobPtr> blobs_;
};

/// Returns a chain's answer to a request which makes no scoped calls itself (protocol.md, section
/// 5), with the baton's marks after it.
protocol::Response answer_to(const protocol::Request& request, bool success, Bytes data);
/// Returns @p marks with the entry of a chain replaced.
protocol::Marks with_mark(protocol::Marks marks, const uint256& chain_id, const Hash& trace);

}  // namespace scope::demo
