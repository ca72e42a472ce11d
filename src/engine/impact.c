/* What the book would pay for a trade of the symbol's impact notional, against the index.
 * Source: docs/rules/funding.md. */
#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/money_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool prices and parts are all numbers;
// their names and the assertions tell them apart

static const int64_t PPB = 1000000000;

/* Linear: the average price of a trade worth `want` ticks x lots, in 1e-9 ticks, half-even. Whole
 * levels are worth `worth` for `lots`; the rest comes from the level at `last`:
 *     want / (lots + (want - worth) / last) = last x want / (lots x last + want - worth)
 * @return false where the side does not hold so much, or the numbers are out of range. */
static bool average_linear(const struct fx_listing *listing,
                           enum fx_side side,
                           fx_i128 want,
                           fx_i128 *nano_ticks_out)
{
    FX_ASSERT(want > 0);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    fx_i128 worth = 0, whole = 0;
    int64_t lots = 0;
    struct fx_book_row row = {.price = {0}};
    for (uint32_t level = 0; level < FX_IMPACT_LEVELS_MAX; level++) {
        if (!fx_book_next(listing->book, side, row.price, &row)) {
            return false;
        }
        const fx_i128 more = (fx_i128)row.price.ticks * row.total.lots;
        if (worth + more >= want) {
            return fx_dec_mul_int(row.price.ticks, lots, &whole) &&
                   fx_dec_mul_div((fx_i128)row.price.ticks * PPB,
                                  want,
                                  whole + want - worth,
                                  FX_ROUND_HALF_EVEN,
                                  nano_ticks_out);
        }
        worth += more;
        lots += row.total.lots;
    }
    return false;
}

/* Inverse: `want` lots are worth so much of the quote; the price is that by what they are worth in
 * the base: lots x unit / base, in 1e-9 ticks, half-even. */
static bool average_inverse(const struct fx_listing *listing,
                            enum fx_side side,
                            fx_i128 want,
                            fx_i128 *nano_ticks_out)
{
    FX_ASSERT(want > 0);
    FX_ASSERT(listing->definition.contract_type == FX_CONTRACT_TYPE_COIN_M);
    fx_i128 base = 0, price = 0, quote = 0;
    fx_i128 left = want;
    struct fx_book_row row = {.price = {0}};
    for (uint32_t level = 0; level < FX_IMPACT_LEVELS_MAX && left > 0; level++) {
        fx_i128 value = 0;
        if (!fx_book_next(listing->book, side, row.price, &row)) {
            return false;
        }
        const fx_qty taken = {left < row.total.lots ? (int64_t)left : row.total.lots};
        if (!fx_margin_value(listing, row.price, taken, &value)) {
            return false;
        }
        base += value;
        left -= taken.lots;
    }
    return left == 0 && base > 0 && want <= INT64_MAX &&
           fx_dec_mul_int(listing->unit, (int64_t)want, &quote) &&
           fx_dec_mul_div(quote, fx_dec_one(), base, FX_ROUND_HALF_EVEN, &price) &&
           fx_dec_mul_div(
               price, PPB, listing->definition.tick_size, FX_ROUND_HALF_EVEN, nano_ticks_out);
}

/* The average price of selling into (BUY) or buying from (SELL) the book, in 1e-9 ticks. */
static bool average(const struct fx_engine *engine,
                    uint32_t instrument,
                    enum fx_side side,
                    fx_i128 *nano_ticks_out)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_listing *listing = &engine->listings[instrument];
    /* Linear: ticks x lots that are worth the notional. Inverse: lots, each worth the unit. */
    const fx_i128 want =
        fx_dec_div_int(listing->definition.impact_notional, listing->unit, FX_ROUND_CEIL);
    FX_ASSERT(want >= 0);
    const bool is_linear = listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M;
    return is_linear ? average_linear(listing, side, want > 0 ? want : 1, nano_ticks_out)
                     : average_inverse(listing, side, want > 0 ? want : 1, nano_ticks_out);
}

int64_t fx_impact_premium(const struct fx_engine *engine, uint32_t instrument, fx_px index)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(index.ticks > 0);
    const fx_i128 middle = (fx_i128)index.ticks * PPB;
    fx_i128 bid = 0, ask = 0, over = 0;
    if (average(engine, instrument, FX_SIDE_BUY, &bid) && bid > middle) {
        over += bid - middle;
    }
    if (average(engine, instrument, FX_SIDE_SELL, &ask) && ask < middle) {
        over -= middle - ask;
    }
    const fx_i128 ppb = fx_dec_div_int(over, index.ticks, FX_ROUND_HALF_EVEN);
    FX_ASSERT(ppb >= -PPB); /* no ask is below 0 */
    return ppb > PPB ? PPB : (int64_t)ppb;
}

// NOLINTEND(bugprone-easily-swappable-parameters)
