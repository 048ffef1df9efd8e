#pragma once

#include <array>
#include <random>
#include <string>
#include <string_view>

#include "protocol/abi_fields.hpp"
#include "rollup/batch.hpp"

namespace scope::adversary {

constexpr auto field_names(const protocol::Mark*) {
    return std::array{"chain id", "trace"};
}
constexpr auto field_names(const protocol::Request*) {
    return std::array{"root id", "kind",    "source", "target", "from",      "nonce", "marks",
                      "depth",   "variant", "to",     "value",  "gas limit", "data"};
}
constexpr auto field_names(const protocol::Limit*) {
    return std::array{"chain id", "value"};
}
constexpr auto field_names(const protocol::Fill*) {
    return std::array{"chain id", "request hash", "response"};
}
constexpr auto field_names(const protocol::Record*) {
    return std::array{"request", "raw response hash", "kept"};
}
constexpr auto field_names(const protocol::RootContext*) {
    return std::array{"root chain", "operation hash", "root index"};
}
constexpr auto field_names(const protocol::RollingHashes*) {
    return std::array{"requestsOut", "requestsIn", "responsesOut", "responsesIn"};
}
constexpr auto field_names(const protocol::Streams*) {
    return std::array{"chain id", "hashes", "value in", "value out", "limit"};
}
constexpr auto field_names(const protocol::EnvironmentValue*) {
    return std::array{"field", "value"};
}
constexpr auto field_names(const protocol::BatchClaim*) {
    return std::array{
        "chain id", "batch number",     "first block",          "parent hash", "last block hash",
        "builder",  "l1 origin number", "l1 origin hash",       "data offset", "data length",
        "remotes",  "policy data",      "forced queue position"};
}
constexpr auto field_names(const protocol::Operation*) {
    return std::array{"account",  "nonce",     "target",           "value",
                      "data",     "gas",       "verification gas", "fee",
                      "deadline", "submitter", "outcome",          "runs alone"};
}
constexpr auto field_names(const protocol::SignedOperation*) {
    return std::array{"operation", "signature", "owner"};
}
constexpr auto field_names(const protocol::L1Leg*) {
    return std::array{"context", "fills", "records", "signed operation"};
}

/// A walk over all that can change in a value: every field of every struct in it, and that elements
/// of a list are dropped, doubled or swapped with the next. It lists these places, or changes one.
///
/// A place has a kind, the path to it without numbers: "leg: records: request: marks: trace".
class FieldWalk {
  public:
    /// Makes a walk that lists, and leaves everything as it is.
    FieldWalk() = default;
    /// Makes a walk that changes the place with this number into something else.
    FieldWalk(size_t place, std::mt19937_64& random) : chosen_(place), random_(&random) {}

    /// Returns the kind of each place so far.
    [[nodiscard]] const std::vector<std::string>& kinds() const noexcept { return kinds_; }

    template <abi::Struct T>
    void walk(const std::string& path, T& value) {
        static constexpr auto NAMES = field_names(static_cast<const T*>(nullptr));
        const auto fields = abi_fields(static_cast<const T*>(nullptr));
        static_assert(NAMES.size() ==
                      std::tuple_size_v<decltype(abi_fields(static_cast<const T*>(nullptr)))>);
        [&]<size_t... I>(std::index_sequence<I...>) {
            (walk(path + ": " + NAMES[I], value.*std::get<I>(fields)), ...);
        }(std::make_index_sequence<NAMES.size()>());
    }

    template <typename T>
    void walk(const std::string& path, std::vector<T>& values) {
        walk_list(path, values);
        for (auto& value : values) walk(path, value);
    }
    /// Walks over the list itself, not its elements.
    template <typename T>
    void walk_list(const std::string& path, std::vector<T>& values) {
        const auto at = [](size_t i) { return static_cast<ptrdiff_t>(i); };
        for (size_t i = 0; i < values.size(); ++i)
            if (is_chosen(path + " dropped")) {
                values.erase(values.begin() + at(i));
                return;
            }
        for (size_t i = 0; i < values.size(); ++i)
            if (is_chosen(path + " doubled")) {
                const T copy = values[i];
                values.insert(values.begin() + at(i), copy);
                return;
            }
        for (size_t i = 0; i + 1 < values.size(); ++i)
            if (is_chosen(path + " swapped")) std::swap(values[i], values[i + 1]);
    }

    void walk(const std::string& path, Bytes& bytes);
    void walk(const std::string& path, uint256& number);
    void walk(const std::string& path, uint64_t& number);
    void walk(const std::string& path, ChainId& chain_id);
    void walk(const std::string& path, uint8_t& number);
    void walk(const std::string& path, bool& flag);
    void walk(const std::string& path, protocol::CallKind& kind);
    void walk(const std::string& path, rollup::BlockKind& kind);
    template <size_t N>
    void walk(const std::string& path, FixedBytes<N>& bytes) {
        if (!is_chosen(path)) return;
        if (below(4) == 0 && !bytes.is_zero())
            bytes = {};
        else
            bytes[below(N)] ^= static_cast<uint8_t>(1u << below(8));
    }

    /// Counts a place of its own kind; returns whether it is the one to change.
    bool is_chosen(const std::string& kind) {
        kinds_.push_back(kind);
        return chosen_ == kinds_.size() - 1;
    }
    /// Returns a random number below @p n. REQUIRES: a place is chosen.
    uint64_t below(uint64_t n) { return (*random_)() % n; }

  private:
    std::vector<std::string> kinds_;
    size_t chosen_ = SIZE_MAX;
    std::mt19937_64* random_ = nullptr;
};

}  // namespace scope::adversary
