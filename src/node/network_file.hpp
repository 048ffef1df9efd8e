#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/node.hpp"

namespace scope::node {

/// Who verifies the batches of a network's rollups: a CommitteeVerifier.
struct Committee {
    Address verifier;  ///< the contract on L1
    size_t threshold = 0;
    std::vector<Address> members;  ///< ascending
};

/// A contract that people are told of.
struct NamedContract {
    ChainId chain_id;
    std::string name;
    Address address;
    friend bool operator==(const NamedContract&, const NamedContract&) = default;
};

/// The network file: what `scope deploy` writes and every node reads (docs/formats/network.md).
struct NetworkFile {
    Network network;           ///< rollups by ascending chain id, each with its whole genesis
    chain::ChainSpec l1_spec;  ///< of forks by time, with a blob schedule
    Hash first_l1_block_hash;  ///< of network.first_l1_block: who has another is on another L1
    Committee committee;
    std::vector<NamedContract> contracts;
};

/// The version of the file that is written, and the only one that is read.
inline constexpr uint64_t NETWORK_FILE_VERSION = 1;
/// The bounds of what is read.
inline constexpr size_t MAX_NETWORK_FILE = size_t{256} << 20;  ///< bytes
inline constexpr size_t MAX_NETWORK_ROLLUPS = 1000;
inline constexpr size_t MAX_COMMITTEE = 256;

/// Reads a network file. An error names the place and the rule: `rollups[1].genesis.gasLimit: …`; an
/// unknown key is one, and so is a genesis that does not give the hash beside it.
Result<NetworkFile, std::string> read_network_file(std::string_view json);

/// Writes one. REQUIRES: one that read_network_file takes; of a genesis only its alloc, time, gas limit,
/// base fee and coinbase may be other than chain::Genesis has them; of l1_spec only forks by time and
/// blob schedule other than chain::ChainSpec::of has them.
std::string write_network_file(const NetworkFile& file);

}  // namespace scope::node
