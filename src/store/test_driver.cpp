#include "store/test_driver.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "base/check.hpp"
#include "store/test_folder.hpp"

namespace scope::store {

namespace {

constexpr int TOLD = 100;  // the file that the driver writes to
constexpr const char* FOLDER = "SCOPE_TEST_DRIVER_FOLDER";
constexpr const char* SEED = "SCOPE_TEST_DRIVER_SEED";

}  // namespace

TestDriver::TestDriver(std::string_view test, const DiskOptions& options, uint64_t seed) {
    std::array<int, 2> pipe{};
    CHECK(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    ::setenv(FOLDER, options.folder.c_str(), 1);
    ::setenv(SEED, std::to_string(seed).c_str(), 1);
    const auto filter = "--gtest_filter=" + std::string{test};
    pid_ = ::fork();
    if (pid_ == 0) {
        ::dup2(::open("/dev/null", O_RDWR), STDOUT_FILENO);
        ::dup2(pipe[1], TOLD);
        ::execl("/proc/self/exe", "store_test", "--gtest_also_run_disabled_tests", filter.c_str(),
                nullptr);
        ::_exit(127);
    }
    ::close(pipe[1]);
    output_ = pipe[0];
}

TestDriver::~TestDriver() {
    ::close(output_);
}

std::optional<uint64_t> TestDriver::kill_after(std::chrono::microseconds delay, bool waits) {
    std::string text;
    if (waits) read_some(text);
    std::this_thread::sleep_for(delay);
    ::kill(pid_, SIGKILL);
    while (read_some(text)) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) return std::nullopt;
    text.resize(text.rfind('\n') + 1);  // a line is written whole, or cut by the kill
    const size_t start = text.size() < 2 ? 0 : text.rfind('\n', text.size() - 2) + 1;
    return std::strtoull(text.c_str() + start, nullptr, 10);
}

bool TestDriver::read_some(std::string& text) const {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(output_, buffer.data(), buffer.size());
    if (count > 0) text.append(buffer.data(), static_cast<size_t>(count));
    return count > 0;
}

std::optional<TestDriver::Task> TestDriver::its_task() {
    const char* const folder = std::getenv(FOLDER);
    const char* const seed = std::getenv(SEED);
    if (folder == nullptr || seed == nullptr) return std::nullopt;
    Task task{TestFolder{}.options(), std::strtoull(seed, nullptr, 10)};
    task.options.folder = folder;
    return task;
}

void TestDriver::tell(uint64_t commit) {
    const auto line = std::to_string(commit) + "\n";
    CHECK(::write(TOLD, line.data(), line.size()) > 0);
}

size_t count_of_kills(size_t usual) {
    const size_t kills = std::getenv("SCOPE_TEST_FULL") != nullptr ? 300 : usual;
    return __has_feature(address_sanitizer) ? kills / 4 : kills;
}

}  // namespace scope::store
