#include "terminal/password.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <string_view>

namespace scope::terminal {

namespace {

constexpr size_t MAX_PASSWORD = 1024;

/// The terminal of this process, without an echo as long as this lives.
class Terminal {
  public:
    Terminal() : file_(open("/dev/tty", O_RDWR | O_CLOEXEC)) {
        if (file_ < 0 || tcgetattr(file_, &before_) != 0) {
            if (file_ >= 0) close(file_);
            throw cli::UsageError{
                "there is no terminal to ask for the password: --password env:NAME or file:PATH"};
        }
        auto silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(file_, TCSAFLUSH, &silent);
    }
    ~Terminal() {
        tcsetattr(file_, TCSAFLUSH, &before_);
        close(file_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    keys::Secret ask(std::string_view prompt) {
        print(prompt);
        std::string line;
        line.reserve(MAX_PASSWORD);  // so that no piece is left behind where it grows
        char c = 0;
        while (line.size() < MAX_PASSWORD && read(file_, &c, 1) == 1 && c != '\n') line += c;
        print("\n");
        return keys::Secret{std::move(line)};
    }

  private:
    void print(std::string_view text) {
        if (write(file_, text.data(), text.size()) < 0)
            throw std::runtime_error{"the terminal takes no text"};
    }

    int file_;
    termios before_{};
};

}  // namespace

void add_password(CLI::App& command, std::string& spec) {
    command.add_option("--password", spec,
                       "Where the keystore's password is: env:NAME or file:PATH [asked on the "
                       "terminal]");
}

keys::Secret password(const std::string& spec, Typed typed) {
    if (!spec.empty()) {
        auto secret = keys::read_secret(spec);
        if (!secret) throw cli::UsageError{"--password: " + secret.error()};
        return std::move(*secret);
    }
    Terminal terminal;
    auto secret = terminal.ask("Password: ");
    if (typed == Typed::twice && terminal.ask("Again: ").text() != secret.text())
        throw cli::UsageError{"the two passwords differ"};
    return secret;
}

}  // namespace scope::terminal
