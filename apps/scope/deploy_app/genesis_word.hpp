#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "crypto/signer.hpp"
#include "net/http_client.hpp"
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

/// Returns the word of a member that is a process of its own, asked over HTTPS (docs/formats/attest.md).
/// It signs the geneses of its own network file alone.
/// @param tls  What the deployer shows, and the member's key.
GenesisWord word_of(const Address& member, net::HttpUrl url, net::TlsOptions tls);

/// The members of a committee, asked for their words. One that gave none isn't asked again: so one that is
/// away is waited for once.
class GenesisWords {
  public:
    /// @param members    Ascending.
    /// @param threshold  Words that a proof needs.
    GenesisWords(std::vector<Member> members, size_t threshold)
        : members_(std::move(members)), reasons_(members_.size()), threshold_(threshold) {}

    /// Returns the proof of a genesis for CommitteeVerifier: as many signatures as it needs, in the
    /// order of their signers, each checked. It is kept. An error names the members that gave none, and
    /// why.
    Result<Bytes, std::string> proof_of(const protocol::GenesisClaim& claim);

  private:
    [[nodiscard]] std::string missing(const protocol::GenesisClaim& claim, size_t count) const;

    std::vector<Member> members_;
    std::vector<std::string>
        reasons_;  ///< why a member gave no word; empty: it wasn't asked, or gave it
    size_t threshold_;
    std::map<Hash, Bytes> proofs_;  ///< by genesis_hash
};

}  // namespace scope::deploy_app
