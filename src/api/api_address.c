#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "api/api_address_int.h"

enum { V4_BITS = 32, V6_BITS = 128, MAPPED_BITS = 96, BYTE_BITS = 8, GROUP_SIZE = 8 };

/* Both families in one form: IPv4 as ::ffff:a.b.c.d. */
struct address {
    uint8_t bytes[FX_API_ADDRESS_SIZE];
    bool is_v4;
};

static bool parse(fx_str text, struct address *address)
{
    static const uint8_t MAPPED[MAPPED_BITS / BYTE_BITS] = {[10] = 0xFF, [11] = 0xFF};
    char copy[INET6_ADDRSTRLEN];
    if (!fx_str_copy(text, copy, sizeof copy)) {
        return false;
    }
    if (fx_str_find(text, ':', 0) == SIZE_MAX) {
        memcpy(address->bytes, MAPPED, sizeof MAPPED);
        address->is_v4 = true;
        return inet_pton(AF_INET, copy, &address->bytes[sizeof MAPPED]) == 1;
    }
    if (inet_pton(AF_INET6, copy, address->bytes) != 1) {
        return false;
    }
    address->is_v4 = memcmp(address->bytes, MAPPED, sizeof MAPPED) == 0;
    return true;
}

static bool has_same_bits(const struct address *left, const struct address *right, uint32_t bits)
{
    const size_t whole = bits / BYTE_BITS;
    const uint32_t rest = bits % BYTE_BITS;
    if (memcmp(left->bytes, right->bytes, whole) != 0) {
        return false;
    }
    const uint32_t mask = 0xFFU << (BYTE_BITS - rest) & 0xFFU;
    return rest == 0 || ((uint32_t)(left->bytes[whole] ^ right->bytes[whole]) & mask) == 0;
}

/* An address with the number of its bits that count. */
struct block {
    struct address address;
    uint32_t bits; /* of the common form */
};

/* "10.0.0.1", "10.0.0.0/8", "2001:db8::/32". */
static bool parse_block(fx_str entry, struct block *block)
{
    const size_t slash = fx_str_find(entry, '/', 0);
    const fx_str text = slash == SIZE_MAX ? entry : fx_str_slice(entry, 0, slash);
    const bool is_dotted = fx_str_find(text, ':', 0) == SIZE_MAX;
    const uint32_t bits_max = is_dotted ? V4_BITS : V6_BITS;
    uint64_t bits = bits_max;
    if (slash != SIZE_MAX && !fx_str_parse_u64(fx_str_slice(entry, slash + 1, entry.size), &bits)) {
        return false;
    }
    if (bits > bits_max || !parse(text, &block->address)) {
        return false;
    }
    block->bits = (uint32_t)bits + (is_dotted ? MAPPED_BITS : 0);
    return true;
}

/* An entry that cannot be read matches nobody. */
static bool matches(fx_str entry, const struct address *peer)
{
    struct block block;
    if (!parse_block(entry, &block)) {
        return false;
    }
    /* ::/0 means every IPv6 address, not every address. */
    const bool is_v4 = block.address.is_v4 && block.bits >= MAPPED_BITS;
    return is_v4 == peer->is_v4 && has_same_bits(&block.address, peer, block.bits);
}

bool fx_api_address_are_valid(fx_str list)
{
    struct block block;
    for (size_t from = 0; list.size > 0 && from <= list.size;) {
        const size_t comma = fx_str_find(list, ',', from);
        const size_t end = comma == SIZE_MAX ? list.size : comma;
        if (!parse_block(fx_str_trim(fx_str_slice(list, from, end - from)), &block)) {
            return false;
        }
        from = end + 1;
    }
    return true;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): who asks, who may
bool fx_api_address_is_listed(fx_str peer, fx_str list)
{
    struct address address;
    if (!parse(peer, &address)) {
        return false;
    }
    size_t from = 0;
    while (from <= list.size) {
        const size_t comma = fx_str_find(list, ',', from);
        const size_t end = comma == SIZE_MAX ? list.size : comma;
        if (matches(fx_str_trim(fx_str_slice(list, from, end - from)), &address)) {
            return true;
        }
        from = end + 1;
    }
    return false;
}

void fx_api_address_group(fx_str peer, uint8_t group_out[FX_API_ADDRESS_SIZE])
{
    struct address address;
    memset(group_out, 0, FX_API_ADDRESS_SIZE);
    if (parse(peer, &address)) {
        memcpy(group_out, address.bytes, address.is_v4 ? FX_API_ADDRESS_SIZE : GROUP_SIZE);
    }
}

bool fx_api_address_is_loopback(fx_str peer)
{
    return fx_str_has_prefix(peer, FX_STR("127.")) || fx_str_is_equal(peer, FX_STR("::1"));
}
