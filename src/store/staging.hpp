#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "store/database.hpp"

namespace scope::store {

/// What is to be committed together: changes that wait, seen over a database.
///
/// A node puts all of a step into one: L1's block, the rollups' blocks, their states, their heads
/// and how far L1 was followed. Reading sees what waits; a kill loses all of it together.
///
///     Staging staging{database};
///     ChainRows l1{staging, l1_id, options}, rollup{staging, rollup_id, options};
///     l1.put_block(...); rollup.put_block(...); rollup.set_head(...);
///     staging.commit();
///
/// Who does several steps, and promises nobody that one outlives the process before he says so,
/// begins the commit of one and goes on with the next:
///
///     staging.begin_commit();   // returns at once; waits for the one before
///     ...                       // the next step, which reads all of that one
///     staging.finish_commit();  // here all that was begun has been committed
///
/// One thread writes and commits; any may read meanwhile.
class Staging final : public Rows {
  public:
    /// @param database  Must outlive it, and be committed to by nobody else.
    explicit Staging(Database& database) : database_(database) {}
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    /// Ends a commit that was begun, and loses what waits.
    ~Staging() override;

    [[nodiscard]] std::optional<Bytes> get(BytesView key) const override;
    void scan_from(BytesView first, BytesView prefix, Order order,
                   const Visitor& visit) const override;

    void put(const Bytes& key, const Bytes& value);
    void erase(const Bytes& key);

    /// Holds an object until what waits is committed, so that its memory gets free on the thread that
    /// commits.
    void hold(std::shared_ptr<const void> object);

    /// Commits what waits, and before it what was begun; nothing waits afterwards. When it throws,
    /// all of it still waits.
    void commit();
    /// Begins to commit what waits, on another thread, behind what was begun before: nothing waits
    /// afterwards. A kill loses the whole step, or nothing of it, until finish_commit() has
    /// returned or another begin_commit(), each of which waits for the one before.
    ///
    /// Throws what that one threw; then what waits still does, and what was begun is read as if it
    /// were committed, and every later call throws it again, as the database would.
    void begin_commit();
    /// Waits until what was begun is committed. Throws like begin_commit.
    void finish_commit();
    /// Forgets what waits, and what was begun if that has failed.
    void drop();
    /// Returns whether nothing waits.
    [[nodiscard]] bool empty() const;

  private:
    using Change = std::pair<Bytes, std::optional<Bytes>>;
    /// Copies the changes of keys with a prefix. REQUIRES: the lock is held.
    [[nodiscard]] std::vector<Change> changes_with(BytesView prefix, Order order) const;
    void run_commits(const std::stop_token& stop);

    Database& database_;
    mutable std::shared_mutex mutex_;  // of what is below
    struct Step {
        WriteBatch changes;
        std::vector<std::shared_ptr<const void>> held;
    };
    Step waiting_;
    Step begun_;  // not changed while a commit runs: the thread reads it without the lock
    bool is_running_ = false;
    std::exception_ptr failure_;
    std::condition_variable_any changed_;  // is_running_
    std::jthread thread_;                  // runs from the first begin_commit() on
};

}  // namespace scope::store
