#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "abi/error.hpp"
#include "base/bytes.hpp"
#include "base/uint256.hpp"

/// The encoding of each C++ type in the ABI: one Codec per kind of type. Callers use abi.hpp.
///
///     sequence = head of each value, then tail of each dynamic value
///     head     = the value itself                      static type
///              | offset of the tail from the sequence  dynamic type
///     bytes    = length, bytes, zeros up to a multiple of 32
///     array    = length, sequence                      T[]; without length for T[N]
///
/// Spec: Solidity documentation, "Contract ABI Specification", section "Formal Specification of the
/// Encoding".
namespace scope::abi {

inline constexpr size_t WORD = 32;

/// Returns the size of bytes with the padding behind them.
constexpr size_t padded(size_t size) noexcept {
    return (size + WORD - 1) / WORD * WORD;
}

template <typename T>
struct Decoded {
    T value;
    size_t size;  ///< bytes that the value took
};

/// The encoding of a type. A Codec<T> has
///   - DYNAMIC, and HEAD_SIZE: the bytes in the head (WORD for a dynamic type);
///   - tail_size(value): bytes behind the heads, 0 for a static type (absent there);
///   - write(out, value): the head of a static, or the tail of a dynamic value, into zeroed bytes;
///   - read(input): a value from the front of the bytes.
template <typename T>
struct Codec;

template <typename T>
constexpr size_t tail_size(const T& value) noexcept {
    if constexpr (Codec<T>::DYNAMIC)
        return Codec<T>::tail_size(value);
    else
        return 0;
}

inline void write_word(uint8_t* out, uint64_t value) noexcept {
    store_be32(out, uint256{value});
}

/// Reads the word at the front as a number below 2^64, or returns @p error.
inline AbiResult<size_t> read_size(BytesView input, AbiError error) noexcept {
    if (input.size() < WORD) return std::unexpected{AbiError::truncated};
    const uint256 word = load_be32(input.data());
    if (!word.fits_u64()) return std::unexpected{error};
    return word[0];
}

/// A writer of heads and tails side by side.
class SequenceWriter {
  public:
    SequenceWriter(uint8_t* out, size_t heads_size) noexcept : out_(out), tail_(heads_size) {}

    template <typename T>
    void add(const T& value) noexcept {
        if constexpr (Codec<T>::DYNAMIC) {
            write_word(out_ + head_, tail_);
            Codec<T>::write(out_ + tail_, value);
            tail_ += Codec<T>::tail_size(value);
        } else {
            Codec<T>::write(out_ + head_, value);
        }
        head_ += Codec<T>::HEAD_SIZE;
    }

  private:
    uint8_t* out_;
    size_t head_ = 0;
    size_t tail_;
};

/// A reader of heads and tails side by side; every tail must stand right behind the one before it,
/// as encoders write them. So no byte is read twice, and the work is bounded by the input.
class SequenceReader {
  public:
    /// REQUIRES: heads_size <= input.size().
    SequenceReader(BytesView input, size_t heads_size) noexcept
        : input_(input), tail_(heads_size) {}

    template <typename T>
    AbiResult<T> next() {
        if constexpr (Codec<T>::DYNAMIC) {
            const size_t offset = TRY(read_size(input_.subspan(head_), AbiError::bad_offset));
            if (offset != tail_) return std::unexpected{AbiError::bad_offset};
            auto decoded = TRY(Codec<T>::read(input_.subspan(tail_)));
            tail_ += decoded.size;
            head_ += WORD;
            return std::move(decoded.value);
        } else {
            auto decoded = TRY(Codec<T>::read(input_.subspan(head_)));
            head_ += decoded.size;
            return std::move(decoded.value);
        }
    }
    /// Returns the size of the heads and of the tails read so far, in bytes.
    [[nodiscard]] size_t size() const noexcept { return tail_; }

  private:
    BytesView input_;
    size_t head_ = 0;
    size_t tail_;
};

// ---- one word

/// uint256; in two's complement also int256. Narrower unsigned numbers above 64 bits travel so too.
template <>
struct Codec<uint256> {
    static constexpr bool DYNAMIC = false;
    static constexpr size_t HEAD_SIZE = WORD;
    static void write(uint8_t* out, const uint256& value) noexcept { store_be32(out, value); }
    static AbiResult<Decoded<uint256>> read(BytesView input) noexcept {
        if (input.size() < WORD) return std::unexpected{AbiError::truncated};
        return Decoded<uint256>{load_be32(input.data()), WORD};
    }
};

template <>
struct Codec<bool> {
    static constexpr bool DYNAMIC = false;
    static constexpr size_t HEAD_SIZE = WORD;
    static void write(uint8_t* out, bool value) noexcept { out[WORD - 1] = value ? 1 : 0; }
    static AbiResult<Decoded<bool>> read(BytesView input) noexcept {
        const uint256 word = TRY(Codec<uint256>::read(input)).value;
        if (word > uint256{1u}) return std::unexpected{AbiError::bad_bool};
        return Decoded<bool>{word[0] == 1, WORD};
    }
};

/// uint8 … uint64 and int8 … int64.
template <std::integral T>
struct Codec<T> {
    static constexpr bool DYNAMIC = false;
    static constexpr size_t HEAD_SIZE = WORD;
    static void write(uint8_t* out, T value) noexcept { store_be32(out, uint256{value}); }
    static AbiResult<Decoded<T>> read(BytesView input) noexcept {
        const uint256 word = TRY(Codec<uint256>::read(input)).value;
        const auto value = static_cast<T>(word[0]);
        if (uint256{value} != word) return std::unexpected{AbiError::dirty_padding};
        return Decoded<T>{value, WORD};
    }
};

/// bytes1 … bytes32, at the left of the word; but 20 bytes are an address, at the right. For
/// bytes20 see Bytes20.
template <size_t N>
    requires(N >= 1 && N <= WORD)
struct Codec<FixedBytes<N>> {
    static constexpr bool DYNAMIC = false;
    static constexpr size_t HEAD_SIZE = WORD;
    static constexpr size_t START = N == Address::size() ? WORD - N : 0;
    static void write(uint8_t* out, const FixedBytes<N>& value) noexcept {
        std::copy_n(value.data(), N, out + START);
    }
    static AbiResult<Decoded<FixedBytes<N>>> read(BytesView input) noexcept {
        if (input.size() < WORD) return std::unexpected{AbiError::truncated};
        for (size_t i = 0; i < WORD; ++i)
            if ((i < START || i >= START + N) && input[i] != 0)
                return std::unexpected{AbiError::dirty_padding};
        return Decoded<FixedBytes<N>>{FixedBytes<N>::from(input.subspan(START, N)), WORD};
    }
};

struct Bytes20 {
    FixedBytes<20> value;
    friend bool operator==(const Bytes20&, const Bytes20&) = default;
};
template <>
struct Codec<Bytes20> {
    static constexpr bool DYNAMIC = false;
    static constexpr size_t HEAD_SIZE = WORD;
    static void write(uint8_t* out, const Bytes20& value) noexcept {
        std::copy_n(value.value.data(), 20, out);
    }
    static AbiResult<Decoded<Bytes20>> read(BytesView input) noexcept {
        const auto word = TRY(Codec<FixedBytes<WORD>>::read(input)).value;
        for (size_t i = 20; i < WORD; ++i)
            if (word[i] != 0) return std::unexpected{AbiError::dirty_padding};
        return Decoded<Bytes20>{{FixedBytes<20>::from(BytesView{word}.first(20))}, WORD};
    }
};

// ---- bytes and string

/// bytes; borrowed from the input when decoded.
template <>
struct Codec<BytesView> {
    static constexpr bool DYNAMIC = true;
    static constexpr size_t HEAD_SIZE = WORD;
    static size_t tail_size(BytesView value) noexcept { return WORD + padded(value.size()); }
    static void write(uint8_t* out, BytesView value) noexcept {
        write_word(out, value.size());
        std::copy(value.begin(), value.end(), out + WORD);
    }
    static AbiResult<Decoded<BytesView>> read(BytesView input) noexcept {
        const size_t size = TRY(read_size(input, AbiError::length_too_large));
        const BytesView rest = input.subspan(WORD);
        if (size > rest.size() || padded(size) > rest.size())
            return std::unexpected{AbiError::length_too_large};
        for (const uint8_t byte : rest.subspan(size, padded(size) - size))
            if (byte != 0) return std::unexpected{AbiError::dirty_padding};
        return Decoded<BytesView>{rest.first(size), WORD + padded(size)};
    }
};

template <>
struct Codec<Bytes> {
    static constexpr bool DYNAMIC = true;
    static constexpr size_t HEAD_SIZE = WORD;
    static size_t tail_size(const Bytes& value) noexcept {
        return Codec<BytesView>::tail_size(value);
    }
    static void write(uint8_t* out, const Bytes& value) noexcept {
        Codec<BytesView>::write(out, value);
    }
    static AbiResult<Decoded<Bytes>> read(BytesView input) {
        const auto view = TRY(Codec<BytesView>::read(input));
        return Decoded<Bytes>{to_bytes(view.value), view.size};
    }
};

/// string; whether it is UTF-8 is not looked at. A view is borrowed from the input when decoded.
template <typename T>
    requires std::same_as<T, std::string> || std::same_as<T, std::string_view>
struct Codec<T> {
    static constexpr bool DYNAMIC = true;
    static constexpr size_t HEAD_SIZE = WORD;
    static size_t tail_size(std::string_view value) noexcept {
        return Codec<BytesView>::tail_size(as_bytes(value));
    }
    static void write(uint8_t* out, std::string_view value) noexcept {
        Codec<BytesView>::write(out, as_bytes(value));
    }
    static AbiResult<Decoded<T>> read(BytesView input) {
        const auto view = TRY(Codec<BytesView>::read(input));
        return Decoded<T>{T{reinterpret_cast<const char*>(view.value.data()), view.value.size()},
                          view.size};
    }
};

// ---- arrays

template <typename Range>
constexpr size_t elements_size(const Range& elements) noexcept {
    size_t size = 0;
    for (const auto& element : elements)
        size += Codec<typename Range::value_type>::HEAD_SIZE + abi::tail_size(element);
    return size;
}

template <typename Range>
void write_elements(uint8_t* out, const Range& elements) noexcept {
    SequenceWriter writer{out, elements.size() * Codec<typename Range::value_type>::HEAD_SIZE};
    for (const auto& element : elements) writer.add(element);
}

/// T[]; std::vector<uint8_t> is bytes.
template <typename T>
struct Codec<std::vector<T>> {
    static constexpr bool DYNAMIC = true;
    static constexpr size_t HEAD_SIZE = WORD;
    static size_t tail_size(const std::vector<T>& values) noexcept {
        return WORD + elements_size(values);
    }
    static void write(uint8_t* out, const std::vector<T>& values) noexcept {
        write_word(out, values.size());
        write_elements(out + WORD, values);
    }
    static AbiResult<Decoded<std::vector<T>>> read(BytesView input) {
        static_assert(Codec<T>::HEAD_SIZE > 0, "a length could then be any number");
        const size_t count = TRY(read_size(input, AbiError::length_too_large));
        const BytesView rest = input.subspan(WORD);
        if (count > rest.size() / Codec<T>::HEAD_SIZE)
            return std::unexpected{AbiError::length_too_large};
        std::vector<T> values;
        values.reserve(count);
        SequenceReader reader{rest, count * Codec<T>::HEAD_SIZE};
        for (size_t i = 0; i < count; ++i) values.push_back(TRY(reader.template next<T>()));
        return Decoded<std::vector<T>>{std::move(values), WORD + reader.size()};
    }
};

/// T[], to encode only.
template <typename T>
    requires(!std::same_as<T, uint8_t>)
struct Codec<std::span<const T>> {
    static constexpr bool DYNAMIC = true;
    static constexpr size_t HEAD_SIZE = WORD;
    static size_t tail_size(std::span<const T> values) noexcept {
        return WORD + elements_size(values);
    }
    static void write(uint8_t* out, std::span<const T> values) noexcept {
        write_word(out, values.size());
        write_elements(out + WORD, values);
    }
};

/// T[N].
template <typename T, size_t N>
struct Codec<std::array<T, N>> {
    static constexpr bool DYNAMIC = Codec<T>::DYNAMIC;
    static constexpr size_t ELEMENTS_HEAD_SIZE = N * Codec<T>::HEAD_SIZE;
    static constexpr size_t HEAD_SIZE = DYNAMIC ? WORD : ELEMENTS_HEAD_SIZE;
    static size_t tail_size(const std::array<T, N>& values) noexcept {
        return elements_size(values);
    }
    static void write(uint8_t* out, const std::array<T, N>& values) noexcept {
        write_elements(out, values);
    }
    static AbiResult<Decoded<std::array<T, N>>> read(BytesView input) {
        if (input.size() < ELEMENTS_HEAD_SIZE) return std::unexpected{AbiError::truncated};
        SequenceReader reader{input, ELEMENTS_HEAD_SIZE};
        std::array<T, N> values;
        for (T& value : values) value = TRY(reader.template next<T>());
        return Decoded<std::array<T, N>>{std::move(values), reader.size()};
    }
};

// ---- tuples and structs

/// A sequence of values of these types.
template <typename... Ts>
struct Sequence {
    static constexpr size_t HEADS_SIZE = (Codec<Ts>::HEAD_SIZE + ... + 0);

    static constexpr size_t size(const Ts&... values) noexcept {
        return (abi::tail_size(values) + ... + HEADS_SIZE);
    }
    static void write(uint8_t* out, const Ts&... values) noexcept {
        [[maybe_unused]] SequenceWriter writer{out, HEADS_SIZE};
        (writer.add(values), ...);
    }
    /// Reads into @p values one by one; returns the size.
    static AbiResult<size_t> read(BytesView input, Ts&... values) {
        if (input.size() < HEADS_SIZE) return std::unexpected{AbiError::truncated};
        SequenceReader reader{input, HEADS_SIZE};
        AbiResult<void> result;
        [[maybe_unused]] const auto read_one = [&]<typename T>(T& value) {
            auto read = reader.next<T>();
            if (read)
                value = std::move(*read);
            else
                result = std::unexpected{read.error()};
            return read.has_value();
        };
        (read_one(values) && ...);
        TRY_VOID(result);
        return reader.size();
    }
};

template <typename... Ts>
struct Codec<std::tuple<Ts...>> {
    static constexpr bool DYNAMIC = (Codec<Ts>::DYNAMIC || ...);
    static constexpr size_t HEAD_SIZE = DYNAMIC ? WORD : Sequence<Ts...>::HEADS_SIZE;
    static size_t tail_size(const std::tuple<Ts...>& value) noexcept {
        return std::apply(Sequence<Ts...>::size, value);
    }
    static void write(uint8_t* out, const std::tuple<Ts...>& value) noexcept {
        std::apply([out](const Ts&... fields) { Sequence<Ts...>::write(out, fields...); }, value);
    }
    static AbiResult<Decoded<std::tuple<Ts...>>> read(BytesView input) {
        std::tuple<Ts...> value;
        const size_t size = TRY(std::apply(
            [&](Ts&... fields) { return Sequence<Ts...>::read(input, fields...); }, value));
        return Decoded<std::tuple<Ts...>>{std::move(value), size};
    }
};

/// A struct that says what its fields are (see abi.hpp).
template <typename T>
concept Struct = requires(const T* tag) { abi_fields(tag); };

template <typename T, typename... Ts>
Sequence<Ts...> sequence_of(std::tuple<Ts T::*...>);

template <Struct T>
struct Codec<T> {
    using Fields = decltype(sequence_of<T>(abi_fields(static_cast<const T*>(nullptr))));

    template <typename F>
    static constexpr auto with_fields(F&& function) {
        return std::apply(function, abi_fields(static_cast<const T*>(nullptr)));
    }
    template <typename... Ts>
    static constexpr bool any_dynamic(std::type_identity<Sequence<Ts...>>) {
        return (Codec<Ts>::DYNAMIC || ...);
    }
    static constexpr bool DYNAMIC = any_dynamic(std::type_identity<Fields>{});
    static constexpr size_t HEAD_SIZE = DYNAMIC ? WORD : Fields::HEADS_SIZE;

    static size_t tail_size(const T& value) noexcept {
        return with_fields([&](auto... members) { return Fields::size(value.*members...); });
    }
    static void write(uint8_t* out, const T& value) noexcept {
        with_fields([&](auto... members) { Fields::write(out, value.*members...); });
    }
    static AbiResult<Decoded<T>> read(BytesView input) {
        T value{};
        const size_t size = TRY(
            with_fields([&](auto... members) { return Fields::read(input, value.*members...); }));
        return Decoded<T>{std::move(value), size};
    }
};

}  // namespace scope::abi
