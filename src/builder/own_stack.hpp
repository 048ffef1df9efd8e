#pragma once

#include <pthread.h>

#include <exception>
#include <functional>
#include <system_error>

namespace scope::builder {

/// Runs @p work to its end on a stack of its own, behind a guard page; what it throws is thrown
/// here. Memory is taken as the stack grows.
///
/// Throws std::system_error if there is no room for such a stack.
inline void on_own_stack(size_t size_bytes, const std::function<void()>& work) {
    struct Run {
        const std::function<void()>& work;
        std::exception_ptr thrown;
    } run{work, nullptr};
    const auto body = [](void* argument) -> void* {
        auto& to_run = *static_cast<Run*>(argument);
        try {
            to_run.work();
        } catch (...) {
            to_run.thrown = std::current_exception();
        }
        return nullptr;
    };
    const auto require = [](int error) {
        if (error != 0) throw std::system_error{error, std::generic_category(), "a stack"};
    };
    pthread_attr_t attributes;
    require(pthread_attr_init(&attributes));
    pthread_t thread{};
    const int sized = pthread_attr_setstacksize(&attributes, size_bytes);
    const int started = sized == 0 ? pthread_create(&thread, &attributes, body, &run) : sized;
    pthread_attr_destroy(&attributes);
    require(started);
    pthread_join(thread, nullptr);
    if (run.thrown) std::rethrow_exception(run.thrown);
}

}  // namespace scope::builder
