#include "prover/committee.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace scope::prover {

namespace {

using Answer = Result<Attestation, Disagreement>;

std::unexpected<Disagreement> no_answer(const Address& member, DisagreementKind kind) {
    Disagreement out;
    out.member = member;
    out.kind = kind;
    return std::unexpected{std::move(out)};
}

/// The attestation that a member has to give.
struct Expected {
    std::vector<Hash> input_hashes;
    Hash message;  // that is signed
};
/// Returns null for what is no proof input: nothing attests to it.
std::optional<Expected> expected_of(BytesView proof_input) {
    const auto input = decode_proof_input(proof_input);
    if (!input) return std::nullopt;
    auto hashes = hashes_of(input->claims);
    const Hash message = protocol::attestation_hash(input->claims.front().program_id, hashes);
    return Expected{std::move(hashes), message};
}

/// One prove: what members get, and where they answer. Outlives prove if a member is late.
class Request {
  public:
    Request(BytesView input, size_t members)
        : input_(to_bytes(input)), expected_(expected_of(input)), answers_(members) {}

    [[nodiscard]] BytesView input() const noexcept { return input_; }
    /// Returns whether the verifier on L1 takes it for that member's.
    [[nodiscard]] bool accepts(const Attestation& attestation, const Address& member) const {
        return expected_ && is_of(attestation, member, expected_->input_hashes, expected_->message);
    }

    void answer(size_t member, Answer answer) {
        const std::scoped_lock lock{mutex_};
        if (answer) ++attestations_;
        ++answered_;
        answers_[member] = std::move(answer);
        changed_.notify_all();
    }

    /// Waits as CommitteeOptions says; gives what was answered by then.
    /// @param late  Who isn't waited for once the threshold is reached.
    std::vector<std::optional<Answer>> wait(const CommitteeOptions& options,
                                            const std::vector<bool>& late) {
        std::unique_lock lock{mutex_};
        const auto is_complete = [&] { return answered_ == answers_.size(); };
        const auto has_all_in_time = [&] {
            for (size_t i = 0; i < answers_.size(); ++i)
                if (!answers_[i] && !late[i]) return false;
            return true;
        };
        changed_.wait_for(lock, options.timeout,
                          [&] { return is_complete() || attestations_ >= options.threshold; });
        if (attestations_ >= options.threshold)
            changed_.wait_for(lock, options.grace, has_all_in_time);
        is_over_ = true;
        over_at_ = Clock::now();
        return answers_;
    }
    /// Returns whether nobody waits for answers any more.
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }
    /// Returns whether nobody does since longer than this.
    [[nodiscard]] bool is_over_for(std::chrono::milliseconds time) {
        const std::scoped_lock lock{mutex_};
        return over_at_ && Clock::now() - *over_at_ > time;
    }

  private:
    using Clock = std::chrono::steady_clock;

    const Bytes input_;
    const std::optional<Expected> expected_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::optional<Answer>> answers_;
    size_t answered_ = 0;
    size_t attestations_ = 0;
    std::atomic<bool> is_over_ = false;
    std::optional<Clock::time_point> over_at_;
};

}  // namespace

/// An attester on its thread, behind a queue.
class Committee::Member {
  public:
    Member(std::unique_ptr<AttesterClient> attester, size_t index, const CommitteeOptions& options)
        : attester_(std::move(attester)),
          address_(attester_->address()),
          index_(index),
          max_waiting_(options.max_waiting),
          grace_(options.grace),
          thread_([this](const std::stop_token& stop) { run(stop); }) {}

    [[nodiscard]] const Address& address() const noexcept { return address_; }

    void post(const std::shared_ptr<Request>& request) {
        {
            const std::scoped_lock lock{mutex_};
            if (waiting_.size() < max_waiting_) {
                waiting_.push_back(request);
                arrived_.notify_one();
                return;
            }
        }
        request->answer(index_, no_answer(address_, DisagreementKind::overloaded));
    }
    /// Returns whether it is still at a request for which nobody waits any more; or with the last that
    /// it was asked its client gave up by itself, or the answer came later than anybody would have waited.
    [[nodiscard]] bool is_late() const {
        const std::scoped_lock lock{mutex_};
        return was_late_ || (running_ != nullptr && running_->is_over());
    }

  private:
    void run(const std::stop_token& stop) {
        while (true) {
            std::shared_ptr<Request> request;
            {
                std::unique_lock lock{mutex_};
                if (!arrived_.wait(lock, stop, [&] { return !waiting_.empty(); })) return;
                request = std::move(waiting_.front());
                waiting_.pop_front();
                running_ = request;
            }
            if (stop.stop_requested()) return;
            std::optional<Answer> answer;
            if (!request->is_over()) answer = ask(*request);
            {
                const std::scoped_lock lock{mutex_};
                running_ = nullptr;
                if (answer)
                    was_late_ = request->is_over_for(grace_) ||
                                (!*answer && answer->error().kind == DisagreementKind::timed_out);
            }
            // Who hears of it may ask for the next at once.
            if (answer) request->answer(index_, std::move(*answer));
        }
    }

    /// Asks the member. Nothing that it does counts for another one or stops it.
    Answer ask(const Request& request) {
        try {
            auto answer = attester_->attest(request.input());
            if (answer && !request.accepts(*answer, address_))
                return no_answer(address_, DisagreementKind::false_attestation);
            if (!answer) answer.error().member = address_;
            return answer;
        } catch (const std::exception& error) {
            auto none = no_answer(address_, DisagreementKind::failed);
            none.error().detail = error.what();
            return none;
        } catch (...) {
            return no_answer(address_, DisagreementKind::failed);
        }
    }

    std::unique_ptr<AttesterClient> attester_;
    const Address address_;
    const size_t index_;
    const size_t max_waiting_;
    const std::chrono::milliseconds grace_;
    mutable std::mutex mutex_;
    std::condition_variable_any arrived_;
    std::deque<std::shared_ptr<Request>> waiting_;
    std::shared_ptr<Request> running_;
    bool was_late_ = false;
    std::jthread thread_;  // last: it ends before what it uses
};

Committee::Committee(std::vector<std::unique_ptr<AttesterClient>> members, CommitteeOptions options)
    : options_(options) {
    CHECK(options_.threshold >= 1 && options_.threshold <= members.size());
    std::set<Address> known;
    for (const auto& member : members) {
        const bool is_new = known.insert(member->address()).second;
        CHECK(is_new);
    }
    for (size_t i = 0; i < members.size(); ++i)
        members_.push_back(std::make_unique<Member>(std::move(members[i]), i, options_));
}

Committee::~Committee() = default;

std::vector<Address> Committee::addresses() const {
    std::vector<Address> out;
    out.reserve(members_.size());
    for (const auto& member : members_) out.push_back(member->address());
    return out;
}

Result<Proof, ProofFailure> Committee::prove(const ProofInput& input) {
    return prove_bytes(encode(input));
}

Result<Proof, ProofFailure> Committee::prove_bytes(BytesView input) {
    const auto request = std::make_shared<Request>(input, members_.size());
    std::vector<bool> late;
    for (const auto& member : members_) {
        late.push_back(member->is_late());
        member->post(request);
    }
    auto answers = request->wait(options_, late);

    std::vector<Attestation> attestations;
    std::vector<Disagreement> dissents;
    for (size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i]) {
            dissents.push_back(
                no_answer(members_[i]->address(), DisagreementKind::timed_out).error());
        } else if (*answers[i]) {
            attestations.push_back(**answers[i]);
        } else {
            dissents.push_back(std::move(answers[i]->error()));
        }
    }
    if (attestations.size() < options_.threshold)
        return std::unexpected{ProofFailure{ProofError::too_few_attestations, attestations.size(),
                                            options_.threshold, std::move(dissents)}};
    std::ranges::sort(attestations, {}, &Attestation::signer);
    Proof proof;
    for (size_t i = 0; i < options_.threshold; ++i) append(proof.bytes, attestations[i].signature);
    proof.dissents = std::move(dissents);
    return proof;
}

}  // namespace scope::prover
