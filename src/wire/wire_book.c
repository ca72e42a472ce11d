#include "wire/wire_book.h"

#include "base/json.h"

enum { US_PER_MS = 1000 };

static void add_side(struct fx_buf *buf,
                     fx_str name,
                     const struct fx_instrument *instrument,
                     const struct fx_wire_book_side *side)
{
    fx_json_append_key(buf, name);
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = 0; index < side->count; index++) {
        fx_wire_public_level(buf, instrument, side->levels[index]);
    }
    fx_buf_append_byte(buf, ']');
}

static void add_sides(struct fx_buf *buf,
                      const struct fx_instrument *instrument,
                      const struct fx_wire_book_side sides[2])
{
    add_side(buf, FX_STR("bids"), instrument, &sides[0]);
    add_side(buf, FX_STR("asks"), instrument, &sides[1]);
}

void fx_wire_book_output(struct fx_buf *buf,
                         const struct fx_instrument *instrument,
                         const struct fx_wire_book *book)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(&instrument->symbol));
    fx_json_add_int(buf, FX_STR("seq"), (int64_t)book->sequence);
    fx_json_add_int(buf, FX_STR("prevSeq"), book->previous);
    add_sides(buf, instrument, book->sides);
    fx_json_append_key(buf, FX_STR("changes"));
    fx_buf_append_byte(buf, '{');
    add_sides(buf, instrument, book->changes);
    fx_buf_append_byte(buf, '}');
    fx_json_add_int(buf, FX_STR("time"), book->time_us / US_PER_MS);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_book_tickers(struct fx_buf *buf,
                          const struct fx_wire_book_quote quotes[],
                          uint32_t count)
{
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_wire_public_ticker(buf, quotes[index].instrument, quotes[index].ticker);
    }
    fx_buf_append_byte(buf, ']');
}
