#include "devnet/dev_accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "crypto/hd_key.hpp"
#include "crypto/sha256.hpp"
#include "devnet/published.hpp"

namespace scope::devnet {

namespace {

constexpr size_t BITS_PER_WORD = 11;
constexpr size_t MAX_WORDS = 24;

std::vector<std::string> words_of(std::string_view phrase) {
    std::istringstream in{std::string{phrase}};
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(std::move(word));
    return words;
}

/// Returns whether the last bits are the first ones of the hash of those before (BIP-39).
bool checksum_holds(const std::vector<bool>& bits) {
    const size_t entropy_bits = bits.size() * 32 / 33;
    Bytes entropy(entropy_bits / 8);
    for (size_t i = 0; i < entropy_bits; ++i)
        if (bits[i]) entropy[i / 8] |= static_cast<uint8_t>(0x80 >> i % 8);
    const Hash hash = crypto::sha256(entropy);
    for (size_t i = entropy_bits; i < bits.size(); ++i)
        if (bits[i] != ((hash[(i - entropy_bits) / 8] & 0x80 >> (i - entropy_bits) % 8) != 0))
            return false;
    return true;
}

/// Returns the words with one space between, or what is wrong with them.
Result<std::string, std::string> checked_phrase(std::string_view mnemonic) {
    const auto words = words_of(mnemonic);
    if (words.size() < 12 || words.size() > MAX_WORDS || words.size() % 3 != 0)
        return std::unexpected{fmt::format(
            "a mnemonic has 12, 15, 18, 21 or 24 words, and this one {}", words.size())};
    std::vector<bool> bits;
    std::string phrase;
    for (const auto& word : words) {
        const auto found = std::ranges::lower_bound(bip39_words(), word);
        if (found == bip39_words().end() || *found != word)
            return std::unexpected{
                fmt::format("'{}' is none of BIP-39's English words", word.substr(0, 32))};
        const auto index = static_cast<size_t>(found - bip39_words().begin());
        for (size_t bit = BITS_PER_WORD; bit-- > 0;) bits.push_back((index >> bit & 1) != 0);
        phrase += (phrase.empty() ? "" : " ") + word;
    }
    if (!checksum_holds(bits))
        return std::unexpected{std::string{"the last word is not the checksum of those before"}};
    return phrase;
}

}  // namespace

Result<std::vector<WalletAccount>, std::string> derive_accounts(std::string_view mnemonic,
                                                                std::string_view path,
                                                                size_t count) {
    const auto phrase = checked_phrase(mnemonic);
    if (!phrase) return std::unexpected{phrase.error()};
    if (path.ends_with('/')) path.remove_suffix(1);
    auto indices = crypto::parse_key_path(path);
    if (!indices)
        return std::unexpected{fmt::format("'{}' is no path such as m/44'/60'/0'/0", path)};
    const auto seed = crypto::seed_of_mnemonic(*phrase);
    std::vector<WalletAccount> accounts;
    accounts.reserve(count);
    indices->push_back(0);
    for (; accounts.size() < count; ++indices->back()) {
        const auto private_key = crypto::derive_private_key(seed, *indices);
        if (!private_key) continue;  // as BIP-32 says
        const auto key = crypto::SecretKey::from(*private_key);
        CHECK(key.has_value());
        accounts.push_back({crypto::address_of(*key), *key, *private_key});
    }
    return accounts;
}

}  // namespace scope::devnet
