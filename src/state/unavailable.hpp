#pragma once

#include <stdexcept>

namespace scope::state {

/// A state couldn't be read: a disk that fails, a database that is damaged, a state that is not kept
/// any more. Thrown by views that have their state elsewhere, since it is the machine's fault.
///
/// A read that fails leaves no mark: it may be tried again, and what was read and changed before is
/// as it was.
class Unavailable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What reads asked for more than it may, where each read costs others' time: its own fault.
class TooManyReads : public Unavailable {
  public:
    using Unavailable::Unavailable;
};

}  // namespace scope::state
