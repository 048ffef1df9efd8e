#include "l1/rpc_l1_view.hpp"

#include <algorithm>
#include <utility>

#include "base/hex.hpp"
#include "execution/system_contracts.hpp"
#include "json/appender.hpp"
#include "l1/rehearsal.hpp"

namespace scope::l1 {

namespace {

using json::Json;

std::unexpected<L1Error> refuse(L1Error::Rule rule, std::string reason) {
    return std::unexpected{L1Error{rule, std::move(reason)}};
}

/// The hashes of the ancestors of a block's child, read when they are asked for.
class RpcBlockHashes final : public execution::BlockHashes {
  public:
    RpcBlockHashes(const RpcL1View& view, const Hash& parent, const BlockHeader& header)
        : view_(view), parent_(parent), number_(header.number), hashes_{parent} {
        if (number_ > 0) hashes_.push_back(header.parent_hash);
    }

    [[nodiscard]] Hash block_hash(uint64_t number) const override {
        if (number > number_) return {};
        const uint64_t depth = number_ - number;
        const std::lock_guard lock{mutex_};
        if (depth >= hashes_.size()) {
            const auto headers = view_.headers_down_to(parent_, number + 1);
            if (!headers) throw StateUnavailable{headers.error()};
            hashes_.resize(1);
            for (const auto& each : *headers) hashes_.push_back(each.header.parent_hash);
        }
        return hashes_[depth];
    }

  private:
    const RpcL1View& view_;
    Hash parent_;
    uint64_t number_;
    mutable std::mutex mutex_;
    mutable std::vector<Hash> hashes_;  ///< of the parent, its parent, and so on
};

std::string call_json(const Address& from, const Transaction& call) {
    json::Appender out;
    out.begin_object();
    out.key("from").hex(from);
    if (call.to) out.key("to").hex(*call.to);
    if (call.gas_limit != 0) out.key("gas").quantity(call.gas_limit);
    out.key("value").quantity(call.value);
    out.key("input").hex(call.data);
    out.end_object();
    return out.take();
}

std::string block_json(const Hash& hash) {
    return fmt::format(R"({{"blockHash":"{}"}})", to_hex(hash));
}

}  // namespace

RpcL1View::RpcL1View(chain::ChainSpec spec, std::shared_ptr<const RpcEndpoint> endpoint,
                     RpcL1ViewOptions options)
    : spec_(std::move(spec)), endpoint_(std::move(endpoint)), options_(std::move(options)) {
    CHECK(endpoint_ != nullptr && options_.slot_s > 0);
}

template <typename T>
Result<T, L1Error> RpcL1View::named(Result<T, L1Error> result) const {
    if (!result) return std::unexpected{endpoint_->named(std::move(result).error())};
    return result;
}

// ---- headers

Result<L1Head, L1Error> RpcL1View::head() const {
    const auto read = [&]() -> Result<L1Head, L1Error> {
        const auto followed = options_.followed ? options_.followed() : std::nullopt;
        if (followed) return L1Head{followed->hash, TRY(header(followed->hash))};
        const net::RpcRequest request{"eth_getBlockByNumber", R"(["latest",false])"};
        const auto replies = TRY(endpoint_->call({&request, 1}));
        if (!replies[0]) return std::unexpected{error_of(replies[0].error())};
        const auto block = TRY(read_header(*replies[0]));
        return L1Head{block.hash, block.header};
    };
    auto head = named(read());
    if (!head) return head;
    keep(head->hash, head->header);
    const std::lock_guard lock{mutex_};
    head_ = *head;
    return head;
}

void RpcL1View::keep(const Hash& block, const BlockHeader& header) const {
    const std::lock_guard lock{mutex_};
    if (!headers_.emplace(block, header).second) return;
    headers_in_order_.push_back(block);
    if (headers_in_order_.size() <= MAX_HEADERS) return;
    headers_.erase(headers_in_order_.front());
    headers_in_order_.pop_front();
}

std::optional<BlockHeader> RpcL1View::known_header(const Hash& block) const {
    const std::lock_guard lock{mutex_};
    const auto found = headers_.find(block);
    if (found == headers_.end()) return std::nullopt;
    return found->second;
}

Result<BlockHeader, L1Error> RpcL1View::header(const Hash& block) const {
    if (auto known = known_header(block)) return *known;
    const net::RpcRequest request{"eth_getBlockByHash",
                                  fmt::format(R"(["{}",false])", to_hex(block))};
    const auto replies = TRY(endpoint_->call({&request, 1}));
    if (!replies[0]) return std::unexpected{error_of(replies[0].error())};
    if (replies[0]->is_null()) return refuse(L1Error::unknown_block, to_hex(block));
    const auto read = TRY(read_header(*replies[0]));
    if (read.hash != block)
        return refuse(L1Error::wrong,
                      fmt::format("asked for block {}, told {}", to_hex(block), to_hex(read.hash)));
    keep(block, read.header);
    return read.header;
}

Result<std::vector<L1Head>, L1Error> RpcL1View::headers_down_to(const Hash& from,
                                                                uint64_t last) const {
    const auto read = [&]() -> Result<std::vector<L1Head>, L1Error> {
        std::vector<L1Head> headers{{from, TRY(header(from))}};
        const uint64_t first = headers[0].header.number;
        CHECK(last <= first && first - last <= MAX_DEPTH);
        const auto next_hash = [&] { return headers.back().header.parent_hash; };
        const auto left = [&] { return headers.back().header.number - last; };
        // Numbers are a client's word too, until they follow one another.
        const auto add = [&](const BlockHeader& header) -> Result<void, L1Error> {
            const uint64_t number = headers.back().header.number - 1;
            if (header.number != number)
                return refuse(L1Error::wrong, fmt::format("the parent of block {} has number {}",
                                                          number + 1, header.number));
            headers.push_back({next_hash(), header});
            return {};
        };
        while (left() > 0) {
            const auto known = known_header(next_hash());
            if (!known) break;
            TRY_VOID(add(*known));
        }
        std::vector<net::RpcRequest> requests;
        for (uint64_t i = 1; i <= left(); ++i)
            requests.push_back({"eth_getBlockByNumber",
                                fmt::format("[{},false]", json::quantity_json(uint256{
                                                              headers.back().header.number - i}))});
        const auto replies = TRY(endpoint_->call(requests));
        for (size_t i = 0; i < replies.size(); ++i) {
            if (!replies[i]) return std::unexpected{error_of(replies[i].error())};
            const uint64_t number = headers.back().header.number - 1;
            if (replies[i]->is_null())
                return refuse(L1Error::reorganised, fmt::format("no block {} any more", number));
            const auto block = TRY(read_header(*replies[i]));
            if (block.hash != next_hash())
                return refuse(L1Error::reorganised,
                              fmt::format("block {} is no ancestor of {}", number, to_hex(from)));
            TRY_VOID(add(block.header));
            keep(block.hash, block.header);
        }
        return headers;
    };
    return named(read());
}

Result<std::unique_ptr<execution::BlockHashes>, L1Error> RpcL1View::ancestors(
    const Hash& parent) const {
    const auto known = named(header(parent));
    if (!known) return std::unexpected{known.error()};
    return std::make_unique<RpcBlockHashes>(*this, parent, *known);
}

// ---- states

std::vector<Touch> RpcL1View::expected_after(const Hash& block) const {
    constexpr uint64_t RING = 8191;  // EIP-4788, EIP-2935
    const auto header = known_header(block);
    {
        const std::lock_guard lock{mutex_};
        if (!head_ || head_->hash != block || !header) return {};
    }
    const auto next = next_block();
    if (!next) return {};
    const auto slot = [](uint64_t number) { return to_be(uint256{number}); };
    const uint64_t at = next->timestamp_s % RING;
    return {{execution::BEACON_ROOTS, {slot(at), slot(at + RING)}},
            {execution::HISTORY, {slot(header->number % RING)}}};
}

Result<std::shared_ptr<const RpcState>, L1Error> RpcL1View::state_of(const Hash& block) const {
    {
        const std::lock_guard lock{mutex_};
        const auto found = std::ranges::find(states_, block, [](const auto& s) { return s.first; });
        if (found != states_.end()) return found->second;
    }
    const auto known = TRY(named(header(block)));
    auto state =
        std::make_shared<const RpcState>(endpoint_, L1BlockId{known.number, block},
                                         known.state_root, touched_, expected_after(block));
    const std::lock_guard lock{mutex_};
    states_.emplace_back(block, state);
    if (states_.size() > MAX_STATES) states_.pop_front();
    return state;
}

Result<std::shared_ptr<const state::StateView>, L1Error> RpcL1View::state(const Hash& block) const {
    return TRY(state_of(block));
}

Result<void, L1Error> RpcL1View::prefetch(const Hash& block, std::span<const Touch> touches) const {
    return TRY(state_of(block))->prefetch(touches);
}

Result<std::vector<Touch>, L1Error> RpcL1View::list_touches(const Hash& block,
                                                            const Foreseen::Call& call) const {
    const auto& [from, transaction] = call;
    const auto read = [&]() -> Result<std::vector<Touch>, L1Error> {
        const net::RpcRequest request{
            "eth_createAccessList",
            fmt::format("[{},{}]", call_json(from, transaction), block_json(block))};
        const auto replies = TRY(endpoint_->call({&request, 1}));
        if (!replies[0]) return std::unexpected{error_of(replies[0].error())};
        const auto list = TRY(decoded("eth_createAccessList", [&] {
            return json::get(*replies[0], "accessList", json::access_list);
        }));
        std::vector<Touch> touches{{from, {}}};
        if (transaction.to) touches.push_back({*transaction.to, {}});
        size_t size = 0;
        for (const auto& [address, slots] : list)
            if ((size += 1 + slots.size()) <= MAX_LIST) touches.push_back({address, slots});
        return touches;
    };
    return named(read());
}

void RpcL1View::limit_reads(std::optional<size_t> round_trips) const {
    const std::lock_guard lock{touched_->mutex};
    touched_->reads_left = round_trips;
}

void RpcL1View::rehearse(const Foreseen& foreseen,
                         const std::function<void(const L1View&)>& simulate) const {
    const auto run = [&]() -> Result<void, L1Error> {
        Rehearsal rehearsal{*this};
        const Hash block = TRY(rehearsal.head()).hash;
        std::vector<Touch> touches;
        for (const Address& contract : foreseen.contracts) touches.push_back({contract, {}});
        if (foreseen.call) touches.push_back({foreseen.call->from, {}});
        if (foreseen.call && foreseen.call->transaction.to)
            touches.push_back({*foreseen.call->transaction.to, {}});
        TRY_VOID(prefetch(block, touches));
        for (int turn = 0; turn < MAX_REHEARSALS; ++turn) {
            simulate(rehearsal);
            if (!rehearsal.has_missing()) return {};
            if (turn == 0 && foreseen.call)
                if (const auto listed = list_touches(block, *foreseen.call))
                    for (const Touch& touch : *listed) rehearsal.add_missing(touch);
            TRY(rehearsal.read_missing());
        }
        return {};
    };
    try {
        [[maybe_unused]] const auto read = run();
    } catch (const state::Unavailable&) {
    }
}

// ---- the next block

Result<chain::BlockAttributes, L1Error> RpcL1View::next_block() const {
    auto head = [&] {
        const std::lock_guard lock{mutex_};
        return head_;
    }();
    if (!head) head = TRY(this->head());
    if (options_.announced)
        if (auto told = options_.announced(*head)) return std::move(*told);
    const BlockHeader& header = head->header;
    chain::BlockAttributes next;
    next.timestamp_s = header.timestamp_s + options_.slot_s;
    if (const uint64_t now_s = options_.now_s ? options_.now_s() : 0; next.timestamp_s <= now_s)
        next.timestamp_s +=
            (now_s - next.timestamp_s) / options_.slot_s * options_.slot_s + options_.slot_s;
    next.coinbase = header.coinbase;
    next.prev_randao = header.prev_randao;
    next.parent_beacon_block_root = header.parent_beacon_block_root.value_or(Hash{});
    return next;
}

}  // namespace scope::l1
