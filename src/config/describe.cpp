#include <array>
#include <ranges>

#include "config/fields.hpp"
#include "config/forms.hpp"

namespace scope::config {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> ROLES{"builder", "attester", "follower"};
constexpr std::array<std::string_view, 2> DATA{"blobs", "calldata"};
constexpr std::array<std::string_view, 4> LEVELS{"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> FORMATS{"text", "json"};

constexpr uint64_t KIB = uint64_t{1} << 10;
constexpr uint64_t MIB = uint64_t{1} << 20;
constexpr uint64_t GIB = uint64_t{1} << 30;

std::string role_form(std::string_view text) {
    return std::ranges::find(ROLES, text) != ROLES.end()
               ? ""
               : "it is none of builder, attester, follower";
}

template <typename Enum>
void choice(Fields& fields, Key key, Enum& value, std::span<const std::string_view> names) {
    auto index = static_cast<size_t>(value);
    fields.choice(key, index, names);
    value = static_cast<Enum>(index);
}

/// A table that may be missing, and its keys.
template <typename T, typename Keys>
void optional_table(Fields& fields, Key key, std::optional<T>& table, Keys keys) {
    bool is_there = table.has_value();
    fields.optional_table(key, is_there, [&] {
        if (!table) table.emplace();
        keys(*table);
    });
    if (!is_there) table.reset();
}

template <typename T, typename Keys>
void tables(Fields& fields, Key key, std::vector<T>& list, Keys keys) {
    fields.tables(
        key, list.size(), [&](size_t count) { list.resize(count); },
        [&](size_t index) { keys(list[index]); });
}

void describe_roles(Fields& fields, std::set<Role>& roles) {
    std::vector<std::string> names;
    for (const Role role : roles) names.emplace_back(to_string(role));
    fields.texts(
        {"roles",
         "What this process is: builder, attester or follower; a follower may attest, too."},
        names, Need::required, role_form);
    roles.clear();
    for (const auto& name : names)
        if (const auto found = std::ranges::find(ROLES, name); found != ROLES.end())
            roles.insert(static_cast<Role>(found - ROLES.begin()));
}

void describe_key(Fields& fields, Key key, Key password, Need need, KeyConfig& value) {
    fields.text(key, value.key, need, key_form);
    fields.text(password, value.password, Need::optional, secret_form);
}

void describe_l1(Fields& fields, L1Config& l1) {
    fields.urls({"rpc",
                 "JSON-RPC of L1 clients: the first is asked, the next one where it fails. A URL "
                 "with a key in it may be env:NAME or file:PATH."},
                l1.rpc, Need::required, url_or_place_form);
    fields.url({"websocket", "Tells of new heads at once. Empty: they are polled alone."},
               l1.websocket, Need::optional, ws_or_place_form);
    fields.urls({"beacon", "Beacon REST, or who serves blobs in its form, in the order of asking."},
                l1.beacon, Need::optional, url_or_place_form);
    fields.duration({"slot", "The time between blocks of L1."}, l1.slot, 100ms, 1h);
    fields.duration(
        {"poll", "How often heads are asked for; once a slot while the WebSocket tells."}, l1.poll,
        50ms, 1h);
    fields.duration({"timeout", "How long an answer may take."}, l1.timeout, 100ms, 10min);
    fields.duration(
        {"max_head_age", "A client whose head is older is behind: the next one is asked."},
        l1.max_head_age, 1s, 365 * 24h);
    fields.flag({"roots_with_blobs", "Whether blocks have the roots that anvil gives them."},
                l1.roots_with_blobs);
}

void describe_database(Fields& fields, DatabaseConfig& database) {
    fields.size({"cache", "Memory for what is read most."}, database.cache_bytes, MIB, 1024 * GIB);
    fields.flag(
        {"archive", "Whether the states of all blocks are kept, not of the last ones alone."},
        database.archive);
}

void describe_rpc(Fields& fields, RpcConfig& rpc) {
    fields.text(
        {"listen", "HTTP and WebSocket: each rollup under /{chainId}; /health, /ready, /metrics."},
        rpc.listen, Need::required, listen_form);
    fields.url({"forward",
                "A builder's URL, to which a follower hands what it is sent. Empty: it "
                "takes nothing."},
               rpc.forward, Need::optional, url_or_place_form);
    fields.text({"allow_origin", "Whose pages may call (CORS). Empty: none."}, rpc.allow_origin,
                Need::optional, origin_form);
    fields.number({"max_connections", "Connections at once."}, rpc.max_connections, 1, 1'000'000);
    fields.number({"max_batch", "Calls in one request."}, rpc.max_batch, 1, 1'000'000);
    fields.size({"max_request_size", "Of a request."}, rpc.max_request_bytes, KIB, GIB);
    fields.size({"max_response_size", "Of an answer."}, rpc.max_response_bytes, KIB, GIB);
    fields.size({"max_buffered", "Of all requests that wait, and as much of answers."},
                rpc.max_buffered_bytes, KIB, 64 * GIB);
    fields.duration({"idle_timeout", "Until a connection is closed that asks nothing."},
                    rpc.idle_timeout, 1s, 24h);
}

void describe_builder(Fields& fields, BuilderConfig& builder) {
    describe_key(fields,
                 {"key",
                  "Signs the transactions that settle: file:KEYSTORE, env:NAME, or a remote "
                  "signer's http://host:port#0xADDRESS."},
                 {"password", "The keystore's: env:NAME or file:PATH."}, Need::required,
                 builder.key);
    describe_key(fields,
                 {"calldata_key",
                  "An account for transactions without blobs, for pools mix no kinds. "
                  "Empty: the same."},
                 {"calldata_password", "Its keystore's."}, Need::optional, builder.calldata_key);
    auto data = builder.calldata ? size_t{1} : size_t{0};
    fields.choice({"data", "Where batches go: blobs or calldata."}, data, DATA);
    builder.calldata = data == 1;
    fields.number({"threshold", "Attestations that a proof needs."}, builder.threshold, 1, 255);
    fields.text(
        {"tls_certificate", "Certificate and key (PEM) by which attesters know this builder."},
        builder.tls_certificate, Need::required, any_text);
    fields.duration({"block_time", "Of rollups' blocks; 0ms: one as soon as something comes."},
                    builder.block_time, 0ms, 24h);
    fields.duration({"settle_after", "How long a rollup's blocks wait for a scope of their own."},
                    builder.settle_after, 0ms, 24h);
    fields.duration({"proof_timeout", "How long attesters may take."}, builder.proof_timeout, 100ms,
                    1h);
    fields.wei({"max_fee_per_gas", "The most that is bid."}, builder.max_fee_per_gas_wei);
    fields.wei({"max_fee_per_blob_gas", "The most that is bid."}, builder.max_fee_per_blob_gas_wei);
    fields.wei({"max_priority_fee_per_gas", "The tip."}, builder.max_priority_fee_per_gas_wei);
    tables(fields, {"attesters", "The members of the committee: one table each."},
           builder.attesters, [&](BuilderConfig::Attester& attester) {
               fields.text({"address", "By which it signs."}, attester.address, Need::required,
                           address_form);
               fields.url({"url", "Where it is asked: https://host:port."}, attester.url,
                          Need::required, https_form);
               fields.text({"key", "Its TLS key: sha256:FINGERPRINT."}, attester.key,
                           Need::required, fingerprint_form);
           });
}

void describe_attester(Fields& fields, AttesterConfig& attester) {
    describe_key(fields,
                 {"key",
                  "Signs attestations: file:KEYSTORE, env:NAME, or a remote signer's "
                  "http://host:port#0xADDRESS."},
                 {"password", "The keystore's: env:NAME or file:PATH."}, Need::required,
                 attester.key);
    fields.text({"listen", "HTTPS, for builders."}, attester.listen, Need::required, listen_form);
    fields.text({"tls_certificate", "Certificate and key (PEM) by which builders know it."},
                attester.tls_certificate, Need::required, any_text);
    fields.text(
        {"deployer",
         "The address that may register the network's rollups: their geneses are signed for "
         "it alone. Empty: for nobody."},
        attester.deployer, Need::optional, address_form);
    tables(fields, {"allowed", "Who may ask it: one table each."}, attester.allowed,
           [&](AttesterConfig::Allowed& allowed) {
               fields.text({"name", "In logs."}, allowed.name, Need::required, any_text);
               fields.text({"key", "Its TLS key: sha256:FINGERPRINT."}, allowed.key, Need::required,
                           fingerprint_form);
           });
}

}  // namespace

std::string_view to_string(Role role) noexcept {
    return ROLES[static_cast<size_t>(role)];
}

void describe(Fields& fields, NodeConfig& config) {
    fields.text(
        {"network", "The file that scope deploy wrote; relative to this one, as all paths."},
        config.network, Need::required, any_text);
    describe_roles(fields, config.roles);
    fields.text({"data", "The folder of the database."}, config.data, Need::required, any_text);
    fields.table({"l1", "The L1 client."}, [&] { describe_l1(fields, config.l1); });
    fields.table({"database", ""}, [&] { describe_database(fields, config.database); });
    fields.table({"rpc", "JSON-RPC of the rollups, served by followers and builders."},
                 [&] { describe_rpc(fields, config.rpc); });
    optional_table(fields, {"builder", "Of the role builder."}, config.builder,
                   [&](BuilderConfig& builder) { describe_builder(fields, builder); });
    optional_table(fields, {"attester", "Of the role attester."}, config.attester,
                   [&](AttesterConfig& attester) { describe_attester(fields, attester); });
    fields.table({"blobs", "Blobs that are kept beyond their time on L1."}, [&] {
        fields.duration_or({"keep", "For how long; \"all\": for ever."}, config.blobs.keep, "all");
        fields.text({"listen", "Serves them in the Beacon API's form. Empty: to nobody."},
                    config.blobs.listen, Need::optional, listen_form);
    });
    fields.table({"metrics", "/metrics, /health and /ready on a port of their own."}, [&] {
        fields.text({"listen", "Empty: on the JSON-RPC's alone."}, config.metrics.listen,
                    Need::optional, listen_form);
    });
    fields.table({"log", ""}, [&] {
        choice(fields, {"level", "debug, info, warn or error."}, config.log.level, LEVELS);
        choice(fields, {"format", "text, or json: an object a line."}, config.log.format, FORMATS);
    });
}

}  // namespace scope::config
