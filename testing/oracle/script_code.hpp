#pragma once

#include "base/chain_id.hpp"
#include "oracle/addresses.hpp"

namespace scope::oracle {

/// Returns the chain id of a program's chain; 0 is L1.
ChainId chain_id_of(size_t chain);

/// The calldata of a contract: four words.
struct ScriptInput {
    uint64_t function = 0;
    uint64_t argument = 0;
    uint64_t depth = 0;  ///< how deep calls may still nest
    bool is_static = false;
    uint64_t gas_limit = 0;      ///< that this frame was given; 0: what there was
    bool through_alias = false;  ///< of another chain: the limit is at least that
    friend bool operator==(const ScriptInput&, const ScriptInput&) = default;
};
Bytes encode(const ScriptInput& input);
/// Encodes the calldata of an entry's call: empty, if that brings value alone.
Bytes encode(const Program& program, const Entry& entry);
/// Decodes the calldata; nullopt for other calldata.
std::optional<ScriptInput> decode_script_input(BytesView calldata);

/// The addresses by which code reaches contracts of other chains.
struct Remotes {
    Address callable;              ///< ScopedCallable of its chain
    std::vector<Address> aliases;  ///< by contract: its alias on this chain; unused if local
};

/// Compiles a contract to EVM code. The same script gives the same code but for how its calls are
/// made.
///
/// @param remotes  Null on one chain.
Bytes compile(const Program& program, const Addresses& addresses, size_t contract,
              const Remotes* remotes);

}  // namespace scope::oracle
