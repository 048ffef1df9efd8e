#include "evm/frame.hpp"

#include <memory>
#include <new>
#include <vector>

namespace scope::evm {

namespace {

/// The most that a thread keeps in memory buffers of frames that ended, in bytes.
constexpr uint64_t MAX_POOLED_MEMORY = uint64_t{64} << 20;
/// A frame's buffer that is kept whatever the others hold: as much as most calls use.
constexpr uint64_t SMALL_MEMORY = 4096;

struct FramePool {
    std::vector<std::unique_ptr<FrameSpace>> free;
    uint64_t memory = 0;  // capacity of the buffers in `free`
};

// Not inlined: a fiber may end a frame on another thread than it began on, and the compiler must
// not remember where the pool was.
[[gnu::noinline]] FramePool& frame_pool() {
    thread_local FramePool pool;
    return pool;
}

}  // namespace

void Memory::zero(uint64_t size) {
    if (size > capacity_) {
        const uint64_t capacity = std::max({size, 2 * capacity_, SMALL_MEMORY});
        // Not realloc: only the part in use has to move.
        auto* data = static_cast<uint8_t*>(std::malloc(capacity));
        if (data == nullptr) throw std::bad_alloc{};
        if (zeroed_ != 0) std::memcpy(data, data_, zeroed_);
        std::free(data_);
        data_ = data;
        capacity_ = capacity;
    }
    const uint64_t end = std::min(capacity_, size + ZEROED_AHEAD);
    std::memset(data_ + zeroed_, 0, end - zeroed_);
    zeroed_ = end;
}

uint64_t pooled_memory() noexcept {
    return frame_pool().memory;
}

PooledFrameSpace::PooledFrameSpace() {
    FramePool& pool = frame_pool();
    if (pool.free.empty()) {
        space_ = new FrameSpace;
        return;
    }
    space_ = pool.free.back().release();
    pool.free.pop_back();
    pool.memory -= space_->memory.capacity();
}

PooledFrameSpace::~PooledFrameSpace() {
    FramePool& pool = frame_pool();
    const uint64_t room = MAX_POOLED_MEMORY - std::min(MAX_POOLED_MEMORY, pool.memory);
    space_->memory.reset(std::max(room, SMALL_MEMORY));
    pool.memory += space_->memory.capacity();
    pool.free.emplace_back(space_);
}

}  // namespace scope::evm
