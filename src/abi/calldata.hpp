#pragma once

#include "abi/abi.hpp"

/// Calldata as a contract's own code reads it: what solc makes of struct parameters in `calldata`
/// (ABI coder v2), lazily and with offsets that anyone may choose.
///
/// decode_call (abi.hpp) accepts what an encoder gives, so one value has one encoding. A contract
/// accepts far more: tails anywhere, shared, overlapping, before their heads or before the calldata
/// itself (there everything is zero), gaps, bytes behind the end, any padding. Who has to arrive at
/// what a contract did with its calldata reads it as the contract does.
///
/// The functions here are those of solc's generated code, word for word in arithmetic modulo 2^256
/// (abi_decode_t_struct_calldata_ptr, access_calldata_tail, calldata_array_index_access). They give
/// an error only where that code reverts, if the contract reads all that is asked for; an argument
/// that is not needed is left Unread. Values narrower than a word are refused with dirty bits, as
/// solc refuses them when it reads them.
namespace scope::abi {

/// The type of a dynamic field that nobody looks at: whatever stands there.
struct Unread {};
template <>
struct Codec<Unread> {
    static constexpr bool DYNAMIC = true;
    static constexpr size_t HEAD_SIZE = WORD;
};

class CalldataReader {
  public:
    /// @param max_words  Of all elements of arrays, and of all bytes, together. Tails may be
    ///                   shared, so what is decoded can be far larger than the calldata; a
    ///                   contract pays gas for every word that it reads.
    CalldataReader(BytesView calldata, size_t max_words) noexcept
        : calldata_(calldata), size_(calldata.size()), words_left_(max_words) {}

    /// Reads the one argument of the function.
    template <Struct T>
    AbiResult<T> argument(const Selector& function) {
        static_assert(Codec<T>::DYNAMIC);
        if (calldata_.size() < Selector::size()) return std::unexpected{AbiError::truncated};
        if (!equal(calldata_.first(Selector::size()), function))
            return std::unexpected{AbiError::wrong_selector};
        const uint256 heads{Selector::size()};
        if (signed_less(size_ - heads, uint256{WORD})) return std::unexpected{AbiError::truncated};
        const uint256 offset = word(heads);
        if (!offset.fits_u64()) return std::unexpected{AbiError::bad_offset};
        const uint256 at = heads + offset;
        if (signed_less(size_ - at, uint256{needed<T>()}))
            return std::unexpected{AbiError::bad_offset};
        return tail<T>(at);
    }

  private:
    /// Returns a word as CALLDATALOAD does: zeros behind the end.
    [[nodiscard]] std::array<uint8_t, WORD> load(const uint256& at) const noexcept {
        std::array<uint8_t, WORD> out{};
        if (at < size_) {
            const BytesView rest = calldata_.subspan(at[0]);
            std::copy_n(rest.begin(), std::min(WORD, rest.size()), out.begin());
        }
        return out;
    }
    [[nodiscard]] uint256 word(const uint256& at) const noexcept {
        return load_be32(load(at).data());
    }

    /// Returns the number of bytes that must be there where a tail starts.
    template <typename T>
    static constexpr size_t needed() noexcept {
        if constexpr (Struct<T>)
            return Codec<T>::Fields::HEADS_SIZE;
        else
            return WORD;
    }

    /// Reads the value whose head stands at @p head, in a sequence that starts at @p base.
    template <typename T>
    AbiResult<T> value(const uint256& base, const uint256& head) {
        if constexpr (std::same_as<T, Unread>) {
            return T{};
        } else if constexpr (Codec<T>::DYNAMIC) {
            const uint256 offset = word(head);
            if (!signed_less(offset, size_ - base - uint256{needed<T>() - 1}))
                return std::unexpected{AbiError::bad_offset};
            return tail<T>(base + offset);
        } else {
            std::array<uint8_t, Codec<T>::HEAD_SIZE> words;
            for (size_t i = 0; i < words.size(); i += WORD)
                std::ranges::copy(load(head + uint256{i}), words.data() + i);
            return TRY(Codec<T>::read(words)).value;
        }
    }

    template <Struct T>
    AbiResult<T> tail(const uint256& at) {
        T out{};
        AbiResult<void> result;
        uint256 head = at;
        const auto read_one = [&]<typename F>(F T::* member) {
            auto field = value<F>(at, head);
            head += uint256{Codec<F>::HEAD_SIZE};
            if (field)
                out.*member = std::move(*field);
            else
                result = std::unexpected{field.error()};
            return field.has_value();
        };
        Codec<T>::with_fields([&](auto... members) { return (read_one(members) && ...); });
        TRY_VOID(result);
        return out;
    }

    struct Extent {
        uint256 start;
        size_t length;
    };
    /// Reads a length at @p at, and returns where the content behind it lies.
    AbiResult<Extent> extent(const uint256& at, size_t stride) const noexcept {
        const uint256 length = word(at);
        const uint256 start = at + uint256{WORD};
        if (!length.fits_u64() || signed_less(size_ - length * uint256{stride}, start))
            return std::unexpected{AbiError::length_too_large};
        return Extent{start, length[0]};
    }
    AbiResult<void> spend(size_t words) noexcept {
        if (words > words_left_) return std::unexpected{AbiError::length_too_large};
        words_left_ -= words;
        return {};
    }

    template <std::same_as<Bytes> T>
    AbiResult<T> tail(const uint256& at) {
        const auto [start, length] = TRY(extent(at, 1));
        TRY_VOID(spend(length / WORD));
        if (length == 0) return T{};  // always so where a tail stands outside the calldata
        return to_bytes(calldata_.subspan(start[0], length));
    }

    template <typename T>
        requires std::same_as<T, std::vector<typename T::value_type>> && (!std::same_as<T, Bytes>)
    AbiResult<T> tail(const uint256& at) {
        using Element = typename T::value_type;
        constexpr size_t STRIDE = Codec<Element>::HEAD_SIZE;
        const auto [start, length] = TRY(extent(at, STRIDE));
        TRY_VOID(spend(length * (STRIDE / WORD)));
        T out;
        out.reserve(length);
        for (size_t i = 0; i < length; ++i)
            out.push_back(TRY(value<Element>(start, start + uint256{i * STRIDE})));
        return out;
    }

    BytesView calldata_;
    uint256 size_;
    size_t words_left_;
};

/// Decodes the one parameter of the function, a struct in calldata, as the called contract does.
///
/// @param max_words  See CalldataReader.
template <Struct T>
AbiResult<T> decode_call_as_solidity(const Selector& function, BytesView calldata,
                                     size_t max_words) {
    return CalldataReader{calldata, max_words}.argument<T>(function);
}

}  // namespace scope::abi
