#include "push/push_topic.h"

#include <string.h>

#include "base/dec.h"
#include "base/panic.h"

static const struct {
    fx_str dotted; /* orderbook.<depth>.BTCUSDT … */
    fx_str seed;   /* … and orderbook_BTCUSDT */
    enum fx_push_topic_kind kind;
} KINDS[] = {
    {{"orderbook.", 10}, {"orderbook_", 10}, FX_PUSH_TOPIC_KIND_BOOK},
    {{"trades.", 7}, {"trades_", 7}, FX_PUSH_TOPIC_KIND_TRADES},
    {{"ticker.", 7}, {"ticker_", 7}, FX_PUSH_TOPIC_KIND_TICKER},
    {{"kline.", 6}, {"kline_", 6}, FX_PUSH_TOPIC_KIND_KLINE},
    {{"mark.", 5}, {"mark_", 5}, FX_PUSH_TOPIC_KIND_MARK},
    {{"liquidation.", 12}, {"liquidation_", 12}, FX_PUSH_TOPIC_KIND_LIQUIDATION},
    {{"funding.", 8}, {"funding_", 8}, FX_PUSH_TOPIC_KIND_FUNDING},
    {{"settlement.", 11}, {"settlement_", 11}, FX_PUSH_TOPIC_KIND_SETTLEMENT},
};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

static const uint32_t DEPTHS[] = {1, 5, 10, 50, 200, 500, FX_PUSH_TOPIC_DEPTH_MAX};

static fx_str rest_of(fx_str name, size_t from)
{
    return fx_str_slice(name, from, name.size);
}

static const struct fx_market_symbol *symbol_of(const struct fx_market *market,
                                                const struct fx_push_topic *topic)
{
    const struct fx_market_symbol *symbol = fx_market_at(market, topic->instrument);
    FX_ASSERT(symbol != NULL);
    return symbol;
}

fx_status fx_push_topic_set_depth(struct fx_push_topic *topic, uint32_t depth)
{
    if (topic->kind != FX_PUSH_TOPIC_KIND_BOOK) {
        return FX_BAD_PARAMETER;
    }
    for (size_t index = 0; index < sizeof DEPTHS / sizeof DEPTHS[0]; index++) {
        if (DEPTHS[index] == depth) {
            topic->depth = depth;
            return FX_OK;
        }
    }
    return FX_BAD_PARAMETER;
}

/* 1, 2, 2.5 or 5 times a power of ten: what a ladder of prices can be grouped by. */
static bool is_round(fx_i128 units)
{
    while (units % 10 == 0) {
        units /= 10;
    }
    return units == 1 || units == 2 || units == 25 || units == 5;
}

fx_status fx_push_topic_set_step(const struct fx_market *market,
                                 struct fx_push_topic *topic,
                                 fx_str step)
{
    fx_i128 units = 0;
    if (topic->kind != FX_PUSH_TOPIC_KIND_BOOK || fx_dec_parse(step, &units) != FX_OK ||
        units <= 0) {
        return FX_BAD_PARAMETER;
    }
    const fx_i128 tick = symbol_of(market, topic)->definition.tick_size;
    const fx_i128 ticks = units / tick;
    const bool is_one = units == tick;
    if (units % tick != 0 || ticks > FX_PUSH_TOPIC_STEP_TICKS_MAX ||
        (!is_one && !is_round(units))) {
        return FX_BAD_PARAMETER;
    }
    topic->step_ticks = (int64_t)ticks;
    return FX_OK;
}

static fx_status set_symbol(const struct fx_market *market,
                            struct fx_push_topic *topic,
                            fx_str symbol)
{
    const struct fx_market_symbol *found = fx_market_find(market, symbol);
    if (found == NULL) {
        return FX_UNKNOWN_SYMBOL;
    }
    topic->instrument = found->definition.instrument_id;
    return FX_OK;
}

/* <depth>.<symbol>[.<step>]: no symbol has a dot. */
static fx_status parse_book(const struct fx_market *market,
                            fx_str text,
                            struct fx_push_topic *topic)
{
    uint64_t depth = 0;
    const size_t dot = fx_str_find(text, '.', 0);
    if (dot == SIZE_MAX || !fx_str_parse_u64(fx_str_slice(text, 0, dot), &depth) ||
        depth > FX_PUSH_TOPIC_DEPTH_MAX) {
        return FX_BAD_PARAMETER;
    }
    text = rest_of(text, dot + 1);
    fx_status status = fx_push_topic_set_depth(topic, (uint32_t)depth);
    const size_t end = fx_str_find(text, '.', 0);
    if (status == FX_OK) {
        status = set_symbol(market, topic, end == SIZE_MAX ? text : fx_str_slice(text, 0, end));
    }
    if (status == FX_OK && end != SIZE_MAX) {
        status = fx_push_topic_set_step(market, topic, rest_of(text, end + 1));
    }
    return status;
}

/* The first dot or the last underscore: no interval has either, a symbol may have underscores. */
static size_t find_cut(fx_str text, bool is_dotted)
{
    size_t cut = fx_str_find(text, is_dotted ? '.' : '_', 0);
    size_t next = cut;
    while (!is_dotted && next != SIZE_MAX) {
        cut = next;
        next = fx_str_find(text, '_', cut + 1);
    }
    return cut;
}

/* <interval>.<symbol> or <symbol>_<interval>. */
static fx_status parse_kline(const struct fx_market *market,
                             fx_str text,
                             bool is_dotted,
                             struct fx_push_topic *topic)
{
    const size_t cut = find_cut(text, is_dotted);
    if (cut == SIZE_MAX) {
        return FX_BAD_PARAMETER;
    }
    const fx_str left = fx_str_slice(text, 0, cut);
    const fx_str right = rest_of(text, cut + 1);
    topic->interval = fx_interval_of(is_dotted ? left : right);
    return topic->interval == 0 ? FX_BAD_PARAMETER
                                : set_symbol(market, topic, is_dotted ? right : left);
}

static fx_status parse_rest(const struct fx_market *market,
                            fx_str rest,
                            bool is_dotted,
                            struct fx_push_topic *topic)
{
    if (topic->kind == FX_PUSH_TOPIC_KIND_KLINE) {
        return parse_kline(market, rest, is_dotted, topic);
    }
    return is_dotted && topic->kind == FX_PUSH_TOPIC_KIND_BOOK ? parse_book(market, rest, topic)
                                                               : set_symbol(market, topic, rest);
}

fx_status fx_push_topic_parse(const struct fx_market *market,
                              fx_str name,
                              uint32_t depth_default,
                              struct fx_push_topic *topic_out)
{
    for (size_t index = 0; index < KIND_COUNT; index++) {
        struct fx_push_topic topic = {.kind = KINDS[index].kind};
        const bool is_book = topic.kind == FX_PUSH_TOPIC_KIND_BOOK;
        const bool is_dotted = fx_str_has_prefix(name, KINDS[index].dotted);
        if (!is_dotted && !fx_str_has_prefix(name, KINDS[index].seed)) {
            continue;
        }
        topic.depth = is_book ? depth_default : 0;
        topic.step_ticks = is_book ? 1 : 0;
        const fx_status status =
            parse_rest(market, rest_of(name, KINDS[index].dotted.size), is_dotted, &topic);
        if (status == FX_OK) {
            *topic_out = topic;
        }
        return status;
    }
    return fx_str_has_prefix(name, FX_STR("user_")) ? FX_FORBIDDEN : FX_BAD_PARAMETER;
}

bool fx_push_topic_is_equal(const struct fx_push_topic *left, const struct fx_push_topic *right)
{
    return left->kind == right->kind && left->instrument == right->instrument &&
           left->depth == right->depth && left->step_ticks == right->step_ticks &&
           left->interval == right->interval;
}

static void append(fx_str *text, char target[FX_PUSH_TOPIC_NAME_SIZE_MAX], fx_str more)
{
    FX_ASSERT(text->size + more.size <= FX_PUSH_TOPIC_NAME_SIZE_MAX);
    memcpy(target + text->size, more.data, more.size);
    text->size += more.size;
}

fx_str fx_push_topic_format_step(const struct fx_market *market,
                                 const struct fx_push_topic *topic,
                                 char target[FX_PUSH_TOPIC_NAME_SIZE_MAX])
{
    char digits[FX_DEC_TEXT_SIZE_MAX];
    fx_str text = {target, 0};
    const fx_i128 step = symbol_of(market, topic)->definition.tick_size * topic->step_ticks;
    append(&text, target, (fx_str){digits, fx_dec_format(step, digits)});
    return text;
}

fx_str fx_push_topic_format(const struct fx_market *market,
                            const struct fx_push_topic *topic,
                            char target[FX_PUSH_TOPIC_NAME_SIZE_MAX])
{
    char digits[FX_PUSH_TOPIC_NAME_SIZE_MAX];
    fx_str text = {target, 0};
    FX_ASSERT(topic->kind >= FX_PUSH_TOPIC_KIND_BOOK && (uint32_t)topic->kind <= KIND_COUNT);
    append(&text, target, KINDS[topic->kind - FX_PUSH_TOPIC_KIND_BOOK].dotted);
    if (topic->kind == FX_PUSH_TOPIC_KIND_BOOK) {
        const fx_i128 depth = fx_dec_one() * topic->depth;
        append(&text, target, (fx_str){digits, fx_dec_format(depth, digits)});
        append(&text, target, FX_STR("."));
    }
    if (topic->kind == FX_PUSH_TOPIC_KIND_KLINE) {
        append(&text, target, fx_str_of(fx_interval_name(topic->interval)));
        append(&text, target, FX_STR("."));
    }
    append(&text, target, fx_ids_symbol_str(&symbol_of(market, topic)->definition.symbol));
    if (topic->step_ticks > 1) {
        append(&text, target, FX_STR("."));
        append(&text, target, fx_push_topic_format_step(market, topic, digits));
    }
    return text;
}
