#include "builder/next_l1_block.hpp"

#include "chain/chain.hpp"

namespace scope::builder {

namespace {

execution::BlockInputs inputs_of(const BlockHeader& header) {
    execution::BlockInputs inputs;
    inputs.parent_hash = header.parent_hash;
    inputs.parent_beacon_block_root = header.parent_beacon_block_root;
    return inputs;
}

state::State make_state(const state::StateView& base, state::Journal* journal) {
    return journal != nullptr ? state::State{base, *journal} : state::State{base};
}

}  // namespace

Result<L1Snapshot, l1::L1Error> read_snapshot(const l1::L1View& l1) {
    L1Snapshot snapshot;
    snapshot.spec = l1.spec();
    snapshot.head = TRY(l1.head());
    snapshot.state = TRY(l1.state(snapshot.head.hash));
    snapshot.ancestors = TRY(l1.ancestors(snapshot.head.hash));
    snapshot.next = TRY(l1.next_block());
    // Of another head, if L1 was reorganised meanwhile.
    if (!chain::are_allowed(snapshot.spec, snapshot.head.header, snapshot.next))
        return std::unexpected{l1::L1Error::unknown_block};
    return snapshot;
}

NextL1Block::NextL1Block(L1Snapshot snapshot, const chain::BlockAttributes& attributes,
                         state::Journal* journal)
    : NextL1Block(
          snapshot,
          chain::child_header(snapshot.spec, snapshot.head.hash, snapshot.head.header, attributes),
          journal) {}

NextL1Block::NextL1Block(L1Snapshot snapshot, const BlockHeader& header, state::Journal* journal)
    : snapshot_(std::move(snapshot)),
      environment_(chain::make_environment(snapshot_.spec, header, snapshot_.ancestors.get())),
      state_(make_state(*snapshot_.state, journal)),
      executor_(state_, environment_, inputs_of(header)) {
    executor_.begin();
}

Result<execution::Outcome, execution::TxError> NextL1Block::execute(const Transaction& transaction,
                                                                    const Address& sender,
                                                                    execution::Host* host) {
    return executor_.execute(transaction, sender, host);
}

Result<execution::Outcome, execution::TxError> dry_run(const L1Snapshot& snapshot,
                                                       const chain::BlockAttributes& attributes,
                                                       const Transaction& transaction,
                                                       const Address& sender) {
    NextL1Block block{snapshot, attributes};
    return block.execute(transaction, sender);
}

Result<execution::Outcome, execution::TxError> dry_run(const L1Snapshot& snapshot,
                                                       const chain::BlockAttributes& attributes,
                                                       const Transaction& transaction) {
    NextL1Block block{snapshot, attributes};
    const auto sender = TRY(execution::sender_of(transaction, block.environment()));
    return block.execute(transaction, sender);
}

}  // namespace scope::builder
