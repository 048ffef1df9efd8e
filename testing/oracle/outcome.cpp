#include "oracle/outcome.hpp"

#include <fmt/format.h>

#include "base/hex.hpp"
#include "crypto/keccak.hpp"

namespace scope::oracle {

namespace {

/// An alias's code: a minimal proxy of 45 bytes, then chain id and account.
constexpr size_t ALIAS_SIZE = 97;
constexpr size_t ALIAS_ACCOUNT_AT = 77;

/// Returns bytes in hex; of many the first ones, and the hash of all.
std::string describe(const Bytes& bytes) {
    constexpr size_t MAX_TOLD = 100;
    if (bytes.size() <= MAX_TOLD) return to_hex(bytes);
    return fmt::format("{}.. ({} bytes, keccak256 {})", to_hex(BytesView{bytes}.first(MAX_TOLD)),
                       bytes.size(), to_hex(crypto::keccak256(bytes)));
}

std::string describe(const RootResult& result) {
    return fmt::format("{} {}", result.success ? "success" : "failure", describe(result.output));
}

std::string describe(const AccountResult& account) {
    std::string out = fmt::format("{}code, nonce {}, {} wei", account.has_code ? "" : "no ",
                                  account.nonce, to_decimal(account.balance));
    for (size_t s = 0; s < account.storage.size(); ++s)
        out += fmt::format(", s{} = {}", s, to_decimal(account.storage[s]));
    return out;
}

std::string describe(const std::vector<LogLine>& lines) {
    std::string out;
    for (const auto& line : lines)
        out += fmt::format("\n    {}: {}, {}", line.contract, line.sender, to_hex(line.data));
    return out.empty() ? " none" : out;
}

std::string describe(const std::vector<bool>& successes) {
    std::string out;
    for (const bool success : successes) out += success ? " success" : " failure";
    return out.empty() ? " none" : out;
}

std::string describe(const uint256& wei) {
    return to_decimal(wei) + " wei";
}

template <typename T>
std::string differ(const std::string& what, const T& one, const T& many) {
    return fmt::format("{}\n  one chain: {}\n  many chains: {}", what, describe(one),
                       describe(many));
}

}  // namespace

std::string difference(const Outcome& one, const Outcome& many) {
    if (one == many) return {};
    for (size_t i = 0; i < one.roots.size(); ++i)
        if (one.roots[i] != many.roots[i])
            return differ(fmt::format("root {}", i), one.roots[i], many.roots[i]);
    for (size_t i = 0; i < one.accounts.size(); ++i)
        if (one.accounts[i] != many.accounts[i])
            return differ(one.accounts[i].name, one.accounts[i], many.accounts[i]);
    for (size_t chain = 0; chain < one.logs.size(); ++chain)
        if (one.logs[chain] != many.logs[chain])
            return differ(fmt::format("logs of chain {}", chain), one.logs[chain],
                          many.logs[chain]);
    for (size_t chain = 0; chain < one.deposits.size(); ++chain) {
        if (one.deposits[chain] != many.deposits[chain])
            return differ(fmt::format("deposits on chain {}", chain), one.deposits[chain],
                          many.deposits[chain]);
        if (one.left[chain] != many.left[chain])
            return differ(fmt::format("left to the depositor on chain {}", chain), one.left[chain],
                          many.left[chain]);
    }
    return "numbers of roots, accounts or chains";
}

AccountResult read_account(const state::StateView& state, const Addresses& addresses,
                           const Address& address) {
    AccountResult result{.name = addresses.name_of(address), .storage = {}};
    const auto account = state.account(address);
    if (account) {
        result.has_code = account->code_hash != EMPTY_CODE_HASH;
        result.nonce = account->nonce;
        result.balance = account->balance;
    }
    for (uint64_t s = 0; s < SLOTS; ++s)
        result.storage.push_back(from_be(state.storage(address, to_be(uint256{s}))));
    return result;
}

std::optional<LogLine> read_log(const state::StateView& state, const Addresses& addresses,
                                const Log& log) {
    if (!addresses.chain_of(log.address) || log.topics.size() != 1) return std::nullopt;
    Address sender = to_address(from_be(log.topics[0]));
    if (!addresses.chain_of(sender)) {
        const auto code = state.code(sender);
        if (code->bytes.size() == ALIAS_SIZE)
            sender = to_address(
                from_be(BytesView{code->bytes}.subspan(ALIAS_ACCOUNT_AT, sizeof(Address))));
    }
    return LogLine{addresses.name_of(log.address), addresses.name_of(sender), log.data};
}

}  // namespace scope::oracle
