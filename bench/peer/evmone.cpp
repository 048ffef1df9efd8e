// Offers evmone to the benchmarks. No part of the build: it is compiled together with evmone's own
// sources, which lie elsewhere (bench/README.md says how).

#include <evmone/advanced_analysis.hpp>
#include <evmone/advanced_execution.hpp>
#include <evmone/baseline.hpp>
#include <evmone/evmone.h>
#include <evmone/execution_state.hpp>
#include <evmone/vm.hpp>
#include <evmone_precompiles/keccak.hpp>
#include <test/state/precompiles.hpp>

#include <cstring>
#include <unordered_map>
#include <utility>

#include "peer.hpp"

namespace {

/// As little as the host that our interpreter runs on in the same benchmark.
class BenchHost final : public evmc::Host {
  public:
    bool account_exists(const evmc::address&) const noexcept override { return false; }
    evmc::bytes32 get_storage(const evmc::address&,
                              const evmc::bytes32& key) const noexcept override {
        const auto slot = slots_.find(key);
        return slot == slots_.end() ? evmc::bytes32{} : slot->second.value;
    }
    evmc_storage_status set_storage(const evmc::address&, const evmc::bytes32& key,
                                    const evmc::bytes32& value) noexcept override {
        // Before the transaction everything was zero.
        const evmc::bytes32 old = std::exchange(slots_[key].value, value);
        if (old == value) return EVMC_STORAGE_ASSIGNED;
        if (evmc::is_zero(old)) return EVMC_STORAGE_ADDED;
        return evmc::is_zero(value) ? EVMC_STORAGE_ADDED_DELETED : EVMC_STORAGE_ASSIGNED;
    }
    evmc::uint256be get_balance(const evmc::address&) const noexcept override { return {}; }
    uint64_t get_nonce(const evmc::address&) const noexcept override { return 0; }
    size_t get_code_size(const evmc::address&) const noexcept override { return 0; }
    evmc::bytes32 get_code_hash(const evmc::address&) const noexcept override { return {}; }
    size_t copy_code(const evmc::address&, size_t, uint8_t*, size_t) const noexcept override {
        return 0;
    }
    bool selfdestruct(const evmc::address&, const evmc::address&) noexcept override {
        return false;
    }
    evmc::Result call(const evmc_message& message) noexcept override {
        return evmc::Result{EVMC_SUCCESS, message.gas};
    }
    evmc_tx_context get_tx_context() const noexcept override { return {}; }
    evmc::bytes32 get_block_hash(int64_t) const noexcept override { return {}; }
    void emit_log(const evmc::address&, const uint8_t*, size_t, const evmc::bytes32*,
                  size_t) noexcept override {}
    evmc_access_status access_account(const evmc::address&) noexcept override {
        return EVMC_ACCESS_WARM;
    }
    evmc_access_status access_storage(const evmc::address&,
                                      const evmc::bytes32& key) noexcept override {
        return std::exchange(slots_[key].access, EVMC_ACCESS_WARM);
    }
    evmc::bytes32 get_transient_storage(const evmc::address&,
                                        const evmc::bytes32&) const noexcept override {
        return {};
    }
    void set_transient_storage(const evmc::address&, const evmc::bytes32&,
                               const evmc::bytes32&) noexcept override {}

  private:
    struct Slot {
        evmc::bytes32 value;
        evmc_access_status access = EVMC_ACCESS_COLD;
    };
    std::unordered_map<evmc::bytes32, Slot> slots_;
};

evmc_message make_message(const uint8_t* input, size_t size, int64_t gas) {
    evmc_message message{};
    message.gas = gas;
    message.input_data = input;
    message.input_size = size;
    return message;
}

int64_t gas_left(const evmc::Result& result) {
    return result.status_code == EVMC_SUCCESS ? result.gas_left : -1;
}

void* make_code(const uint8_t* code, size_t size) {
    return new evmone::baseline::CodeAnalysis{evmone::baseline::analyze({code, size})};
}
void free_code(void* code) {
    delete static_cast<evmone::baseline::CodeAnalysis*>(code);
}

template <bool CGOTO>
int64_t execute(const void* code, const uint8_t* input, size_t size, int64_t gas) {
    static auto* const vm = [] {
        auto* const made = static_cast<evmone::VM*>(evmc_create_evmone());
        if (!CGOTO) made->set_option(made, "cgoto", "no");
        return made;
    }();
    BenchHost host;
    const evmc_message message = make_message(input, size, gas);
    return gas_left(evmc::Result{evmone::baseline::execute(
        *vm, evmc::Host::get_interface(), host.to_context(), EVMC_OSAKA, message,
        *static_cast<const evmone::baseline::CodeAnalysis*>(code))});
}

struct AdvancedCode {
    evmc::bytes bytes;
    evmone::advanced::AdvancedCodeAnalysis analysis;
};

void* make_advanced_code(const uint8_t* code, size_t size) {
    return new AdvancedCode{{code, size}, evmone::advanced::analyze(EVMC_OSAKA, {code, size})};
}
void free_advanced_code(void* code) {
    delete static_cast<AdvancedCode*>(code);
}
int64_t execute_advanced(const void* code, const uint8_t* input, size_t size, int64_t gas) {
    static evmone::advanced::AdvancedExecutionState state;
    BenchHost host;
    const evmc_message message = make_message(input, size, gas);
    const auto& advanced = *static_cast<const AdvancedCode*>(code);
    state.reset(message, EVMC_OSAKA, evmc::Host::get_interface(), host.to_context(),
                advanced.bytes);
    return gas_left(evmc::Result{evmone::advanced::execute(state, advanced.analysis)});
}

int64_t precompile(uint16_t address, const uint8_t* input, size_t size, int64_t gas) {
    evmc_message message = make_message(input, size, gas);
    message.code_address.bytes[18] = static_cast<uint8_t>(address >> 8);
    message.code_address.bytes[19] = static_cast<uint8_t>(address);
    return gas_left(evmone::state::call_precompile(EVMC_OSAKA, message));
}

void keccak256(const uint8_t* data, size_t size, uint8_t hash[32]) {
    const auto result = ethash::keccak256(data, size);
    std::memcpy(hash, result.bytes, 32);
}

constexpr ScopePeer PEERS[] = {
    {PEER_NAME "-baseline", make_code, free_code, execute<true>, precompile, keccak256},
    {PEER_NAME "-advanced", make_advanced_code, free_advanced_code, execute_advanced, nullptr,
     nullptr},
};

}  // namespace

const ScopePeer* scope_peers(size_t* count) {
    *count = std::size(PEERS);
    return PEERS;
}
