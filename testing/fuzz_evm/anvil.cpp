#include "fuzz_evm/anvil.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>

#include "fuzz_evm/test_json.hpp"

namespace scope::fuzz_evm {

namespace fs = std::filesystem;

namespace {

constexpr auto START_TIME_LIMIT = std::chrono::seconds{60};
constexpr time_t ANSWER_TIME_LIMIT_S = 300;

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), fmt::format("anvil: {}", what)};
}

std::string read_file(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return std::move(text).str();
}

/// The port in the line that says that it is ready.
std::optional<uint16_t> listening_port(std::string_view log) {
    constexpr std::string_view MARK = "Listening on 127.0.0.1:";
    const size_t at = log.find(MARK);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = log.substr(at + MARK.size());
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
    // The line is complete only with its end.
    if (error != std::errc{} || end == rest.data() + rest.size()) return std::nullopt;
    return port;
}

std::string to_json(const Request& request, size_t id) {
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", id,
                       request.method, request.params);
}

std::string unzip(BytesView compressed) {
    z_stream stream{};
    stream.next_in = const_cast<uint8_t*>(compressed.data());
    stream.avail_in = static_cast<uInt>(compressed.size());
    constexpr int GZIP = 16 + MAX_WBITS;
    if (inflateInit2(&stream, GZIP) != Z_OK) throw std::runtime_error{"zlib can't begin"};
    std::string text;
    int status = Z_OK;
    while (status == Z_OK) {
        const size_t before = text.size();
        text.resize(before + (1 << 20));
        stream.next_out = reinterpret_cast<uint8_t*>(text.data()) + before;
        stream.avail_out = 1 << 20;
        status = inflate(&stream, Z_NO_FLUSH);
        text.resize(text.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END) throw std::runtime_error{"anvil's state is no gzip"};
    return text;
}

}  // namespace

fs::path find_anvil() {
    const char* given = std::getenv("SCOPE_ROOT");
    const fs::path root = given != nullptr ? given : SCOPE_SOURCE_DIR;
    const fs::path program = root / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil";
    if (!fs::exists(program))
        throw std::runtime_error{fmt::format(
            "{} is not there: `npm ci --ignore-scripts` (or ./scope build) installs it, and "
            "--anvil names another one",
            program.string())};
    return program;
}

Anvil::Anvil(const fs::path& program, const state::GenesisAlloc& alloc) {
    std::string name = (fs::temp_directory_path() / "scope-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail("no temporary folder");
    folder_ = name;
    try {
        std::ofstream{folder_ / "genesis.json"} << genesis_json(alloc);
        start(program);
    } catch (...) {
        stop();
        throw;
    }
}

Anvil::~Anvil() {
    stop();
}

void Anvil::start(const fs::path& program) {
    const std::string genesis = (folder_ / "genesis.json").string();
    const std::string log = (folder_ / "log").string();
    const std::string path = program.string();
    const char* const arguments[] = {path.c_str(),
                                     "--hardfork",
                                     "osaka",
                                     "--enable-tx-gas-limit",
                                     "--gas-limit",
                                     "1000000000000",
                                     "--disable-min-priority-fee",
                                     "--disable-default-create2-deployer",
                                     "--accounts",
                                     "0",
                                     "--no-mining",
                                     "--order",
                                     "fifo",
                                     "--init",
                                     genesis.c_str(),
                                     "--host",
                                     "127.0.0.1",
                                     "--port",
                                     "0",
                                     "--no-request-size-limit",
                                     "--threads",
                                     "8",  // with one it locks up now and then
                                     nullptr};
    process_ = ::fork();
    if (process_ < 0) fail("fork");
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        const int input = ::open("/dev/null", O_RDONLY);
        ::dup2(input, 0);
        ::dup2(output, 1);
        ::dup2(output, 2);
        ::execv(path.c_str(), const_cast<char* const*>(arguments));
        ::_exit(127);
    }
    const auto give_up = std::chrono::steady_clock::now() + START_TIME_LIMIT;
    for (;;) {
        if (const auto port = listening_port(read_file(log))) return connect(*port);
        int status = 0;
        if (::waitpid(process_, &status, WNOHANG) == process_) {
            process_ = -1;
            throw std::runtime_error{
                fmt::format("{} ended before it listened:\n{}", path, read_file(log))};
        }
        if (std::chrono::steady_clock::now() > give_up)
            throw std::runtime_error{fmt::format("{} does not listen:\n{}", path, read_file(log))};
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

void Anvil::connect(uint16_t port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) fail("socket");
    const timeval limit{.tv_sec = ANSWER_TIME_LIMIT_S, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(port);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0)
        fail("connect");
}

void Anvil::stop() noexcept {
    if (socket_ >= 0) ::close(socket_);
    if (process_ > 0) {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

/// HTTP/1.1 as far as anvil speaks it: a kept connection, and answers that tell their length.
std::string Anvil::post(const std::string& body) {
    const std::string message = fmt::format(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        body.size(), body);
    for (size_t sent = 0; sent < message.size();) {
        const auto count =
            ::send(socket_, message.data() + sent, message.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) fail("send");
        sent += static_cast<size_t>(count);
    }
    constexpr std::string_view LENGTH = "content-length: ";
    std::string answer;
    size_t head = 0;
    size_t length = 0;
    while (head == 0 || answer.size() < head + length) {
        const size_t before = answer.size();
        answer.resize(before + (1 << 18));
        const auto count = ::recv(socket_, answer.data() + before, 1 << 18, 0);
        answer.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) throw AnvilHangs{"anvil does not answer"};
        if (count <= 0) fail("it closes the connection");
        if (head != 0) continue;
        const size_t end = answer.find("\r\n\r\n");
        if (end == std::string::npos) continue;
        head = end + 4;
        const size_t at = answer.find(LENGTH);
        if (at >= end || !answer.starts_with("HTTP/1.1 200"))
            throw std::runtime_error{"anvil answers " + answer.substr(0, head)};
        length = std::stoull(answer.substr(at + LENGTH.size(), 20));
    }
    return answer.substr(head);
}

json::Json Anvil::call(const Request& request) {
    const std::string answer = post(to_json(request, 1));
    json::Json document;
    if (parser_.parse(answer).get(document) != simdjson::SUCCESS)
        throw std::runtime_error{"anvil answers no JSON: " + answer.substr(0, 200)};
    if (const auto result = json::optional_field(document, "result")) return *result;
    throw std::runtime_error{
        fmt::format("anvil refuses {}: {}", request.method, answer.substr(0, 500))};
}

void Anvil::batch(const std::vector<Request>& requests) {
    std::string body = "[";
    for (size_t i = 0; i < requests.size(); ++i) {
        if (i != 0) body += ',';
        body += to_json(requests[i], i);
    }
    body += ']';
    post(body);
}

state::GenesisAlloc Anvil::state() {
    const Bytes compressed = json::bytes(call({"anvil_dumpState", "[]"}));
    const std::string text = unzip(compressed);
    json::Json document;
    if (parser_.parse(text).get(document) != simdjson::SUCCESS)
        throw std::runtime_error{"anvil gives no JSON as its state"};
    return json::alloc(json::field(document, "accounts"));
}

}  // namespace scope::fuzz_evm
