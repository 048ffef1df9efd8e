#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace scope::net {

/// A blocking client over a plain socket. What takes longer than 20 s throws std::runtime_error.
class TestClient {
  public:
    struct Response {
        int status = 0;                             ///< 0: the connection ended instead
        std::map<std::string, std::string> fields;  ///< names in lower case
        std::string body;
    };
    struct Frame {
        int opcode = 0;  ///< -1: the connection ended instead
        bool is_final = true;
        std::string payload;
    };

    /// @param receive_buffer  SO_RCVBUF in bytes, so that a slow reader is one; 0: the system's.
    explicit TestClient(uint16_t port, int receive_buffer = 0);
    ~TestClient();
    TestClient(TestClient&&) noexcept;
    TestClient& operator=(TestClient&&) = delete;

    /// Sends bytes; false if the other side has closed.
    bool send(std::string_view bytes);
    /// Says that nothing more is sent.
    void end_sending();
    /// Reads until the other side closes, or says so.
    std::string read_all();
    /// Reads a response; of one to HEAD, @p has_body is false.
    Response read_response(bool has_body = true);
    /// Sends a POST to @p path, and reads the response. @p fields are lines that end with CRLF.
    Response post(std::string_view body, std::string_view path = "/", std::string_view fields = {});
    /// Sends a request of a method without a body, and reads the response.
    Response request(std::string_view method, std::string_view path, std::string_view fields = {});

    /// Makes it a WebSocket; returns the status: 101 if it is one.
    int open_websocket(std::string_view path = "/", std::string_view fields = {});
    /// Sends a frame, masked.
    bool send_frame(int opcode, std::string_view payload, bool is_final = true);
    bool send_text(std::string_view text) { return send_frame(1, text); }
    Frame read_frame();
    /// Returns the next text message.
    std::string read_text();
    /// Reads frames until a close frame, whose code it returns, or the end, which is 0.
    int read_close();

  private:
    /// Reads more; false: the other side has closed.
    bool fill();
    bool need(size_t bytes);
    std::string take(size_t bytes);
    std::string take_line();

    int socket_ = -1;
    std::string buffer_;
    size_t at_ = 0;
};

/// The text of a POST.
std::string post_text(std::string_view body, std::string_view path = "/",
                      std::string_view fields = {});

}  // namespace scope::net
