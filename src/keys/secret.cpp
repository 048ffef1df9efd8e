#include "keys/secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/printable.hpp"

namespace scope::keys {

namespace {

/// A file descriptor that is closed.
class File {
  public:
    explicit File(int number) noexcept : number_(number) {}
    ~File() {
        if (number_ >= 0) close(number_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int number() const noexcept { return number_; }

  private:
    int number_;
};

std::unexpected<std::string> wrong(const std::filesystem::path& path, std::string_view what) {
    return std::unexpected{fmt::format("{}: {}", printable(path.string()), what)};
}
std::unexpected<std::string> wrong_errno(const std::filesystem::path& path) {
    return wrong(path, std::strerror(errno));
}

/// Reads until the end, or until there is more than may be.
bool read_all(int file, std::string& text) {
    // At once, so that no piece is left behind where a string grows.
    text.resize(MAX_SECRET_FILE + 1);
    size_t size = 0;
    while (size < text.size()) {
        const auto got = read(file, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) break;
        size += static_cast<size_t>(got);
    }
    text.resize(size);
    return true;
}

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const auto put = write(file, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        text.remove_prefix(static_cast<size_t>(put));
    }
    return fsync(file) == 0;
}

}  // namespace

void wipe(void* memory, size_t size) noexcept {
    OPENSSL_cleanse(memory, size);
}

Secret::Secret(std::string text) noexcept : text_(std::move(text)) {}

Secret::~Secret() {
    wipe();
}

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {
    other.wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe();
    text_ = std::move(other.text_);
    other.wipe();
    return *this;
}

void Secret::wipe() noexcept {
    // Also what a longer text left behind it, and what a move left in a short string's own room.
    text_.resize(text_.capacity());
    keys::wipe(text_.data(), text_.size());
    text_.clear();
}

Result<Secret, std::string> read_private_file(const std::filesystem::path& path) {
    // Not blocked by a pipe that nobody writes to.
    const File file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.number() < 0) return wrong_errno(path);
    struct stat status{};
    if (fstat(file.number(), &status) != 0) return wrong_errno(path);
    if (!S_ISREG(status.st_mode)) return wrong(path, "not a regular file");
    if ((status.st_mode & 077u) != 0)
        return wrong(path, fmt::format("others than its owner may use it (mode {:04o}); chmod 600",
                                       status.st_mode & 07777u));
    std::string text;
    const bool is_read = read_all(file.number(), text);
    Secret secret{std::move(text)};
    if (!is_read) return wrong_errno(path);
    if (secret.text().size() > MAX_SECRET_FILE)
        return wrong(path, fmt::format("more than {} bytes", MAX_SECRET_FILE));
    return secret;
}

Result<void, std::string> write_private_file(const std::filesystem::path& path,
                                             std::string_view text) {
    const File file{open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.number() < 0) return wrong_errno(path);
    if (write_all(file.number(), text)) return {};
    const int why = errno;
    unlink(path.c_str());
    return wrong(path, std::strerror(why));
}

Result<Secret, std::string> read_secret(std::string_view spec,
                                        const std::filesystem::path& folder) {
    constexpr std::string_view ENVIRONMENT = "env:";
    constexpr std::string_view FILE = "file:";
    if (spec.starts_with(ENVIRONMENT)) {
        const std::string name{spec.substr(ENVIRONMENT.size())};
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
        const char* const value = std::getenv(name.c_str());
        if (value == nullptr)
            return std::unexpected{
                fmt::format("the environment has no variable {}", printable(name))};
        return Secret{value};
    }
    if (spec.starts_with(FILE)) {
        const auto secret = TRY(read_private_file(folder / spec.substr(FILE.size())));
        auto text = secret.text();
        if (text.ends_with('\n')) text.remove_suffix(1);
        if (text.ends_with('\r')) text.remove_suffix(1);
        return Secret{std::string{text}};
    }
    // It may be the secret itself: it isn't told.
    return std::unexpected{"a secret is given as env:NAME or file:PATH"};
}

}  // namespace scope::keys
