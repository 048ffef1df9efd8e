#include "protocol/fault.hpp"

#include <algorithm>
#include <array>

#include "base/hex.hpp"

namespace scope::protocol {

namespace {

struct Row {
    Fault fault;
    std::string_view signature;
    abi::Selector selector;
};

/// The shared vectors hold the same.
constexpr auto TABLE = std::to_array<Row>({
    {Fault::response_missing, "ResponseMissing(bytes32)", literals::fixed_literal<4>("347a35c7")},
    {Fault::out_of_position, "OutOfPosition(bytes32)", literals::fixed_literal<4>("89733843")},
    {Fault::not_reproduced, "NotReproduced(bytes32)", literals::fixed_literal<4>("0732fc8f")},
    {Fault::too_little_gas, "TooLittleGas()", literals::fixed_literal<4>("5dd42bb6")},
    {Fault::escrow_exceeded, "EscrowExceeded(uint256,uint256)",
     literals::fixed_literal<4>("fc543409")},
});

constexpr bool is_in_order() {
    for (size_t i = 0; i < TABLE.size(); ++i)
        if (static_cast<size_t>(TABLE[i].fault) != i) return false;
    return TABLE.back().fault == Fault::escrow_exceeded;
}
static_assert(is_in_order());

const Row& row_of(Fault fault) noexcept {
    return TABLE[static_cast<size_t>(fault)];
}

}  // namespace

std::string_view signature_of(Fault fault) noexcept {
    return row_of(fault).signature;
}

std::string_view to_string(Fault fault) noexcept {
    const auto signature = signature_of(fault);
    return signature.substr(0, signature.find('('));
}

const abi::Selector& selector_of(Fault fault) noexcept {
    return row_of(fault).selector;
}

std::optional<Fault> fault_of(BytesView revert_data) noexcept {
    const auto row = std::ranges::find_if(TABLE, [&](const Row& candidate) {
        return abi::has_selector(candidate.selector, revert_data);
    });
    return row == TABLE.end() ? std::nullopt : std::optional{row->fault};
}

}  // namespace scope::protocol
