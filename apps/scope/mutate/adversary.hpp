#pragma once

#include <random>

#include "mutate/draft.hpp"

namespace scope::mutate {

/// A lie about a plan, and what was made to fit it.
struct Lie {
    std::string kind;
    Draft draft;
};

/// Tells lies about a bundle's plan as a clever builder would: what follows from a lie is repaired
/// until nothing changes. Requests become what the sources really ask, answers what the targets
/// really compute, so that only the lie itself remains.
class Adversary {
  public:
    /// @param sealed  Must outlive it.
    explicit Adversary(const equivalence::SealedScope& sealed);
    ~Adversary();
    Adversary(const Adversary&) = delete;
    Adversary& operator=(const Adversary&) = delete;

    /// One to @p most lies at once; nothing if there is nothing to lie about.
    std::optional<Lie> lie(std::mt19937_64& random, size_t most);

    /// The kinds of single lies.
    enum class Kind : uint8_t {
        drop,   ///< a record
        keep,   ///< turned over
        forge,  ///< an answer
        field,  ///< of a request
        swap,   ///< the answers of two records
        root,   ///< a record goes to another root or chain
        copy,   ///< a record, with a field changed
        fault,  ///< an answer is not filled
    };
    static constexpr size_t KIND_COUNT = 8;
    /// This lie about the record with this number, counted over all sections; other choices are
    /// random.
    std::optional<Lie> lie_about(Kind kind, size_t record, std::mt19937_64& random);

  private:
    struct Plan;
    /// @return  Its name, with the field.
    static std::string tell(Plan& plan, Kind kind, size_t record, std::mt19937_64& random);

    std::unique_ptr<Plan> honest_;
    const equivalence::SealedScope& sealed_;
};

}  // namespace scope::mutate
