#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/check.hpp"

namespace scope::keys {

/// A text that nobody may see: a password, or a key. Its memory is zeroed when it is destroyed; it
/// can't be copied or printed.
class Secret {
  public:
    Secret() = default;
    /// Takes the text, of which the caller should keep no copy.
    explicit Secret(std::string text) noexcept;
    ~Secret();
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;

    /// Returns the text; borrowed.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

  private:
    void wipe() noexcept;
    std::string text_;
};

/// Zeroes memory, so that no compiler leaves it out.
void wipe(void* memory, size_t size) noexcept;

/// Bytes that nobody may see: zeroed in the end, and not copied.
template <size_t N>
struct SecretBytes {
    FixedBytes<N> bytes;

    SecretBytes() = default;
    explicit SecretBytes(const FixedBytes<N>& from) : bytes(from) {}
    ~SecretBytes() { wipe(bytes.data(), N); }
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;
};

/// The most bytes of a file that holds a secret.
inline constexpr size_t MAX_SECRET_FILE = 65536;

/// Reads a file with a secret. It has to be a regular one that only its owner may read or write, as
/// ssh asks it of keys: an error names the file and what is wrong with it.
Result<Secret, std::string> read_private_file(const std::filesystem::path& path);

/// Writes a new file that only its owner may read; returns once it is on the disk. An error if there
/// is one of this name, which stays as it is.
Result<void, std::string> write_private_file(const std::filesystem::path& path,
                                             std::string_view text);

/// Reads a secret from where @p spec says: `env:NAME`, a variable of the environment, or `file:PATH`
/// (read_private_file) without the end of line at its end. An error names the place, and no content.
/// @param folder  Where a relative path begins; empty: where the process is.
Result<Secret, std::string> read_secret(std::string_view spec,
                                        const std::filesystem::path& folder = {});

}  // namespace scope::keys
