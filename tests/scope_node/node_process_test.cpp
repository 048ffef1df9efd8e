#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "net/http_client.hpp"
#include "served_devnet.hpp"

namespace scope::node_app {
namespace {

/// `scope node` as a process.
class NodeProcess {
  public:
    explicit NodeProcess(const std::filesystem::path& folder) : folder_(folder) {
        const auto config = (folder / "scope.toml").string();
        const auto log = log_file();
        std::filesystem::remove(log);  // of the one before
        process_ = fork();
        if (process_ != 0) return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(out, 1);
        dup2(out, 2);
        execl(SCOPE_BINARY, SCOPE_BINARY, "node", "--config", config.c_str(), nullptr);
        _exit(127);
    }
    ~NodeProcess() {
        if (process_ <= 0) return;
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
    NodeProcess(const NodeProcess&) = delete;
    NodeProcess& operator=(const NodeProcess&) = delete;

    [[nodiscard]] std::string log() const {
        std::ostringstream text;
        text << std::ifstream{log_file()}.rdbuf();
        return std::move(text).str();
    }
    /// Waits until it says where it listens; 0: it doesn't.
    [[nodiscard]] uint16_t port() const {
        constexpr std::string_view MARK = "JSON-RPC on http://127.0.0.1:";
        uint16_t port = 0;
        (void)eventually([&] {
            const auto text = log();
            const auto at = text.find(MARK);
            return at != std::string::npos &&
                   std::from_chars(text.data() + at + MARK.size(), text.data() + text.size(), port)
                           .ec == std::errc{};
        });
        return port;
    }
    /// Ends it with a signal; returns its exit code, -1 if it didn't end by itself.
    int end(int signal) {
        kill(process_, signal);
        return wait();
    }
    int wait() {
        int status = 0;
        waitpid(std::exchange(process_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

  private:
    [[nodiscard]] std::string log_file() const { return (folder_ / "log").string(); }

    std::filesystem::path folder_;
    pid_t process_ = -1;
};

struct Fixture {
    Fixture() { write("network.json", node::write_network_file(devnet.network_file())); }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream{folder.path() / name} << text;
    }
    void configure(std::string_view more = {}) const {
        write("scope.toml", fmt::format("roles = [\"follower\"]\n[l1]\nrpc = [\"{}\"]\npoll = "
                                        "\"50ms\"\nmax_head_age = \"365d\"\n[rpc]\nlisten = "
                                        "\"127.0.0.1:0\"\n{}",
                                        devnet.url(), more));
    }

    TempFolder folder;
    ServedDevnet devnet;
};

std::string get(uint16_t port, std::string_view path, unsigned status) {
    const net::HttpClient client{*net::parse_http_url(fmt::format("http://127.0.0.1:{}", port)),
                                 {}};
    const auto answer = client.get(path);
    if (!answer) return answer.error().reason;
    EXPECT_EQ(answer->status, status) << answer->body;
    return answer->body;
}

TEST(node_process, serves_what_it_follows_and_ends_in_order) {
    Fixture fixture;
    fixture.configure(fmt::format("forward = \"{}\"\n", fixture.devnet.url()));
    NodeProcess node{fixture.folder.path()};
    const uint16_t port = node.port();
    ASSERT_NE(port, 0) << node.log();
    fixture.devnet.settle(A);
    const net::RpcClient rollup{fmt::format("http://127.0.0.1:{}/42001", port)};
    EXPECT_TRUE(eventually([&] { return rollup.call("eth_blockNumber") == "\"0x1\""; }))
        << node.log();
    EXPECT_EQ(rollup.call("eth_chainId"), "\"0xa411\"");
    EXPECT_EQ(net::RpcClient{fmt::format("http://127.0.0.1:{}/42002", port)}.call("eth_chainId"),
              "\"0xa412\"");
    EXPECT_TRUE(eventually([&] {
        return net::HttpClient{*net::parse_http_url(fmt::format("http://127.0.0.1:{}", port)), {}}
                   .get("/ready")
                   ->status == 200;
    }));
    EXPECT_EQ(get(port, "/health", 200), "ok\n");
    EXPECT_EQ(get(port, "/ready", 200), "{\"ready\":true,\"reasons\":[]}\n");
    EXPECT_NE(
        get(port, "/metrics", 200).find("scope_rollup_head{chain_id=\"42001\",label=\"latest\"} 1"),
        std::string::npos);

    // No method that asks L1 ends the process, and what a builder answers comes from there.
    for (const auto* const method : {"scope_chains", "scope_contracts"})
        EXPECT_TRUE(rollup.call(method)) << method;
    EXPECT_EQ(rollup.call("scope_getScope", "[\"0x0\"]").value().substr(0, 1), "{");
    const auto passed_on = rollup.call("eth_sendRawTransaction", "[\"0x00\"]");
    const auto told =
        net::RpcClient{fixture.devnet.rollup_url(A)}.call("eth_sendRawTransaction", "[\"0x00\"]");
    ASSERT_FALSE(passed_on);
    ASSERT_FALSE(told);
    EXPECT_EQ(passed_on.error().code, told.error().code);
    EXPECT_EQ(passed_on.error().message, told.error().message);
    const net::RpcClient none{fmt::format("http://127.0.0.1:{}/31337", port)};
    EXPECT_THROW((void)none.call("eth_chainId"), net::ClientError);
    EXPECT_EQ(node.end(SIGTERM), 0) << node.log();
}

TEST(node_process, goes_on_after_a_kill) {
    Fixture fixture;
    fixture.configure();
    for (int round = 1; round <= 3; ++round) {
        NodeProcess node{fixture.folder.path()};
        const uint16_t port = node.port();
        ASSERT_NE(port, 0) << node.log();
        fixture.devnet.settle(A);
        const net::RpcClient rollup{fmt::format("http://127.0.0.1:{}", port)};
        EXPECT_TRUE(eventually([&] {
            return rollup.call("eth_blockNumber") == fmt::format("\"0x{:x}\"", round);
        })) << node.log();
        const auto refused = rollup.call("eth_sendRawTransaction", "[\"0x00\"]");
        EXPECT_EQ(refused.error().code, -39008);
        EXPECT_EQ(node.end(SIGKILL), -1);
    }
}

TEST(node_process, says_what_is_wrong_before_it_begins) {
    Fixture fixture;
    fixture.write("scope.toml", "[l1]\npol = \"1s\"\n[rpc]\nmax_batch = 0\n");
    NodeProcess wrong{fixture.folder.path()};
    EXPECT_EQ(wrong.wait(), 1);
    EXPECT_NE(wrong.log().find("scope.toml:2:1: l1.pol: there is no such key; is poll meant?"),
              std::string::npos);
    EXPECT_NE(wrong.log().find("scope.toml:4:13: rpc.max_batch"), std::string::npos);
    fixture.configure();
    fixture.write("network.json", "{}");
    NodeProcess other{fixture.folder.path()};
    EXPECT_EQ(other.wait(), 1);
    EXPECT_NE(other.log().find("network.json"), std::string::npos);
}

}  // namespace
}  // namespace scope::node_app
