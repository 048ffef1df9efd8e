// keccak256 by length of input, beside OpenSSL's SHA3-256: the same permutation and rate, another
// padding. Latency of one hash after another of independent inputs.

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "crypto/keccak.hpp"

namespace {

void set_rate(benchmark::State& state) {
    state.SetBytesProcessed(state.iterations() * state.range(0));
}

void keccak256(benchmark::State& state) {
    const scope::Bytes data(static_cast<size_t>(state.range(0)), 0x5a);
    for (auto _ : state) benchmark::DoNotOptimize(scope::crypto::keccak256(data));
    set_rate(state);
}

void openssl_sha3_256(benchmark::State& state) {
    const scope::Bytes data(static_cast<size_t>(state.range(0)), 0x5a);
    EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA3-256", nullptr);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    scope::Hash hash;
    for (auto _ : state) {
        EVP_DigestInit_ex2(context, algorithm, nullptr);
        EVP_DigestUpdate(context, data.data(), data.size());
        EVP_DigestFinal_ex(context, hash.data(), nullptr);
        benchmark::DoNotOptimize(hash);
    }
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
    set_rate(state);
}

void lengths(benchmark::internal::Benchmark* bench) {
    for (const int64_t size : {20, 32, 64, 100, 135, 136, 532, 1024, 24'576, 131'072})
        bench->Arg(size);
}
BENCHMARK(keccak256)->Apply(lengths);
BENCHMARK(openssl_sha3_256)->Apply(lengths);

}  // namespace
