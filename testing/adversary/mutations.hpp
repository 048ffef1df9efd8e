#pragma once

#include "adversary/draft.hpp"
#include "adversary/field_walk.hpp"

namespace scope::adversary {

/// Walks over all that a builder puts into a bundle: what L1 is called with, the batches, what each
/// chain gets for each root, and the bytes that are published.
void walk(FieldWalk& walk, Draft& draft);

}  // namespace scope::adversary
