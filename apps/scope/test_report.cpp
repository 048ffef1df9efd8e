#include "test_report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <thread>

#include "command.hpp"

namespace scope::app {

std::string json_string(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            (result += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            result += c;
    }
    return result + '"';
}

void TestReport::fail(const std::string& where, const std::string& test,
                      const std::string& reason) {
    ++failed_;
    const std::lock_guard lock{mutex_};
    if (format_ == Format::json)
        fmt::print(R"({{"file":{},"test":{},"pass":false,"error":{}}})"
                   "\n",
                   json_string(where), json_string(test), json_string(reason));
    else
        fmt::print("FAILED {}\n       {}: {}\n", where, test, reason);
    std::fflush(stdout);  // who is ended before the end has told what failed
}

void TestReport::skip(const std::string& reason, size_t count) {
    skipped_ += count;
    const std::lock_guard lock{mutex_};
    skipped_for_[reason] += count;
}

int TestReport::finish() {
    const size_t passed = passed_;
    const size_t failed = failed_;
    const size_t skipped = skipped_;
    for (const auto& [reason, count] : skipped_for_) {
        if (format_ == Format::json)
            fmt::print(R"({{"skipped":{},"reason":{}}})"
                       "\n",
                       count, json_string(reason));
        else
            fmt::print("skipped {}: {}\n", count, reason);
    }
    if (format_ == Format::json)
        fmt::print(R"({{"passed":{},"failed":{},"skipped":{}}})"
                   "\n",
                   passed, failed, skipped);
    else
        fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
    return failed == 0 ? 0 : kFailed;
}

void for_each_parallel(size_t count, unsigned jobs, const std::function<void(size_t)>& work) {
    std::atomic<size_t> next = 0;
    std::exception_ptr error;
    std::mutex error_mutex;
    const auto run = [&] {
        try {
            for (size_t i = next++; i < count; i = next++) work(i);
        } catch (...) {
            const std::lock_guard lock{error_mutex};
            if (!error) error = std::current_exception();
            next = count;
        }
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < jobs && i < count; ++i) threads.emplace_back(run);
    run();
    threads.clear();
    if (error) std::rethrow_exception(error);
}

}  // namespace scope::app
