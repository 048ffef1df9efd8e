#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace scope::net {

/// Compresses a text piece by piece (RFC 1952), so that a long one holds nobody up.
class GzipStream {
  public:
    GzipStream();
    ~GzipStream();
    GzipStream(GzipStream&&) noexcept;
    GzipStream& operator=(GzipStream&&) noexcept;

    /// Appends to @p out what @p piece, the next of the text, comes to.
    void add(std::string_view piece, std::string& out);
    /// Appends the end. Nothing may be added after it.
    void finish(std::string& out);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Whether an Accept-Encoding field takes gzip: names it, or *, with another weight than 0.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace scope::net
