#include "view/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/table.h"
#include "view/view_int.h"

enum { DEFAULT_MAX = 1 << 20 };

/* All that one user has: heads of three lists, by index + 1. */
struct user {
    uint32_t newest_order;
    uint32_t first_position;
    uint32_t last_position;
    uint32_t first_account;
    uint32_t last_account;
};

struct order_node {
    struct fx_rows_order row;
    uint32_t older; /* index + 1 in the list of the user; free list too */
    uint32_t newer;
};

struct position_node {
    struct fx_rows_position row;
    uint32_t next;
};

struct account_node {
    struct fx_rows_account row;
    uint32_t next;
};

struct fx_view {
    struct fx_view_limits limits;
    struct fx_view_pool users;
    struct fx_view_pool orders;
    struct fx_view_pool positions;
    struct fx_view_pool accounts;
    struct fx_table user_index;       /* user id -> index */
    struct fx_table order_index;      /* order id -> index */
    struct fx_table tmp_index;        /* tmp id -> index */
    struct fx_table_str client_index; /* user id, client id -> index */
    struct fx_table position_index;   /* position id -> index */
    struct fx_table account_index;    /* account id -> index */
    struct fx_view_symbol symbols[FX_INSTRUMENTS_MAX];
    struct fx_view_interest interest[FX_INSTRUMENTS_MAX];
    uint32_t free_order;  /* index + 1 */
    uint32_t order_count; /* open ones */
    uint32_t *ended;      /* indexes of the orders that ended lately, by number modulo; heap */
    uint64_t ended_end;   /* orders ever ended */
    uint64_t ended_first; /* the oldest that is kept */
    uint64_t sequence;
    struct fx_rows_order last_order;
    struct fx_rows_account last_account;
    struct fx_rows_position last_position;
};

static struct user *user_at(const struct fx_view *view, uint32_t index)
{
    return fx_view_pool_at(&view->users, index);
}

static struct order_node *order_at(const struct fx_view *view, uint32_t index)
{
    return fx_view_pool_at(&view->orders, index);
}

static struct position_node *position_at(const struct fx_view *view, uint32_t index)
{
    return fx_view_pool_at(&view->positions, index);
}

static struct account_node *account_at(const struct fx_view *view, uint32_t index)
{
    return fx_view_pool_at(&view->accounts, index);
}

static void init_indexes(struct fx_view *view)
{
    const struct fx_table_seed seed = {{0x66757475726500ULL, 0x76696577ULL}};
    fx_table_init(&view->user_index, view->limits.accounts_max);
    const uint32_t kept_max = view->limits.orders_max + FX_VIEW_ENDED_MAX;
    fx_table_init(&view->order_index, kept_max);
    fx_table_init(&view->tmp_index, kept_max);
    fx_table_str_init(&view->client_index, kept_max, seed);
    fx_table_init(&view->position_index, view->limits.positions_max);
    fx_table_init(&view->account_index, view->limits.accounts_max);
}

struct fx_view *fx_view_create(const struct fx_view_limits *limits)
{
    struct fx_view *view = calloc(1, sizeof *view);
    if (view == NULL) {
        return NULL;
    }
    view->limits = *limits;
    view->ended = calloc(FX_VIEW_ENDED_MAX, sizeof view->ended[0]);
    if (view->ended == NULL) {
        free(view);
        return NULL;
    }
    uint32_t *const maxima[] = {
        &view->limits.accounts_max, &view->limits.positions_max, &view->limits.orders_max};
    for (size_t index = 0; index < 3; index++) {
        if (*maxima[index] == 0) {
            *maxima[index] = DEFAULT_MAX;
        }
    }
    fx_view_pool_init(&view->users, sizeof(struct user), view->limits.accounts_max);
    fx_view_pool_init(
        &view->orders, sizeof(struct order_node), view->limits.orders_max + FX_VIEW_ENDED_MAX);
    fx_view_pool_init(&view->positions, sizeof(struct position_node), view->limits.positions_max);
    fx_view_pool_init(&view->accounts, sizeof(struct account_node), view->limits.accounts_max);
    init_indexes(view);
    return view;
}

static void deinit_indexes(struct fx_view *view)
{
    fx_table_deinit(&view->user_index);
    fx_table_deinit(&view->order_index);
    fx_table_deinit(&view->tmp_index);
    fx_table_str_deinit(&view->client_index);
    fx_table_deinit(&view->position_index);
    fx_table_deinit(&view->account_index);
}

void fx_view_destroy(struct fx_view *view)
{
    if (view == NULL) {
        return;
    }
    deinit_indexes(view);
    fx_view_pool_deinit(&view->users);
    fx_view_pool_deinit(&view->orders);
    fx_view_pool_deinit(&view->positions);
    fx_view_pool_deinit(&view->accounts);
    free(view->ended);
    free(view);
}

static void forget_all(struct fx_view *view)
{
    deinit_indexes(view);
    init_indexes(view);
    fx_view_pool_clear(&view->users);
    fx_view_pool_clear(&view->orders);
    fx_view_pool_clear(&view->positions);
    fx_view_pool_clear(&view->accounts);
    memset(view->interest, 0, sizeof view->interest);
    view->free_order = 0;
    view->order_count = 0;
    view->ended_first = view->ended_end;
}

/* Index of an id; UINT32_MAX where absent. */
static uint32_t index_of(const struct fx_table *table, uint64_t id)
{
    const union fx_table_value *value = fx_table_find(table, id);
    return value == NULL ? UINT32_MAX : (uint32_t)value->number;
}

static fx_status put_index(struct fx_table *table, uint64_t id, uint32_t index)
{
    return fx_table_put(table, id, (union fx_table_value){.number = index}) ? FX_OK : FX_CAPACITY;
}

static struct user *find_user(const struct fx_view *view, uint64_t user_id)
{
    const uint32_t index = index_of(&view->user_index, user_id);
    return index == UINT32_MAX ? NULL : user_at(view, index);
}

static fx_status acquire_user(struct fx_view *view, uint64_t user_id, struct user **user_out)
{
    struct user *user = find_user(view, user_id);
    if (user == NULL) {
        uint32_t index = 0;
        fx_status status = fx_view_pool_add(&view->users, &index);
        if (status == FX_OK) {
            status = put_index(&view->user_index, user_id, index);
        }
        if (status != FX_OK) {
            return status;
        }
        user = user_at(view, index);
    }
    *user_out = user;
    return FX_OK;
}

/* The key of a clientOrderId: eight bytes of user id, then the text. */
static fx_str client_key(uint64_t user_id, fx_str client_id, char key[8 + FX_CLIENT_ID_SIZE_MAX])
{
    FX_ASSERT(client_id.size <= FX_CLIENT_ID_SIZE_MAX);
    memcpy(key, &user_id, 8);
    memcpy(key + 8, client_id.data, client_id.size);
    return (fx_str){key, 8 + client_id.size};
}

/* Forget an order: its names, unless a newer order has them now (a client may use its own again).
 */
static void forget_order(struct fx_view *view, uint32_t index)
{
    struct order_node *node = order_at(view, index);
    (void)fx_table_remove(&view->order_index, node->row.id);
    if (node->row.tmp_id != 0 && index_of(&view->tmp_index, node->row.tmp_id) == index) {
        (void)fx_table_remove(&view->tmp_index, node->row.tmp_id);
    }
    if (node->row.client_id.size > 0) {
        char key[8 + FX_CLIENT_ID_SIZE_MAX];
        const fx_str text =
            client_key(node->row.user_id, fx_ids_client_id_str(&node->row.client_id), key);
        const union fx_table_value *value = fx_table_str_find(&view->client_index, text);
        if (value != NULL && value->number == index) {
            (void)fx_table_str_remove(&view->client_index, text);
        }
    }
    node->older = view->free_order;
    view->free_order = index + 1;
}

/* From the list of the open ones to the ended ones that are kept for a while (V3). */
static void end_order(struct fx_view *view, uint32_t index)
{
    struct order_node *node = order_at(view, index);
    struct user *user = find_user(view, node->row.user_id);
    FX_ASSERT(user != NULL && view->order_count > 0);
    if (node->newer == 0) {
        user->newest_order = node->older;
    } else {
        order_at(view, node->newer - 1)->older = node->older;
    }
    if (node->older != 0) {
        order_at(view, node->older - 1)->newer = node->newer;
    }
    node->older = 0;
    node->newer = 0;
    view->order_count--;
    if (view->ended_end - view->ended_first == FX_VIEW_ENDED_MAX) {
        forget_order(view, view->ended[view->ended_first % FX_VIEW_ENDED_MAX]);
        view->ended_first++;
    }
    view->ended[view->ended_end % FX_VIEW_ENDED_MAX] = index;
    view->ended_end++;
}

static fx_status index_order(struct fx_view *view, const struct fx_rows_order *row, uint32_t index)
{
    fx_status status = put_index(&view->order_index, row->id, index);
    if (status == FX_OK && row->tmp_id != 0) {
        status = put_index(&view->tmp_index, row->tmp_id, index);
    }
    if (status == FX_OK && row->client_id.size > 0) {
        char key[8 + FX_CLIENT_ID_SIZE_MAX];
        const fx_str text = client_key(row->user_id, fx_ids_client_id_str(&row->client_id), key);
        const union fx_table_value value = {.number = index};
        status = fx_table_str_put(&view->client_index, text, value) ? FX_OK : FX_CAPACITY;
    }
    return status;
}

static fx_status add_order(struct fx_view *view, const struct fx_rows_order *row)
{
    if (view->order_count == view->limits.orders_max) {
        return FX_CAPACITY;
    }
    struct user *user = NULL;
    fx_status status = acquire_user(view, row->user_id, &user);
    uint32_t index = view->free_order - 1;
    if (status == FX_OK && view->free_order == 0) {
        status = fx_view_pool_add(&view->orders, &index);
    } else if (status == FX_OK) {
        view->free_order = order_at(view, index)->older;
    }
    if (status != FX_OK) {
        return status;
    }
    struct order_node *node = order_at(view, index);
    *node = (struct order_node){.row = *row, .older = user->newest_order};
    if (user->newest_order != 0) {
        order_at(view, user->newest_order - 1)->newer = index + 1;
    }
    user->newest_order = index + 1;
    view->order_count++;
    return index_order(view, row, index);
}

static bool is_open(const struct fx_rows_order *row)
{
    return !fx_order_status_is_final(row->status);
}

static fx_status apply_order(struct fx_view *view, const struct fx_event *event)
{
    FX_ASSERT(event->u.order.instrument < FX_INSTRUMENTS_MAX);
    fx_rows_order_of(
        event, &view->symbols[event->u.order.instrument].definition, &view->last_order);
    const struct fx_rows_order *row = &view->last_order;
    uint32_t index = index_of(&view->order_index, row->id);
    if (index == UINT32_MAX) {
        const fx_status status = add_order(view, row);
        if (status != FX_OK) {
            return status;
        }
        index = index_of(&view->order_index, row->id);
    } else {
        struct order_node *node = order_at(view, index);
        if (node->row.operation_id >= row->operation_id || !is_open(&node->row)) {
            return FX_OK; /* V2 */
        }
        node->row = *row;
    }
    if (!is_open(row)) {
        end_order(view, index);
    }
    return FX_OK;
}

/* A position goes from one quantity to another. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): before, then after
static void count_interest(struct fx_view_interest *interest, fx_i128 before, fx_i128 after)
{
    interest->longs += (after > 0 ? after : 0) - (before > 0 ? before : 0);
    interest->shorts += (before < 0 ? before : 0) - (after < 0 ? after : 0);
}

static fx_status add_position(struct fx_view *view, const struct fx_rows_position *row)
{
    struct user *user = NULL;
    uint32_t index = 0;
    fx_status status = acquire_user(view, row->user_id, &user);
    if (status == FX_OK) {
        status = fx_view_pool_add(&view->positions, &index);
    }
    if (status != FX_OK) {
        return status;
    }
    *position_at(view, index) = (struct position_node){.row = *row};
    count_interest(&view->interest[row->instrument], 0, row->current_qty);
    if (user->last_position == 0) {
        user->first_position = index + 1;
    } else {
        position_at(view, user->last_position - 1)->next = index + 1;
    }
    user->last_position = index + 1;
    return put_index(&view->position_index, row->id, index);
}

static fx_status apply_position(struct fx_view *view, const struct fx_event *event)
{
    FX_ASSERT(event->u.position.instrument < FX_INSTRUMENTS_MAX);
    const struct fx_instrument *instrument =
        &view->symbols[event->u.position.instrument].definition;
    fx_rows_position_of(event, instrument, &view->last_position);
    const uint32_t index = index_of(&view->position_index, view->last_position.id);
    if (index == UINT32_MAX) {
        return add_position(view, &view->last_position);
    }
    struct position_node *node = position_at(view, index);
    if (node->row.operation_id < view->last_position.operation_id) {
        count_interest(&view->interest[node->row.instrument],
                       node->row.current_qty,
                       view->last_position.current_qty);
        node->row = view->last_position;
    }
    return FX_OK;
}

static fx_status add_account(struct fx_view *view, const struct fx_rows_account *row)
{
    struct user *user = NULL;
    uint32_t index = 0;
    fx_status status = acquire_user(view, row->user_id, &user);
    if (status == FX_OK) {
        status = fx_view_pool_add(&view->accounts, &index);
    }
    if (status != FX_OK) {
        return status;
    }
    *account_at(view, index) = (struct account_node){.row = *row};
    if (user->last_account == 0) {
        user->first_account = index + 1;
    } else {
        account_at(view, user->last_account - 1)->next = index + 1;
    }
    user->last_account = index + 1;
    return put_index(&view->account_index, row->id, index);
}

static fx_status apply_account(struct fx_view *view, const struct fx_event *event)
{
    fx_rows_account_of(event, &view->last_account);
    const uint32_t index = index_of(&view->account_index, view->last_account.id);
    if (index == UINT32_MAX) {
        return add_account(view, &view->last_account);
    }
    struct account_node *node = account_at(view, index);
    if (node->row.operation_id < view->last_account.operation_id) {
        node->row = view->last_account;
    }
    return FX_OK;
}

fx_status fx_view_apply(struct fx_view *view, const struct fx_event *event)
{
    view->sequence = event->sequence;
    switch (event->kind) {
    case FX_EVENT_DUMP_BEGIN:
        forget_all(view);
        return FX_OK;
    case FX_EVENT_INSTRUMENT:
        FX_ASSERT(event->u.instrument.instrument_id < FX_INSTRUMENTS_MAX);
        view->symbols[event->u.instrument.instrument_id].definition = event->u.instrument;
        return FX_OK;
    case FX_EVENT_TIER:
        FX_ASSERT(event->u.tier.instrument < FX_INSTRUMENTS_MAX);
        FX_ASSERT(event->u.tier.index < FX_TIERS_MAX);
        view->symbols[event->u.tier.instrument].tiers[event->u.tier.index] = event->u.tier.tier;
        return FX_OK;
    case FX_EVENT_MARK:
        FX_ASSERT(event->u.mark.instrument < FX_INSTRUMENTS_MAX);
        view->symbols[event->u.mark.instrument].mark_ticks = event->u.mark.mark_ticks;
        return FX_OK;
    case FX_EVENT_ORDER:
        return apply_order(view, event);
    case FX_EVENT_POSITION:
        return apply_position(view, event);
    case FX_EVENT_ACCOUNT:
        return apply_account(view, event);
    default:
        return FX_OK;
    }
}

void fx_view_recall_account(struct fx_view *view, const struct fx_rows_account *stored)
{
    const uint32_t index = index_of(&view->account_index, stored->id);
    struct fx_rows_account *row = index == UINT32_MAX ? NULL : &account_at(view, index)->row;
    if (row != NULL && row->operation_id > stored->operation_id) {
        row->operation_id = stored->operation_id;
        row->updated_us = stored->updated_us;
    }
}

void fx_view_recall_position(struct fx_view *view, const struct fx_rows_position *stored)
{
    const uint32_t index = index_of(&view->position_index, stored->id);
    struct fx_rows_position *row = index == UINT32_MAX ? NULL : &position_at(view, index)->row;
    if (row != NULL && row->operation_id > stored->operation_id) {
        row->operation_id = stored->operation_id;
        row->updated_us = stored->updated_us;
    }
}

const struct fx_rows_order *fx_view_last_order(const struct fx_view *view)
{
    return &view->last_order;
}

const struct fx_rows_account *fx_view_last_account(const struct fx_view *view)
{
    return &view->last_account;
}

const struct fx_rows_position *fx_view_last_position(const struct fx_view *view)
{
    return &view->last_position;
}

uint64_t fx_view_sequence(const struct fx_view *view)
{
    return view->sequence;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): (user, id) in this order everywhere
static const struct fx_rows_order *own_order(const struct fx_view *view,
                                             uint64_t user_id,
                                             uint32_t index)
{
    if (index == UINT32_MAX) {
        return NULL;
    }
    const struct fx_rows_order *row = &order_at(view, index)->row;
    return row->user_id == user_id ? row : NULL; /* V1 */
}
// NOLINTEND(bugprone-easily-swappable-parameters)

static const struct fx_rows_order *if_open(const struct fx_rows_order *row)
{
    return row != NULL && is_open(row) ? row : NULL;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): (user, id) in this order everywhere
const struct fx_rows_order *fx_view_recent(const struct fx_view *view,
                                           uint64_t user_id,
                                           uint64_t order_id)
{
    return own_order(view, user_id, index_of(&view->order_index, order_id));
}

const struct fx_rows_order *fx_view_recent_by_tmp(const struct fx_view *view,
                                                  uint64_t user_id,
                                                  uint64_t tmp_id)
{
    return own_order(view, user_id, index_of(&view->tmp_index, tmp_id));
}

const struct fx_rows_order *fx_view_recent_by_client(const struct fx_view *view,
                                                     uint64_t user_id,
                                                     fx_str client_id)
{
    if (client_id.size == 0 || client_id.size > FX_CLIENT_ID_SIZE_MAX) {
        return NULL;
    }
    char key[8 + FX_CLIENT_ID_SIZE_MAX];
    const union fx_table_value *value =
        fx_table_str_find(&view->client_index, client_key(user_id, client_id, key));
    return own_order(view, user_id, value == NULL ? UINT32_MAX : (uint32_t)value->number);
}

const struct fx_rows_order *fx_view_order(const struct fx_view *view,
                                          uint64_t user_id,
                                          uint64_t order_id)
{
    return if_open(fx_view_recent(view, user_id, order_id));
}

const struct fx_rows_order *fx_view_order_by_tmp(const struct fx_view *view,
                                                 uint64_t user_id,
                                                 uint64_t tmp_id)
{
    return if_open(fx_view_recent_by_tmp(view, user_id, tmp_id));
}
// NOLINTEND(bugprone-easily-swappable-parameters)

const struct fx_rows_order *fx_view_order_by_client(const struct fx_view *view,
                                                    uint64_t user_id,
                                                    fx_str client_id)
{
    return if_open(fx_view_recent_by_client(view, user_id, client_id));
}

/* A cursor is the index + 1 of the next node, UINT32_MAX at the end; 0 begins. */
static uint32_t advance(uint32_t cursor, uint32_t first)
{
    return cursor == 0 ? first : cursor;
}

const struct fx_rows_order *fx_view_next_order(const struct fx_view *view,
                                               uint64_t user_id,
                                               uint32_t *cursor)
{
    const struct user *user = find_user(view, user_id);
    const uint32_t at = user == NULL ? 0 : advance(*cursor, user->newest_order);
    if (at == 0 || at == UINT32_MAX) {
        return NULL;
    }
    const struct order_node *node = order_at(view, at - 1);
    *cursor = node->older == 0 ? UINT32_MAX : node->older;
    return &node->row;
}

const struct fx_rows_position *fx_view_next_position(const struct fx_view *view,
                                                     uint64_t user_id,
                                                     uint32_t *cursor)
{
    const struct user *user = find_user(view, user_id);
    const uint32_t at = user == NULL ? 0 : advance(*cursor, user->first_position);
    if (at == 0 || at == UINT32_MAX) {
        return NULL;
    }
    const struct position_node *node = position_at(view, at - 1);
    *cursor = node->next == 0 ? UINT32_MAX : node->next;
    return &node->row;
}

const struct fx_rows_account *fx_view_next_account(const struct fx_view *view,
                                                   uint64_t user_id,
                                                   uint32_t *cursor)
{
    const struct user *user = find_user(view, user_id);
    const uint32_t at = user == NULL ? 0 : advance(*cursor, user->first_account);
    if (at == 0 || at == UINT32_MAX) {
        return NULL;
    }
    const struct account_node *node = account_at(view, at - 1);
    *cursor = node->next == 0 ? UINT32_MAX : node->next;
    return &node->row;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): (user, id) in this order everywhere
const struct fx_rows_order *fx_view_walk_order(const struct fx_view *view, uint32_t *cursor)
{
    while (*cursor < view->orders.count) {
        const uint32_t index = (*cursor)++;
        const struct fx_rows_order *row = &order_at(view, index)->row;
        if (is_open(row) && index_of(&view->order_index, row->id) == index) { /* not a free one */
            return row;
        }
    }
    return NULL;
}

const struct fx_rows_position *fx_view_walk_position(const struct fx_view *view, uint32_t *cursor)
{
    return *cursor < view->positions.count ? &position_at(view, (*cursor)++)->row : NULL;
}

const struct fx_rows_account *fx_view_walk_account(const struct fx_view *view, uint32_t *cursor)
{
    return *cursor < view->accounts.count ? &account_at(view, (*cursor)++)->row : NULL;
}

const struct fx_rows_position *fx_view_position(const struct fx_view *view,
                                                uint64_t user_id,
                                                uint32_t instrument,
                                                enum fx_position_side side)
{
    uint32_t cursor = 0;
    const struct fx_rows_position *row = NULL;
    while ((row = fx_view_next_position(view, user_id, &cursor)) != NULL) {
        if (row->instrument == instrument && row->position_side == side) {
            return row;
        }
    }
    return NULL;
}
// NOLINTEND(bugprone-easily-swappable-parameters)

const struct fx_rows_account *fx_view_account(const struct fx_view *view,
                                              uint64_t user_id,
                                              fx_str asset)
{
    uint32_t cursor = 0;
    const struct fx_rows_account *row = NULL;
    while ((row = fx_view_next_account(view, user_id, &cursor)) != NULL) {
        if (fx_str_is_equal(fx_ids_asset_str(&row->asset), asset)) {
            return row;
        }
    }
    return NULL;
}

const struct fx_view_symbol *fx_view_symbol(const struct fx_view *view, uint32_t instrument)
{
    FX_ASSERT(instrument < FX_INSTRUMENTS_MAX);
    return &view->symbols[instrument];
}

uint32_t fx_view_order_count(const struct fx_view *view)
{
    return view->order_count;
}

uint32_t fx_view_account_count(const struct fx_view *view)
{
    return view->accounts.count;
}

struct fx_view_interest fx_view_interest(const struct fx_view *view, uint32_t instrument)
{
    FX_ASSERT(instrument < FX_INSTRUMENTS_MAX);
    return view->interest[instrument];
}
