/**
 * @file naive_bracket.h
 * The model's take profits and stop losses of orders: one array, and every sum a walk over it.
 * Included by naive_engine.h, behind its structs. Thread: the test's own.
 */
#ifndef FX_TESTS_NAIVE_BRACKET_H
#define FX_TESTS_NAIVE_BRACKET_H

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { NAIVE_BRACKET_TAKE_PROFIT = 3, NAIVE_BRACKET_STOP_LOSS = 4 }; /* enum fx_trigger_role */

/** True where the role is that of one of the two of an order. */
static inline bool naive_bracket_is_role(uint32_t role)
{
    return role == NAIVE_BRACKET_TAKE_PROFIT || role == NAIVE_BRACKET_STOP_LOSS;
}

static inline struct naive_engine_bracket *naive_bracket_of(struct naive_engine *naive,
                                                            uint64_t parent_id)
{
    for (uint32_t index = 0; index < naive->bracket_count; index++) {
        if (naive->brackets[index].parent_id == parent_id) {
            return &naive->brackets[index];
        }
    }
    return NULL;
}

/** The one in a role; NULL where there is none. */
static inline struct naive_engine_conditional *naive_bracket_child(struct naive_engine *naive,
                                                                   uint64_t parent_id,
                                                                   uint32_t role)
{
    for (uint32_t index = 0; index < naive->conditional_count; index++) {
        struct naive_engine_conditional *one = &naive->conditionals[index];
        if (one->role == role && one->parent_id == parent_id) {
            return one;
        }
    }
    return NULL;
}

static inline int64_t naive_bracket_closable(const struct naive_engine *naive,
                                             const struct naive_engine_bracket *bracket)
{
    const int64_t held = naive_engine_held(naive, bracket->holding);
    const int64_t lots = bracket->side == FX_SIDE_BUY ? -held : held;
    return lots > 0 ? lots : 0;
}

/** What the brackets of a position hold together, but for one that fires. */
static inline int64_t naive_bracket_sum(const struct naive_engine *naive,
                                        struct naive_engine_holding holding)
{
    int64_t sum = 0;
    for (uint32_t index = 0; index < naive->bracket_count; index++) {
        const struct naive_engine_bracket *bracket = &naive->brackets[index];
        if (naive_engine_is_same(bracket->holding, holding) && !bracket->is_busy) {
            sum += bracket->lots;
        }
    }
    return sum;
}

/** Let one of the two watch its price: what lies behind it is crossed, whatever was reached before.
 */
static inline void naive_bracket_watch(struct naive_engine *naive,
                                       struct naive_engine_conditional *one)
{
    const uint32_t symbol = one->order.symbol;
    const int64_t ticks = naive->prices[symbol][one->source];
    int64_t *reached = &naive->reached[symbol][one->source][one->condition];
    const int64_t key = naive_engine_key(one->condition, ticks);
    one->key = naive_engine_key(one->condition, one->trigger_ticks);
    one->is_crossed = ticks != 0 && one->key <= key;
    if (one->is_crossed && key > *reached) {
        *reached = key;
    }
}

/** Give the two the bracket's quantity; without any they watch nothing. */
static inline void naive_bracket_follow(struct naive_engine *naive,
                                        const struct naive_engine_bracket *bracket)
{
    for (uint32_t role = NAIVE_BRACKET_TAKE_PROFIT; role <= NAIVE_BRACKET_STOP_LOSS; role++) {
        struct naive_engine_conditional *one = naive_bracket_child(naive, bracket->parent_id, role);
        if (one == NULL) {
            continue;
        }
        one->order.lots = bracket->lots;
        if (bracket->lots == 0) {
            one->is_idle = true;
            one->is_crossed = false;
        } else if (one->is_idle) {
            one->is_idle = false;
            naive_bracket_watch(naive, one);
        }
    }
    naive_engine_settle(naive);
}

/** Nothing protects any more. */
static inline void naive_bracket_settle(struct naive_engine *naive, uint64_t parent_id)
{
    struct naive_engine_bracket *bracket = naive_bracket_of(naive, parent_id);
    if (bracket != NULL && !bracket->is_busy &&
        naive_bracket_child(naive, parent_id, NAIVE_BRACKET_TAKE_PROFIT) == NULL &&
        naive_bracket_child(naive, parent_id, NAIVE_BRACKET_STOP_LOSS) == NULL) {
        naive->bracket_count--;
        *bracket = naive->brackets[naive->bracket_count];
    }
}

static inline void naive_bracket_end_children(struct naive_engine *naive, uint64_t parent_id)
{
    for (uint32_t role = NAIVE_BRACKET_TAKE_PROFIT; role <= NAIVE_BRACKET_STOP_LOSS; role++) {
        const struct naive_engine_conditional *one = naive_bracket_child(naive, parent_id, role);
        if (one != NULL) {
            naive_engine_remove_conditional(naive, one->order.id);
            naive->work++;
        }
    }
    naive_bracket_settle(naive, parent_id);
}

/** An order has ended: without anything to protect the two end with it. */
static inline void naive_bracket_parent_ended(struct naive_engine *naive, uint64_t id)
{
    struct naive_engine_bracket *bracket = naive_bracket_of(naive, id);
    if (bracket == NULL || !bracket->is_open) {
        return;
    }
    bracket->is_open = false;
    if (bracket->lots == 0 && !bracket->is_busy) {
        naive_bracket_end_children(naive, id);
    }
}

/** The bracket of a position whose order was placed first and that holds lots; NULL where there is
 * none. */
static inline struct naive_engine_bracket *naive_bracket_first(struct naive_engine *naive,
                                                               struct naive_engine_holding holding)
{
    struct naive_engine_bracket *first = NULL;
    for (uint32_t index = 0; index < naive->bracket_count; index++) {
        struct naive_engine_bracket *bracket = &naive->brackets[index];
        if (naive_engine_is_same(bracket->holding, holding) && !bracket->is_busy &&
            bracket->lots > 0 && (first == NULL || bracket->parent_id < first->parent_id)) {
            first = bracket;
        }
    }
    return first;
}

/** Shorten until all of them together close no more than there is. */
static inline void naive_bracket_trim(struct naive_engine *naive,
                                      struct naive_engine_holding holding)
{
    for (;;) {
        struct naive_engine_bracket *bracket = naive_bracket_first(naive, holding);
        if (bracket == NULL) {
            return;
        }
        const int64_t excess =
            naive_bracket_sum(naive, holding) - naive_bracket_closable(naive, bracket);
        if (excess <= 0) {
            return;
        }
        bracket->lots -= excess < bracket->lots ? excess : bracket->lots;
        naive->work++;
        if (bracket->lots == 0 && !bracket->is_open) {
            naive_bracket_end_children(naive, bracket->parent_id);
        } else {
            naive_bracket_follow(naive, bracket);
        }
    }
}

/** An order has filled; its position knows. */
static inline void naive_bracket_grow(struct naive_engine *naive, uint64_t id, int64_t lots)
{
    struct naive_engine_bracket *bracket = naive_bracket_of(naive, id);
    if (bracket == NULL || bracket->is_busy) {
        return;
    }
    naive_bracket_trim(naive, bracket->holding);
    bracket = naive_bracket_of(naive, id); /* others may have gone */
    const int64_t room =
        naive_bracket_closable(naive, bracket) - naive_bracket_sum(naive, bracket->holding);
    const int64_t more = lots < room ? lots : room;
    if (more <= 0) {
        return;
    }
    bracket->lots += more;
    naive_bracket_follow(naive, bracket);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif
