#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.hpp"

namespace scope::state {

class State;

/// The order of everything that happened to one or several States, and the way back.
///
/// Several States may share one Journal: then a checkpoint spans them all, and a rollback undoes in
/// each what came after, in reverse order, whichever chain it happened on. A checkpoint is an index
/// and costs nothing.
///
/// A State that is destroyed takes its entries out. Not for several threads at once.
class Journal {
  public:
    using Checkpoint = size_t;

    Journal() = default;
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    [[nodiscard]] Checkpoint checkpoint() const noexcept { return entries_.size(); }
    /// Undoes everything since @p checkpoint. REQUIRES: from this journal, and nothing before it
    /// was undone or forgotten since.
    void rollback(Checkpoint checkpoint) noexcept;
    /// Gives up the way back: all changes stay, earlier checkpoints are invalid.
    void forget() noexcept;

  private:
    friend class State;

    enum class Kind : uint8_t {
        existence,           // flag
        balance,             // word
        nonce,               // number
        code,                // saved, word: hash
        storage,             // word, account
        storage_context,     // word: original, number
        storage_warmed,      // number
        storage_cleared,     // saved
        transient,           // word, number
        account_warmed,      // number
        account_created,     // number
        account_touched,     // number
        account_destructed,  // number
        log,
        transaction,  // saved
    };

    struct Saved {
        virtual ~Saved() = default;
    };

    /// The undoing of one step: what it was on, and what was there.
    struct Entry {
        State* state = nullptr;
        // AccountEntry, StorageSlot (with its key for `storage`) or TransientSlot by kind; stable.
        void* subject = nullptr;
        union {
            uint64_t number = 0;
            void* account;  // AccountEntry
        };
        Hash word;
        Kind kind{};
        bool flag = false;
    };

    static constexpr bool has_saved(Kind kind) noexcept {
        return kind == Kind::code || kind == Kind::storage_cleared || kind == Kind::transaction;
    }

    std::vector<Entry> entries_;
    std::vector<std::unique_ptr<Saved>> saved_;  // of entries whose past is large; same order
};

}  // namespace scope::state
