#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace scope::l1 {

/// Another client's process, with a folder of its own; both end with this object.
class PeerProcess {
  public:
    PeerProcess() {
        std::string name =
            (std::filesystem::temp_directory_path() / "scope-l1-peer-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
        folder_ = name;
    }
    ~PeerProcess() {
        if (process_ > 0) {
            kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    PeerProcess(const PeerProcess&) = delete;
    PeerProcess& operator=(const PeerProcess&) = delete;

    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

    /// Runs a program to its end; returns what it printed. Throws if it fails.
    std::string run(std::vector<std::string> arguments) {
        start(std::move(arguments));
        int status = 0;
        waitpid(std::exchange(process_, -1), &status, 0);
        if (status != 0) throw std::runtime_error{"it fails: " + log()};
        return log();
    }
    void start(std::vector<std::string> arguments) {
        std::vector<char*> pointers;
        for (std::string& argument : arguments) pointers.push_back(argument.data());
        pointers.push_back(nullptr);
        const std::string output = (folder_ / "log").string();
        process_ = fork();
        if (process_ < 0) throw std::runtime_error{"fork"};
        if (process_ > 0) return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(out, 1);
        dup2(out, 2);
        execv(pointers[0], pointers.data());
        _exit(127);
    }
    /// Waits until it has logged a line with @p mark, a port behind it, and @p also.
    uint16_t wait_for_port(std::string_view mark, std::string_view also = {}) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
        for (;;) {
            const std::string text = log();
            if (const auto port = port_behind(text, mark, also)) return *port;
            int status = 0;
            if (waitpid(process_, &status, WNOHANG) == process_) {
                process_ = -1;
                throw std::runtime_error{"it ended before it listened:\n" + text};
            }
            if (std::chrono::steady_clock::now() > give_up)
                throw std::runtime_error{"it does not listen:\n" + text};
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
    }

  private:
    [[nodiscard]] std::string log() const {
        std::ostringstream text;
        text << std::ifstream{folder_ / "log"}.rdbuf();
        return std::move(text).str();
    }
    static std::optional<uint16_t> port_behind(const std::string& text, std::string_view mark,
                                               std::string_view also) {
        std::istringstream lines{text.substr(0, text.rfind('\n') + 1)};  // whole ones
        for (std::string line; std::getline(lines, line);) {
            const size_t at = line.find(mark);
            if (at == std::string::npos || line.find(also) == std::string::npos) continue;
            uint16_t port = 0;
            const char* const digits = line.data() + at + mark.size();
            if (std::from_chars(digits, line.data() + line.size(), port).ec == std::errc{})
                return port;
        }
        return std::nullopt;
    }

    std::filesystem::path folder_;
    pid_t process_ = -1;
};

}  // namespace scope::l1
