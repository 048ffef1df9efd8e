#pragma once

// Of server.cpp only.

#include <array>
#include <cstddef>
#include <new>

namespace scope::net {

/// Room for what one asynchronous operation keeps, which else is allocated and freed each time.
class HandlerMemory {
  public:
    HandlerMemory() = default;
    HandlerMemory(const HandlerMemory&) = delete;
    HandlerMemory& operator=(const HandlerMemory&) = delete;

    /// Returns @p size bytes: here, if they fit and nothing else is; else from the heap.
    [[nodiscard]] void* allocate(size_t size) {
        if (is_taken_ || size > room_.size()) return ::operator new(size);
        is_taken_ = true;
        return room_.data();
    }
    void free(void* pointer) noexcept {
        if (pointer != room_.data()) return ::operator delete(pointer);
        is_taken_ = false;
    }

  private:
    alignas(std::max_align_t) std::array<std::byte, 256> room_;
    bool is_taken_ = false;
};

/// Allocates from a HandlerMemory, which must live longer than what is allocated.
template <typename T>
class HandlerAllocator {
  public:
    using value_type = T;

    explicit HandlerAllocator(HandlerMemory& memory) noexcept : memory_(&memory) {}
    template <typename Other>
    HandlerAllocator(const HandlerAllocator<Other>& other) noexcept : memory_(other.memory_) {}

    T* allocate(size_t count) {
        static_assert(alignof(T) <= alignof(std::max_align_t));
        return static_cast<T*>(memory_->allocate(count * sizeof(T)));
    }
    void deallocate(T* pointer, size_t /*count*/) noexcept { memory_->free(pointer); }

    friend bool operator==(const HandlerAllocator&, const HandlerAllocator&) = default;

  private:
    template <typename Other>
    friend class HandlerAllocator;
    HandlerMemory* memory_;
};

}  // namespace scope::net
