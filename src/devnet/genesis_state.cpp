#include "devnet/genesis_state.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "base/hex.hpp"
#include "execution/host.hpp"

namespace scope::devnet {

namespace {

/// More than any constructor of ours takes.
constexpr int64_t GENESIS_GAS = 1'000'000'000;

}  // namespace

GenesisState::GenesisState(const chain::ChainSpec& spec, const chain::Genesis& genesis)
    : before_(genesis.alloc),
      state_(before_),
      header_(chain::genesis_header(spec, genesis, {})),
      environment_(chain::make_environment(spec, header_, nullptr)) {}

evm::CallResult GenesisState::run(const std::string& what, const evm::Message& message) {
    execution::Host host{state_, environment_};
    host.open_transaction({.origin = message.sender, .gas_price = {}, .blob_hashes = {}});
    auto result = host.call(message);
    host.close_transaction();
    if (result.status != evm::Status::success)
        throw std::runtime_error{fmt::format("making the genesis: {}: {} {}", what,
                                             evm::to_string(result.status), to_hex(result.output))};
    return result;
}

Address GenesisState::create(const std::string& what, const Address& creator, BytesView init_code) {
    return run(what, {.kind = evm::CallKind::create,
                      .gas = GENESIS_GAS,
                      .sender = creator,
                      .input = init_code})
        .created;
}

Bytes GenesisState::call(const std::string& what, const Address& from, const Address& to,
                         BytesView data, const uint256& value) {
    state_.add_balance(from, value);
    return run(what, {.gas = GENESIS_GAS,
                      .recipient = to,
                      .sender = from,
                      .code_address = to,
                      .input = data,
                      .value = value})
        .output;
}

GenesisState::Finished GenesisState::finish() const {
    auto after = before_;
    after.apply(state_.diff());
    auto header = header_;
    header.state_root = after.state_root();
    return {.alloc = after.dump(), .header = std::move(header)};
}

}  // namespace scope::devnet
