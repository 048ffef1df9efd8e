#pragma once

#include "fuzz_roots/program.hpp"

namespace scope::fuzz_roots {

/// The accounts and chains that a program's code and calldata speak of.
struct Scenery {
    const BaseChains& base;
    size_t chains = 3;
    std::vector<Contract> contracts;  ///< code is not there yet
    Address user;
    Address second;
    Address owned_account;
    bool is_ring = false;  ///< contracts ask each other around and around

    /// Returns the contract that one of a ring asks: mostly all are on rollups.
    [[nodiscard]] const Contract& next_of_ring(const Contract& contract) const;
    /// Returns one of the program's contracts; mostly one on that chain if @p chain is one.
    [[nodiscard]] const Contract& contract(Random& random) const;
    [[nodiscard]] const Contract& contract_on(Random& random, size_t chain) const;
    /// Returns one that stands on another chain than @p here.
    [[nodiscard]] const Contract& remote_contract(Random& random, size_t here) const;
    [[nodiscard]] Address alias_on(size_t here, const Contract& of) const {
        return base.alias_of(here, chain_id_of(of.chain), of.address);
    }
    /// Returns an address that means something on a chain: mostly a contract, an alias or a person.
    [[nodiscard]] Address address_on(Random& random, size_t chain) const;
    /// Returns the id of a chain of the world; at times of none.
    [[nodiscard]] uint256 chain_id(Random& random) const;
};

/// The head of a call of scopedCall and its like: what stands before the request's data.
struct RequestHead {
    static constexpr size_t SIZE = 260;
    static constexpr size_t FROM = 36;
    static constexpr size_t GAS_LIMIT = 164;
};
enum class AskWay : uint8_t { scoped, attempted, still };
/// Returns calldata of scopedCall, tryScopedCall or scopedStaticCall up to the request's data.
Bytes request_head(AskWay way, const uint256& chain_id, const Address& from, const Address& to,
                   const uint256& value, const uint256& gas_limit, uint64_t data_size);

/// Returns calldata of a function of a chain's ScopedCallable: any that there is, also those that
/// only the loader or the contract itself may call. One in eight is malformed.
Bytes callable_calldata(Random& random, const Scenery& scenery, size_t chain);
/// Returns calldata of a function of the settlement contract, the factory, an account or the
/// verifier.
Bytes settlement_calldata(Random& random, const Scenery& scenery);

}  // namespace scope::fuzz_roots
