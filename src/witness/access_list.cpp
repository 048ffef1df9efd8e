#include "witness/access_list.hpp"

#include "rlp/decode.hpp"

namespace scope::witness {

namespace {

/// The values of [[index, value], ...].
template <typename T>
rlp::RlpResult<std::vector<T>> read_values(rlp::Reader& account) {
    rlp::Reader changes = TRY(account.list());
    std::vector<T> values;
    while (!changes.at_end()) {
        rlp::Reader change = TRY(changes.list());
        TRY(change.u64());
        values.push_back(TRY(change.read<T>()));
        TRY_VOID(change.finish());
    }
    return values;
}
/// Returns the last of them; nullopt if there is none.
template <typename T>
rlp::RlpResult<std::optional<T>> read_last(rlp::Reader& account) {
    const auto values = TRY(read_values<T>(account));
    return values.empty() ? std::nullopt : std::optional{values.back()};
}

rlp::RlpResult<AccountAccess> read_account(rlp::Reader account) {
    AccountAccess access;
    access.address = TRY(account.fixed<20>());
    rlp::Reader writes = TRY(account.list());
    while (!writes.at_end()) {
        rlp::Reader write = TRY(writes.list());
        const Hash slot = to_be(TRY(write.u256()));
        const auto value = TRY(read_last<uint256>(write));
        TRY_VOID(write.finish());
        if (value) access.storage_writes[slot] = *value;
    }
    rlp::Reader reads = TRY(account.list());
    while (!reads.at_end()) access.storage_reads.push_back(to_be(TRY(reads.u256())));
    access.balance = TRY(read_last<uint256>(account));
    access.nonce = TRY(read_last<uint64_t>(account));
    access.codes = TRY(read_values<Bytes>(account));
    TRY_VOID(account.finish());
    return access;
}

}  // namespace

rlp::RlpResult<std::vector<AccountAccess>> decode_access_list(BytesView bytes) {
    rlp::Reader reader{bytes};
    rlp::Reader list = TRY(reader.list());
    TRY_VOID(reader.finish());
    std::vector<AccountAccess> result;
    while (!list.at_end()) {
        const rlp::Reader account = TRY(list.list());
        result.push_back(TRY(read_account(account)));
    }
    return result;
}

}  // namespace scope::witness
