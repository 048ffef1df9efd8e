#include "state/journal.hpp"

#include "base/check.hpp"
#include "state/state.hpp"

namespace scope::state {

void Journal::rollback(Checkpoint checkpoint) noexcept {
    CHECK(checkpoint <= entries_.size());
    while (entries_.size() > checkpoint) {
        const Entry entry = entries_.back();
        entries_.pop_back();
        std::unique_ptr<Saved> saved;
        if (has_saved(entry.kind)) {
            saved = std::move(saved_.back());
            saved_.pop_back();
        }
        if (entry.state != nullptr) entry.state->undo(entry, std::move(saved));
    }
}

void Journal::forget() noexcept {
    entries_.clear();
    saved_.clear();
}

}  // namespace scope::state
