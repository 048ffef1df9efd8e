#include "service/scope_rows.hpp"

#include "rlp/encode.hpp"
#include "service/row_keys.hpp"
#include "store/decode_row.hpp"

namespace scope::service {

namespace {

struct ToldRow {
    uint64_t number = 0;
    Hash hash;
};
constexpr auto rlp_fields(const ToldRow*) {
    return std::tuple{&ToldRow::number, &ToldRow::hash};
}

}  // namespace

void ScopeRows::put_told(const l1::L1BlockId& l1_block) {
    rows_.put(row_prefix(l1_, 'h'), rlp::encode(ToldRow{l1_block.number, l1_block.hash}));
}

std::optional<l1::L1BlockId> ScopeRows::told() const {
    const Bytes key = row_prefix(l1_, 'h');
    const auto value = rows_.get(key);
    if (!value) return std::nullopt;
    const auto row = store::decode_row<ToldRow>(key, *value);
    return l1::L1BlockId{row.number, row.hash};
}

void ScopeRows::put_scope(uint64_t number, const Scope& scope) {
    rows_.put(row_key(l1_, 'n', number), rlp::encode(scope));
}

std::optional<ScopeRows::Scope> ScopeRows::scope(uint64_t number) const {
    const Bytes key = row_key(l1_, 'n', number);
    const auto value = rows_.get(key);
    return value ? std::optional{store::decode_row<Scope>(key, *value)} : std::nullopt;
}

uint64_t ScopeRows::scopes() const {
    uint64_t count = 0;
    const Bytes prefix = row_prefix(l1_, 'n');
    rows_.scan(prefix, store::Order::descending, [&](BytesView key, BytesView) {
        count = number_in(key, key.subspan(prefix.size())) + 1;
        return false;
    });
    return count;
}

void ScopeRows::erase_scope(uint64_t number) {
    rows_.erase(row_key(l1_, 'n', number));
}

void ScopeRows::refuse_scope(uint64_t number) const {
    refuse_service_row(row_key(l1_, 'n', number));
}

void ScopeRows::put_found(const Hash& hash, uint64_t number) {
    Bytes value;
    store::append_u64(value, number);
    rows_.put(row_key(l1_, 'f', hash), value);
}

std::optional<uint64_t> ScopeRows::found(const Hash& hash) const {
    const Bytes key = row_key(l1_, 'f', hash);
    const auto value = rows_.get(key);
    return value ? std::optional{number_in(key, *value)} : std::nullopt;
}

void ScopeRows::erase_found(const Hash& hash) {
    rows_.erase(row_key(l1_, 'f', hash));
}

}  // namespace scope::service
