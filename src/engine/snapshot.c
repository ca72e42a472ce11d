/* The state as bytes: the used parts of the pools, the orders of each book in priority order, and
 * the hash of the whole at the end.
 *
 *     struct head | assets | accounts | positions | listings | resting | orders | client entries |
 *     expiry heap | deadlines | triggers, their index, their lists | marks | brackets, their lists
 * | settlements | ranks | map of shards | per instrument: struct book_head, slots of bids, slots of
 * asks | hash of bytes
 *
 * Tables are not saved: they are filled again. A book is rebuilt order by order with its window
 * where it was, so that it also answers alike when it runs full.
 *
 * Older versions are still read: 1 had no deadlines, its head is that of 2 with 0 in their place; 2
 * had no conditional orders, its head ends before theirs; 3 had no rules for marks, no settlements,
 * no brackets and no liquidations, and its head ends before these; 4 had no ranks; 5 had one queue
 * for all names; until 6 nobody was late for a price; 7 had no map of shards; 8 had one set of
 * rules, always ran, and had no ids but its own. */
#include <string.h>

#include "base/panic.h"
#include "engine/book_int.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/rank_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

enum {
    VERSION = 9,
    VERSION_SHARDS = 8,
    VERSION_MOVES = 6,
    VERSION_RANKS = 5,
    VERSION_RISK = 4,
    VERSION_TRIGGERS = 3,
    VERSION_OLDEST = 1
};

static const uint64_t MAGIC = 0x31656e69676e6546U;

struct head {
    uint64_t magic;
    uint32_t version;
    uint32_t layout; /* sizes of the structs: another build must not guess */
    uint64_t size;   /* of the whole */
    uint64_t state_hash;
    uint64_t sequence;
    int64_t time_us;
    uint64_t next_order_id;
    uint64_t next_trade_id;
    struct fx_engine_limits limits;
    uint32_t account_count;
    uint32_t position_count;
    uint32_t instrument_count;
    uint32_t asset_count;
    uint32_t order_count;
    uint32_t order_used;
    uint32_t order_free;
    uint32_t expiry_count;
    uint32_t client_count;
    uint32_t client_used;
    uint32_t client_free;
    uint32_t client_oldest;
    uint32_t client_newest;
    uint32_t deadman_count; /* 0 in version 1 */
    uint32_t trigger_count; /* heads of version 1 and 2 end here */
    uint32_t trigger_used;
    uint32_t trigger_free;
    uint32_t untriggered_count;
    uint32_t bracket_count; /* that of version 3 ends here */
    uint32_t bracket_used;
    uint32_t bracket_free;
    uint32_t zero;
    uint64_t next_liquidation_id; /* that of version 4 ends here */
    struct fx_rank rank;          /* that of version 5 ends here */
    uint32_t move_count;
    uint32_t move_oldest;
    uint32_t move_newest;
    uint32_t zero_too; /* those of versions 6 to 8 end here */
    struct fx_preload preload;
};

struct book_head {
    int64_t base_ticks;
    uint32_t pressure;
    uint32_t buy_count;
    uint32_t sell_count;
    uint32_t zero;
};

/* The index of conditional orders until version 6: `late` and its padding were not there. */
enum { OLD_SIDE_SIZE = offsetof(struct fx_trigger_side, late) };

struct old_trigger_book {
    struct {
        int64_t ticks[2];
        char sides[2][OLD_SIDE_SIZE];
    } sources[3];
};

static size_t head_size(uint32_t version)
{
    FX_ASSERT(version >= VERSION_OLDEST);
    FX_ASSERT(version <= VERSION);
    if (version < VERSION_TRIGGERS) {
        return offsetof(struct head, trigger_count);
    }
    if (version < VERSION_RISK) {
        return offsetof(struct head, bracket_count);
    }
    if (version < VERSION_RANKS) {
        return offsetof(struct head, rank);
    }
    if (version == VERSION_RANKS) {
        return offsetof(struct head, move_count);
    }
    return version <= VERSION_SHARDS ? offsetof(struct head, preload) : sizeof(struct head);
}

static uint32_t layout_of(uint32_t version)
{
    FX_ASSERT(version >= VERSION_OLDEST);
    const size_t sizes[] = {head_size(version),
                            sizeof(struct fx_asset_state),
                            sizeof(struct fx_account_state),
                            sizeof(struct fx_position_state),
                            sizeof(struct fx_listing),
                            sizeof(struct fx_resting),
                            sizeof(struct fx_order),
                            sizeof(struct fx_client_entry),
                            sizeof(struct book_head),
                            sizeof(struct fx_deadman), /* since version 2 */
                            sizeof(struct fx_trigger), /* since version 3 */
                            version > VERSION_MOVES ? sizeof(struct fx_trigger_book)
                                                    : sizeof(struct old_trigger_book),
                            sizeof(struct fx_position_triggers),
                            sizeof(struct fx_mark_state), /* since version 4 */
                            sizeof(struct fx_bracket),
                            sizeof(struct fx_position_brackets),
                            sizeof(struct fx_settle_state),
                            sizeof(struct fx_rank_side), /* since version 5 */
                            sizeof(struct fx_rank_item),
                            sizeof(struct fx_shard_map)};             /* since version 8 */
    const uint32_t counts[] = {0, 9, 10, 13, 17, 19, 19, 19, 20, 20}; /* by version */
    uint64_t hash = version;
    FX_ASSERT(counts[version] <= sizeof sizes / sizeof sizes[0]);
    for (uint32_t index = 0; index < counts[version]; index++) {
        hash = fx_hash_mix(hash, sizes[index]);
    }
    return (uint32_t)hash;
}

/* Where the next bytes go or come from. */
struct cursor {
    char *target; /* saving */
    fx_str saved; /* loading */
    size_t at;
};

static void write(struct cursor *cursor, const void *data, size_t size)
{
    FX_ASSERT(cursor->target != NULL);
    FX_ASSERT(data != NULL || size == 0);
    if (size > 0) {
        memcpy(cursor->target + cursor->at, data, size);
    }
    cursor->at += size;
}

static bool read(struct cursor *cursor, void *data_out, size_t size)
{
    FX_ASSERT(cursor->at <= cursor->saved.size);
    FX_ASSERT(data_out != NULL || size == 0);
    if (size > cursor->saved.size - cursor->at) {
        return false;
    }
    if (size > 0) {
        memcpy(data_out, cursor->saved.data + cursor->at, size);
    }
    cursor->at += size;
    return true;
}

static uint64_t hash_of(const char *data, size_t size)
{
    FX_ASSERT(data != NULL);
    FX_ASSERT(size > 0);
    uint64_t hash = size;
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, data + at, size - at < sizeof word ? size - at : sizeof word);
        hash = fx_hash_mix(hash, word);
    }
    return hash;
}

/* The pools in their order in the file: start, count and size of one item. */
struct section {
    void *items;
    size_t count;
    size_t item_size;
};

enum { SECTIONS = 21 };

static const uint32_t SECTION_COUNTS[VERSION + 1] = {
    0, 9, 9, 12, 16, 18, 18, 18, 19, SECTIONS}; /* by version */

static void sections_of(const struct fx_engine *engine, struct section sections_out[SECTIONS])
{
    FX_ASSERT(engine->order_used <= engine->limits.orders_max);
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    const struct section sections[SECTIONS] = {
        {engine->assets, engine->asset_count, sizeof *engine->assets},
        {engine->accounts, engine->account_count, sizeof *engine->accounts},
        {engine->positions, engine->position_count, sizeof *engine->positions},
        {engine->listings, engine->instrument_count, sizeof *engine->listings},
        {engine->resting, engine->order_used, sizeof *engine->resting},
        {engine->orders, engine->order_used, sizeof *engine->orders},
        {engine->client_entries, engine->client_used, sizeof *engine->client_entries},
        {engine->expiry_heap, engine->expiry_count, sizeof *engine->expiry_heap},
        {engine->deadmen, engine->deadman_count, sizeof *engine->deadmen},
        {engine->triggers, engine->trigger_used, sizeof *engine->triggers},
        {engine->trigger_books, engine->instrument_count, sizeof *engine->trigger_books},
        {engine->position_triggers, engine->position_count, sizeof *engine->position_triggers},
        {engine->marks, engine->instrument_count, sizeof *engine->marks},
        {engine->brackets, engine->bracket_used, sizeof *engine->brackets},
        {engine->position_brackets, engine->position_count, sizeof *engine->position_brackets},
        {engine->settlements, engine->instrument_count, sizeof *engine->settlements},
        {engine->rank_sides, (size_t)2 * engine->instrument_count, sizeof *engine->rank_sides},
        {engine->rank_items, engine->rank.count, sizeof *engine->rank_items},
        {engine->shard, 1, sizeof *engine->shard},
        {engine->account_ids, engine->preload.accounts, sizeof *engine->account_ids},
        {engine->position_ids, engine->preload.positions, sizeof *engine->position_ids},
    };
    memcpy(sections_out, sections, sizeof sections);
}

size_t fx_snapshot_size(const struct fx_engine *engine)
{
    FX_ASSERT(engine->order_count >= engine->untriggered_count);
    struct section sections[SECTIONS];
    sections_of(engine, sections);
    size_t size = sizeof(struct head) + sizeof(uint64_t);
    for (uint32_t index = 0; index < SECTIONS; index++) {
        size += sections[index].count * sections[index].item_size;
    }
    size += engine->instrument_count * sizeof(struct book_head);
    FX_ASSERT(size > sizeof(struct head));
    return size + (engine->order_count - engine->untriggered_count) * sizeof(fx_slot);
}

static void save_side(const struct fx_engine *engine,
                      struct cursor *cursor,
                      uint32_t instrument,
                      enum fx_side side)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const struct fx_book *book = engine->listings[instrument].book;
    struct fx_book_row row;
    fx_px after = {0};
    while (fx_book_next(book, side, after, &row)) {
        after = row.price;
        for (fx_slot order = fx_book_oldest(book, side, row.price); order != FX_SLOT_NONE;
             order = engine->resting[order].newer) {
            write(cursor, &order, sizeof order);
        }
    }
}

static void save_head(const struct fx_engine *engine, struct cursor *cursor, size_t size)
{
    FX_ASSERT(cursor->at == 0);
    FX_ASSERT(size > sizeof(struct head));
    struct head head;
    memset(&head, 0, sizeof head);
    head.magic = MAGIC;
    head.version = VERSION;
    head.layout = layout_of(VERSION);
    head.size = size;
    head.state_hash = fx_hash_state(engine);
    head.sequence = engine->sequence;
    head.time_us = engine->time_us;
    head.next_order_id = engine->next_order_id;
    head.next_trade_id = engine->next_trade_id;
    head.limits = engine->limits;
    head.account_count = engine->account_count;
    head.position_count = engine->position_count;
    head.instrument_count = engine->instrument_count;
    head.asset_count = engine->asset_count;
    head.order_count = engine->order_count;
    head.order_used = engine->order_used;
    head.order_free = engine->order_free;
    head.expiry_count = engine->expiry_count;
    head.client_count = engine->client_count;
    head.client_used = engine->client_used;
    head.client_free = engine->client_free;
    head.client_oldest = engine->client_oldest;
    head.client_newest = engine->client_newest;
    head.deadman_count = engine->deadman_count;
    head.trigger_count = engine->trigger_count;
    head.trigger_used = engine->trigger_used;
    head.trigger_free = engine->trigger_free;
    head.untriggered_count = engine->untriggered_count;
    head.bracket_count = engine->bracket_count;
    head.bracket_used = engine->bracket_used;
    head.bracket_free = engine->bracket_free;
    head.next_liquidation_id = engine->next_liquidation_id;
    head.rank = engine->rank;
    head.move_count = engine->move_count;
    head.move_oldest = engine->move_oldest;
    head.move_newest = engine->move_newest;
    head.preload = engine->preload;
    write(cursor, &head, sizeof head);
}

/* Equal states are equal bytes wherever they lie in memory. */
static void forget_addresses(char *listings, uint32_t count)
{
    FX_ASSERT(listings != NULL);
    const size_t offset = offsetof(struct fx_listing, book);
    for (uint32_t index = 0; index < count; index++) {
        memset(listings + index * sizeof(struct fx_listing) + offset, 0, sizeof(void *));
    }
}

void fx_snapshot_save(const struct fx_engine *engine, char *target, size_t size)
{
    struct section sections[SECTIONS];
    struct cursor cursor = {.target = target};
    FX_ASSERT(size == fx_snapshot_size(engine));
    save_head(engine, &cursor, size);
    sections_of(engine, sections);
    for (uint32_t index = 0; index < SECTIONS; index++) {
        const size_t start = cursor.at;
        write(&cursor, sections[index].items, sections[index].count * sections[index].item_size);
        if (sections[index].items == engine->listings) {
            forget_addresses(target + start, engine->instrument_count);
        }
    }
    for (uint32_t instrument = 0; instrument < engine->instrument_count; instrument++) {
        const struct fx_book *book = engine->listings[instrument].book;
        struct book_head head;
        memset(&head, 0, sizeof head);
        head.base_ticks = book->base_ticks;
        head.pressure = book->pressure;
        head.buy_count = fx_book_count(book, FX_SIDE_BUY);
        head.sell_count = fx_book_count(book, FX_SIDE_SELL);
        write(&cursor, &head, sizeof head);
        save_side(engine, &cursor, instrument, FX_SIDE_BUY);
        save_side(engine, &cursor, instrument, FX_SIDE_SELL);
    }
    const uint64_t hash = hash_of(target, cursor.at);
    write(&cursor, &hash, sizeof hash);
    FX_ASSERT(cursor.at == size);
}

static bool fits(const struct head *head, const struct fx_engine_limits *limits)
{
    return head->account_count <= limits->accounts_max &&
           head->position_count <= limits->positions_max &&
           head->order_used <= limits->orders_max &&
           head->instrument_count <= limits->instruments_max &&
           head->asset_count <= limits->assets_max &&
           head->client_count <= limits->client_ids_max &&
           head->client_used <= limits->client_ids_max + fx_client_ids_moves_max(limits) &&
           head->deadman_count <= limits->accounts_max &&
           head->trigger_used <= limits->orders_max &&
           head->bracket_used <= limits->orders_max / 2 + 1 &&
           head->limits.book_window_levels <= limits->book_window_levels &&
           head->limits.book_overflow_levels_max <= limits->book_overflow_levels_max;
}

static bool is_sound(const struct head *head)
{
    return head->order_count <= head->order_used && head->expiry_count <= head->order_count &&
           head->client_count <= head->client_used &&
           head->move_count <= head->client_used - head->client_count &&
           head->trigger_count <= head->trigger_used &&
           head->untriggered_count <= head->trigger_count &&
           head->bracket_count <= head->bracket_used && head->rank.cursor <= head->position_count &&
           head->rank.count <= head->rank.cursor && head->next_order_id > 0 &&
           head->next_trade_id > 0 && head->next_liquidation_id > 0 &&
           head->preload.accounts <= head->account_count &&
           head->preload.positions <= head->position_count;
}

static void load_head(struct fx_engine *engine, const struct head *head)
{
    FX_ASSERT(head->magic == MAGIC);
    FX_ASSERT(head->order_count <= head->order_used);
    engine->sequence = head->sequence;
    engine->time_us = head->time_us;
    engine->next_order_id = head->next_order_id;
    engine->next_trade_id = head->next_trade_id;
    engine->account_count = head->account_count;
    engine->position_count = head->position_count;
    engine->instrument_count = head->instrument_count;
    engine->asset_count = head->asset_count;
    engine->order_count = head->order_count;
    engine->order_used = head->order_used;
    engine->order_free = head->order_free;
    engine->expiry_count = head->expiry_count;
    engine->client_count = head->client_count;
    engine->client_used = head->client_used;
    engine->client_free = head->client_free;
    engine->client_oldest = head->client_oldest;
    engine->client_newest = head->client_newest;
    engine->deadman_count = head->deadman_count;
    engine->trigger_count = head->trigger_count;
    engine->trigger_used = head->trigger_used;
    engine->trigger_free = head->trigger_free;
    engine->untriggered_count = head->untriggered_count;
    engine->bracket_count = head->bracket_count;
    engine->bracket_used = head->bracket_used;
    engine->bracket_free = head->bracket_free;
    engine->next_liquidation_id = head->next_liquidation_id;
    engine->rank = head->rank;
    engine->move_count = head->move_count;
    engine->move_oldest = head->move_oldest;
    engine->move_newest = head->move_newest;
    engine->preload = head->preload;
}

/* Stands in `newer` of an order that rests until its book has it. */
#define AWAITED (FX_SLOT_NONE - 1)

/* As fx_book_insert(), but the window stays where it was saved. */
static bool insert(struct fx_engine *engine, struct fx_book *book, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    struct fx_resting *hot = &engine->resting[order];
    const enum fx_side side = (enum fx_side)hot->side;
    FX_ASSERT(hot->price.ticks > 0);
    hot->older = FX_SLOT_NONE;
    hot->newer = FX_SLOT_NONE;
    if ((uint64_t)hot->price.ticks - (uint64_t)book->base_ticks <= book->window_mask) {
        fx_book_insert(book, order);
        return true;
    }
    struct fx_book_side *half = &book->sides[side - 1];
    if (half->overflow_count == book->limits.overflow_levels_max &&
        fx_book_overflow_find(book, side, hot->price) == NULL) {
        return false;
    }
    const int64_t key = fx_book_key(side, hot->price);
    fx_level_append(fx_book_overflow_acquire(book, side, hot->price), book->slots, order);
    half->best_key = key > half->best_key ? key : half->best_key;
    half->orders++;
    return true;
}

static fx_status load_side(struct fx_engine *engine,
                           struct cursor *cursor,
                           uint32_t instrument,
                           enum fx_side side,
                           uint32_t count)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    for (uint32_t index = 0; index < count; index++) {
        fx_slot order = FX_SLOT_NONE;
        if (!read(cursor, &order, sizeof order) || order >= engine->order_used) {
            return FX_CORRUPT;
        }
        const struct fx_resting *hot = &engine->resting[order];
        const fx_px bid = fx_book_best(engine->listings[instrument].book, FX_SIDE_BUY);
        if (hot->newer != AWAITED || hot->side != side || hot->instrument != instrument ||
            hot->price.ticks < 1 || hot->remaining.lots < 1 ||
            (side == FX_SIDE_SELL && hot->price.ticks <= bid.ticks)) {
            return FX_CORRUPT;
        }
        if (!insert(engine, engine->listings[instrument].book, order)) {
            return FX_CAPACITY;
        }
    }
    return FX_OK;
}

static fx_status load_book(struct fx_engine *engine, struct cursor *cursor, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    struct book_head head;
    engine->listings[instrument].book = NULL;
    fx_engine_open_book(engine, instrument);
    struct fx_book *book = engine->listings[instrument].book;
    FX_ASSERT(book->base_ticks >= 0);
    if (!read(cursor, &head, sizeof head) || head.base_ticks < 0 ||
        head.base_ticks > INT64_MAX - (int64_t)book->window_mask) {
        return FX_CORRUPT;
    }
    book->base_ticks = head.base_ticks;
    fx_status status = load_side(engine, cursor, instrument, FX_SIDE_BUY, head.buy_count);
    if (status == FX_OK) {
        status = load_side(engine, cursor, instrument, FX_SIDE_SELL, head.sell_count);
    }
    book->pressure = head.pressure;
    return status;
}

/* The books: each order that rests comes in one of them, once. */
static fx_status load_books(struct fx_engine *engine, struct cursor *cursor)
{
    FX_ASSERT(engine->order_used <= engine->limits.orders_max);
    FX_ASSERT(cursor->at <= cursor->saved.size);
    fx_status status = FX_OK;
    for (fx_slot order = 0; order < engine->order_used; order++) {
        if (engine->orders[order].order_id != 0) {
            engine->resting[order].newer =
                engine->orders[order].is_resting != 0 ? AWAITED : FX_SLOT_NONE;
        }
    }
    for (uint32_t index = 0; index < engine->instrument_count && status == FX_OK; index++) {
        status = load_book(engine, cursor, index);
    }
    for (fx_slot order = 0; order < engine->order_used && status == FX_OK; order++) {
        status = engine->resting[order].newer == AWAITED ? FX_CORRUPT : FX_OK;
    }
    return status;
}

/* A head of any version that is known, completed. */
static fx_status read_head(struct cursor *cursor, struct head *head_out)
{
    FX_ASSERT(cursor->at == 0);
    const size_t least = head_size(VERSION_OLDEST);
    FX_ASSERT(least <= sizeof *head_out);
    memset(head_out, 0, sizeof *head_out);
    head_out->trigger_free = FX_SLOT_NONE;
    head_out->bracket_free = FX_SLOT_NONE;
    head_out->move_oldest = FX_SLOT_NONE;
    head_out->move_newest = FX_SLOT_NONE;
    head_out->next_liquidation_id = 1;
    head_out->preload.rules = 1;
    if (!read(cursor, head_out, least) || head_out->magic != MAGIC) {
        return FX_CORRUPT;
    }
    const uint32_t version = head_out->version;
    if (version < VERSION_OLDEST || version > VERSION || head_out->layout != layout_of(version)) {
        return FX_VERSION_MISMATCH;
    }
    return read(cursor, (char *)head_out + least, head_size(version) - least) ? FX_OK : FX_CORRUPT;
}

/* Size and hash of the bytes, and whether it fits. */
static fx_status check_head(const struct fx_engine *engine,
                            struct cursor *cursor,
                            struct head *head_out)
{
    FX_ASSERT(cursor->at == 0);
    uint64_t hash = 0;
    const fx_status status = read_head(cursor, head_out);
    if (status != FX_OK) {
        return status;
    }
    if (head_out->size != cursor->saved.size || cursor->saved.size < cursor->at + sizeof hash) {
        return FX_CORRUPT;
    }
    const size_t end = cursor->saved.size - sizeof hash;
    FX_ASSERT(end >= cursor->at);
    memcpy(&hash, cursor->saved.data + end, sizeof hash);
    if (hash != hash_of(cursor->saved.data, end) || !is_sound(head_out)) {
        return FX_CORRUPT;
    }
    return fits(head_out, &engine->limits) ? FX_OK : FX_CAPACITY;
}

static bool read_old_trigger_books(struct cursor *cursor, const struct section *section)
{
    FX_ASSERT(section->items != NULL);
    FX_ASSERT(section->item_size == sizeof(struct fx_trigger_book));
    struct fx_trigger_book *books = section->items;
    for (size_t index = 0; index < section->count; index++) {
        struct old_trigger_book old;
        if (!read(cursor, &old, sizeof old)) {
            return false;
        }
        for (uint32_t half = 0; half < 6; half++) {
            struct fx_trigger_index *source = &books[index].sources[half / 2];
            struct fx_trigger_side *side = &source->sides[half % 2];
            source->up_ticks = old.sources[half / 2].ticks[0];
            source->down_ticks = old.sources[half / 2].ticks[1];
            memcpy(side, old.sources[half / 2].sides[half % 2], OLD_SIDE_SIZE);
            side->late = FX_SLOT_NONE;
        }
    }
    return true;
}

static bool read_section(const struct fx_engine *engine,
                         struct cursor *cursor,
                         const struct section *section,
                         uint32_t version)
{
    FX_ASSERT(version >= VERSION_OLDEST && version <= VERSION);
    FX_ASSERT(section->item_size > 0);
    if (section->items == engine->trigger_books && version <= VERSION_MOVES) {
        return read_old_trigger_books(cursor, section);
    }
    return read(cursor, section->items, section->count * section->item_size);
}

fx_status fx_snapshot_load(struct fx_engine *engine, fx_str saved)
{
    FX_ASSERT(engine->sequence == 0);
    struct cursor cursor = {.saved = saved};
    struct section sections[SECTIONS];
    struct head head;
    fx_status status = check_head(engine, &cursor, &head);
    if (status != FX_OK) {
        return status;
    }
    FX_ASSERT(head.version >= VERSION_OLDEST && head.version <= VERSION);
    load_head(engine, &head);
    sections_of(engine, sections);
    for (uint32_t index = 0; index < SECTION_COUNTS[head.version]; index++) {
        if (!read_section(engine, &cursor, &sections[index], head.version)) {
            return FX_CORRUPT;
        }
    }
    if (engine->preload.rules > FX_ENGINE_RULES_MAX) {
        return FX_RULES_UNKNOWN;
    }
    if (!fx_preload_is_sound(engine) || !fx_snapshot_check(engine, head.version > VERSION_RANKS)) {
        return FX_CORRUPT;
    }
    status = load_books(engine, &cursor);
    if (status != FX_OK) {
        return status;
    }
    const uint64_t hash =
        head.version <= VERSION_RANKS ? fx_hash_state_of_ranks(engine) : fx_hash_state(engine);
    if (hash != head.state_hash || !fx_account_state_rebuild(engine)) {
        return FX_CORRUPT;
    }
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        fx_margin_attach(&engine->listings[index]);
    }
    fx_order_pool_rebuild(engine);
    fx_deadman_rebuild(engine);
    fx_mark_refresh_due(engine);
    engine->has_crossed = fx_conditional_is_due(engine);
    if (head.version <= VERSION_RANKS) {
        fx_client_ids_part(engine);
    }
    fx_client_ids_rebuild(engine);
    if (!fx_preload_is_loading(engine)) { /* else START_ENGINE does */
        fx_risk_rebuild(engine);
    }
    if (head.version < VERSION_RISK) {
        fx_settle_adopt(engine);
    }
    fx_settle_refresh_due(engine);
    return FX_OK;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
