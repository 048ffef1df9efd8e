#pragma once

#include <map>
#include <unordered_map>

#include "service/herald.hpp"
#include "service/pool_rows.hpp"

namespace scope::service {

/// Why transactions and operations were refused that had been taken: of the last MAX.
class Refusals {
  public:
    static constexpr size_t MAX = 4096;  ///< that are remembered; then the oldest is forgotten

    /// @param rows  Keep them for the next process; null: they end with this one. Both must outlive it.
    Refusals(Herald& herald, PoolRows* rows);

    /// Returns null if there is none.
    [[nodiscard]] const rpc::RefusalRecord* find(const Hash& hash) const;
    /// Remembers a refusal, and tells listeners.
    void note(rpc::RefusalRecord record);
    /// Forgets one: it may do this time.
    void erase(const Hash& hash);

  private:
    struct Kept {
        rpc::RefusalRecord record;
        uint64_t number = 0;
    };

    Herald& herald_;
    PoolRows* rows_;
    uint64_t next_ = 0;
    std::unordered_map<Hash, Kept> by_hash_;
    std::map<uint64_t, Hash> by_number_;
};

}  // namespace scope::service
