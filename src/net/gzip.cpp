#include "net/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <new>

#include "base/check.hpp"

namespace scope::net {
namespace {

constexpr int FASTEST = 1;  // three times as fast as the default on hex, and a tenth larger
constexpr int GZIP_WINDOW = 15 + 16;
constexpr int MEMORY_LEVEL = 8;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// Whether the parameters of a coding say q=0 (RFC 9110, section 12.4.2).
bool is_refused(std::string_view parameters) {
    const std::string_view weight = trimmed(parameters);
    if (!equal_ignoring_case(weight.substr(0, 2), "q=")) return false;
    return weight.substr(2).find_first_not_of("0.") == weight.npos;
}

}  // namespace

struct GzipStream::Impl {
    Impl() {
        if (deflateInit2(&stream, FASTEST, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                         Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc{};
    }
    ~Impl() { deflateEnd(&stream); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void deflate_all(std::string_view piece, int flush, std::string& out) {
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        stream.avail_in = static_cast<uInt>(piece.size());
        int status = Z_OK;
        do {
            Bytef buffer[16384];
            stream.next_out = buffer;
            stream.avail_out = sizeof buffer;
            status = ::deflate(&stream, flush);
            CHECK(status != Z_STREAM_ERROR);
            out.append(reinterpret_cast<const char*>(buffer), sizeof buffer - stream.avail_out);
        } while (stream.avail_out == 0 || (flush == Z_FINISH && status != Z_STREAM_END));
    }

    z_stream stream{};
};

GzipStream::GzipStream() : impl_(std::make_unique<Impl>()) {}
GzipStream::~GzipStream() = default;
GzipStream::GzipStream(GzipStream&&) noexcept = default;
GzipStream& GzipStream::operator=(GzipStream&&) noexcept = default;

void GzipStream::add(std::string_view piece, std::string& out) {
    impl_->deflate_all(piece, Z_NO_FLUSH, out);
}

void GzipStream::finish(std::string& out) {
    impl_->deflate_all({}, Z_FINISH, out);
}

bool accepts_gzip(std::string_view accept_encoding) {
    bool any = false;
    while (!accept_encoding.empty()) {
        const size_t comma = accept_encoding.find(',');
        const std::string_view coding = accept_encoding.substr(0, comma);
        accept_encoding.remove_prefix(comma == coding.npos ? accept_encoding.size() : comma + 1);
        const size_t semicolon = coding.find(';');
        const std::string_view name = trimmed(coding.substr(0, semicolon));
        const bool refused = semicolon != coding.npos && is_refused(coding.substr(semicolon + 1));
        if (equal_ignoring_case(name, "gzip")) return !refused;
        if (name == "*") any = !refused;
    }
    return any;
}

}  // namespace scope::net
