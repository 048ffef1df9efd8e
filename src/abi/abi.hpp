#pragma once

#include <string_view>
#include <tuple>

#include "abi/codec.hpp"

/// The contract ABI of Solidity, from and to C++ values.
///
///     uint8 … uint64, int8 … int64   uint8_t … uint64_t, int8_t … int64_t
///     other uintN, intN              uint256 (two's complement)
///     bool, address                  bool, Address
///     bytesN, bytes20                FixedBytes<N>, Bytes20 (FixedBytes<20> is an address)
///     bytes, string                  Bytes or BytesView, std::string or std::string_view
///     T[], T[N]                      std::vector<T> or std::span<const T>, std::array<T, N>
///     struct, tuple                  std::tuple, or a struct that names its fields:
///
///     struct Mark { uint256 chain_id; Hash trace; };
///     constexpr auto abi_fields(const Mark*) {
///         return std::tuple{&Mark::chain_id, &Mark::trace};
///     }
///
/// abi_fields stands beside the struct, in its namespace; the argument only picks the overload. It
/// serves both directions, and structs nest, also in arrays.
///
/// Decoding accepts exactly what encoding gives: offsets where an encoder puts them, zero padding,
/// nothing behind the end. Every length is bounded by the input.
namespace scope::abi {

using Selector = FixedBytes<4>;

/// Returns the first four bytes of the hash of a function's, or an error's, signature:
/// "transfer(address,uint256)".
Selector selector(std::string_view signature) noexcept;
/// Returns whether calldata, or revert data, are of the function, or error, with that selector.
inline bool has_selector(const Selector& selector, BytesView data) noexcept {
    return data.size() >= selector.size() && equal(data.first(selector.size()), selector);
}
/// Returns the hash of an event's signature, its first topic.
Hash topic(std::string_view signature) noexcept;

/// Encodes as Solidity's abi.encode does.
template <typename... Ts>
Bytes encode(const Ts&... values) {
    Bytes out(Sequence<Ts...>::size(values...));
    Sequence<Ts...>::write(out.data(), values...);
    return out;
}

/// Encodes as Solidity's abi.encodeWithSelector does: calldata, or the data of a custom error.
template <typename... Ts>
Bytes call(const Selector& function, const Ts&... values) {
    Bytes out(function.size() + Sequence<Ts...>::size(values...));
    std::copy(function.begin(), function.end(), out.begin());
    Sequence<Ts...>::write(out.data() + function.size(), values...);
    return out;
}
/// Encodes as Solidity's abi.encodeWithSignature does.
template <typename... Ts>
Bytes call(std::string_view signature, const Ts&... values) {
    return call(selector(signature), values...);
}

template <typename... Ts>
struct Prefix {
    std::tuple<Ts...> values;
    BytesView rest;  ///< the bytes behind them
};

/// Decodes the values at the front of @p input.
template <typename... Ts>
AbiResult<Prefix<Ts...>> decode_prefix(BytesView input) {
    std::tuple<Ts...> values;
    const size_t size =
        TRY(std::apply([&](Ts&... v) { return Sequence<Ts...>::read(input, v...); }, values));
    return Prefix<Ts...>{std::move(values), input.subspan(size)};
}

/// Decodes as Solidity's abi.decode does, but strictly.
template <typename... Ts>
AbiResult<std::tuple<Ts...>> decode(BytesView input) {
    auto prefix = TRY(decode_prefix<Ts...>(input));
    if (!prefix.rest.empty()) return std::unexpected{AbiError::trailing_bytes};
    return std::move(prefix.values);
}

/// Decodes the arguments of a call to @p function, or of the error with that selector.
template <typename... Ts>
AbiResult<std::tuple<Ts...>> decode_call(const Selector& function, BytesView calldata) {
    if (calldata.size() < function.size()) return std::unexpected{AbiError::truncated};
    if (!equal(calldata.first(function.size()), function))
        return std::unexpected{AbiError::wrong_selector};
    return decode<Ts...>(calldata.subspan(function.size()));
}

}  // namespace scope::abi
