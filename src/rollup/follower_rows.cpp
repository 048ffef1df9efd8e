#include "rollup/follower_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/hex.hpp"
#include "rlp/encode.hpp"
#include "store/decode_row.hpp"
#include "store/keys.hpp"
#include "store/numbers.hpp"

namespace scope::rollup {

namespace {

using store::Order;

struct NetworkRow {
    Address settlement;
    uint64_t first_block = 0;
    std::vector<ChainId> rollups;
    friend bool operator==(const NetworkRow&, const NetworkRow&) = default;
};
constexpr auto rlp_fields(const NetworkRow*) {
    return std::tuple{&NetworkRow::settlement, &NetworkRow::first_block, &NetworkRow::rollups};
}
struct LabelsRow {
    uint64_t safe = 0;
    uint64_t finalized = 0;
};
constexpr auto rlp_fields(const LabelsRow*) {
    return std::tuple{&LabelsRow::safe, &LabelsRow::finalized};
}
struct BlockRow {
    Hash hash;
    uint64_t timestamp_s = 0;
};
constexpr auto rlp_fields(const BlockRow*) {
    return std::tuple{&BlockRow::hash, &BlockRow::timestamp_s};
}
struct EventsRow {
    std::vector<ChainId> registered;
    std::vector<ChainId> closed;
};
constexpr auto rlp_fields(const EventsRow*) {
    return std::tuple{&EventsRow::registered, &EventsRow::closed};
}
struct EntryRow {
    uint64_t queued_at = 0;
    uint64_t kind = 0;
    Address from;
    Address to;
    uint256 value;
    uint64_t gas_limit = 0;
    Bytes data;
};
constexpr auto rlp_fields(const EntryRow*) {
    return std::tuple{&EntryRow::queued_at, &EntryRow::kind,      &EntryRow::from, &EntryRow::to,
                      &EntryRow::value,     &EntryRow::gas_limit, &EntryRow::data};
}
struct StopRow {
    uint64_t rule = 0;
    uint64_t l1_block = 0;
    uint64_t batch_number = 0;
    Bytes detail;
};
constexpr auto rlp_fields(const StopRow*) {
    return std::tuple{&StopRow::rule, &StopRow::l1_block, &StopRow::batch_number, &StopRow::detail};
}

[[noreturn]] void refuse(BytesView key) {
    store::refuse_row(key, "it is not what a follower writes");
}

/// Returns the number that a key ends with.
uint64_t last_number(BytesView key) {
    return store::read_u64(key.last(8));
}

FollowedBlock decode_block(BytesView key, BytesView value) {
    const auto row = store::decode_row<BlockRow>(key, value);
    return {{last_number(key), row.hash}, row.timestamp_s};
}

QueuedEntry decode_entry(BytesView key, BytesView value) {
    auto row = store::decode_row<EntryRow>(key, value);
    if (row.kind > static_cast<uint64_t>(protocol::ForcedKind::transaction)) refuse(key);
    QueuedEntry queued{last_number(key),
                       row.queued_at,
                       {.kind = static_cast<protocol::ForcedKind>(row.kind),
                        .from = row.from,
                        .to = row.to,
                        .value = row.value,
                        .gas_limit = row.gas_limit,
                        .data = std::move(row.data)}};
    if (!protocol::is_within_bounds(queued.entry)) refuse(key);
    return queued;
}

}  // namespace

// ---- keys

Bytes FollowerRows::key(char kind) const {
    Bytes key = store::column_prefix(store::Column::follower, l1_);
    key.push_back(static_cast<uint8_t>(kind));
    return key;
}

Bytes FollowerRows::key(char kind, uint64_t number) const {
    Bytes key = this->key(kind);
    store::append_u64(key, number);
    return key;
}

Bytes FollowerRows::key(char kind, ChainId rollup, uint64_t number) const {
    Bytes key = this->key(kind, rollup.number());
    store::append_u64(key, number);
    return key;
}

// ---- the network

void FollowerRows::require_network(const Address& settlement, uint64_t first_block,
                                   const std::vector<ChainId>& rollups) {
    const NetworkRow own{settlement, first_block, rollups};
    const Bytes key = this->key('i');
    const auto value = rows_.get(key);
    if (!value) return rows_.put(key, rlp::encode(own));
    const auto found = store::decode_row<NetworkRow>(key, *value);
    if (found == own) return;
    const auto ids = [](const NetworkRow& row) {
        std::vector<uint64_t> numbers;
        for (const ChainId id : row.rollups) numbers.push_back(id.number());
        return fmt::format("settlement {} from L1 block {} on, rollups {}", to_hex(row.settlement),
                           row.first_block, fmt::join(numbers, ", "));
    };
    throw store::DatabaseError{
        store::DatabaseRule::other_network,
        fmt::format("the database follows {}, and was opened to follow {}: open it as it was made, "
                    "or have another folder follow L1 from the beginning",
                    ids(found), ids(own))};
}

void FollowerRows::put(const Labels& labels) {
    rows_.put(key('l'), rlp::encode(LabelsRow{labels.safe, labels.finalized}));
}

FollowerRows::Labels FollowerRows::labels() const {
    const Bytes key = this->key('l');
    const auto value = rows_.get(key);
    if (!value) return {};
    const auto row = store::decode_row<LabelsRow>(key, *value);
    return {row.safe, row.finalized};
}

// ---- L1's blocks

void FollowerRows::put(const FollowedBlock& block) {
    rows_.put(key('b', block.id.number), rlp::encode(BlockRow{block.id.hash, block.timestamp_s}));
}

std::optional<FollowedBlock> FollowerRows::block(uint64_t number) const {
    const Bytes key = this->key('b', number);
    const auto value = rows_.get(key);
    return value ? std::optional{decode_block(key, *value)} : std::nullopt;
}

std::optional<FollowedBlock> FollowerRows::last_block() const {
    std::optional<FollowedBlock> last;
    rows_.scan(key('b'), Order::descending, [&](BytesView key, BytesView value) {
        last = decode_block(key, value);
        return false;
    });
    return last;
}

void FollowerRows::put_events(uint64_t l1_block, const std::vector<ChainId>& registered,
                              const std::vector<ChainId>& closed) {
    if (registered.empty() && closed.empty()) return;
    rows_.put(key('e', l1_block), rlp::encode(EventsRow{registered, closed}));
}

FollowerRows::Events FollowerRows::events() const {
    Events events;
    rows_.scan(key('e'), Order::ascending, [&](BytesView key, BytesView value) {
        const auto row = store::decode_row<EventsRow>(key, value);
        const uint64_t l1_block = last_number(key);
        for (const ChainId id : row.registered) events.registered.push_back({l1_block, id});
        for (const ChainId id : row.closed) events.closed.push_back({l1_block, id});
        return true;
    });
    return events;
}

// ---- rollups

void FollowerRows::put_position(ChainId rollup, const RollupPosition& position) {
    rows_.put(key('p', rollup, position.l1_block), rlp::encode(position));
}

std::vector<RollupPosition> FollowerRows::positions(ChainId rollup, uint64_t finalized) const {
    std::vector<RollupPosition> positions;
    std::ptrdiff_t final_ones = 0;
    rows_.scan(key('p', rollup.number()), Order::descending, [&](BytesView key, BytesView value) {
        positions.push_back(store::decode_row<RollupPosition>(key, value));
        if (positions.back().l1_block != last_number(key)) refuse(key);
        if (positions.back().l1_block <= finalized) ++final_ones;
        return final_ones < FINAL_POSITIONS;
    });
    std::ranges::reverse(positions);
    return positions;
}

std::optional<RollupPosition> FollowerRows::position(ChainId rollup, uint64_t l1_block) const {
    std::optional<RollupPosition> position;
    rows_.scan_from(key('p', rollup, l1_block), key('p', rollup.number()), Order::descending,
                    [&](BytesView key, BytesView value) {
                        position = store::decode_row<RollupPosition>(key, value);
                        return false;
                    });
    return position;
}

void FollowerRows::put_upgrade(ChainId rollup, const PredeployUpgrade& upgrade) {
    rows_.put(key('u', rollup, upgrade.l1_block), Bytes{upgrade.code});
}

std::vector<PredeployUpgrade> FollowerRows::upgrades(ChainId rollup) const {
    std::vector<PredeployUpgrade> upgrades;
    rows_.scan(key('u', rollup.number()), Order::ascending, [&](BytesView key, BytesView value) {
        upgrades.push_back({last_number(key), to_bytes(value)});
        return true;
    });
    return upgrades;
}

void FollowerRows::put_entry(ChainId rollup, const QueuedEntry& queued) {
    const auto& entry = queued.entry;
    rows_.put(key('q', rollup, queued.index),
              rlp::encode(EntryRow{queued.queued_at, static_cast<uint64_t>(entry.kind), entry.from,
                                   entry.to, entry.value, entry.gas_limit, entry.data}));
}

FollowerRows::Queue FollowerRows::queue(ChainId rollup, uint64_t from) const {
    Queue queue;
    rows_.scan(key('q', rollup.number()), Order::descending, [&](BytesView key, BytesView value) {
        const uint64_t index = last_number(key);
        if (queue.entries.empty()) queue.first = index + 1;  // its length
        if (index < from) return false;
        queue.entries.push_front(decode_entry(key, value));
        queue.first = index;
        return true;
    });
    return queue;
}

void FollowerRows::put_stop(ChainId rollup, const std::optional<FollowError>& stop) {
    const Bytes key = this->key('s', rollup.number());
    if (!stop) return rows_.erase(key);
    rows_.put(key, rlp::encode(StopRow{static_cast<uint64_t>(stop->rule), stop->l1_block,
                                       stop->batch_number, to_bytes(as_bytes(stop->detail))}));
}

std::optional<FollowError> FollowerRows::stop(ChainId rollup) const {
    const Bytes key = this->key('s', rollup.number());
    const auto value = rows_.get(key);
    if (!value) return std::nullopt;
    const auto row = store::decode_row<StopRow>(key, *value);
    if (row.rule >= FOLLOW_RULE_COUNT) refuse(key);
    return FollowError{.rule = static_cast<FollowRule>(row.rule),
                       .l1_block = row.l1_block,
                       .chain_id = rollup,
                       .batch_number = row.batch_number,
                       .detail = {row.detail.begin(), row.detail.end()},
                       .derivation = {},
                       .batch = {}};
}

// ---- going back

template <typename F>
void FollowerRows::erase_while(BytesView prefix, F is_undone) {
    rows_.scan(prefix, Order::descending, [&](BytesView key, BytesView value) {
        if (!is_undone(key, value)) return false;
        rows_.erase(to_bytes(key));
        return true;
    });
}

void FollowerRows::erase_from(uint64_t number, const std::vector<ChainId>& rollups) {
    const auto has_undone_number = [number](BytesView key, BytesView) {
        return last_number(key) >= number;
    };
    for (const ChainId rollup : rollups) {
        erase_while(key('p', rollup.number()), has_undone_number);
        erase_while(key('u', rollup.number()), has_undone_number);
        erase_while(key('q', rollup.number()), [number](BytesView key, BytesView value) {
            return decode_entry(key, value).queued_at >= number;
        });
    }
    erase_while(key('e'), has_undone_number);
    erase_while(key('b'), has_undone_number);
}

}  // namespace scope::rollup
