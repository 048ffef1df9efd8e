#pragma once

// Of server.cpp only: Boost is compiled there and nowhere else.

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/gzip.hpp"

namespace scope::net {

namespace http = boost::beast::http;

/// Reads one HTTP request, and keeps of it what this server looks at.
///
/// Beast's own parser makes a list of all fields, an allocation each.
class HttpRequest final : public http::basic_parser<true> {
  public:
    HttpRequest(size_t header_bytes, size_t body_bytes) {
        eager(true);
        header_limit(static_cast<uint32_t>(header_bytes));
        body_limit(body_bytes);
    }

    /// Room behind the body, for who parses it.
    static constexpr size_t BODY_PADDING = 64;

    http::verb verb = http::verb::unknown;
    unsigned version = 11;  ///< of HTTP, times ten
    std::string target;
    std::string body;
    bool takes_gzip = false;
    bool expects_continue = false;
    std::string origin;
    std::string asked_headers;  ///< Access-Control-Request-Headers
    // Of a WebSocket's handshake.
    std::string host;
    std::string upgrade_field;
    std::string connection;
    std::string websocket_key;
    std::string websocket_version;

  private:
    using Text = boost::beast::string_view;
    using Error = boost::beast::error_code;

    void on_request_impl(http::verb method, Text, Text path, int number, Error&) override {
        version = static_cast<unsigned>(number);
        verb = method;
        target.assign(path.data(), path.size());
    }

    void on_field_impl(http::field name, Text, Text value, Error&) override {
        const std::string_view text{value.data(), value.size()};
        switch (name) {
            case http::field::accept_encoding:
                takes_gzip = accepts_gzip(text);
                break;
            case http::field::expect:
                expects_continue = boost::beast::iequals(value, "100-continue");
                break;
            case http::field::origin:
                origin = text;
                break;
            case http::field::access_control_request_headers:
                asked_headers = text;
                break;
            case http::field::host:
                host = text;
                break;
            case http::field::upgrade:
                upgrade_field = text;
                break;
            case http::field::connection:
                connection = text;
                break;
            case http::field::sec_websocket_key:
                websocket_key = text;
                break;
            case http::field::sec_websocket_version:
                websocket_version = text;
                break;
            default:
                break;
        }
    }

    void on_header_impl(Error&) override {}

    void on_body_init_impl(const boost::optional<uint64_t>& content_length, Error&) override {
        // A header is cheap to send, so it alone reserves little.
        if (content_length) body.reserve(std::min<uint64_t>(*content_length, 65536) + BODY_PADDING);
    }

    size_t on_body_impl(Text part, Error&) override {
        body.append(part.data(), part.size());
        return part.size();
    }

    void on_chunk_header_impl(uint64_t, Text, Error&) override {}

    size_t on_chunk_body_impl(uint64_t, Text part, Error&) override {
        body.append(part.data(), part.size());
        return part.size();
    }

    void on_finish_impl(Error&) override {}
    void on_response_impl(int, Text, int, Error&) override {}
};

/// Reads the requests of a connection, one after the other.
///
/// Most clients send the same header each time. The last one is kept, with what it says: to compare
/// takes a tenth of what it takes to parse.
class HttpRequestReader {
  public:
    HttpRequestReader(size_t header_bytes, size_t body_bytes)
        : header_bytes_(header_bytes), body_bytes_(body_bytes) {
        request_.emplace(header_bytes_, body_bytes_);
    }

    /// Returns the request that it reads, or has read.
    [[nodiscard]] HttpRequest& operator*() noexcept { return *request_; }
    [[nodiscard]] HttpRequest* operator->() noexcept { return &*request_; }
    /// Returns whether the request is there to its end.
    [[nodiscard]] bool is_done() const { return has_begun_ && request_->is_done(); }

    /// Goes on to the next request. REQUIRES: is_done().
    void next() noexcept { has_begun_ = false; }
    /// Parses what was received of the request. Returns how many bytes it took.
    size_t put(boost::asio::const_buffer received, boost::beast::error_code& error) {
        if (std::exchange(has_begun_, true)) return request_->put(received, error);
        const std::string_view text{static_cast<const char*>(received.data()), received.size()};
        if (repeats(text)) return put_again(text);
        header_.clear();
        request_.emplace(header_bytes_, body_bytes_);
        const size_t size = request_->put(received, error);
        if (!error && request_->is_done()) keep(text.substr(0, size));
        return size;
    }

  private:
    /// Longer headers are not kept.
    static constexpr size_t MAX_KEPT = 1024;

    /// Returns whether @p text begins with a whole request that has the header of the last one.
    [[nodiscard]] bool repeats(std::string_view text) const {
        return !header_.empty() && text.size() >= header_.size() + body_size_ &&
               text.starts_with(header_);
    }
    size_t put_again(std::string_view text) {
        std::string& body = request_->body;
        body.clear();
        body.reserve(body_size_ + HttpRequest::BODY_PADDING);
        body += text.substr(header_.size(), body_size_);
        return header_.size() + body_size_;
    }
    /// Keeps the header of a request that came as @p text, unless that doesn't say the body's size.
    void keep(std::string_view text) {
        if (request_->chunked()) return;
        body_size_ = request_->body.size();
        text.remove_suffix(body_size_);
        if (text.size() <= MAX_KEPT) header_ = text;
    }

    size_t header_bytes_;
    size_t body_bytes_;
    std::optional<HttpRequest> request_;
    bool has_begun_ = false;  ///< something of the request has been put
    std::string header_;      ///< of the last request; empty: it is not kept
    size_t body_size_ = 0;    ///< of a request with that header
};

}  // namespace scope::net
