/* Order books. A book is asked for far more often than it changes, so its JSON is kept beside the
 * version of the depth that it was made of, for a few questions per symbol. A depth never has the
 * same version twice, so what is kept is never old. */
#include <stdlib.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "market/depth_group.h"

enum {
    US_PER_MS = 1000,
    LIMIT_MIN = 5,
    LIMIT_MAX = 1000,
    LIMIT_DEFAULT = 100,
    SLOTS = 8,                  /* questions per symbol */
    BODY_SIZE_MAX = 128 * 1024, /* of a kept answer */
    FIRST_VERSION = 1           /* kept beside the depth's own plus one: 0 is an empty slot */
};

/** What is asked of a book. */
struct question {
    uint64_t limit;
    int64_t step_ticks;
};

struct slot {
    struct question question;
    uint64_t version; /* of the depth, plus FIRST_VERSION */
    struct fx_buf body;
};

struct fx_api_books {
    struct slot *slots[FX_INSTRUMENTS_MAX]; /* SLOTS of them; NULL until a book is asked for */
    uint32_t next;                          /* the one that gives way */
};

struct fx_api_books *fx_api_book_create(void)
{
    return calloc(1, sizeof(struct fx_api_books));
}

void fx_api_book_destroy(struct fx_api_books *books)
{
    if (books == NULL) {
        return;
    }
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        for (uint32_t index = 0; books->slots[id] != NULL && index < SLOTS; index++) {
            fx_buf_deinit(&books->slots[id][index].body);
        }
        free(books->slots[id]);
    }
    free(books);
}

static struct slot *create_slots(void)
{
    struct slot *slots = calloc(SLOTS, sizeof *slots);
    for (uint32_t index = 0; slots != NULL && index < SLOTS; index++) {
        fx_buf_init(&slots[index].body, BODY_SIZE_MAX);
    }
    return slots;
}

/* The place of a question, or of one that gives way; NULL without memory. */
static struct slot *slot_of(struct fx_api_books *books,
                            const struct fx_market_symbol *symbol,
                            const struct question *question)
{
    struct slot **slots = &books->slots[symbol->definition.instrument_id];
    if (*slots == NULL) {
        *slots = create_slots();
    }
    if (*slots == NULL) {
        return NULL;
    }
    for (uint32_t index = 0; index < SLOTS; index++) {
        struct slot *slot = &(*slots)[index];
        if (slot->question.limit == question->limit &&
            slot->question.step_ticks == question->step_ticks) {
            return slot;
        }
    }
    struct slot *slot = &(*slots)[books->next++ % SLOTS];
    slot->question = *question;
    slot->version = 0;
    return slot;
}

static void append_side(struct fx_buf *buf,
                        enum fx_side side,
                        const struct fx_market_symbol *symbol,
                        const struct question *question)
{
    struct fx_depth_group group;
    struct fx_depth_level level;
    fx_json_append_key(buf, side == FX_SIDE_BUY ? FX_STR("bids") : FX_STR("asks"));
    fx_buf_append_byte(buf, '[');
    fx_depth_group_init(&group, &symbol->depth, side, question->step_ticks);
    for (uint64_t count = 0; count < question->limit && fx_depth_group_next(&group, &level);
         count++) {
        const struct fx_wire_public_level said = {level.ticks, level.lots};
        fx_wire_public_level(buf, &symbol->definition, said);
    }
    fx_buf_append_byte(buf, ']');
}

static void append_book(struct fx_buf *buf,
                        const struct fx_market_symbol *symbol,
                        const struct question *question)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&symbol->definition.symbol));
    append_side(buf, FX_SIDE_BUY, symbol, question);
    append_side(buf, FX_SIDE_SELL, symbol, question);
    fx_json_add_int(buf, FX_STR("lastUpdateId"), (int64_t)symbol->depth.sequence);
    fx_json_add_int(buf, FX_STR("time"), symbol->depth.time_us / US_PER_MS);
    fx_buf_append_byte(buf, '}');
}

static void send_book(struct fx_api_call *call,
                      const struct fx_market_symbol *symbol,
                      const struct question *question)
{
    struct fx_api *api = call->api;
    const uint64_t version = symbol->depth.version + FIRST_VERSION;
    struct slot *slot = slot_of(api->books, symbol, question);
    if (slot == NULL) {
        append_book(fx_api_reply_begin(api), symbol, question);
        fx_api_reply_send(api, &call->target, 200);
        return;
    }
    if (slot->version != version) {
        fx_buf_clear(&slot->body);
        append_book(&slot->body, symbol, question);
        slot->version = slot->body.is_overflow ? 0 : version;
    }
    if (slot->version == 0) { /* too large to keep */
        append_book(fx_api_reply_begin(api), symbol, question);
        fx_api_reply_send(api, &call->target, 200);
        return;
    }
    fx_api_reply_send_body(api, &call->target, fx_buf_str(&slot->body));
}

/* A step of prices as ticks; left where absent. */
static fx_status read_step(struct fx_api_call *call,
                           const struct fx_market_symbol *symbol,
                           fx_str name,
                           struct question *question)
{
    fx_i128 size = 0;
    fx_px step = {0};
    struct fx_reject reject;
    const fx_status status = fx_api_param_decimal(call, name, &size);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_OK : status;
    }
    if (fx_instrument_ticks(&symbol->definition, size, &step, &reject) != FX_OK) {
        (void)fx_api_param_reject(call, &reject); /* the limit, and the nearest multiple */
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    question->step_ticks = step.ticks;
    return FX_OK;
}

static fx_status show(struct fx_api_call *call, fx_str step_name, bool is_required)
{
    const struct fx_market_symbol *symbol = NULL;
    struct question question = {.limit = LIMIT_DEFAULT};
    fx_status status = fx_api_param_path_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_u64(call, FX_STR("limit"), &question.limit);
    }
    if (status == FX_OK) {
        status = read_step(call, symbol, step_name, &question);
    }
    if (status != FX_OK) {
        return status;
    }
    if (question.limit < LIMIT_MIN || question.limit > LIMIT_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("limit"));
    }
    if (question.step_ticks == 0 && is_required) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, step_name);
    }
    question.step_ticks = question.step_ticks == 0 ? 1 : question.step_ticks;
    send_book(call, symbol, &question);
    return FX_OK;
}

fx_status fx_api_book_show(struct fx_api_call *call)
{
    return show(call, FX_STR("group"), false);
}

fx_status fx_api_book_show_grouped(struct fx_api_call *call)
{
    return show(call, FX_STR("tickSize"), true);
}
