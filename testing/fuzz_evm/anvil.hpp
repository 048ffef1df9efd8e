#pragma once

#include <sys/types.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "json/json.hpp"
#include "state/memory_state.hpp"

namespace scope::fuzz_evm {

/// Returns the path where `npm ci` puts the program. Throws std::runtime_error, which names what
/// installs it, if it is not there.
std::filesystem::path find_anvil();

/// No answer for five minutes. Seldom: anvil has been seen to lock up while mining.
struct AnvilHangs : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A request of JSON-RPC; params are JSON.
struct Request {
    std::string method;
    std::string params;
};

/// An anvil process on 127.0.0.1 with a genesis of our choice, by the rules of Osaka. It mines when
/// told to, and ends with this object.
///
/// Not copied; used by one thread. Throws std::runtime_error when the process or the connection
/// fails, and where an answer is not JSON; AnvilHangs when none comes.
class Anvil {
  public:
    Anvil(const std::filesystem::path& program, const state::GenesisAlloc& alloc);
    Anvil(const Anvil&) = delete;
    Anvil& operator=(const Anvil&) = delete;
    ~Anvil();

    /// Returns the result; throws if it is an error. Valid until the next call.
    json::Json call(const Request& request);
    /// Sends all requests in one go, for their effects; their answers are not looked at.
    void batch(const std::vector<Request>& requests);
    /// Returns all accounts, and those that don't exist but were looked at, as empty ones.
    state::GenesisAlloc state();

  private:
    void start(const std::filesystem::path& program);
    void connect(uint16_t port);
    void stop() noexcept;
    std::string post(const std::string& body);

    std::filesystem::path folder_;
    pid_t process_ = -1;
    int socket_ = -1;
    simdjson::dom::parser parser_;
};

}  // namespace scope::fuzz_evm
