/* Save and load: the same state from other memory, and every way in which bytes can be wrong. */
#include "engine_kit.h"
#include "fx_test.h"
#include "snapshot_liar.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;

static int setup(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

/* Place a limit order that must be taken. @return its id. */
static uint64_t rest(uint64_t user_id, enum fx_side side, int64_t ticks, int64_t lots)
{
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = user_id, .side = side, .ticks = ticks, .lots = lots),
        FX_OK);
    return kit.result.order_id;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static char *saved;
static size_t saved_size;

/* Orders inside and outside of the book's window, a GTD, client ids open and ended, a position. */
static void save_scene(void)
{
    (void)rest(1, FX_SIDE_SELL, 101, 5);
    (void)rest(2, FX_SIDE_BUY, 101, 3);
    (void)rest(1, FX_SIDE_BUY, 90, 5);
    (void)rest(3, FX_SIDE_BUY, 90, 2);
    (void)rest(3, FX_SIDE_SELL, 5000, 2);
    (void)rest(3, FX_SIDE_BUY, 10, 2);
    for (uint32_t count = 0; count < 2; count++) {
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = 4,
                                          .side = FX_SIDE_BUY,
                                          .ticks = 80,
                                          .lots = 1,
                                          .tif = FX_TIME_IN_FORCE_GTD,
                                          .expire_us = 90000000 - 1000 * count,
                                          .client_id = count == 0 ? "x" : "y"),
                         FX_OK);
    }
    assert_int_equal(engine_kit_cancel(&kit, 4, kit.result.order_id), FX_OK);
    saved_size = fx_engine_save_size(kit.engine);
    saved = malloc(saved_size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, saved_size);
}

static fx_status load(const struct fx_engine_limits *limits, struct fx_engine **engine_out)
{
    void *memory = engine_kit_memory(limits);
    struct fx_engine *engine = NULL;
    const fx_status status = fx_engine_load(memory, limits, (fx_str){saved, saved_size}, &engine);
    if (status == FX_OK) {
        assert_ptr_equal(engine, memory);
        *engine_out = engine;
    } else {
        assert_null(engine);
        free(memory);
    }
    return status;
}

static void snapshot_load_gives_the_same_state(void **state)
{
    (void)state;
    save_scene();
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_engine *engine = NULL;
    assert_int_equal(load(&limits, &engine), FX_OK);
    fx_engine_check(engine);
    assert_true(fx_engine_hash(engine) == fx_engine_hash(kit.engine));
    assert_true(fx_engine_sequence(engine) == fx_engine_sequence(kit.engine));
    assert_true(fx_engine_next_due_us(engine) == 90000000);
    /* The bytes of the copy are the bytes of the original: no address is in them. */
    char *again = malloc(saved_size);
    assert_int_equal(fx_engine_save_size(engine), saved_size);
    fx_engine_save(engine, again, saved_size);
    assert_memory_equal(again, saved, saved_size);
    free(again);
    free(engine);
    free(saved);
}

static void snapshot_load_into_larger_limits_works(void **state)
{
    (void)state;
    save_scene();
    struct fx_engine_limits limits = engine_kit_limits();
    limits.accounts_max *= 2;
    limits.orders_max *= 4;
    limits.client_ids_max *= 2;
    limits.book_window_levels *= 4;
    limits.instruments_max = 8;
    struct fx_engine *engine = NULL;
    assert_int_equal(load(&limits, &engine), FX_OK);
    fx_engine_check(engine);
    assert_true(fx_engine_hash(engine) == fx_engine_hash(kit.engine));
    free(engine);
    free(saved);
}

static void snapshot_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    save_scene();
    struct fx_engine *engine = NULL;
    struct fx_engine_limits limits = engine_kit_limits();
    limits.accounts_max = 3;
    assert_int_equal(load(&limits, &engine), FX_CAPACITY);
    limits = engine_kit_limits();
    limits.positions_max = 3;
    assert_int_equal(load(&limits, &engine), FX_CAPACITY);
    limits = engine_kit_limits();
    limits.orders_max = 4;
    assert_int_equal(load(&limits, &engine), FX_CAPACITY);
    limits = engine_kit_limits();
    limits.client_ids_max = 1;
    assert_int_equal(load(&limits, &engine), FX_CAPACITY);
    limits = engine_kit_limits();
    limits.book_overflow_levels_max = 1;
    assert_int_equal(load(&limits, &engine), FX_CAPACITY);
    free(saved);
}

/* Every single byte matters: each one flipped, each length cut. */
static void snapshot_damaged_bytes_are_corrupt(void **state)
{
    (void)state;
    save_scene();
    const struct fx_engine_limits limits = engine_kit_limits();
    const size_t size = saved_size;
    struct fx_engine *engine = NULL;
    for (size_t at = 0; at < size; at += 7) {
        saved[at] = (char)(saved[at] ^ 0x10);
        const fx_status status = load(&limits, &engine);
        assert_true(status == FX_CORRUPT || (at < 16 && status == FX_VERSION_MISMATCH));
        saved[at] = (char)(saved[at] ^ 0x10);
    }
    for (saved_size = 0; saved_size < size; saved_size += 13) {
        assert_int_equal(load(&limits, &engine), FX_CORRUPT);
    }
    saved_size = size;
    free(saved);
}

/* What a liar with the same program would write. */
static void sign(void)
{
    const uint64_t size = saved_size;
    memcpy(saved + 16, &size, sizeof size);
    snapshot_liar_repair(saved, saved_size);
}

/* The file ends with six slots of the book, bids first, and the hash of all. */
static void snapshot_of_a_liar_is_corrupt(void **state)
{
    (void)state;
    save_scene();
    const struct fx_engine_limits limits = engine_kit_limits();
    const size_t size = saved_size, first = size - 8 - 6 * sizeof(fx_slot);
    char *kept = malloc(size);
    struct fx_engine *engine = NULL;
    assert_non_null(kept);
    memcpy(kept, saved, size);
    sign();
    assert_memory_equal(saved, kept, size); /* it is the right hash */
    assert_int_equal(load(&limits, &engine), FX_OK);
    free(engine);
    const fx_slot beyond = 200, bid = kit.engine->order_used;
    memcpy(saved + first, &beyond, sizeof beyond); /* an order that is not there */
    sign();
    assert_int_equal(load(&limits, &engine), FX_CORRUPT);
    assert_true(bid < beyond);
    memcpy(saved, kept, size);
    memcpy(saved + first + 5 * sizeof(fx_slot), kept + first, sizeof(fx_slot)); /* a bid, to sell */
    sign();
    assert_int_equal(load(&limits, &engine), FX_CORRUPT);
    memcpy(saved, kept, size);
    memcpy(saved + first, kept + first + sizeof(fx_slot), sizeof(fx_slot)); /* the younger first */
    memcpy(saved + first + sizeof(fx_slot), kept + first, sizeof(fx_slot));
    sign();
    assert_int_equal(load(&limits, &engine), FX_CORRUPT); /* the state's own hash tells */
    memcpy(saved, kept, size);
    for (saved_size = size - sizeof(fx_slot); saved_size > first - 40;
         saved_size -= sizeof(fx_slot)) { /* slots, then the book's head are missing */
        sign();
        assert_int_equal(load(&limits, &engine), FX_CORRUPT);
        memcpy(saved, kept, size);
    }
    free(kept);
    free(saved);
}

/* Numbers of the head that contradict each other, or that no engine has room for; by their place
 * behind the limits, 4 bytes each. */
static void snapshot_with_impossible_numbers_is_refused(void **state)
{
    (void)state;
    save_scene();
    const struct fx_engine_limits limits = engine_kit_limits();
    const size_t counts = 64 + sizeof(struct fx_engine_limits);
    static const uint32_t PLACES[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 14, 15, 17, 18, 19};
    char *kept = malloc(saved_size);
    struct fx_engine *engine = NULL;
    uint32_t corrupt = 0;
    assert_non_null(kept);
    memcpy(kept, saved, saved_size);
    for (uint32_t index = 0; index < sizeof PLACES / sizeof PLACES[0]; index++) {
        const uint32_t many = 1U << 30U;
        memcpy(saved + counts + PLACES[index] * sizeof many, &many, sizeof many);
        sign();
        const fx_status status = load(&limits, &engine);
        assert_true(status == FX_CORRUPT || status == FX_CAPACITY);
        corrupt += status == FX_CORRUPT ? 1 : 0;
        memcpy(saved, kept, saved_size);
    }
    assert_true(corrupt > 5);
    for (size_t at = 48; at <= 56; at += 8) { /* the ids that come next begin at 1 */
        memset(saved + at, 0, 8);
        sign();
        assert_int_equal(load(&limits, &engine), FX_CORRUPT);
        memcpy(saved, kept, saved_size);
    }
    free(kept);
    free(saved);
}

/* A liar's snapshot: each word replaced by a slot, a count or a number that may not be there, and
 * the hash of the bytes made right. Nothing outside of the pools is read for it (the sanitizers
 * look), and no walk goes on for ever. */
static void snapshot_of_a_liar_is_refused_or_harmless(void **state)
{
    (void)state;
    const uint32_t lies[] = {0, 1, 2, 3, 7, 40, 0x7fffffff, UINT32_MAX - 1, UINT32_MAX};
    const struct fx_engine_limits limits = engine_kit_limits();
    uint32_t refused = 0, taken = 0, turn = 0;
    snapshot_liar_scene(&kit);
    saved = snapshot_liar_save(&kit, &saved_size);
    void *memory = engine_kit_memory(&limits);
    const size_t size = fx_engine_size(&limits);
    for (size_t at = 16; at + 8 < saved_size; at += sizeof(uint32_t)) {
        uint32_t truth = 0;
        struct fx_engine *loaded = NULL;
        memcpy(&truth, saved + at, sizeof truth);
        memcpy(saved + at, &lies[turn % 9], sizeof truth);
        turn++;
        snapshot_liar_repair(saved, saved_size);
        memset(memory, 0, size);
        const fx_status status =
            fx_engine_load(memory, &limits, (fx_str){saved, saved_size}, &loaded);
        refused += status != FX_OK ? 1 : 0;
        taken += status == FX_OK ? 1 : 0;
        memcpy(saved + at, &truth, sizeof truth);
    }
    assert_true(refused > taken); /* taken: the same number by chance, what is derived, padding */
    assert_true(taken > 0);
    free(memory);
    free(saved);
}

static void snapshot_of_an_empty_engine_works(void **state)
{
    (void)state;
    struct engine_kit empty;
    const struct fx_engine_limits limits = engine_kit_limits();
    struct fx_engine *engine = NULL;
    engine_kit_init(&empty, &limits);
    saved_size = fx_engine_save_size(empty.engine);
    saved = malloc(saved_size);
    fx_engine_save(empty.engine, saved, saved_size);
    assert_int_equal(load(&limits, &engine), FX_OK);
    assert_true(fx_engine_hash(engine) == fx_engine_hash(empty.engine));
    free(engine);
    free(saved);
    engine_kit_deinit(&empty);
}

/* Levels far from the market, as many as there is room for: not for smaller limits. */
static void snapshot_with_more_far_levels_does_not_fit(void **state)
{
    (void)state;
    (void)rest(1, FX_SIDE_BUY, 100, 1);
    for (int64_t level = 0; level < 40; level++) {
        (void)rest(2 + (uint64_t)level / 20, FX_SIDE_SELL, 3000 + 10 * level, 1);
    }
    saved_size = fx_engine_save_size(kit.engine);
    saved = malloc(saved_size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, saved_size);
    struct fx_engine_limits limits = engine_kit_limits();
    struct fx_engine *engine = NULL;
    limits.book_overflow_levels_max = 30;
    assert_int_equal(load(&limits, &engine), FX_CAPACITY);
    snapshot_liar_limit_levels(saved, saved_size, 30); /* nor where the file says that it does */
    assert_int_equal(load(&limits, &engine), FX_CAPACITY);
    limits.book_overflow_levels_max = 40;
    assert_int_equal(load(&limits, &engine), FX_OK);
    fx_engine_check(engine);
    free(engine);
    free(saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(snapshot_load_gives_the_same_state),
        CASE(snapshot_load_into_larger_limits_works),
        CASE(snapshot_that_does_not_fit_is_refused),
        CASE(snapshot_damaged_bytes_are_corrupt),
        CASE(snapshot_of_a_liar_is_refused_or_harmless),
        CASE(snapshot_of_a_liar_is_corrupt),
        CASE(snapshot_with_impossible_numbers_is_refused),
        CASE(snapshot_of_an_empty_engine_works),
        CASE(snapshot_with_more_far_levels_does_not_fit),
    };
    return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)
