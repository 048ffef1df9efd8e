#include "rpc/execution_witness.hpp"

#include <algorithm>
#include <set>

#include "json/appender.hpp"
#include "rpc/replay.hpp"
#include "rpc/to_json.hpp"

namespace scope::rpc {

namespace {

using json::Appender;

/// A tracer of the codes that run or are looked at, and of the oldest ancestor asked for.
class WitnessTracer final : public FrameTracer {
  public:
    void on_instruction(const evm::TraceStep& step) override {
        if (step.opcode != evm::OP_BLOCKHASH) return;
        if (const auto number = stack_word(step, 0); number && number->fits_u64())
            oldest = std::min(oldest, (*number)[0]);
    }
    uint64_t oldest = UINT64_MAX;
};

/// The nodes and codes that a block's execution has looked at.
struct Footprint {
    std::set<Bytes> nodes;
    std::set<Bytes> codes;
};

bool erases(const state::State& after, const Address& address, const std::vector<Hash>& keys,
            const state::WorldState& before) {
    const bool is_gone = before.account(address) && !after.exists(address);
    return is_gone || std::ranges::any_of(keys, [&](const Hash& key) {
               return !before.storage(address, key).is_zero() &&
                      after.storage(address, key).is_zero();
           });
}

Footprint footprint_of(const state::State& after, const state::WorldState& before) {
    Footprint footprint;
    const auto add = [&](std::vector<Bytes> nodes) {
        for (Bytes& node : nodes) footprint.nodes.insert(std::move(node));
    };
    std::vector<std::pair<Address, std::vector<Hash>>> read;
    after.for_each_read([&](const Address& address, const std::vector<Hash>& keys) {
        read.emplace_back(address, keys);
    });
    for (const auto& [address, keys] : read) {
        auto proof = before.prove(address, keys);
        add(std::move(proof.account));
        for (auto& slot : proof.slots) add(std::move(slot));
        if (erases(after, address, keys, before)) add(before.prove_erasure(address, keys));
        const auto code = before.code(address);
        if (!code->bytes.empty()) footprint.codes.insert(code->bytes);
    }
    return footprint;
}

/// Returns the parent and older ancestors down to @p oldest, the oldest first.
std::vector<BlockHeader> ancestors_of(const chain::Chain& chain, const chain::StoredBlock& block,
                                      uint64_t oldest) {
    constexpr uint64_t MOST = 256;
    std::vector<BlockHeader> headers;
    Hash hash = block.header().parent_hash;
    while (headers.size() < MOST) {
        const auto ancestor = chain.store().block(hash);
        if (!ancestor) break;
        headers.push_back(ancestor->header());
        if (ancestor->header().number <= oldest || ancestor->header().number == 0) break;
        hash = ancestor->header().parent_hash;
    }
    std::ranges::reverse(headers);
    return headers;
}

void append_all(Appender& out, const std::set<Bytes>& items) {
    out.begin_array();
    for (const Bytes& item : items) out.hex(item);
    out.end_array();
}

}  // namespace

std::string witness_json(ChainView& chain, const chain::StoredBlockPtr& block) {
    Replay replay{chain, block};
    WitnessTracer tracer;
    while (!replay.is_over()) replay.next(&tracer);
    replay.finish();
    const auto footprint = footprint_of(replay.state(), replay.parent_state());
    const uint64_t parent = block->header().number - 1;

    Appender out;
    out.begin_object();
    out.key("headers").begin_array();
    for (const auto& header :
         ancestors_of(chain.chain(), *block, std::min(tracer.oldest, parent))) {
        out.begin_object();
        append_header_members(out, header, hash(header));
        out.end_object();
    }
    out.end_array();
    append_all(out.key("codes"), footprint.codes);
    append_all(out.key("state"), footprint.nodes);
    out.key("keys").begin_array();
    out.end_array();
    out.end_object();
    return out.take();
}

}  // namespace scope::rpc
