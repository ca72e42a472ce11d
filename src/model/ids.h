/**
 * @file ids.h
 * Identifiers and fixed-size texts that appear in commands, events and rows. Thread: any (data).
 */
#ifndef FX_MODEL_IDS_H
#define FX_MODEL_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
    FX_SYMBOL_SIZE_MAX = 24, /* with its NUL */
    FX_ASSET_SIZE_MAX = 16,
    FX_CLIENT_ID_SIZE_MAX = 36, /* without a NUL */
    FX_INSTRUMENTS_MAX = 256,
    FX_TIERS_MAX = 16
};

/** NUL-padded texts: equal texts are equal bytes. */
struct fx_symbol {
    char text[FX_SYMBOL_SIZE_MAX];
};

struct fx_asset {
    char text[FX_ASSET_SIZE_MAX];
};

/** A clientOrderId: 1..36 bytes of [A-Za-z0-9._:/-]; size 0 = none. The unused bytes are 0. */
struct fx_client_id {
    char text[FX_CLIENT_ID_SIZE_MAX];
    uint8_t size;
    uint8_t zero[3];
};

/** From text. @return false (output untouched) where it is empty, too long or has other bytes. */
bool fx_ids_symbol(fx_str text, struct fx_symbol *symbol_out);
bool fx_ids_asset(fx_str text, struct fx_asset *asset_out);
bool fx_ids_client_id(fx_str text, struct fx_client_id *id_out);

/** Borrow the text. */
fx_str fx_ids_symbol_str(const struct fx_symbol *symbol);
fx_str fx_ids_asset_str(const struct fx_asset *asset);
fx_str fx_ids_client_id_str(const struct fx_client_id *id);

#endif
