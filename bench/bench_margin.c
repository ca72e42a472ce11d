/* What the money half costs per call, in ns: admission, order aggregates, fills, prices.
 * Baseline: the cheapest thing that could be done, an addition to a balance. */
#include <stdio.h>
#include <time.h>

#include "../tests/money_engine.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): what is measured
enum { CALLS = 2000000, REPEATS = 5 };

static struct money_engine money;
static volatile int64_t sink;

static const struct money_engine_terms LINEAR = {
    FX_CONTRACT_TYPE_USD_M, "0.1", "0.001", NULL, 12500};
static const struct money_engine_terms INVERSE = {
    FX_CONTRACT_TYPE_COIN_M, "0.5", "1", "100", 12500};
static const struct money_engine_tier LINEAR_TIERS[] = {
    {"50000", 4000000, 12500},
    {"250000", 5000000, 10000},
    {"1000000", 10000000, 5000},
    {"10000000", 25000000, 2000},
};
static const struct money_engine_tier INVERSE_TIERS[] = {
    {"5", 4000000, 12500},
    {"10", 5000000, 10000},
    {"50", 25000000, 2000},
};

static fx_slot position;
static fx_slot resting;
static struct fx_resting order;

static int64_t now_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void do_credit(int64_t index)
{
    sink += fx_account_state_credit(&money.root, 0, (index & 1) != 0 ? 1000 : -1000) ? 1 : 0;
}

static void do_admit(int64_t index)
{
    order.price.ticks = 629000 + (index & 1023);
    sink += fx_position_state_admit(&money.root, position, &order, FX_SLOT_NONE);
}

static void do_order(int64_t index)
{
    money.root.resting[resting].price.ticks = 629000 + (index & 1023);
    fx_position_state_remove_order(&money.root, resting);
    fx_position_state_add_order(&money.root, resting);
}

static void do_fill(int64_t index)
{
    const enum fx_side side = (index & 2) != 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    sink += (int64_t)money_engine_fill(&money, position, side, 630000 + (index & 63), 3);
}

static void do_fee(int64_t index)
{
    const fx_amount value = {(fx_i128)63000 * 1000000000000000 * (index & 1023)};
    sink += (int64_t)fx_fee_amount(value, (fx_rate){400000}).units;
}

static void do_row(int64_t index)
{
    money.root.listings[0].mark.ticks = 630000 + (index & 63);
    const struct fx_margin_prices prices = fx_margin_prices(&money.root, position);
    sink += prices.liquidation.ticks + prices.bankruptcy.ticks;
}

static void do_available(int64_t index)
{
    money.root.listings[0].mark.ticks = 630000 + (index & 63);
    sink += (int64_t)fx_margin_available(&money.root, 0);
}

static void measure(const char *what, void (*call)(int64_t))
{
    int64_t best = INT64_MAX;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        const int64_t start = now_ns();
        for (int64_t index = 0; index < CALLS; index++) {
            call(index);
        }
        const int64_t spent = now_ns() - start;
        best = spent < best ? spent : best;
    }
    printf("%-36s %5lld.%lld ns\n",
           what,
           (long long)(best / CALLS),
           (long long)(best * 10 / CALLS % 10));
}

/* An account with `count` open positions and one resting order on the first. */
static void begin(const struct money_engine_terms *terms, uint32_t count)
{
    const bool is_inverse = terms->type == FX_CONTRACT_TYPE_COIN_M;
    (void)money_engine_init(&money);
    for (uint32_t index = 0; index < count; index++) {
        const uint32_t instrument = money_engine_list(&money, terms);
        money_engine_tiers(
            &money, instrument, is_inverse ? INVERSE_TIERS : LINEAR_TIERS, is_inverse ? 3 : 4);
        money.root.listings[instrument].mark.ticks = 630000;
        if (index == 0) {
            (void)money_engine_account(&money, 1, "100000");
        }
        const fx_slot slot =
            money_engine_position(&money, 0, instrument, 2000, FX_MARGIN_MODE_CROSS);
        (void)money_engine_fill(&money, slot, FX_SIDE_BUY, 630000, 1000);
        position = index == 0 ? slot : position;
    }
    const struct money_engine_order shape = {FX_SIDE_BUY, 629000, 50, false};
    resting = money_engine_rest(&money, position, &shape);
    order = money.root.resting[resting];
}

static void run(const char *title, const struct money_engine_terms *terms, uint32_t count)
{
    printf("%s\n", title);
    begin(terms, count);
    measure("  credit (baseline)", do_credit);
    measure("  fee", do_fee);
    measure("  available", do_available);
    measure("  admit", do_admit);
    measure("  remove and add an order", do_order);
    measure("  fill", do_fill);
    measure("  liquidation and bankruptcy price", do_row);
}

int main(void)
{
    run("linear, 1 position", &LINEAR, 1);
    run("linear, 4 positions", &LINEAR, 4);
    run("inverse, 1 position", &INVERSE, 1);
    return 0;
}
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)
