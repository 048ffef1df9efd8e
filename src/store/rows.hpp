#pragma once

#include <functional>
#include <optional>

#include "base/bytes.hpp"

namespace scope::store {

enum class Order : uint8_t { ascending, descending };

/// Rows of bytes in the order of their keys, as memcmp has it. keys.hpp says which keys there are.
///
/// Reading throws DatabaseError.
class Rows {
  public:
    virtual ~Rows() = default;

    /// Returns the row's value; nullopt if there is no such row.
    [[nodiscard]] virtual std::optional<Bytes> get(BytesView key) const = 0;

    /// Takes a row, borrowed for the call; returns whether it wants the next one.
    using Visitor = std::function<bool(BytesView key, BytesView value)>;
    /// Calls @p visit with each row whose key begins with @p prefix, as all of them stood when the
    /// call began. The visitor may read, and write.
    void scan(BytesView prefix, Order order, const Visitor& visit) const {
        scan_from({}, prefix, order, visit);
    }
    /// The same from a key on, which need not be there: from the next one in this order then. Without
    /// one, from the first. REQUIRES: it begins with the prefix.
    virtual void scan_from(BytesView first, BytesView prefix, Order order,
                           const Visitor& visit) const = 0;
};

}  // namespace scope::store
