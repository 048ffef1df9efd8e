// keccak256 by length of input, beside OpenSSL's SHA3-256 (the same permutation and rate, another
// padding); and the recovery of a transaction's sender.

#include <fmt/format.h>
#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

#include "bench/suite.hpp"
#include "crypto/keccak.hpp"
#include "types/signing.hpp"

namespace scope::bench {

namespace {

void measure_keccak(Suite& suite) {
    const std::shared_ptr<EVP_MD> algorithm{EVP_MD_fetch(nullptr, "SHA3-256", nullptr),
                                            EVP_MD_free};
    const std::shared_ptr<EVP_MD_CTX> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    for (const size_t size : {20u, 32u, 64u, 100u, 135u, 136u, 532u, 1024u, 24'576u, 131'072u}) {
        const Bytes data(size, 0x5a);
        std::vector<Contender> contenders{{"scope", [&] { keep(crypto::keccak256(data)); }}};
        for (const ScopePeer* peer : suite.peers())
            if (peer->keccak256 != nullptr)
                contenders.push_back({peer->name, [&data, peer] {
                                          Hash hash;
                                          peer->keccak256(data.data(), data.size(), hash.data());
                                          keep(hash);
                                      }});
        contenders.push_back({"openssl-sha3", [&] {
                                  Hash hash;
                                  EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr);
                                  EVP_DigestUpdate(context.get(), data.data(), data.size());
                                  EVP_DigestFinal_ex(context.get(), hash.data(), nullptr);
                                  keep(hash);
                              }});
        suite.measure(fmt::format("keccak256/{}", size), contenders, static_cast<double>(size),
                      "B");
    }
}

void measure_sender(Suite& suite) {
    Transaction tx;
    tx.type = TxType::dynamic_fee;
    tx.chain_id = ChainId{1};
    tx.gas_limit = 60'000;
    tx.to = Address{};
    tx.data = Bytes(68, 1);
    const auto key = crypto::SecretKey::from(to_be(uint256{7u}));
    sign(tx, *key);
    const Address sender = crypto::address_of(*key);
    suite.measure("sender/recover",
                  {{"scope",
                    [&] {
                        if (recover_sender(tx) != sender) throw std::runtime_error("wrong sender");
                    }}},
                  1, "tx");
}

}  // namespace

void measure_hashes(Suite& suite) {
    measure_keccak(suite);
    measure_sender(suite);
}

}  // namespace scope::bench
