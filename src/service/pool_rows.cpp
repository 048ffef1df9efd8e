#include "service/pool_rows.hpp"

#include "protocol/settlement.hpp"
#include "rlp/encode.hpp"
#include "service/row_keys.hpp"
#include "store/decode_row.hpp"

namespace scope::service {

namespace {

struct OperationRow {
    Bytes signed_operation;
    bool has_index = false;
    uint64_t index = 0;
};
constexpr auto rlp_fields(const OperationRow*) {
    return std::tuple{&OperationRow::signed_operation, &OperationRow::has_index,
                      &OperationRow::index};
}
struct RefusalRow {
    ChainId chain_id;
    Hash hash;
    bool has_rule = false;
    uint64_t rule = 0;
    Bytes reason;
    uint256 sufficient_fee;
};
constexpr auto rlp_fields(const RefusalRow*) {
    return std::tuple{&RefusalRow::chain_id, &RefusalRow::hash,   &RefusalRow::has_rule,
                      &RefusalRow::rule,     &RefusalRow::reason, &RefusalRow::sufficient_fee};
}

/// A row, and the number in its key.
struct Numbered {
    Bytes key;
    uint64_t number = 0;
    Bytes value;
};
/// Returns all rows with a prefix.
std::vector<Numbered> all_of(const store::Staging& rows, const Bytes& prefix) {
    std::vector<Numbered> all;
    rows.scan(prefix, store::Order::ascending, [&](BytesView key, BytesView value) {
        all.push_back({to_bytes(key), number_in(key, key.subspan(prefix.size())), to_bytes(value)});
        return true;
    });
    return all;
}

}  // namespace

void PoolRows::save(ChainId chain_id, pool::TxPool& pool) {
    for (const auto& [pooled, has_come] : pool.take_changes()) {
        const Bytes key = row_key(chain_id, 't', pooled->arrival);
        if (has_come)
            rows_.put(key, encode(pooled->transaction));
        else
            rows_.erase(key);
    }
}

void PoolRows::add_transactions(ChainId chain_id, std::span<const Transaction> transactions) {
    if (transactions.empty()) return;
    const auto waiting = all_of(rows_, row_prefix(chain_id, 't'));
    uint64_t number = waiting.empty() ? 0 : waiting.back().number + 1;
    for (const auto& transaction : transactions)
        rows_.put(row_key(chain_id, 't', number++), encode(transaction));
}

std::vector<Transaction> PoolRows::take_transactions(ChainId chain_id) {
    std::vector<Transaction> transactions;
    for (const auto& [key, number, value] : all_of(rows_, row_prefix(chain_id, 't'))) {
        auto transaction = decode_transaction(value);
        if (!transaction) refuse_service_row(key);
        transactions.push_back(std::move(*transaction));
        rows_.erase(key);
    }
    return transactions;
}

void PoolRows::put_operation(uint64_t arrival, const builder::L1Root& operation) {
    rows_.put(row_key(l1_, 'o', arrival),
              rlp::encode(OperationRow{protocol::encode(operation.operation),
                                       operation.root_index.has_value(),
                                       operation.root_index.value_or(0)}));
}

void PoolRows::erase_operation(uint64_t arrival) {
    rows_.erase(row_key(l1_, 'o', arrival));
}

std::vector<std::pair<uint64_t, builder::L1Root>> PoolRows::operations() const {
    std::vector<std::pair<uint64_t, builder::L1Root>> operations;
    for (const auto& [key, number, value] : all_of(rows_, row_prefix(l1_, 'o'))) {
        const auto row = store::decode_row<OperationRow>(key, value);
        auto operation = protocol::decode_signed_operation(row.signed_operation);
        if (!operation) refuse_service_row(key);
        operations.emplace_back(
            number, builder::L1Root{std::move(*operation),
                                    row.has_index ? std::optional{row.index} : std::nullopt});
    }
    return operations;
}

void PoolRows::put_refusal(uint64_t number, const rpc::RefusalRecord& refusal) {
    const auto& refused = refusal.refusal;
    rows_.put(row_key(l1_, 'z', number),
              rlp::encode(RefusalRow{refusal.chain_id, refusal.hash, refused.has_value(),
                                     refused ? static_cast<uint64_t>(refused->rule) : 0,
                                     to_bytes(as_bytes(refusal.reason)),
                                     refused ? refused->sufficient_fee : uint256{}}));
}

void PoolRows::erase_refusal(uint64_t number) {
    rows_.erase(row_key(l1_, 'z', number));
}

std::vector<std::pair<uint64_t, rpc::RefusalRecord>> PoolRows::refusals() const {
    std::vector<std::pair<uint64_t, rpc::RefusalRecord>> refusals;
    for (const auto& [key, number, value] : all_of(rows_, row_prefix(l1_, 'z'))) {
        const auto row = store::decode_row<RefusalRow>(key, value);
        if (row.rule > static_cast<uint64_t>(builder::RefusalRule::scope_full))
            refuse_service_row(key);
        std::string reason{row.reason.begin(), row.reason.end()};
        rpc::RefusalRecord record{row.chain_id, row.hash, {}, reason};
        if (row.has_rule)
            record.refusal = builder::Refusal{.rule = static_cast<builder::RefusalRule>(row.rule),
                                              .reason = std::move(reason),
                                              .calls = {},
                                              .sufficient_fee = row.sufficient_fee};
        refusals.emplace_back(number, std::move(record));
    }
    return refusals;
}

}  // namespace scope::service
