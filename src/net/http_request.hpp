#pragma once

// Of server.cpp only: Boost is compiled there and nowhere else.

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <string>
#include <string_view>

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
        if (content_length) body.reserve(std::min<uint64_t>(*content_length, 65536) + 64);
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

}  // namespace scope::net
