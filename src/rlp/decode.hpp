#pragma once

#include <optional>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/chain_id.hpp"
#include "base/uint256.hpp"
#include "rlp/error.hpp"

namespace scope::rlp {

/// The largest string or list that is read: far above any block (EIP-7934: 10 MiB).
inline constexpr size_t MAX_PAYLOAD_SIZE = size_t{1} << 28;
/// The deepest nesting that is read; a block needs 6.
inline constexpr unsigned MAX_DEPTH = 64;

/// An item as it stands in the input; borrowed.
struct Item {
    bool is_list = false;
    BytesView payload;  ///< the bytes behind the header
    BytesView whole;    ///< header and payload
};

/// A reader of items one after the other from borrowed bytes, without allocation, which accepts
/// only the one encoding that each value has.
///
/// After an error the reader stands where it stood before the call. A list's reader is bounded by
/// its list; the items of a list that the caller does not read are not looked at (see validate).
class Reader {
  public:
    explicit Reader(BytesView input) noexcept : rest_(input) {}

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    /// Returns whether the next item says it is a list; false at the end.
    [[nodiscard]] bool next_is_list() const noexcept { return !rest_.empty() && rest_[0] >= 0xc0; }
    /// Returns the bytes that have not been read.
    [[nodiscard]] BytesView rest() const noexcept { return rest_; }

    RlpResult<Item> item() noexcept;
    RlpResult<BytesView> string() noexcept;
    /// Returns a reader of the items of the list, which counts as read.
    RlpResult<Reader> list() noexcept;

    /// Reads a big-endian number without leading zeros; zero is the empty string.
    RlpResult<uint64_t> u64() noexcept;
    RlpResult<uint256> u256() noexcept;
    /// Reads 0 or 1, as a number.
    RlpResult<bool> boolean() noexcept;

    template <size_t N>
    RlpResult<FixedBytes<N>> fixed() noexcept {
        const Reader before = *this;
        const BytesView view = TRY(string());
        if (view.size() == N) return FixedBytes<N>::from(view);
        *this = before;
        return std::unexpected{RlpError::wrong_size};
    }
    /// Reads N bytes; nullopt for the empty string: a transaction's `to`.
    template <size_t N>
    RlpResult<std::optional<FixedBytes<N>>> optional_fixed() noexcept {
        if (!rest_.empty() && rest_[0] == 0x80) {
            rest_ = rest_.subspan(1);
            return std::nullopt;
        }
        return TRY(fixed<N>());
    }

    /// Reads a value by its type: uint64_t, uint256, ChainId, bool, FixedBytes, std::optional of
    /// FixedBytes, Bytes, std::vector of values, and structs with rlp_fields (see encode.hpp),
    /// which are lists.
    template <typename T>
    RlpResult<T> read() {
        if constexpr (std::is_same_v<T, bool>) {
            return boolean();
        } else if constexpr (std::is_same_v<T, uint64_t>) {
            return u64();
        } else if constexpr (std::is_same_v<T, uint256>) {
            return u256();
        } else if constexpr (std::is_same_v<T, ChainId>) {
            return ChainId{TRY(u64())};
        } else if constexpr (std::is_same_v<T, Bytes>) {
            return to_bytes(TRY(string()));
        } else {
            return read_as(std::type_identity<T>{});
        }
    }

    /// Checks that nothing is left.
    [[nodiscard]] RlpResult<void> finish() const noexcept {
        if (!rest_.empty()) return std::unexpected{RlpError::trailing_bytes};
        return {};
    }

  private:
    Reader(BytesView input, unsigned depth) noexcept : rest_(input), depth_(depth) {}

    template <size_t N>
    RlpResult<FixedBytes<N>> read_as(std::type_identity<FixedBytes<N>>) {
        return fixed<N>();
    }
    template <size_t N>
    RlpResult<std::optional<FixedBytes<N>>> read_as(
        std::type_identity<std::optional<FixedBytes<N>>>) {
        return optional_fixed<N>();
    }
    template <typename T>
    RlpResult<std::vector<T>> read_as(std::type_identity<std::vector<T>>) {
        Reader items = TRY(list());
        std::vector<T> values;
        while (!items.at_end()) values.push_back(TRY(items.read<T>()));
        return values;
    }
    template <typename T>
    RlpResult<T> read_as(std::type_identity<T>)
        requires requires { rlp_fields(static_cast<const T*>(nullptr)); }
    {
        Reader items = TRY(list());
        T value;
        RlpResult<void> result;
        const auto read_field = [&](auto& field) {
            auto read = items.read<std::remove_reference_t<decltype(field)>>();
            if (read)
                field = std::move(*read);
            else
                result = std::unexpected{read.error()};
            return read.has_value();
        };
        std::apply([&](auto... members) { (read_field(value.*members) && ...); },
                   rlp_fields(static_cast<const T*>(nullptr)));
        TRY_VOID(result);
        TRY_VOID(items.finish());
        return value;
    }

    BytesView rest_;
    unsigned depth_ = 0;
};

/// Checks that @p input is exactly one item, canonical all the way down.
RlpResult<void> validate(BytesView input) noexcept;

/// Decodes the one value that @p input holds.
template <typename T>
RlpResult<T> decode(BytesView input) {
    Reader reader{input};
    T value = TRY(reader.read<T>());
    TRY_VOID(reader.finish());
    return value;
}

}  // namespace scope::rlp
