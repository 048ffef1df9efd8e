#include "adversary/campaign.hpp"

#include <algorithm>

#include "adversary/adversary.hpp"
#include "adversary/mutations.hpp"
#include "oracle/generator.hpp"

namespace scope::adversary {

namespace {

constexpr uint64_t BLOBS_EVERY = 100;
/// At most so many lies at once.
constexpr size_t LIES_AT_ONCE = 3;

class Campaign {
  public:
    using Judge = std::function<Judgement(const Attempt&)>;

    /// @param is_wanted  Of the kinds of places.
    Campaign(const oracle::SealedScope& sealed, Judge judge,
             bool (*is_wanted)(const std::string& kind), std::string program, uint64_t seed,
             Result& result)
        : sealed_(sealed),
          judge_(std::move(judge)),
          is_wanted_(is_wanted),
          program_(std::move(program)),
          seed_(seed),
          random_(seed ^ 0x9e3779b97f4a7c15),
          result_(result),
          honest_(draft_of(sealed.bundle)) {}

    void run(const Amount& amount) {
        if (!is_honest()) return;
        mutate(amount.mutants);
        if (amount.lies == 0) return;
        Adversary adversary{sealed_};
        for (uint64_t i = 0; i < amount.lies; ++i) {
            const auto lie = adversary.lie(random_, LIES_AT_ONCE);
            if (!lie) return;
            if (is_same(lie->draft)) continue;
            // Lies at once are counted by how many there are.
            const auto more = static_cast<size_t>(std::ranges::count(lie->kind, '+'));
            try_draft(more == 0 ? "lie: " + lie->kind : std::to_string(more + 1) + " lies",
                      lie->kind, lie->draft);
        }
    }

    void walk_bits(size_t leg) {
        if (!is_honest()) return;
        const auto& honest = honest_.scope.legs.at(leg);
        const auto calldata = protocol::execute_scope(honest_.scope);
        // Behind the offset of the one argument it is as inside of calldata.
        const auto encoded = abi::encode(honest);
        const BytesView bytes = BytesView{encoded}.subspan(abi::WORD);
        const auto place = std::ranges::search(calldata, bytes);
        CHECK(place.size() == bytes.size());
        const auto start = static_cast<size_t>(place.begin() - calldata.begin());
        for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
            auto draft = honest_;
            draft.calldata = calldata;
            turn_over(*draft.calldata, 8 * start + bit);
            try_draft("leg: a bit", std::to_string(bit), draft);
        }
        const auto& settlement = sealed_.devnet.node().network().contracts.settlement;
        for (size_t bit = 0; bit < 8 * honest.signed_operation.size(); ++bit) {
            auto draft = honest_;
            auto& changed = draft.scope.legs.at(leg);
            turn_over(changed.signed_operation, bit);
            const auto made = protocol::decode_signed_operation(changed.signed_operation);
            if (!made) continue;
            const auto hash = protocol::operation_hash(settlement, made->operation);
            if (hash == changed.context.operation_hash) continue;
            changed.context.operation_hash = hash;
            try_draft("operation: a bit, with its root", std::to_string(bit), draft);
        }
    }

  private:
    static void turn_over(Bytes& bytes, size_t bit) {
        bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    }

    /// Returns whether what is not changed is as it should be; else counts it.
    bool is_honest() {
        const auto unchanged = judge_(attempt(sealed_, honest_));
        if (unchanged.verdict == Verdict::equivalent) return true;
        count("unchanged", {Verdict::survivor, "not as on one chain: " + unchanged.detail});
        return false;
    }

    /// Every kind of place is as likely as the next, whatever the number of its places.
    void mutate(uint64_t mutants) {
        FieldWalk list;
        auto copy = honest_;
        walk(list, copy);
        std::map<std::string, std::vector<size_t>> places;
        for (size_t i = 0; i < list.kinds().size(); ++i) places[list.kinds()[i]].push_back(i);
        std::vector<const std::pair<const std::string, std::vector<size_t>>*> kinds;
        for (const auto& kind : places)
            if (is_wanted_(kind.first)) kinds.push_back(&kind);
        for (uint64_t i = 0; i < mutants; ++i) {
            const auto& [kind, all] = *kinds[random_() % kinds.size()];
            auto draft = honest_;
            FieldWalk change{all[random_() % all.size()], random_};
            walk(change, draft);
            if (!is_same(draft)) try_draft(kind, {}, draft);
        }
    }

    [[nodiscard]] bool is_same(const Draft& draft) const {
        return draft.scope == honest_.scope && draft.batches == honest_.batches &&
               draft.data == honest_.data && draft.calldata == honest_.calldata;
    }

    void try_draft(const std::string& kind, const std::string& note, const Draft& draft) {
        auto judgement = judge_(attempt(sealed_, draft));
        if (!note.empty()) judgement.detail = note + ": " + judgement.detail;
        count(kind, judgement);
    }

    void count(const std::string& kind, const Judgement& judgement) {
        auto& tally = result_.kinds[kind];
        switch (judgement.verdict) {
            case Verdict::refused:
                ++tally.refused;
                return;
            case Verdict::equivalent:
                ++tally.equivalent;
                return;
            case Verdict::swallowed:
                ++tally.swallowed;
                return;
            case Verdict::survivor:
                ++tally.survivors;
                result_.survivors.push_back({seed_, kind, judgement.detail, program_});
        }
    }

    const oracle::SealedScope& sealed_;
    Judge judge_;
    bool (*is_wanted_)(const std::string& kind);
    std::string program_;
    uint64_t seed_;
    std::mt19937_64 random_;
    Result& result_;
    Draft honest_;
};

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
    refused += other.refused;
    equivalent += other.equivalent;
    swallowed += other.swallowed;
    survivors += other.survivors;
    return *this;
}

Tally Result::sum() const {
    Tally sum;
    for (const auto& [kind, tally] : kinds) sum += tally;
    return sum;
}

Result run_campaign(const oracle::ManyChains& many, uint64_t seed, const Amount& amount) {
    return run_campaign(many, oracle::random_program(seed), seed, amount);
}

Result run_campaign(const oracle::ManyChains& many, const oracle::Program& program, uint64_t seed,
                    const Amount& amount) {
    Result result;
    const auto where = seed % BLOBS_EVERY == 0 ? builder::DataAvailability::blobs
                                               : builder::DataAvailability::calldata;
    const auto interfere = [&](const oracle::SealedScope& sealed) {
        result.was_built = true;
        const auto of_program = [&](const Attempt& attempt) {
            return judge(program, sealed, attempt);
        };
        const auto all = [](const std::string&) { return true; };
        Campaign{sealed, of_program, all, to_string(program), seed, result}.run(amount);
    };
    // What became of the honest program is the oracle's affair.
    [[maybe_unused]] const auto outcome = many.run(program, where, interfere);
    return result;
}

Result walk_bits(const oracle::ManyChains& many, const oracle::Program& program, size_t leg) {
    Result result;
    const auto interfere = [&](const oracle::SealedScope& sealed) {
        result.was_built = true;
        const auto of_program = [&](const Attempt& attempt) {
            return judge(program, sealed, attempt);
        };
        const auto all = [](const std::string&) { return true; };
        Campaign{sealed, of_program, all, to_string(program), program.id, result}.walk_bits(leg);
    };
    [[maybe_unused]] const auto outcome =
        many.run(program, builder::DataAvailability::calldata, interfere);
    return result;
}

Result run_campaign(const oracle::SealedScope& sealed, uint64_t seed, const Amount& amount) {
    Result result;
    result.was_built = true;
    const auto honest = attempt(sealed, draft_of(sealed.bundle));
    const auto same = [&](const Attempt& attempt) { return judge_same(sealed, honest, attempt); };
    const auto outside_blocks = [](const std::string& kind) {
        return !kind.starts_with("block") && !kind.starts_with("batch");
    };
    Campaign{sealed, same, outside_blocks, {}, seed, result}.run(amount);
    return result;
}

}  // namespace scope::adversary
