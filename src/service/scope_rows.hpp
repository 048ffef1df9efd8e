#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "l1/l1_source.hpp"
#include "store/staging.hpp"

namespace scope::service {

/// The scopes that settled on L1, as rows of a node's database:
///
///     key   := 'q' chain_id(8) kind(1) rest            chain_id: L1's
///     told  := h                                [number, hash] of L1's block up to which scopes are noted
///     scope := n number(8)                      scope_row
///     found := f hash(32)                       number(8) of the scope
///
/// RLP. Reading throws DatabaseError. Rows of the same column: pool_rows.hpp.
class ScopeRows {
  public:
    /// @param rows  Must outlive it.
    ScopeRows(store::Staging& rows, ChainId l1) : rows_(rows), l1_(l1) {}

    void put_told(const l1::L1BlockId& l1_block);
    [[nodiscard]] std::optional<l1::L1BlockId> told() const;

    struct Scope {
        Hash l1_transaction;
        Hash l1_block;
        uint64_t l1_block_number = 0;
        uint64_t l1_gas_used = 0;
        uint64_t blobs = 0;
        Bytes batches;             ///< executeScope's calldata of a scope that has these alone
        std::vector<Hash> hashes;  ///< by which it is found
        Bytes roots;               ///< encode_roots

        friend constexpr auto rlp_fields(const Scope*) {
            return std::tuple{&Scope::l1_transaction, &Scope::l1_block, &Scope::l1_block_number,
                              &Scope::l1_gas_used,    &Scope::blobs,    &Scope::batches,
                              &Scope::hashes,         &Scope::roots};
        }
    };
    void put_scope(uint64_t number, const Scope& scope);
    [[nodiscard]] std::optional<Scope> scope(uint64_t number) const;
    /// Returns how many there are, from 0 on.
    [[nodiscard]] uint64_t scopes() const;
    void erase_scope(uint64_t number);
    /// Throws DatabaseError, bad_row: its roots or batches don't decode.
    [[noreturn]] void refuse_scope(uint64_t number) const;
    void put_found(const Hash& hash, uint64_t number);
    /// Returns the number of the scope that a hash finds; nullopt if it finds none.
    [[nodiscard]] std::optional<uint64_t> found(const Hash& hash) const;
    void erase_found(const Hash& hash);

  private:
    store::Staging& rows_;
    ChainId l1_;
};

}  // namespace scope::service
