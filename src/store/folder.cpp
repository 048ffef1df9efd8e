#include "store/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <system_error>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"

namespace scope::store {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view FIRST_LINE = "Scope database\n";
constexpr size_t MAX_FILE_SIZE = 4096;

[[noreturn]] void fail(DatabaseRule rule, const fs::path& path, std::string_view reason) {
    throw DatabaseError{rule, fmt::format("{}: {}", path.string(), reason)};
}

/// Throws what the system says of a call that failed with this errno.
[[noreturn]] void fail_by(int error, const fs::path& path) {
    const bool is_full = error == ENOSPC || error == EDQUOT;
    fail(is_full           ? DatabaseRule::full
         : error == ENOENT ? DatabaseRule::missing_file
                           : DatabaseRule::io,
         path, std::generic_category().message(error));
}
[[noreturn]] void fail_by_errno(const fs::path& path) {
    fail_by(errno, path);
}

std::string sum_of(std::string_view text) {
    return to_hex(BytesView{crypto::keccak256(as_bytes(text))}.first(8));
}
std::string with_sum(std::string text) {
    const auto sum = sum_of(text);
    return text += fmt::format("sum {}\n", sum);
}
/// Returns the lines before the last one, which must be their sum.
std::string without_sum(const fs::path& path, std::string text) {
    const size_t end = text.rfind("sum ");
    if (end == std::string::npos || text != with_sum(text.substr(0, end)))
        fail(DatabaseRule::corrupt, path, "its text isn't the one that was written");
    return text.substr(0, end);
}

/// Takes "NAME VALUE\n" from the beginning of @p text, which must be there.
std::string take_line(const fs::path& path, std::string_view name, std::string& text) {
    const size_t end = text.find('\n');
    const std::string start = fmt::format("{} ", name);
    if (end == std::string::npos || !text.starts_with(start))
        fail(DatabaseRule::corrupt, path, fmt::format("no line {} where it must be", name));
    auto value = text.substr(start.size(), end - start.size());
    text.erase(0, end + 1);
    return value;
}
uint64_t take_number(const fs::path& path, std::string_view name, std::string& text) {
    const auto digits = take_line(path, name, text);
    uint64_t number = 0;
    const auto* const last = digits.data() + digits.size();
    if (const auto read = std::from_chars(digits.data(), last, number);
        read.ec != std::errc{} || read.ptr != last)
        fail(DatabaseRule::corrupt, path, fmt::format("{} is no number", name));
    return number;
}

std::string read_text(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) fail_by_errno(path);
    std::string text(MAX_FILE_SIZE, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) fail(DatabaseRule::io, path, "can't be read");
    text.resize(static_cast<size_t>(file.gcount()));
    return text;
}

OpenFile open_file(const fs::path& path, int flags) {
    OpenFile file{::open(path.c_str(), flags | O_CLOEXEC, 0644)};
    if (!file.is_open()) fail_by_errno(path);
    return file;
}

void write_all(const OpenFile& file, const fs::path& path, std::string_view text) {
    const ssize_t written = ::pwrite(file.number(), text.data(), text.size(), 0);
    if (written < 0) fail_by_errno(path);
    if (static_cast<size_t>(written) != text.size())
        fail(DatabaseRule::full, path, "no space left for it");
}

void sync(const OpenFile& file, const fs::path& path) {
    if (::fsync(file.number()) != 0) fail_by_errno(path);
}

/// Puts a file onto the disk, all of it or nothing.
void write_file(const fs::path& path, std::string_view text) {
    const fs::path written = path.string() + ".new";
    {
        const auto file = open_file(written, O_WRONLY | O_CREAT | O_TRUNC);
        write_all(file, written, text);
        sync(file, written);
    }
    if (::rename(written.c_str(), path.c_str()) != 0) fail_by_errno(path);
    sync(open_file(path.parent_path(), O_RDONLY), path.parent_path());
}

/// The last commit's file: always of one size, so that it is overwritten by one write.
std::string text_of_commit(uint64_t number) {
    return with_sum(fmt::format("commits {:020}\n", number));
}

/// Removes a file, which needn't be there.
void remove_file(const fs::path& path) {
    std::error_code error;
    fs::remove(path, error);
    if (error) fail_by(error.value(), path);
}

/// Throws unless a database is to be made in this folder without one, or again where it was begun.
void refuse_other_folder(const fs::path& folder, OpenMode mode) {
    const bool was_cut_short = fs::exists(folder / "creating");
    if (!was_cut_short)
        for (const auto& entry : fs::directory_iterator{folder})
            if (entry.path().filename() != "lock")
                fail(DatabaseRule::not_a_database, folder,
                     "it has files and no SCOPE file: another folder, or a database whose SCOPE is "
                     "gone");
    if (mode == OpenMode::existing)
        fail(DatabaseRule::no_database, folder,
             was_cut_short ? "its creation was cut short" : "it is empty");
}

}  // namespace

OpenFile::~OpenFile() {
    if (is_open()) ::close(number_);
}

Folder::Folder(const DiskOptions& options) : folder_(options.folder) {
    try {
        const bool is_there = fs::exists(folder_);
        if (!is_there && options.mode == OpenMode::existing)
            fail(DatabaseRule::no_database, folder_, "there is no such folder");
        if (is_there && !fs::is_directory(folder_))
            fail(DatabaseRule::not_a_database, folder_, "it is no folder");
        // Before the folder gets a lock; who has it may be making a database.
        if (is_there && !fs::exists(folder_ / "lock") && !fs::exists(folder_ / "SCOPE"))
            refuse_other_folder(folder_, options.mode);
        fs::create_directories(folder_);
        lock();
        if (fs::exists(folder_ / "SCOPE"))
            read();
        else
            begin_creation(options.mode);
    } catch (const fs::filesystem_error& error) {
        throw DatabaseError{DatabaseRule::io, error.what()};
    }
}

void Folder::lock() {
    const auto path = folder_ / "lock";
    lock_ = open_file(path, O_RDWR | O_CREAT);
    if (::flock(lock_.number(), LOCK_EX | LOCK_NB) == 0) return;
    if (errno != EWOULDBLOCK) fail_by_errno(path);
    fail(DatabaseRule::in_use, folder_,
         "another process has this database open: stop it, or choose another folder");
}

void Folder::read() {
    const auto path = folder_ / "SCOPE";
    auto text = without_sum(path, read_text(path));
    if (!text.starts_with(FIRST_LINE))
        fail(DatabaseRule::corrupt, path, "it doesn't begin as a database does");
    text.erase(0, FIRST_LINE.size());
    const uint64_t format = take_number(path, "format", text);
    if (format != FORMAT)
        fail(DatabaseRule::other_format, path,
             fmt::format("the database has format {}, and this program reads and writes format {}: "
                         "open it with the program that made it, or choose another folder and let "
                         "this program derive it again",
                         format, FORMAT));
    id_ = fixed_from_hex<16>(take_line(path, "id", text));
    if (!id_ || !text.empty()) fail(DatabaseRule::corrupt, path, "its id is none");
    if (!fs::is_directory(rows()))
        fail(DatabaseRule::missing_file, rows(), "the folder is gone; restore it, or delete all");

    const auto commits = commits_file();
    commits_ = open_file(commits, O_RDWR);
    text = without_sum(commits, read_text(commits));
    last_commit_ = take_number(commits, "commits", text);
    remove_file(folder_ / "creating");  // where a kill came just behind the end of creation
}

void Folder::begin_creation(OpenMode mode) {
    const auto creating = folder_ / "creating";
    refuse_other_folder(folder_, mode);
    if (!fs::exists(creating)) {
        // Made by one call: a kill leaves it or leaves nothing.
        (void)open_file(creating, O_WRONLY | O_CREAT);
        sync(open_file(folder_, O_RDONLY), folder_);
    }
    fs::remove_all(rows());
}

void Folder::set_created(const DatabaseId& id) {
    write_file(commits_file(), text_of_commit(last_commit_));
    commits_ = open_file(commits_file(), O_RDWR);
    write_file(folder_ / "SCOPE", with_sum(fmt::format("{}format {}\nid {}\n", FIRST_LINE, FORMAT,
                                                       to_hex(BytesView{id}))));
    id_ = id;
    remove_file(folder_ / "creating");
}

void Folder::set_last_commit(uint64_t number) {
    CHECK(commits_.is_open());
    last_commit_ = number;
    write_all(commits_, commits_file(), text_of_commit(number));
}

}  // namespace scope::store
