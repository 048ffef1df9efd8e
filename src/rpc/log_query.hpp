#pragma once

#include <array>
#include <optional>
#include <vector>

#include "chain/store.hpp"
#include "rpc/params.hpp"
#include "rpc/to_json.hpp"

namespace scope::rpc {

/// The logs that eth_getLogs, a filter or a subscription asks for.
struct LogQuery {
    static constexpr size_t MOST_TOPICS = 4;     ///< LOG4 has so many
    static constexpr size_t MOST_VALUES = 1000;  ///< addresses, or values of one topic

    std::optional<Hash> block_hash;         ///< of this block only; else of a range
    std::optional<BlockTag> from;           ///< nullopt: latest
    std::optional<BlockTag> to;             ///< nullopt: latest
    std::vector<Address> addresses;         ///< any of these; empty: all
    std::vector<std::vector<Hash>> topics;  ///< by position, any of these; empty: all
};
/// Reads a query. Throws BadValue.
LogQuery read_log_query(Json value);
/// Returns whether a query that follows the chain asks for the logs of a block of this number.
bool is_in_range(const LogQuery& query, uint64_t number);

/// A finder of the logs that a query asks for, whatever block they are in.
class LogMatcher {
  public:
    explicit LogMatcher(const LogQuery& query);

    [[nodiscard]] bool matches(const Log& log) const;
    /// Returns false if no log of a block with this bloom matches.
    [[nodiscard]] bool may_match(const Bloom& bloom) const;

    /// Calls visit(place) for each log of a block that matches, in order.
    template <typename Visit>
    void for_each_in(const chain::StoredBlock& block, Visit&& visit) const {
        if (!may_match(block.header().logs_bloom)) return;
        size_t in_block = 0;
        for (size_t i = 0; i < block.receipts.size(); ++i) {
            const Receipt& receipt = block.receipts[i];
            const bool worth_it = !receipt.logs.empty() && may_match(receipt.logs_bloom);
            for (size_t j = 0; worth_it && j < receipt.logs.size(); ++j)
                if (matches(receipt.logs[j]))
                    visit(LogPlace{.transaction = i, .log = in_block + j, .in_receipt = j});
            in_block += receipt.logs.size();
        }
    }

  private:
    /// The bits of a bloom that one value sets (Yellow Paper, section 4.3.1).
    struct Bits {
        explicit Bits(BytesView value);
        [[nodiscard]] bool are_in(const Bloom& bloom) const;
        std::array<uint16_t, 3> bytes{};
        std::array<uint8_t, 3> masks{};
    };
    static bool any_in(const std::vector<Bits>& bits, const Bloom& bloom);

    std::vector<Address> addresses_;
    std::vector<std::vector<Hash>> topics_;
    std::vector<Bits> address_bits_;
    std::vector<std::vector<Bits>> topic_bits_;
};

}  // namespace scope::rpc
