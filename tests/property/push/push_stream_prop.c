/* Snapshot + deltas = book at seq (I-38): random books, all depths and some groupings, readers that
 * come, go and stop reading. A reader applies what it gets and compares its book, at every number,
 * with a plain model that kept the whole history. */
#include "base/rng.h"
#include "push/push.h"
#include "stream_kit.h"

enum { READERS = 10, STEPS = 400, PRICES = 96, MIDDLE = 48, SEQUENCES = 4000 };

/* The book after each command: lots by price; bids below MIDDLE, asks from there on. */
static uint32_t history[SEQUENCES][PRICES + 1];

struct reader {
    struct push_kit_client *client; /* NULL: not there */
    uint32_t depth;
    int64_t step;
    char topic[64];
    int64_t seq; /* -1: no snapshot yet */
    uint64_t lots[2][PRICES + 128];
    uint32_t deltas;
    uint32_t snapshots;
};

static const uint32_t DEPTHS[] = {1, 5, 10, 50, 200, 500, 1000};
static const int64_t STEPS_TICKS[] = {1, 1, 1, 2, 5, 10, 25};

/* What a reader of this depth and step must have of one side. */
static void model_side(const struct reader *reader, int64_t seq, uint32_t row, uint64_t *lots)
{
    const uint32_t *book = history[seq];
    uint32_t groups = 0;
    int64_t last = -1;
    memset(lots, 0, sizeof reader->lots[0]);
    for (int64_t index = 0; index < MIDDLE; index++) {
        const int64_t price = row == 0 ? MIDDLE - 1 - index : MIDDLE + index;
        const int64_t step = reader->step;
        const int64_t group = row == 0 ? price / step * step : (price + step - 1) / step * step;
        if (book[price] == 0) {
            continue;
        }
        if (group != last && groups == reader->depth) {
            return;
        }
        groups += group != last;
        last = group;
        lots[group] += book[price];
    }
}

static void check(const struct reader *reader)
{
    uint64_t lots[PRICES + 128];
    assert_true(reader->seq >= 0 && reader->seq < SEQUENCES);
    for (uint32_t row = 0; row < 2; row++) {
        model_side(reader, reader->seq, row, lots);
        for (int price = 0; price < PRICES + 128; price++) {
            if (lots[price] != reader->lots[row][price]) {
                fail_msg("%s at %lld: price %d of side %u is %llu, not %llu",
                         reader->topic,
                         (long long)reader->seq,
                         price,
                         row,
                         (unsigned long long)reader->lots[row][price],
                         (unsigned long long)lots[price]);
            }
        }
    }
}

static void take_levels(struct reader *reader, uint32_t row, const char *text, const char *key)
{
    const char *at = strstr(text, key);
    assert_non_null(at);
    at += strlen(key);
    while (at[0] == '[' || at[0] == ',') {
        at += at[0] == ',';
        char *end = NULL;
        const long long price = strtoll(at + 2, &end, 10);
        const unsigned long long lots = strtoull(end + 3, &end, 10);
        assert_true(price >= 0 && price < PRICES + 128);
        reader->lots[row][price] = lots;
        at = end + 2;
    }
}

static void take(struct reader *reader, const char *text)
{
    const int64_t seq = stream_kit_number(text, "seq");
    const int64_t previous = stream_kit_number(text, "prevSeq");
    if (previous == -1) {
        assert_true(stream_kit_has(text, "\"type\":\"snapshot\""));
        memset(reader->lots, 0, sizeof reader->lots);
        reader->snapshots++;
    } else {
        assert_int_equal(previous, reader->seq); /* never a gap without a snapshot */
        assert_true(seq > previous);
        reader->deltas++;
    }
    reader->seq = seq;
    take_levels(reader, 0, text, "\"b\":[");
    take_levels(reader, 1, text, "\"a\":[");
    check(reader);
}

static void read_all(struct push_kit *kit, struct reader *reader)
{
    for (const char *text = push_kit_next(kit, reader->client); text != NULL;
         text = push_kit_next(kit, reader->client)) {
        take(reader, text);
    }
}

static void come(struct push_kit *kit, struct reader *reader, struct fx_rng *rng)
{
    char topics[96];
    *reader = (struct reader){.seq = -1};
    reader->depth = DEPTHS[fx_rng_below(rng, sizeof DEPTHS / sizeof DEPTHS[0])];
    reader->step = STEPS_TICKS[fx_rng_below(rng, sizeof STEPS_TICKS / sizeof STEPS_TICKS[0])];
    if (reader->step == 1) {
        (void)snprintf(reader->topic, sizeof reader->topic, "orderbook.%u.BTCUSDT", reader->depth);
    } else {
        (void)snprintf(reader->topic,
                       sizeof reader->topic,
                       "orderbook.%u.BTCUSDT.%lld",
                       reader->depth,
                       (long long)reader->step);
    }
    reader->client = push_kit_dial(kit, "/ws/stream", "", 4096);
    (void)snprintf(topics, sizeof topics, "[\"%s\"]", reader->topic);
    stream_kit_subscribe(kit, reader->client, topics);
}

static void go(struct push_kit *kit, struct reader *reader)
{
    push_kit_close(kit, reader->client);
    reader->client = NULL;
}

/* One command that changes a few levels. */
static void change(struct push_kit *kit, struct fx_rng *rng)
{
    push_kit_begin(kit);
    assert_true(kit->sequence < SEQUENCES);
    memcpy(history[kit->sequence], history[kit->sequence - 1], sizeof history[0]);
    for (uint64_t left = 1 + fx_rng_below(rng, 4); left > 0; left--) {
        const int64_t price = (int64_t)fx_rng_below(rng, PRICES);
        const int64_t lots = fx_rng_below(rng, 3) == 0 ? 0 : (int64_t)(1 + fx_rng_below(rng, 9));
        if (price == 0) {
            continue; /* no such price */
        }
        history[kit->sequence][price] = (uint32_t)lots;
        push_kit_book(kit, 0, price < MIDDLE ? FX_SIDE_BUY : FX_SIDE_SELL, price, lots);
    }
    push_kit_result(kit);
}

static void push_stream_snapshot_and_deltas_equal_the_book(void **state)
{
    (void)state;
    static struct reader readers[READERS];
    struct fx_rng rng;
    uint32_t deltas = 0;
    uint32_t snapshots = 0;
    struct push_kit *kit = push_kit_create(&(struct fx_push_options){.public_queued_max = 250});
    push_kit_instrument(kit, 0, "BTCUSDT");
    fx_rng_init(&rng, 11);
    for (int step = 0; step < STEPS; step++) {
        struct reader *reader = &readers[fx_rng_below(&rng, READERS)];
        for (uint64_t left = fx_rng_below(&rng, 6); left > 0; left--) {
            change(kit, &rng);
        }
        if (reader->client == NULL) {
            come(kit, reader, &rng);
        } else if (fx_rng_below(&rng, 8) == 0) {
            deltas += reader->deltas;
            snapshots += reader->snapshots;
            go(kit, reader);
        } else {
            reader->client->is_silent = !reader->client->is_silent;
        }
        for (uint64_t left = fx_rng_below(&rng, 5); left > 0; left--) {
            change(kit, &rng);
            kit->now_ms += 100;
            fx_push_tick(kit->push); /* nothing goes out in between: queues pass their bound */
        }
        for (int index = 0; index < READERS; index++) {
            if (readers[index].client != NULL && !readers[index].client->is_silent) {
                read_all(kit, &readers[index]);
            }
        }
    }
    push_kit_tick(kit);
    for (int index = 0; index < READERS; index++) {
        struct reader *reader = &readers[index];
        if (reader->client != NULL) {
            reader->client->is_silent = false;
            read_all(kit, reader);
            assert_true(reader->seq >= 0);
            reader->seq = (int64_t)kit->sequence; /* nothing visible came after what it has */
            check(reader);
            deltas += reader->deltas;
            snapshots += reader->snapshots;
            go(kit, reader);
        }
    }
    assert_true(deltas > 300 && push_kit_stats(kit).conflated > 30);
    assert_true(snapshots > READERS * 10);
    push_kit_destroy(kit);
}

/* ---- trades ---------------------------------------------------------------------------------- */

enum { TRADERS = 4, TRADE_STEPS = 600 };

struct listener {
    struct push_kit_client *client;
    int64_t seq;
    int64_t trade_id; /* the last one seen; they are numbered from 1 without gaps */
    uint32_t snapshots;
};

static void take_trades(struct listener *listener, const char *text)
{
    const int64_t previous = stream_kit_number(text, "prevSeq");
    assert_true(previous == -1 || previous == listener->seq);
    listener->snapshots += previous == -1;
    listener->seq = stream_kit_number(text, "seq");
    for (const char *at = text; (at = strstr(at, "{\"id\":")) != NULL; at++) {
        const int64_t trade_id = stream_kit_number(at, "id");
        if (previous == -1 && strstr(text, "{\"id\":") == at) {
            listener->trade_id = trade_id - 1; /* begins anew */
        }
        assert_int_equal(trade_id, listener->trade_id + 1); /* each once and in order */
        listener->trade_id = trade_id;
    }
}

static void push_stream_trades_come_once_or_begin_anew(void **state)
{
    (void)state;
    static struct listener listeners[TRADERS];
    struct fx_rng rng;
    uint64_t trade_id = 0;
    uint32_t snapshots = 0;
    struct push_kit *kit = push_kit_create(&(struct fx_push_options){.public_queued_max = 600});
    push_kit_instrument(kit, 0, "BTCUSDT");
    fx_rng_init(&rng, 3);
    for (int step = 0; step < TRADE_STEPS; step++) {
        struct listener *listener = &listeners[fx_rng_below(&rng, TRADERS)];
        for (uint64_t left = fx_rng_below(&rng, 5); left > 0; left--) {
            push_kit_begin(kit);
            for (uint64_t count = 1 + fx_rng_below(&rng, 3); count > 0; count--) {
                push_kit_trade(kit, 0, ++trade_id, 1);
            }
            push_kit_result(kit);
            if (fx_rng_below(&rng, 3) > 0) {
                fx_push_flush(kit->push);
            }
        }
        if (listener->client == NULL) { /* also between a trade and its flush */
            *listener = (struct listener){.client = stream_kit_open(kit, 0)};
            stream_kit_subscribe(kit, listener->client, "[\"trades.BTCUSDT\"]");
        } else if (fx_rng_below(&rng, 12) == 0) {
            snapshots += listener->snapshots;
            push_kit_close(kit, listener->client);
            listener->client = NULL;
        } else {
            for (const char *text = push_kit_next(kit, listener->client); text != NULL;
                 text = push_kit_next(kit, listener->client)) {
                take_trades(listener, text);
            }
        }
        if (fx_rng_below(&rng, 4) == 0) {
            push_kit_tick(kit);
        }
    }
    fx_push_flush(kit->push);
    push_kit_tick(kit);
    for (int index = 0; index < TRADERS; index++) {
        struct listener *listener = &listeners[index];
        if (listener->client != NULL) {
            for (const char *text = push_kit_next(kit, listener->client); text != NULL;
                 text = push_kit_next(kit, listener->client)) {
                take_trades(listener, text);
            }
            assert_int_equal(listener->trade_id, trade_id);
            snapshots += listener->snapshots;
            push_kit_close(kit, listener->client);
        }
    }
    assert_true(push_kit_stats(kit).conflated > 20 && snapshots > 40);
    push_kit_destroy(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_stream_snapshot_and_deltas_equal_the_book),
        cmocka_unit_test(push_stream_trades_come_once_or_begin_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
