#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "evm/analysis.hpp"
#include "evm/host.hpp"
#include "evm/rules.hpp"
#include "evm/tracer.hpp"

namespace scope::evm {

inline constexpr size_t STACK_LIMIT = 1024;

/// Byte memory of a frame: a whole number of words, all zero when it grows.
class Memory {
  public:
    Memory() noexcept = default;
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { std::free(data_); }
    void swap(Memory& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(zeroed_, other.zeroed_);
        std::swap(capacity_, other.capacity_);
    }

    [[nodiscard]] uint8_t* data() noexcept { return data_; }
    [[nodiscard]] uint64_t size() const noexcept { return size_; }
    [[nodiscard]] uint64_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] BytesView view(uint64_t offset, uint64_t size) const noexcept {
        return {data_ + offset, size};
    }

    /// Grows it to @p size bytes. REQUIRES: a multiple of 32, above size().
    void grow(uint64_t size) {
        if (size > zeroed_) zero(size);
        size_ = size;
    }
    /// Returns whether growing to @p size writes nothing.
    [[nodiscard]] bool is_zeroed(uint64_t size) const noexcept { return size <= zeroed_; }
    /// Empties it and keeps the room, unless it is more than @p keep bytes.
    void reset(uint64_t keep) noexcept {
        size_ = 0;
        zeroed_ = 0;
        if (capacity_ <= keep) return;
        std::free(data_);
        data_ = nullptr;
        capacity_ = 0;
    }

  private:
    /// Memory mostly grows word by word: zeros are written some words ahead.
    static constexpr uint64_t ZEROED_AHEAD = 512;
    void zero(uint64_t size);

    uint8_t* data_ = nullptr;
    uint64_t size_ = 0;
    uint64_t zeroed_ = 0;  ///< bytes that were written or are zero; from size_ on, zero
    uint64_t capacity_ = 0;
};

/// Room for the stack of one frame, and its memory.
///
/// Aligned to its own size, so that the low 16 bits of a pointer to an item tell the height: the
/// first item lies at offset 32, the last at 1024 * 32. The check for room and for operands is
/// then one comparison with a constant, and no register holds the stack's bottom.
struct alignas(1 << 16) FrameSpace {
    std::byte stack[(STACK_LIMIT + 1) * sizeof(uint256)];
    Memory memory;

    [[nodiscard]] uint256* empty_top() noexcept { return reinterpret_cast<uint256*>(stack); }
};

/// Returns the height in bytes of the stack whose top item is @p top.
inline uint32_t stack_bytes(const uint256* top) noexcept {
    return static_cast<uint16_t>(reinterpret_cast<uintptr_t>(top));
}

/// A FrameSpace from the pool of this thread; goes back when it ends.
///
/// Frames of several fibers interleave on a thread, so the pool is a list, not a stack.
class PooledFrameSpace {
  public:
    PooledFrameSpace();
    ~PooledFrameSpace();
    PooledFrameSpace(const PooledFrameSpace&) = delete;
    PooledFrameSpace& operator=(const PooledFrameSpace&) = delete;

    FrameSpace& operator*() noexcept { return *space_; }
    FrameSpace* operator->() noexcept { return space_; }

  private:
    FrameSpace* space_;
};

/// Returns the size in bytes of the memory buffers that this thread's pool keeps for frames to
/// come.
uint64_t pooled_memory() noexcept;

/// The machine's state that changes with every instruction. Lives in registers.
struct Step {
    const uint8_t* pc;
    uint256* top;  ///< the topmost item; items below it at top[-1], ..
    int64_t gas;
};

/// The rest of the machine's state (Yellow Paper, section 9.4.1), and what is fixed for a frame.
struct Frame {
    Host& host;
    const Rules& rules;
    const Message& message;
    const Code& code;
    Memory memory{};
    // Of the analysis; here, a jump has them at hand.
    const uint8_t* code_begin;
    uint64_t code_size;
    const uint64_t* jump_destinations;
    Tracer* tracer = nullptr;

    Bytes return_data{};  ///< of the last call or create
    Bytes output{};
    int64_t gas_refund = 0;
    int64_t gas_left = 0;  ///< set when the frame ends

    // Only under a tracer.
    int64_t gas_before = 0;     ///< before the instruction
    bool cost_is_told = false;  ///< on_cost was called for the instruction
};

}  // namespace scope::evm
