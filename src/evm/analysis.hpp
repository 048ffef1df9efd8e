#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "evm/host.hpp"

namespace scope::evm {

/// Zeros behind the code: the data of a PUSH32 in the last byte, and the STOP behind it.
inline constexpr size_t CODE_PADDING = 33;

/// The interpreter's knowledge of code before it runs it. Depends on the bytes alone, so it serves
/// every revision.
class Analysis {
  public:
    explicit Analysis(BytesView code);

    /// Returns the code, with at least CODE_PADDING zeros (STOP) behind it: an instruction and its
    /// data never end behind them.
    [[nodiscard]] const uint8_t* code() const noexcept { return code_; }
    [[nodiscard]] size_t code_size() const noexcept { return code_size_; }
    /// Returns one bit for each byte of the code: it is a JUMPDEST, and not data of a PUSH.
    [[nodiscard]] const uint64_t* jump_destinations() const noexcept { return storage_.get(); }
    [[nodiscard]] bool is_jump_destination(uint64_t offset) const noexcept {
        return offset < code_size_ && (storage_[offset / 64] >> (offset % 64) & 1) != 0;
    }

  private:
    std::unique_ptr<uint64_t[]> storage_;  ///< the bits, then the code
    const uint8_t* code_;
    size_t code_size_;
};

/// Makes code with its hash and its analysis.
CodePtr make_code(Bytes bytes);
/// Makes code whose hash is known. REQUIRES: hash == keccak256(bytes).
CodePtr make_code(Bytes bytes, const Hash& hash);
/// Makes code that runs once: its `hash` stays zero.
CodePtr make_init_code(BytesView bytes);
/// Returns the code of an account without any.
const CodePtr& empty_code();

/// Makes code as make_code does, but asks a cache that all threads share first. @p load is called
/// if the code is not in it.
///
/// The cache is bounded: 64 MiB of code by default; what was not used for longest is evicted first.
/// @param hash  REQUIRES: keccak256 of what @p load gives.
CodePtr cached_code(const Hash& hash, const std::function<Bytes()>& load);

}  // namespace scope::evm
