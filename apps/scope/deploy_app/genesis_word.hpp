#pragma once

#include <functional>
#include <span>
#include <string>

#include "crypto/signer.hpp"
#include "protocol/registry.hpp"
#include "prover/attester_client.hpp"

namespace scope::deploy_app {

/// Asks a member of the committee for its word for a rollup's genesis, wherever the member is; an
/// error says why there is none.
using GenesisWord =
    std::function<Result<prover::Attestation, std::string>(const protocol::GenesisClaim&)>;

/// A member of the committee.
struct Member {
    Address address;
    GenesisWord word;  ///< null: it can't be asked
};

/// Returns the word of a member whose key is at hand. It signs whatever it is asked: for who deploys a
/// network whose members' keys are all theirs.
GenesisWord word_of(crypto::SignerPtr signer);

/// Returns the proof of a genesis for CommitteeVerifier: as many signatures as it needs, in the order of
/// their signers, each checked. An error names the members that gave none, and why.
/// @param members  Ascending.
Result<Bytes, std::string> genesis_proof(const protocol::GenesisClaim& claim,
                                         std::span<const Member> members, size_t threshold);

}  // namespace scope::deploy_app
