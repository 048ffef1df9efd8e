#pragma once

#include "mutate/draft.hpp"
#include "mutate/field_walk.hpp"

namespace scope::mutate {

/// Walks over all that a builder puts into a bundle: what L1 is called with, the batches, what each
/// chain gets for each root, and the bytes that are published.
void walk(FieldWalk& walk, Draft& draft);

}  // namespace scope::mutate
