#pragma once

#include <random>
#include <vector>

#include "base/uint256.hpp"

/// executeScope's calldata in other shapes. All follow from the seed.
namespace scope::derivation {

/// A type of the ABI, as far as its encoding's shape goes.
struct AbiType {
    enum class Kind : uint8_t { words, bytes, array, tuple };
    Kind kind = Kind::words;
    size_t words = 1;             ///< of `words`: static values next to each other
    std::vector<AbiType> fields;  ///< of an array: its element
};
/// Returns the type ISettlement.Scope.
const AbiType& scope_type();

/// An offset in calldata, and what it points to.
struct Pointer {
    size_t head = 0;  ///< its place
    size_t base = 0;  ///< from which it counts
    const AbiType* type = nullptr;
    uint256 tail;  ///< base + offset, modulo 2^256
    /// Bytes of the tail without what it points to in turn; 0 outside of calldata.
    size_t size = 0;
};
/// Returns all offsets of a valid executeScope calldata, parents first.
std::vector<Pointer> pointers_of(const Bytes& calldata);

class Mutator {
  public:
    explicit Mutator(uint64_t seed) : random_(seed) {}

    /// Returns the same values in another shape: tails moved, shared, put before their heads or
    /// outside of the calldata, gaps, garbage in padding and behind the end, an end without
    /// padding.
    Bytes reshape(Bytes calldata);
    /// Returns calldata with a few words or bytes changed; often offsets and lengths.
    Bytes damage(Bytes calldata);

  private:
    size_t below(size_t bound) { return static_cast<size_t>(random_() % bound); }
    bool chance(size_t of) { return below(of) == 0; }
    void add_garbage(Bytes& calldata, size_t size);
    void move_tail(Bytes& calldata);
    void redirect_empty_tail(Bytes& calldata);
    void share_tail(Bytes& calldata);
    void fill_unused(Bytes& calldata);
    uint256 odd_word(const Bytes& calldata, const uint256& current);

    std::mt19937_64 random_;
};

}  // namespace scope::derivation
