#pragma once

#include <random>
#include <span>

#include "adversary/draft.hpp"

namespace scope::adversary {

/// A lie about a plan, and what was made to fit it.
struct Lie {
    std::string kind;
    Draft draft;
};

/// A teller of lies about a bundle's plan, as a clever builder would tell them: what follows from a
/// lie is repaired until nothing changes. Requests become what the sources really ask, answers what
/// the targets really compute, so that only the lie itself remains.
class Adversary {
  public:
    /// @param sealed  Must outlive it.
    explicit Adversary(const oracle::SealedScope& sealed);
    ~Adversary();
    Adversary(const Adversary&) = delete;
    Adversary& operator=(const Adversary&) = delete;

    /// Tells one to @p most lies at once; returns nullopt if there is nothing to lie about.
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

    /// Fields of a request that a lie changes. Those up to root_id become another record's.
    enum class Field : uint8_t {
        marks,
        nonce,
        from,
        source,
        root_id,
        depth,
        variant,
        value,
        data,
        gas_limit,
        kind,
    };
    static constexpr size_t FIELD_COUNT = 11;
    enum class Forgery : uint8_t { none, data, success };

    /// A single lie. Records are numbered over all sections.
    struct Choice {
        Kind kind{};
        size_t record = 0;
        size_t other = 0;   ///< swap: the other record; field, copy: whose field; root: the section
        Field field{};      ///< field, copy
        Forgery forgery{};  ///< forge, field, copy: of the answer
        bool kept = false;  ///< copy
    };
    /// Returns all single lies that change something, equal copies among them.
    [[nodiscard]] std::vector<Choice> choices() const;
    /// Tells these at once, in this order; returns nullopt if the first ones leave no such record.
    std::optional<Lie> tell(std::span<const Choice> lies) const;

  private:
    struct Plan;
    static Choice draw(const Plan& plan, std::mt19937_64& random);
    static void change(Plan& plan, const Choice& choice);

    std::unique_ptr<Plan> honest_;
    const oracle::SealedScope& sealed_;
};

}  // namespace scope::adversary
