#include "evm/message.hpp"

#include <array>

namespace scope::evm {

namespace {

constexpr std::array NAMES = {
    "success",
    "revert",
    "out of gas",
    "invalid instruction",
    "undefined instruction",
    "stack underflow",
    "stack overflow",
    "bad jump destination",
    "invalid memory access",
    "static violation",
    "call depth exceeded",
    "insufficient balance",
    "nonce overflow",
    "address collision",
    "code size exceeded",
    "init code size exceeded",
    "invalid code",
    "precompile failure",
};
static_assert(NAMES.size() == static_cast<size_t>(Status::precompile_failure) + 1);

}  // namespace

const char* to_string(Status status) noexcept {
    const auto index = static_cast<size_t>(status);
    return index < NAMES.size() ? NAMES[index] : "unknown status";
}

}  // namespace scope::evm
