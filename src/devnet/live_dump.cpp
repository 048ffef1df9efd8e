#include <fmt/format.h>

#include <algorithm>

#include "base/hex.hpp"
#include "crypto/kzg.hpp"
#include "devnet/forced_encoding.hpp"
#include "devnet/live_network_impl.hpp"
#include "rlp/decode.hpp"
#include "rlp/encode.hpp"
#include "rollup/scratch_chain.hpp"
#include "rpc/params.hpp"

// The state of a network as bytes: what happened, so that load makes it happen again and believes
// nothing but what tests did by force.
//
//     dump     := rlp([version, offset_ms, is_negative, [blob*], [chain*]])     version 1
//     blob     := [content without trailing zeros, commitment, proof]
//     chain    := [chain_id, genesis_hash, [block*], [unsettled*], [state*], [sender*], [child*]]
//     block    := string: its RLP; canonical ones behind the genesis, parents before children. An
//                 unsettled one with the transactions of forced entries, which L1's blocks give again
//     unsettled:= [l1_origin_number, l1_origin_hash]   of the last blocks, in order
//     state    := [block_hash, [account*]]       what was forced on the state after a block
//     account  := [address, nonce, balance, has_code, code, [[key, value]*]]
//     sender   := [transaction_hash, address]    impersonated
//     child    := [block_hash, has_base_fee, base_fee, has_gas_limit, gas_limit]

namespace scope::devnet {

namespace {

constexpr uint64_t VERSION = 1;

struct ForcedState {
    Hash block;
    EncodedChange accounts;
};
constexpr auto rlp_fields(const ForcedState*) {
    return std::tuple{&ForcedState::block, &ForcedState::accounts};
}
struct ForcedSender {
    Hash transaction;
    Address sender;
};
constexpr auto rlp_fields(const ForcedSender*) {
    return std::tuple{&ForcedSender::transaction, &ForcedSender::sender};
}
struct ForcedChild {
    Hash block;
    bool has_base_fee = false;
    uint256 base_fee;
    bool has_gas_limit = false;
    uint64_t gas_limit = 0;
};
constexpr auto rlp_fields(const ForcedChild*) {
    return std::tuple{&ForcedChild::block, &ForcedChild::has_base_fee, &ForcedChild::base_fee,
                      &ForcedChild::has_gas_limit, &ForcedChild::gas_limit};
}
struct Unsettled {
    uint64_t l1_origin_number = 0;
    Hash l1_origin_hash;
};
constexpr auto rlp_fields(const Unsettled*) {
    return std::tuple{&Unsettled::l1_origin_number, &Unsettled::l1_origin_hash};
}
struct DumpedBlob {
    Bytes content;
    KzgCommitment commitment;
    KzgProof proof;
};
constexpr auto rlp_fields(const DumpedBlob*) {
    return std::tuple{&DumpedBlob::content, &DumpedBlob::commitment, &DumpedBlob::proof};
}
struct DumpedChain {
    ChainId chain_id;
    Hash genesis_hash;
    std::vector<Bytes> blocks;
    std::vector<Unsettled> unsettled;
    std::vector<ForcedState> states;
    std::vector<ForcedSender> senders;
    std::vector<ForcedChild> children;
};
constexpr auto rlp_fields(const DumpedChain*) {
    return std::tuple{&DumpedChain::chain_id,  &DumpedChain::genesis_hash, &DumpedChain::blocks,
                      &DumpedChain::unsettled, &DumpedChain::states,       &DumpedChain::senders,
                      &DumpedChain::children};
}
struct Dump {
    uint64_t version = VERSION;
    uint64_t offset_ms = 0;
    bool is_negative = false;
    std::vector<DumpedBlob> blobs;
    std::vector<DumpedChain> chains;
};
constexpr auto rlp_fields(const Dump*) {
    return std::tuple{&Dump::version, &Dump::offset_ms, &Dump::is_negative, &Dump::blobs,
                      &Dump::chains};
}

using Failure = std::unexpected<rpc::RpcError>;

Failure refuse(const std::string& reason) {
    return Failure{rpc::RpcError{rpc::INVALID_PARAMS, "state: " + reason, {}}};
}

// ---- out

bool is_canonical(const chain::Store& store, const Hash& hash) {
    const auto block = store.block(hash);
    if (block == nullptr) return false;
    const auto canonical = store.canonical_block(block->header().number);
    return canonical != nullptr && canonical->hash == hash;
}

void dump_forced(DumpedChain& out, const chain::Chain& chain) {
    const auto contents = chain.spec().forced->contents();
    for (const auto& [block, changes] : contents->states)
        if (is_canonical(chain.store(), block))
            out.states.push_back({block, to_encoded(merge(changes))});
    for (const auto& [transaction, sender] : contents->senders)
        if (chain.store().transaction(transaction)) out.senders.push_back({transaction, sender});
    for (const auto& [block, child] : contents->children)
        if (is_canonical(chain.store(), block))
            out.children.push_back({block, child.base_fee.has_value(),
                                    child.base_fee.value_or(uint256{}), child.gas_limit.has_value(),
                                    child.gas_limit.value_or(0)});
}

DumpedChain dump_chain(const chain::Chain& chain) {
    DumpedChain out;
    out.chain_id = chain.spec().chain_id;
    out.genesis_hash = chain.store().canonical_block(0)->hash;
    for (uint64_t number = 1; number <= chain.head()->header().number; ++number)
        out.blocks.push_back(encode(chain.store().canonical_block(number)->block));
    dump_forced(out, chain);
    return out;
}

void dump_blobs(std::vector<DumpedBlob>& out, const chain::Chain& l1) {
    for (uint64_t number = 1; number <= l1.head()->header().number; ++number)
        for (const auto& tx : l1.store().canonical_block(number)->block.transactions)
            for (const auto& versioned_hash : tx.blob_versioned_hashes)
                if (const auto stored = l1.store().blob(versioned_hash)) {
                    const BytesView blob = stored->blob;
                    size_t size = blob.size();
                    while (size > 0 && blob[size - 1] == 0) --size;
                    out.push_back({to_bytes(blob.first(size)), stored->commitment, stored->proof});
                }
}

// ---- in

Result<chain::StoredBlobPtr, rpc::RpcError> to_blob(const DumpedBlob& dumped) {
    auto blob = std::make_shared<chain::StoredBlob>();
    if (dumped.content.size() > blob->blob.size()) return refuse("a blob is too long");
    std::ranges::copy(dumped.content, blob->blob.data());
    blob->commitment = dumped.commitment;
    blob->proof = dumped.proof;
    return blob;
}

/// Forces again what was forced on a chain. Nothing was on it before.
Result<void, rpc::RpcError> force_again(const DumpedChain& dumped, execution::Forced& forced) {
    execution::Forced::Contents contents;
    for (const auto& [block, accounts] : dumped.states)
        contents.states[block] = {
            std::make_shared<const execution::ForcedChange>(from_encoded(accounts))};
    for (const auto& [transaction, sender] : dumped.senders)
        contents.senders.insert_or_assign(transaction, sender);
    for (const auto& each : dumped.children) {
        if (!each.base_fee.fits_u64()) return refuse("base_fee: above 2^64 - 1 wei");
        if (each.has_gas_limit &&
            (each.gas_limit < MIN_FORCED_GAS_LIMIT || each.gas_limit > MAX_FORCED_GAS_LIMIT))
            return refuse(fmt::format("gas_limit: {} is not from {} to {}", each.gas_limit,
                                      MIN_FORCED_GAS_LIMIT, MAX_FORCED_GAS_LIMIT));
        execution::Forced::Child child;
        if (each.has_base_fee) child.base_fee = each.base_fee;
        if (each.has_gas_limit) child.gas_limit = each.gas_limit;
        contents.children.insert_or_assign(each.block, child);
    }
    forced.set_contents(std::make_shared<const execution::Forced::Contents>(std::move(contents)));
    return {};
}

Result<Block, rpc::RpcError> block_of(const DumpedChain& dumped, size_t index) {
    auto block = decode_block(dumped.blocks[index]);
    if (block) return std::move(*block);
    return refuse(fmt::format("chain {}, block {}: {}", dumped.chain_id.number(), index + 1,
                              to_string(block.error())));
}

Result<void, rpc::RpcError> load_l1(const DumpedChain& dumped, l1::LocalL1& l1) {
    for (size_t i = 0; i < dumped.blocks.size(); ++i) {
        const Block block = TRY(block_of(dumped, i));
        const auto imported = l1.import(block);
        if (!imported)
            return refuse(
                fmt::format("L1 block {}: {}", i + 1, chain::to_string(imported.error())));
    }
    return {};
}

/// Returns a block; refuses one that is not the next.
Result<Block, rpc::RpcError> next_block_of(const DumpedChain& dumped, size_t index,
                                           const rollup::ScratchChain& scratch) {
    auto block = TRY(block_of(dumped, index));
    if (block.header.parent_hash == scratch.head()->hash) return block;
    return refuse(fmt::format("chain {}, block {}: its parent is another block",
                              dumped.chain_id.number(), index + 1));
}

/// Builds the blocks of a rollup that no batch has settled, over the head that was followed.
Result<std::vector<builder::UnsettledBlockPtr>, rpc::RpcError> load_unsettled(
    const DumpedChain& dumped, const rollup::Follower& follower) {
    const auto& followed = *follower.rollup(dumped.chain_id);
    rollup::ScratchChain scratch{followed.chain, followed.chain.head()->hash};
    std::vector<builder::UnsettledBlockPtr> unsettled;
    const size_t settled = dumped.blocks.size() - dumped.unsettled.size();
    for (size_t i = settled; i < dumped.blocks.size(); ++i) {
        const Block block = TRY(next_block_of(dumped, i, scratch));
        const auto& [l1_origin_number, l1_origin_hash] = dumped.unsettled[i - settled];
        auto one = builder::rebuild_unsettled(scratch, block, {l1_origin_number, l1_origin_hash},
                                              follower);
        if (!one)
            return refuse(fmt::format("chain {}, block {}: it is not what is built of it",
                                      dumped.chain_id.number(), block.header.number));
        scratch.add(one->block, one->state);
        unsettled.push_back(std::move(one));
    }
    return unsettled;
}

/// Refuses a dump that ends with another block than the chain that was made of it.
Result<void, rpc::RpcError> require_head(const DumpedChain& dumped, const LiveChain& chain) {
    const Hash last = dumped.blocks.empty()
                          ? dumped.genesis_hash
                          : hash(TRY(block_of(dumped, dumped.blocks.size() - 1)).header);
    if (chain.head()->hash == last) return {};
    return refuse(fmt::format("chain {}: its blocks are not those that L1 settled",
                              dumped.chain_id.number()));
}

/// Refuses blocks with which no batch of the rollup can begin: a scope takes them as they are.
Result<void, rpc::RpcError> require_settleable(
    const rollup::Follower& follower, ChainId chain_id,
    const std::vector<builder::UnsettledBlockPtr>& blocks) {
    const auto& followed = *follower.rollup(chain_id);
    if (blocks.front()->block->header().parent_hash != followed.chain.head()->hash)
        return refuse(
            fmt::format("chain {}: its blocks are not those that L1 settled", chain_id.number()));
    rollup::Batch batch{.chain_id = chain_id,
                        .number = followed.next_batch(),
                        .first_block = blocks.front()->block->header().number,
                        .blocks = {}};
    for (const auto& each : blocks) batch.blocks.push_back(each->content);
    const auto executed = rollup::execute_batch(followed.chain, followed.config, batch,
                                                follower.options_for(followed));
    if (!executed)
        return refuse(fmt::format("chain {}: its unsettled blocks are no batch: {}",
                                  chain_id.number(), to_string(executed.error())));
    if (executed->last_block_hash == blocks.back()->block->hash) return {};
    return refuse(fmt::format("chain {}: its unsettled blocks make other ones in a batch",
                              chain_id.number()));
}

/// Refuses a dump of another network, or of another version.
Result<void, rpc::RpcError> require_same_network(const Dump& dump,
                                                 const std::map<ChainId, LiveChain>& chains) {
    if (dump.version != VERSION)
        return refuse(fmt::format("version: {}, this devnet reads {}", dump.version, VERSION));
    constexpr uint64_t MOST_MS = uint64_t{1} << 50;
    if (dump.offset_ms > MOST_MS) return refuse("offset_ms: above 2^50");
    if (dump.chains.size() != chains.size())
        return refuse(
            fmt::format("chains: {}, this devnet has {}", dump.chains.size(), chains.size()));
    for (const auto& dumped : dump.chains) {
        const uint64_t id = dumped.chain_id.number();
        const auto chain = chains.find(dumped.chain_id);
        if (chain == chains.end()) return refuse(fmt::format("chains: there is no chain {}", id));
        if (std::ranges::count(dump.chains, dumped.chain_id, &DumpedChain::chain_id) != 1)
            return refuse(fmt::format("chains: {} is there twice", id));
        if (chain->second.chain().store().canonical_block(0)->hash != dumped.genesis_hash)
            return refuse(
                fmt::format("chain {}: its genesis is another block than here; start the "
                            "devnet with the options that it was dumped with",
                            id));
        if (dumped.unsettled.size() > dumped.blocks.size() ||
            (chain->second.is_l1() && !dumped.unsettled.empty()))
            return refuse(fmt::format("chain {}: more blocks are unsettled than there are", id));
    }
    return {};
}

}  // namespace

Bytes LiveNetwork::Impl::dump() {
    Dump out;
    out.is_negative = offset_ms_ < 0;
    out.offset_ms = static_cast<uint64_t>(out.is_negative ? -offset_ms_ : offset_ms_);
    dump_blobs(out.blobs, l1().chain());
    const auto unsettled = node().unsettled();
    for (const auto& [id, chain] : chains_) {
        auto& dumped = out.chains.emplace_back(dump_chain(chain.chain()));
        if (const auto blocks = unsettled.find(id); blocks != unsettled.end())
            for (const auto& block : blocks->second)
                dumped.unsettled.push_back(
                    {block->content.l1_origin_number, block->content.l1_origin_hash});
    }
    return rlp::encode(out);
}

LiveNetwork::Impl::Held LiveNetwork::Impl::hold_pools() {
    Held held{.pooled = {}, .senders = {}, .blobs = blobs_};
    for (auto& [id, chain] : chains_) {
        held.pooled[id] = chain.pool()->all();
        held.senders[id] = chain.forced_senders_in_pool();
        chain.pool()->clear();
    }
    return held;
}

void LiveNetwork::Impl::release(Held held) {
    blobs_ = std::move(held.blobs);
    for (auto& [id, chain] : chains_) {
        for (const auto& [transaction, sender] : held.senders[id])
            chain.forced().set_sender(transaction, sender);
        for (const auto& pooled : held.pooled[id]) queue_->give_back(chain, pooled->transaction);
    }
}

Result<void, rpc::RpcError> LiveNetwork::Impl::load(BytesView dump) {
    rlp::Reader reader{dump};
    auto read = reader.read<Dump>();
    if (!read || !reader.at_end()) return refuse("it is no dump of a devnet");
    const auto& in = *read;
    TRY_VOID(require_same_network(in, chains_));
    TRY_VOID(require_kept(genesis_.l1_head));

    const auto before = take_snapshot();
    auto held = hold_pools();
    const auto load_all = [&]() -> Result<void, rpc::RpcError> {
        restore(genesis_);
        for (const auto& dumped : in.blobs) {
            const auto blob = TRY(to_blob(dumped));
            if (!l1().add_blobs(std::span{&blob, 1})) return refuse("a blob's proof does not hold");
        }
        has_changed_ = true;
        for (const auto& dumped : in.chains)
            TRY_VOID(force_again(dumped, find(dumped.chain_id)->forced()));
        for (const auto& dumped : in.chains)
            if (dumped.chain_id == l1_id_) TRY_VOID(load_l1(dumped, l1()));
        if (const auto followed = node().follow(); !followed)
            return refuse("L1 can't be followed: " + to_string(followed.error()));
        builder::UnsettledBlocks unsettled;
        for (const auto& dumped : in.chains) {
            if (dumped.unsettled.empty()) continue;
            unsettled.emplace(dumped.chain_id, TRY(load_unsettled(dumped, node().follower())));
        }
        for (const auto& [chain_id, blocks] : unsettled)
            TRY_VOID(require_settleable(node().follower(), chain_id, blocks));
        node().set_unsettled(unsettled);
        for (const auto& dumped : in.chains) TRY_VOID(require_head(dumped, *find(dumped.chain_id)));
        return {};
    };
    auto loaded = load_all();
    if (!loaded) {
        restore(before);
        release(std::move(held));
        return loaded;
    }
    has_changed_ = true;
    offset_ms_ =
        in.is_negative ? -static_cast<int64_t>(in.offset_ms) : static_cast<int64_t>(in.offset_ms);
    snapshots_.clear();
    release(std::move(held));
    moved(Undone::dropped);
    return {};
}

}  // namespace scope::devnet
