#include "deploy_app/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/hex.hpp"
#include "config/node_config.hpp"
#include "interchange/network.hpp"
#include "json/json.hpp"
#include "keys/read_key.hpp"
#include "keys/secret.hpp"
#include "net/tls.hpp"

namespace scope::deploy_app {

namespace {

using cli::UsageError;

constexpr int64_t MOST_GAS = 1'000'000'000'000;
constexpr int64_t MOST_FEE = 1'000'000'000'000'000'000;
constexpr int64_t MOST_GWEI = 1'000'000'000;
constexpr size_t DECIMALS = 18;
constexpr size_t MAX_WHOLE_DIGITS = 20;

Address address_option(std::string_view name, std::string_view text) {
    const auto address = fixed_from_hex<20>(text);
    if (!address || address->is_zero())
        throw UsageError{fmt::format("{}: '{}' is no address", name, text)};
    return *address;
}

/// Splits NAME=VALUE.
std::pair<std::string_view, std::string_view> split(std::string_view name, std::string_view text) {
    const auto at = text.find('=');
    if (at == std::string_view::npos)
        throw UsageError{fmt::format("{}: '{}' has no '='", name, text)};
    return {text.substr(0, at), text.substr(at + 1)};
}

bool are_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void fund(const std::string& text, Wanted& wanted) {
    const auto [address, ether] = split("--fund", text);
    const auto account = address_option("--fund", address);
    const auto wei = wei_of_ether(ether);
    if (!wei)
        throw UsageError{fmt::format("--fund: '{}' is no amount of ETH with at most {} decimals",
                                     ether, DECIMALS)};
    for (auto& [chain_id, accounts] : wanted.rollups) accounts[account].balance = *wei;
}

void read_accounts(const std::string& text, Wanted& wanted) {
    const auto [id, path] = split("--accounts-file", text);
    const auto number = are_digits(id) ? uint256_from_text(id) : std::nullopt;
    const auto chain_id = number ? ChainId::from(*number) : std::nullopt;
    const auto rollup = chain_id ? wanted.rollups.find(*chain_id) : wanted.rollups.end();
    if (rollup == wanted.rollups.end())
        throw UsageError{fmt::format("--accounts-file: '{}' is none of the rollups", id)};
    try {
        const json::Document document{json::read_file(std::string{path})};
        rollup->second = json::alloc(document.root());
    } catch (const std::runtime_error& error) {
        throw UsageError{fmt::format("--accounts-file: {}: {}", path, error.what())};
    }
}

std::optional<net::TlsIdentity> own_identity(const Options& options) {
    if (options.tls_certificate.empty()) return std::nullopt;
    const auto pem = keys::read_private_file(options.tls_certificate);
    if (!pem) throw UsageError{"--tls-certificate: " + pem.error()};
    auto identity = net::TlsIdentity::from_pem(pem->text(), pem->text());
    if (!identity)
        throw UsageError{
            fmt::format("--tls-certificate: {}: {}", options.tls_certificate, identity.error())};
    return std::move(*identity);
}

/// Reads ADDRESS, or ADDRESS=URL#FINGERPRINT.
Member attester_option(std::string_view text, const std::optional<net::TlsIdentity>& own) {
    if (text.find('=') == std::string_view::npos)
        return {address_option("--attester", text), nullptr};
    const auto member = config::parse_attester(text);
    if (!member) throw UsageError{"--attester: " + member.error()};
    const auto address = address_option("--attester", member->address);
    const auto key = net::parse_fingerprint(member->key);
    CHECK(key.has_value());  // parse_attester has looked at it
    auto url = net::parse_http_url(member->url);
    if (!url) throw UsageError{fmt::format("--attester: of {}: {}", member->address, url.error())};
    if (!own)
        throw UsageError{fmt::format("--attester: {} is asked with a TLS key: --tls-certificate",
                                     member->address)};
    return {address, word_of(address, std::move(*url), {.own = own, .peer = key})};
}

}  // namespace

void Options::declare(CLI::App& command) {
    command.add_option("--l1", l1, "URL of an L1 client's JSON-RPC")->required();
    command
        .add_option("--key", key,
                    "The deployer's key: file:KEYSTORE, env:NAME, or a web3signer's "
                    "http://HOST:PORT#ADDRESS")
        ->required();
    command.add_option("--password", password,
                       "Where the keystore's password is: env:NAME or file:PATH");
    command
        .add_option("--rollup", rollups,
                    "Chain id of a rollup; once for each, or with commas between")
        ->required()
        ->delimiter(',')
        ->check(cli::numbers_from(1));
    command
        .add_option("--attester", attesters,
                    "A member of the committee: ADDRESS=URL#sha256:FINGERPRINT, where and by which "
                    "TLS key its attester is asked, or its ADDRESS alone; once for each")
        ->delimiter(',');
    command.add_option(
        "--tls-certificate", tls_certificate,
        "Certificate and key (scope keys tls), by which attesters know the deployer");
    command.add_option(
        "--attester-key", attester_keys,
        "Key of a member, as --key, which signs the rollups' geneses; once for each");
    command.add_option("--attester-password", attester_password,
                       "Where the password of all members' keystores is");
    command.add_option("--threshold", threshold, "Members that have to sign [a majority]")
        ->check(cli::numbers(1, static_cast<int64_t>(node::MAX_COMMITTEE)));
    command.add_option("--owner", owner,
                       "Who is to own rollups and bridges, and has to accept them [the deployer]");
    command.add_option(
        "--fund", funds,
        "ADDRESS=ETH that an account has on each rollup; the deployer pays it on L1");
    command.add_option("--accounts-file", account_files,
                       "CHAIN_ID=FILE with accounts of a rollup's genesis, as JSON: address -> "
                       "nonce, balance, code, storage");
    command.add_option("--gas-limit", gas_limit, "Gas of a rollup's block")
        ->check(cli::numbers(rollup::MIN_GAS_LIMIT, MOST_GAS))
        ->capture_default_str();
    command.add_option("--base-fee", base_fee_wei, "Base fee of the rollups' geneses, in wei")
        ->check(cli::numbers(0, MOST_FEE))
        ->capture_default_str();
    command.add_option("--l1-fork", l1_fork,
                       "L1's rules: Osaka, BPO1, BPO2 [Osaka, with the client's blob schedule]");
    command.add_option("--out", out, "The network file that is written")->capture_default_str();
    command.add_flag("--propose", propose,
                     "Write the network file for the members of the committee, and send nothing: "
                     "the same command without it deploys what they agree to");
    command
        .add_option("--steps", steps,
                    "Transactions to send at most; the same command goes on [all]")
        ->check(cli::numbers_from(0));
    command
        .add_option("--confirmations", confirmations,
                    "L1 blocks, its own included, until a transaction counts")
        ->check(cli::numbers(1, 1000))
        ->capture_default_str();
    command.add_option("--max-fee", max_fee_gwei, "The most for a unit of gas on L1, in gwei")
        ->check(cli::numbers(1, MOST_GWEI))
        ->capture_default_str();
    command.add_option("--timeout", timeout_s, "Seconds for a step until it gives up")
        ->check(cli::numbers(1, 1'000'000))
        ->capture_default_str();
}

std::optional<uint256> wei_of_ether(std::string_view text) {
    const auto point = std::min(text.find('.'), text.size());
    const auto whole = text.substr(0, point);
    const auto decimals = point < text.size() ? text.substr(point + 1) : std::string_view{};
    if (whole.empty() || whole.size() > MAX_WHOLE_DIGITS || !are_digits(whole) ||
        !are_digits(decimals) || decimals.size() > DECIMALS ||
        (point < text.size() && decimals.empty()))
        return std::nullopt;
    std::string digits = std::string{whole} + std::string{decimals};
    digits.append(DECIMALS - decimals.size(), '0');
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    const auto wei = uint256_from_text(digits);
    if (!wei || !(*wei >> 128).is_zero()) return std::nullopt;
    return wei;
}

std::vector<Member> members_of(const Options& options) {
    std::map<Address, GenesisWord> members;
    const auto own = own_identity(options);
    for (const auto& text : options.attesters) {
        auto [address, word] = attester_option(text, own);
        if (!members.emplace(address, std::move(word)).second)
            throw UsageError{fmt::format("--attester: {} is there twice", to_hex(address))};
    }
    for (const auto& text : options.attester_keys) {
        const bool is_keystore = text.starts_with("file:");
        auto signer = keys::read_key(text, is_keystore ? options.attester_password : "");
        if (!signer) throw UsageError{"--attester-key: " + signer.error()};
        auto& word = members[(*signer)->address()];
        if (word)
            throw UsageError{
                fmt::format("--attester-key: two are of {}", to_hex((*signer)->address()))};
        word = word_of(std::move(*signer));
    }
    if (members.empty())
        throw UsageError{"a committee needs members: --attester, or --attester-key"};
    if (members.size() > node::MAX_COMMITTEE)
        throw UsageError{
            fmt::format("--attester: {} are more than {}", members.size(), node::MAX_COMMITTEE)};
    std::vector<Member> result;
    for (auto& [address, word] : members) result.push_back({address, std::move(word)});
    return result;
}

Wanted wanted_of(const Options& options, const std::vector<Member>& members,
                 const Address& deployer) {
    Wanted wanted;
    for (const uint64_t number : options.rollups)
        if (!wanted.rollups.try_emplace(ChainId{number}).second)
            throw UsageError{fmt::format("--rollup: {} is there twice", number)};
    if (wanted.rollups.size() > node::MAX_NETWORK_ROLLUPS)
        throw UsageError{fmt::format("--rollup: more than {}", node::MAX_NETWORK_ROLLUPS)};
    for (const auto& text : options.account_files) read_accounts(text, wanted);
    for (const auto& text : options.funds) fund(text, wanted);
    for (const auto& member : members) wanted.members.push_back(member.address);
    wanted.threshold =
        options.threshold == 0 ? members.size() / 2 + 1 : static_cast<size_t>(options.threshold);
    if (wanted.threshold > members.size())
        throw UsageError{fmt::format("--threshold: {} of {} members can't sign", wanted.threshold,
                                     members.size())};
    wanted.owner = options.owner.empty() ? deployer : address_option("--owner", options.owner);
    wanted.gas_limit = options.gas_limit;
    wanted.base_fee = uint256{options.base_fee_wei};
    return wanted;
}

chain::ChainSpec l1_spec_of(const std::string& fork, ChainId chain_id) {
    std::string name = fork;
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name == "osaka") name = "Osaka";
    if (name.starts_with("bpo")) name.replace(0, 3, "BPO");
    const bool is_known = name == "Osaka" || name.starts_with("BPO");
    auto spec = is_known ? interchange::network_spec(name, chain_id) : std::nullopt;
    if (!spec)
        throw UsageError{
            fmt::format("--l1-fork: '{}' is none of Osaka, BPO1, BPO2: the contracts need Osaka's "
                        "rules",
                        fork)};
    return *spec;
}

}  // namespace scope::deploy_app
