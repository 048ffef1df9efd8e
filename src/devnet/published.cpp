#include "devnet/published.hpp"

#include <array>

namespace scope::devnet {

namespace {

#include "devnet/published.inc"

}  // namespace

Transaction deterministic_deployer_transaction() {
    const auto made_up = from_be(literals::fixed_literal<32>(
        "0x2222222222222222222222222222222222222222222222222222222222222222"));
    Transaction transaction;
    transaction.gas_limit = 100'000;
    transaction.max_fee_per_gas = transaction.max_priority_fee_per_gas =
        uint256{uint64_t{100'000'000'000}};
    transaction.data = deterministic_deployer_init_code();
    transaction.r = transaction.s = made_up;
    return transaction;
}

const Bytes& deterministic_deployer_init_code() {
    using namespace literals;
    // A constructor of 14 bytes, and the proxy: CREATE2 of calldata behind its first word, which is
    // the salt; returns the address, and reverts if there is none.
    static const Bytes code =
        "604580600e600039806000f350fe"
        "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
        "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"_hex;
    return code;
}

const Bytes& multicall3_init_code() {
    static const Bytes code = from_hex(MULTICALL3_INIT_CODE).value();
    return code;
}

const Bytes& permit2_init_code() {
    static const Bytes code = from_hex(PERMIT2_INIT_CODE).value();
    return code;
}

std::span<const std::string_view> bip39_words() {
    return BIP39_WORDS;
}

}  // namespace scope::devnet
