#include "devnet/devnet_rows.hpp"

#include "devnet/forced_encoding.hpp"
#include "store/decode_row.hpp"
#include "store/keys.hpp"
#include "store/numbers.hpp"

namespace scope::devnet {

namespace {

struct ClockRow {
    uint64_t offset_ms = 0;
    bool is_negative = false;
};
constexpr auto rlp_fields(const ClockRow*) {
    return std::tuple{&ClockRow::offset_ms, &ClockRow::is_negative};
}
struct ChildRow {
    bool has_base_fee = false;
    uint256 base_fee;
    bool has_gas_limit = false;
    uint64_t gas_limit = 0;
};
constexpr auto rlp_fields(const ChildRow*) {
    return std::tuple{&ChildRow::has_base_fee, &ChildRow::base_fee, &ChildRow::has_gas_limit,
                      &ChildRow::gas_limit};
}
Bytes key_of(ChainId chain_id, char kind) {
    Bytes key = store::column_prefix(store::Column::devnet, chain_id);
    key.push_back(static_cast<uint8_t>(kind));
    return key;
}
Bytes key_of(ChainId chain_id, char kind, const Hash& hash) {
    Bytes key = key_of(chain_id, kind);
    append(key, hash);
    return key;
}
Bytes change_key(ChainId chain_id, const Hash& block, uint64_t index) {
    Bytes key = key_of(chain_id, 's', block);
    store::append_u64(key, index);
    return key;
}

[[noreturn]] void refuse(BytesView key) {
    store::refuse_row(key, "it is not what a devnet writes");
}

/// Returns the bytes of a key or value as such of a fixed size.
template <typename Fixed>
Fixed fixed(BytesView key, BytesView bytes) {
    if (bytes.size() != Fixed::size()) refuse(key);
    return Fixed::from(bytes);
}

}  // namespace

void DevnetRows::put_clock(int64_t offset_ms) {
    const bool is_negative = offset_ms < 0;
    rows_.put(key_of(l1_, 'o'),
              rlp::encode(ClockRow{static_cast<uint64_t>(is_negative ? -offset_ms : offset_ms),
                                   is_negative}));
}

int64_t DevnetRows::clock() const {
    const Bytes key = key_of(l1_, 'o');
    const auto value = rows_.get(key);
    if (!value) return 0;
    const auto row = store::decode_row<ClockRow>(key, *value);
    if (row.offset_ms > INT64_MAX) refuse(key);
    const auto offset_ms = static_cast<int64_t>(row.offset_ms);
    return row.is_negative ? -offset_ms : offset_ms;
}

// ---- changes by force

void DevnetRows::put_forced(ChainId chain_id, const ForcedPtr& before, const ForcedPtr& now) {
    if (before == now) return;
    // What was taken back, as a snapshot does, then what is new or other.
    for (const auto& [block, changes] : before->states) {
        const auto kept = now->states.find(block);
        for (size_t i = kept == now->states.end() ? 0 : kept->second.size(); i < changes.size();
             ++i)
            rows_.erase(change_key(chain_id, block, i));
    }
    for (const auto& [block, changes] : now->states) {
        const auto old = before->states.find(block);
        for (size_t i = 0; i < changes.size(); ++i)
            if (old == before->states.end() || i >= old->second.size() ||
                old->second[i] != changes[i])
                rows_.put(change_key(chain_id, block, i), rlp::encode(to_encoded(*changes[i])));
    }
    for (const auto& [transaction, sender] : before->senders)
        if (!now->senders.contains(transaction)) rows_.erase(key_of(chain_id, 't', transaction));
    for (const auto& [transaction, sender] : now->senders)
        if (const auto old = before->senders.find(transaction);
            old == before->senders.end() || old->second != sender)
            rows_.put(key_of(chain_id, 't', transaction), to_bytes(sender));
    for (const auto& [block, child] : before->children)
        if (!now->children.contains(block)) rows_.erase(key_of(chain_id, 'c', block));
    for (const auto& [block, child] : now->children)
        if (const auto old = before->children.find(block);
            old == before->children.end() || old->second != child)
            rows_.put(
                key_of(chain_id, 'c', block),
                rlp::encode(ChildRow{child.base_fee.has_value(), child.base_fee.value_or(uint256{}),
                                     child.gas_limit.has_value(), child.gas_limit.value_or(0)}));
}

DevnetRows::ForcedPtr DevnetRows::forced(ChainId chain_id) const {
    auto contents = std::make_shared<execution::Forced::Contents>();
    const auto scan = [&](char kind, auto take) {
        const Bytes prefix = key_of(chain_id, kind);
        rows_.scan(prefix, store::Order::ascending, [&](BytesView key, BytesView value) {
            take(key, key.subspan(prefix.size()), value);
            return true;
        });
    };
    scan('s', [&](BytesView key, BytesView rest, BytesView value) {
        if (rest.size() != 32 + 8) refuse(key);
        auto& changes = contents->states[Hash::from(rest.first(32))];
        if (store::read_u64(rest.subspan(32)) != changes.size()) refuse(key);
        changes.push_back(std::make_shared<const execution::ForcedChange>(
            from_encoded(store::decode_row<EncodedChange>(key, value))));
    });
    scan('t', [&](BytesView key, BytesView rest, BytesView value) {
        contents->senders.emplace(fixed<Hash>(key, rest), fixed<Address>(key, value));
    });
    scan('c', [&](BytesView key, BytesView rest, BytesView value) {
        const auto row = store::decode_row<ChildRow>(key, value);
        auto& child = contents->children[fixed<Hash>(key, rest)];
        if (row.has_base_fee) child.base_fee = row.base_fee;
        if (row.has_gas_limit) child.gas_limit = row.gas_limit;
    });
    return contents;
}

}  // namespace scope::devnet
