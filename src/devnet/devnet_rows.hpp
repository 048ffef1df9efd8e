#pragma once

#include <tuple>

#include "execution/forced.hpp"
#include "store/staging.hpp"

namespace scope::devnet {

/// The rows of a devnet beside its node's chains:
///
///     key     := 'x' chain_id(8) kind(1) rest
///     clock   := o                               [offset_ms, is_negative]; chain_id: L1's
///     told    := h                               hash of L1's block up to which scopes are noted
///     scope   := n number(8)                     [l1_block, transaction_index, roots]
///     found   := f hash(32)                      number(8) of the scope
///     change  := s block_hash(32) index(8)       change                 of each chain
///     sender  := t transaction_hash(32)          address
///     child   := c block_hash(32)                [has_base_fee, base_fee, has_gas_limit, gas_limit]
///
/// RLP: change in forced_encoding.hpp, roots in scope_encoding.hpp. Reading throws DatabaseError.
class DevnetRows {
  public:
    /// @param rows  Must outlive it.
    DevnetRows(store::Staging& rows, ChainId l1) : rows_(rows), l1_(l1) {}

    void put_clock(int64_t offset_ms);
    /// Returns the offset of the network's clock in ms; 0 if none was put.
    [[nodiscard]] int64_t clock() const;

    void put_told(const Hash& l1_block);
    [[nodiscard]] std::optional<Hash> told() const;

    struct Scope {
        Hash l1_block;
        uint64_t transaction_index = 0;
        Bytes roots;  ///< encode_roots

        friend constexpr auto rlp_fields(const Scope*) {
            return std::tuple{&Scope::l1_block, &Scope::transaction_index, &Scope::roots};
        }
    };
    void put_scope(uint64_t number, const Scope& scope);
    [[nodiscard]] std::optional<Scope> scope(uint64_t number) const;
    /// Returns how many there are, from 0 on.
    [[nodiscard]] uint64_t scopes() const;
    void erase_scope(uint64_t number);
    /// Throws DatabaseError, bad_row: the row's block has no such scope, or its roots don't decode.
    [[noreturn]] void refuse_scope(uint64_t number) const;
    void put_found(const Hash& hash, uint64_t number);
    /// Returns the number of the scope that a hash finds; nullopt if it finds none.
    [[nodiscard]] std::optional<uint64_t> found(const Hash& hash) const;
    void erase_found(const Hash& hash);

    using ForcedPtr = std::shared_ptr<const execution::Forced::Contents>;
    /// Makes the rows of a chain those of @p now, if they are those of @p before.
    void put_forced(ChainId chain_id, const ForcedPtr& before, const ForcedPtr& now);
    /// Returns the changes by force of a chain.
    [[nodiscard]] ForcedPtr forced(ChainId chain_id) const;

  private:
    store::Staging& rows_;
    ChainId l1_;
};

}  // namespace scope::devnet
