/* A treap over the pool of triggers: ordered by (key, arrival), balanced by a priority that is a
 * hash of the arrival. Its shape follows from its members alone, not from their history.
 * Insert, remove and first are O(log n) expected; links are slots, so a snapshot is a copy. */
#include "base/panic.h"
#include "engine/orders_int.h"
#include "engine/triggers_int.h"

static bool is_before(const struct fx_trigger *one, const struct fx_trigger *other)
{
    FX_CHECK(one != other);
    return one->key != other->key ? one->key < other->key : one->arrival < other->arrival;
}

/* Where the tree holds a node: the root, or a link of its parent. */
static fx_slot *link_of(struct fx_trigger pool[], fx_slot *root, fx_slot node)
{
    const fx_slot parent = pool[node].parent;
    FX_ASSERT(parent != node);
    if (parent == FX_SLOT_NONE) {
        return root;
    }
    FX_ASSERT(pool[parent].left == node || pool[parent].right == node);
    return pool[parent].left == node ? &pool[parent].left : &pool[parent].right;
}

/* A child takes the place of its parent, which becomes its child. */
static void rotate_up(struct fx_trigger pool[], fx_slot *root, fx_slot node)
{
    const fx_slot parent = pool[node].parent;
    FX_ASSERT(parent != node);
    FX_ASSERT(parent != FX_SLOT_NONE);
    const bool is_left = pool[parent].left == node;
    const fx_slot inner = is_left ? pool[node].right : pool[node].left;
    *link_of(pool, root, parent) = node;
    pool[node].parent = pool[parent].parent;
    pool[parent].parent = node;
    if (is_left) {
        pool[parent].left = inner;
        pool[node].right = parent;
    } else {
        pool[parent].right = inner;
        pool[node].left = parent;
    }
    if (inner != FX_SLOT_NONE) {
        pool[inner].parent = parent;
    }
}

void fx_trigger_tree_insert(struct fx_trigger pool[], fx_slot *root, fx_slot node)
{
    FX_ASSERT(node != FX_SLOT_NONE);
    FX_ASSERT(*root != node);
    fx_slot parent = FX_SLOT_NONE;
    fx_slot *link = root;
    while (*link != FX_SLOT_NONE) {
        parent = *link;
        link = is_before(&pool[node], &pool[parent]) ? &pool[parent].left : &pool[parent].right;
    }
    *link = node;
    pool[node].parent = parent;
    pool[node].left = FX_SLOT_NONE;
    pool[node].right = FX_SLOT_NONE;
    pool[node].priority = (uint32_t)(fx_hash_mix(1, pool[node].arrival) >> 32U);
    while (pool[node].parent != FX_SLOT_NONE &&
           pool[node].priority > pool[pool[node].parent].priority) {
        rotate_up(pool, root, node);
    }
}

void fx_trigger_tree_remove(struct fx_trigger pool[], fx_slot *root, fx_slot node)
{
    FX_ASSERT(*root != FX_SLOT_NONE);
    FX_ASSERT(*link_of(pool, root, node) == node);
    while (pool[node].left != FX_SLOT_NONE || pool[node].right != FX_SLOT_NONE) {
        const fx_slot left = pool[node].left, right = pool[node].right;
        const bool is_left = right == FX_SLOT_NONE ||
                             (left != FX_SLOT_NONE && pool[left].priority > pool[right].priority);
        rotate_up(pool, root, is_left ? left : right);
    }
    *link_of(pool, root, node) = FX_SLOT_NONE;
    FX_ASSERT(pool[node].left == FX_SLOT_NONE && pool[node].right == FX_SLOT_NONE);
    pool[node].parent = FX_SLOT_NONE;
}

fx_slot fx_trigger_tree_first(const struct fx_trigger pool[], fx_slot root)
{
    while (root != FX_SLOT_NONE && pool[root].left != FX_SLOT_NONE) {
        root = pool[root].left;
    }
    return root;
}

fx_slot fx_trigger_tree_next(const struct fx_trigger pool[], fx_slot node)
{
    FX_ASSERT(node != FX_SLOT_NONE);
    FX_ASSERT(pool[node].parent != node);
    if (pool[node].right != FX_SLOT_NONE) {
        return fx_trigger_tree_first(pool, pool[node].right);
    }
    fx_slot parent = pool[node].parent;
    while (parent != FX_SLOT_NONE && pool[parent].right == node) {
        node = parent;
        parent = pool[node].parent;
    }
    return parent;
}

void fx_trigger_tree_check(const struct fx_trigger pool[], fx_slot root)
{
    FX_ASSERT(root == FX_SLOT_NONE || pool[root].parent == FX_SLOT_NONE);
    fx_slot before = FX_SLOT_NONE;
    for (fx_slot node = fx_trigger_tree_first(pool, root); node != FX_SLOT_NONE;
         node = fx_trigger_tree_next(pool, node)) {
        const struct fx_trigger *trigger = &pool[node];
        FX_ASSERT(before == FX_SLOT_NONE || is_before(&pool[before], trigger));
        FX_ASSERT(trigger->left == FX_SLOT_NONE ||
                  (pool[trigger->left].parent == node &&
                   pool[trigger->left].priority <= trigger->priority));
        FX_ASSERT(trigger->right == FX_SLOT_NONE ||
                  (pool[trigger->right].parent == node &&
                   pool[trigger->right].priority <= trigger->priority));
        before = node;
    }
}
