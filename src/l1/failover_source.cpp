#include "l1/failover_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/hex.hpp"

namespace scope::l1 {

namespace {

/// Whether another client may have what this one has not.
bool is_of_client(const L1Error& error) {
    switch (error.rule) {
        case L1Error::unreachable:
        case L1Error::slow:
        case L1Error::refused:
        case L1Error::behind:
        case L1Error::pruned:
        case L1Error::wrong:
            return true;
        case L1Error::unknown_block:
        case L1Error::reorganised:
        case L1Error::unsupported:
            return false;
    }
    return false;
}

}  // namespace

FailoverSource::FailoverSource(std::vector<Endpoint> endpoints, FailoverOptions options)
    : endpoints_(std::move(endpoints)),
      options_(std::move(options)),
      states_(endpoints_.size()),
      errors_(endpoints_.size()) {
    CHECK(!endpoints_.empty() && options_.clock_ms);
}

/// The endpoints to ask: those that don't rest, then those that do, but for the wrong ones.
std::vector<size_t> FailoverSource::order() const {
    const uint64_t now_ms = options_.clock_ms();
    const std::scoped_lock lock{mutex_};
    std::vector<size_t> order;
    for (const bool rests : {false, true})
        for (size_t i = 0; i < endpoints_.size(); ++i) {
            const auto& state = states_[i];
            if ((now_ms < state.rests_until_ms) == rests && !(rests && state.is_wrong))
                order.push_back(i);
        }
    return order;
}

size_t FailoverSource::preferred() const {
    const std::scoped_lock lock{mutex_};
    auto found = std::ranges::find_if(states_, [](const State& state) { return !state.told; });
    if (found == states_.end()) found = std::ranges::find(states_, false, &State::is_wrong);
    return found == states_.end() ? 0 : static_cast<size_t>(found - states_.begin());
}

void FailoverSource::note(size_t index, const std::optional<L1Error>& error) const {
    const uint64_t now_ms = options_.clock_ms();
    {
        const std::scoped_lock lock{mutex_};
        auto& state = states_[index];
        state.is_wrong = error && *error == L1Error::wrong;
        state.rests_until_ms =
            error ? now_ms + (state.is_wrong ? options_.wrong_rest_ms : options_.rest_ms) : 0;
        errors_[index] = error;
        const auto rule = error ? std::optional{error->rule} : std::nullopt;
        if (std::exchange(state.told, rule) == rule) return;
    }
    if (options_.on_change) options_.on_change(endpoints_[index].name, error);
}

/// What to say where all of them were wrong a while ago.
L1Error FailoverSource::why_nobody() const {
    const std::scoped_lock lock{mutex_};
    for (const auto& error : errors_)
        if (error) return *error;
    return L1Error{L1Error::unreachable, "no endpoint is asked"};
}

template <typename Ask>
auto FailoverSource::ask(const Ask& ask_one) const
    -> decltype(ask_one(std::declval<const L1Source&>())) {
    std::optional<L1Error> first;
    for (const size_t index : order()) {
        auto answer = ask_one(*endpoints_[index].source);
        if (answer || !is_of_client(answer.error())) {
            note(index, std::nullopt);
            return answer;
        }
        note(index, answer.error());
        if (!first) first = answer.error();
    }
    return std::unexpected{first ? *first : why_nobody()};
}

Result<L1Heads, L1Error> FailoverSource::checked(L1Heads heads) const {
    const std::scoped_lock lock{mutex_};
    const auto& now = heads.finalized;
    if (finalized_ && now.number < finalized_->number)
        return std::unexpected{L1Error{
            L1Error::behind,
            fmt::format("final is block {}, and was block {}", now.number, finalized_->number)}};
    if (finalized_ && now.number == finalized_->number && now.hash != finalized_->hash)
        return std::unexpected{L1Error{
            L1Error::wrong, fmt::format("block {} is final as {}, and was as {}", now.number,
                                        to_hex(now.hash), to_hex(finalized_->hash))}};
    if (std::ranges::find(read_, now) != read_.end()) finalized_ = now;
    latest_ = heads.latest.number;
    return heads;
}

Result<L1Heads, L1Error> FailoverSource::heads() const {
    return ask([this](const L1Source& source) -> Result<L1Heads, L1Error> {
        return checked(TRY(source.heads()));
    });
}

void FailoverSource::note_read(const chain::StoredBlock& block) const {
    places_.note(block.block);
    const std::scoped_lock lock{mutex_};
    read_.push_back({block.header().number, block.hash});
    if (read_.size() > MAX_READ) read_.pop_front();
}

Result<chain::StoredBlockPtr, L1Error> FailoverSource::block(uint64_t number) const {
    auto block = ask([&](const L1Source& source) { return source.block(number); });
    if (block && *block == nullptr) {
        const auto is_below_head = [&] {
            const std::scoped_lock lock{mutex_};
            return number <= latest_;
        };
        // One to which it has fallen may not have come so far.
        if (is_below_head())
            for (const size_t index : order()) {
                auto other = endpoints_[index].source->block(number);
                if (!other || *other == nullptr) continue;
                block = std::move(other);
                break;
            }
    }
    if (block && *block != nullptr) note_read(**block);
    return block;
}

Result<chain::StoredBlobPtr, L1Error> FailoverSource::blob(const Hash& versioned_hash) const {
    const auto place = places_.find(versioned_hash);
    // Blobs come from elsewhere (BeaconBlobs), so nobody rests for them.
    std::optional<L1Error> first;
    for (const size_t index : order()) {
        const auto& source = *endpoints_[index].source;
        auto blob = source.blob(versioned_hash);
        if (!blob && blob.error() == L1Error::unknown_block && place) {
            // Another one has read its block.
            const auto block = source.block(place->at.block_number);
            if (block && *block != nullptr) blob = source.blob(versioned_hash);
        }
        if (blob) return blob;
        if (!first) first = blob.error();
    }
    return std::unexpected{first ? *first : why_nobody()};
}

}  // namespace scope::l1
