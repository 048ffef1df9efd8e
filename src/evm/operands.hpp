#pragma once

// The ways in which instructions read operands, use memory and pay.

#include <utility>

#include "evm/frame.hpp"

namespace scope::evm {

/// The value that an instruction returns to go on with the next one.
inline constexpr Status NEXT = static_cast<Status>(0xff);

/// The end of memory, whatever gas would allow: 2^32 bytes cost more than 2^45 gas.
inline constexpr uint64_t MAX_MEMORY = uint64_t{1} << 32;

// ---- words

/// Copies a word in pieces of 8 bytes.
///
/// Most words are written in such pieces, and a load of 16 bytes that needs two stores which are
/// still under way waits for both to reach the cache. The barrier keeps the compiler from joining
/// the pieces.
inline void copy_word(uint256& to, const uint256& from) noexcept {
    uint64_t w[4] = {from[0], from[1], from[2], from[3]};
    asm("" : "+r"(w[0]), "+r"(w[1]), "+r"(w[2]), "+r"(w[3]));
    for (size_t i = 0; i < 4; ++i) to[i] = w[i];
}

inline void swap_words(uint256& a, uint256& b) noexcept {
    for (size_t i = 0; i < 4; ++i) {
        uint64_t x = a[i];
        uint64_t y = b[i];
        asm("" : "+r"(x), "+r"(y));
        a[i] = y;
        b[i] = x;
    }
}

inline Address address_of(const uint256& word) noexcept {
    uint8_t bytes[32];
    store_be32(bytes, word);
    Address address;
    std::memcpy(address.data(), bytes + 12, 20);
    return address;
}

inline uint256 load_address(const Address& address) noexcept {
    uint8_t bytes[32]{};
    std::memcpy(bytes + 12, address.data(), 20);
    return load_be32(bytes);
}

inline Hash hash_of(const uint256& word) noexcept {
    Hash hash;
    store_be32(hash.data(), word);
    return hash;
}

/// Loads 32 bytes of @p data from @p offset, with zeros behind its end.
inline uint256 load_padded(BytesView data, const uint256& offset) noexcept {
    if (!offset.fits_u64() || offset[0] >= data.size()) return {};
    const BytesView rest = data.subspan(offset[0]);
    if (rest.size() >= 32) return load_be32(rest.data());
    uint8_t bytes[32]{};
    std::memcpy(bytes, rest.data(), rest.size());
    return load_be32(bytes);
}

/// Loads the big-endian number of N bytes at @p data. Reads up to 7 bytes more (CODE_PADDING).
template <size_t N>
inline uint256 load_immediate(const uint8_t* data) noexcept {
    const auto load = [](const uint8_t* p) {
        uint64_t word;
        std::memcpy(&word, p, 8);
        return __builtin_bswap64(word);
    };
    uint256 value;
    for (size_t i = 0; i < N / 8; ++i) value[i] = load(data + N - 8 * (i + 1));
    if constexpr (N % 8 != 0) value[N / 8] = load(data) >> (64 - 8 * (N % 8));
    return value;
}

/// Returns the value of @p x's low @p index + 1 bytes, as a two's complement number.
inline uint256 sign_extend(const uint256& index, const uint256& x) noexcept {
    if (!index.fits_u64() || index[0] > 30) return x;
    const size_t word = index[0] / 8;
    const uint64_t unused = 56 - 8 * (index[0] % 8);
    const auto signed_word = static_cast<int64_t>(x[word] << unused) >> unused;
    const auto sign = static_cast<uint64_t>(signed_word >> 63);
    uint256 result;
    for (size_t i = 0; i < 4; ++i)
        result[i] = i < word ? x[i] : i == word ? static_cast<uint64_t>(signed_word) : sign;
    return result;
}

/// Returns byte @p index of @p x, counted from the most significant.
inline uint256 byte_of(const uint256& x, const uint256& index) noexcept {
    if (!index.fits_u64() || index[0] > 31) return {};
    const uint64_t from_low = 31 - index[0];
    return x[from_low / 8] >> 8 * (from_low % 8) & 0xff;
}

/// Shifts to the right and keeps the sign.
inline uint256 shift_signed(const uint256& x, const uint256& shift) noexcept {
    if (!x.is_negative()) return x >> shift;
    return ~(~x >> shift);
}

// ---- gas and memory

/// Pays for memory up to @p end and grows it. REQUIRES: end > f.memory.size(), end <= 2^33.
/// @return  The gas left; below zero, and nothing grown, if it is not enough.
int64_t grow_memory(Frame& f, int64_t gas, uint64_t end);

/// Makes @p size bytes from @p offset part of memory; returns false if gas does not suffice.
/// After true, offset and size fit 64 bits, unless size is 0 (then offset may be anything).
inline bool use_memory(Frame& f, int64_t& gas, const uint256& offset, uint64_t size) {
    if (!offset.fits_u64() || offset[0] > MAX_MEMORY) [[unlikely]]
        return false;
    const uint64_t end = offset[0] + size;
    if (end > f.memory.size()) [[unlikely]]
        gas = grow_memory(f, gas, end);
    return gas >= 0;
}
inline bool use_memory(Frame& f, int64_t& gas, const uint256& offset, const uint256& size) {
    if (size.is_zero()) return true;
    if (!size.fits_u64() || size[0] > MAX_MEMORY) [[unlikely]]
        return false;
    return use_memory(f, gas, offset, size[0]);
}

/// Returns the part of memory that use_memory has paid for; empty if size is 0, wherever it would
/// lie.
inline BytesView memory_view(Frame& f, const uint256& offset, const uint256& size) noexcept {
    return size.is_zero() ? BytesView{} : f.memory.view(offset[0], size[0]);
}

/// Charges for the first access to an account (EIP-2929).
inline bool charge_account(Frame& f, int64_t& gas, const Address& address) {
    if (f.rules.gas.cold_account != 0 && f.host.access_account(address) == AccessStatus::cold)
        gas -= f.rules.gas.cold_account;
    return gas >= 0;
}

// ---- what several instructions share

/// Executes CALLDATACOPY and its kin: top[0] is the place in memory, top[-1] that in @p source,
/// top[-2] the size. Zeros lie behind the source's end.
inline Status copy_to_memory(const uint256* top, Frame& f, int64_t& gas, BytesView source) {
    if (!use_memory(f, gas, top[0], top[-2])) return Status::out_of_gas;
    const uint64_t size = top[-2][0];
    gas -= GAS_COPY_WORD * words_of(size);
    if (gas < 0) return Status::out_of_gas;
    if (size == 0) return NEXT;
    const uint64_t offset =
        top[-1].fits_u64() ? std::min<uint64_t>(top[-1][0], source.size()) : source.size();
    const uint64_t copied = std::min<uint64_t>(size, source.size() - offset);
    uint8_t* const target = f.memory.data() + top[0][0];
    if (copied != 0) std::memcpy(target, source.data() + offset, copied);
    if (size != copied) std::memset(target + copied, 0, size - copied);
    return NEXT;
}

/// Sets the program counter. A JUMPDEST is an instruction of its own and is charged for.
inline Status jump(Step& s, const Frame& f, const uint256& destination) noexcept {
    if (!destination.fits_u64() || destination[0] >= f.code_size ||
        (f.jump_destinations[destination[0] / 64] >> destination[0] % 64 & 1) == 0)
        return Status::bad_jump_destination;
    s.pc = f.code_begin + destination[0];
    return NEXT;
}

inline Status end_with_output(const uint256* top, Frame& f, int64_t& gas, Status status) {
    if (!use_memory(f, gas, top[0], top[-1])) return Status::out_of_gas;
    const BytesView output = memory_view(f, top[0], top[-1]);
    f.output.assign(output.begin(), output.end());
    return status;
}

}  // namespace scope::evm
