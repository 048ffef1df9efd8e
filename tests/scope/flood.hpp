#pragma once

#include <stdexcept>
#include <vector>

#include "demo/world.hpp"
#include "evm/analysis.hpp"
#include "evm/opcodes.hpp"
#include "protocol/registry.hpp"
#include "types/signing.hpp"

namespace scope::node {

/// A stranger who registers rollups on a world's L1, with a verifier that takes anything and all the
/// ETH that it wants for bonds.
class Flood {
  public:
    static constexpr uint64_t GAS_LIMIT = 300'000;  ///< of a registration

    explicit Flood(demo::World& world) : world_(world) {}

    /// Registers so many, in as few blocks as hold them.
    void add(uint64_t rollups) {
        auto& l1 = world_.devnet().l1();
        supply();
        while (rollups > 0) {
            const uint64_t most = l1.chain().head()->header().gas_limit / GAS_LIMIT;
            std::vector<Transaction> transactions;
            for (uint64_t i = std::min(rollups, most); i > 0; --i)
                transactions.push_back(registration(transactions.size()));
            const auto mined = l1.mine(transactions);
            if (!mined || !mined->refused.empty())
                throw std::runtime_error{"the registrations can't stand in L1's block"};
            for (const auto& outcome : mined->outcomes)
                if (!outcome.succeeded()) throw std::runtime_error{"a registration failed"};
            gas_used_ = mined->outcomes.front().gas_used;
            rollups -= transactions.size();
        }
    }
    /// Returns the id of the last one that was registered.
    [[nodiscard]] ChainId last() const { return ChainId{next_id_ - 1}; }
    /// Returns the gas that a registration took.
    [[nodiscard]] uint64_t gas_used() const noexcept { return gas_used_; }

  private:
    static constexpr Address VERIFIER{{0xf1, 0x00, 0xd0}};

    /// L1 may have gone back behind what it was given.
    void supply() {
        const auto& chain = world_.devnet().l1().chain();
        chain::force_state(chain, chain.head()->hash, [&](state::State& state) {
            state.set_balance(person_.address, uint256{demo::ETHER} * uint256{1'000'000'000u});
            state.set_code(VERIFIER, evm::make_code(Bytes{evm::OP_STOP}));
        });
    }
    Transaction registration(uint64_t nonces_before) {
        Transaction tx;
        tx.type = TxType::dynamic_fee;
        tx.chain_id = demo::L1;
        tx.nonce = world_.devnet().l1().chain().head_state()->account(person_.address)->nonce +
                   nonces_before;
        tx.gas_limit = GAS_LIMIT;
        tx.max_fee_per_gas = uint256{100'000 * demo::GWEI};
        tx.to = world_.network().contracts.registry;
        tx.value = uint256{demo::ETHER};
        tx.data = protocol::register_rollup({.chain_id = uint256{next_id_++},
                                             .program_id = Hash{{1}},
                                             .verifier = VERIFIER,
                                             .policy = {},
                                             .genesis_block_hash = Hash{{2}},
                                             .genesis_state_root = Hash{{3}},
                                             .supply = {}},
                                            {});
        sign(tx, person_.key);
        return tx;
    }

    demo::World& world_;
    demo::Person person_ = devnet::make_person("flooder");
    uint64_t next_id_ = 1'000'000;
    uint64_t gas_used_ = 0;
};

}  // namespace scope::node
