/* Two implementations of one format: what one packs the other unpacks, in whatever pieces. */
#include "bus/bus_gzip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/rng.h"
#include "fx_test.h"

enum {
    TEXT_SIZE_MAX = 600000,
    ROUNDS = 60,
    FLIPS = 400,
    TEXTS = 4,
    SMALL = 2000,
    GZIP_BITS = 31,
    EXTRA_SIZE = 40,
    HEADER = 80 /* all of them are shorter; they come in one piece */
};

struct fixture {
    struct fx_rng rng;
    uint8_t *text;
    uint8_t *packed;
    uint8_t *back;
    size_t size; /* of the text */
};

static int setup(void **state)
{
    static struct fixture fixture;
    fx_rng_init(&fixture.rng, 1);
    fixture.text = malloc(TEXT_SIZE_MAX);
    fixture.packed = malloc(fx_bus_gzip_bound(TEXT_SIZE_MAX));
    fixture.back = malloc(TEXT_SIZE_MAX + 1);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    free(fixture->text);
    free(fixture->packed);
    free(fixture->back);
    return 0;
}

/* Rows that repeat each other, noise, few letters, one letter. */
static void make_text(struct fixture *fixture, uint64_t size_max)
{
    const uint64_t kind = fx_rng_below(&fixture->rng, TEXTS);
    const char *row = "{\"operationId\":\"7340033\",\"symbol\":\"BTCUSDT\",\"price\":\"61599\"}";
    const size_t row_size = strlen(row);
    fixture->size = (size_t)fx_rng_below(&fixture->rng, size_max + 1);
    for (size_t index = 0; index < fixture->size; index++) {
        const uint8_t noise = (uint8_t)fx_rng_next(&fixture->rng);
        const uint8_t of_row = (uint8_t)row[index % row_size];
        fixture->text[index] = kind == 0   ? (noise < 20 ? (uint8_t)('0' + noise % 10) : of_row)
                               : kind == 1 ? noise
                               : kind == 2 ? (uint8_t)('a' + noise % 3)
                                           : (uint8_t)'x';
    }
}

static size_t piece(struct fixture *fixture, size_t left)
{
    const size_t most = fx_rng_below(&fixture->rng, 4) == 0 ? 7 : left;
    const size_t size = 1 + (size_t)fx_rng_below(&fixture->rng, most);
    return size < left ? size : left;
}

/* @return how many bytes. */
static size_t pack(struct fixture *fixture)
{
    const size_t room = fx_bus_gzip_bound(fixture->size);
    struct fx_bus_gzip_io io = {.out = fixture->packed, .out_size = (uint32_t)room};
    struct fx_bus_gzip_pack *stream = fx_bus_gzip_pack_open();
    assert_non_null(stream);
    for (size_t done = 0; done < fixture->size;) {
        const size_t size = piece(fixture, fixture->size - done);
        io.in = fixture->text + done;
        io.in_size = (uint32_t)size;
        assert_int_equal(fx_bus_gzip_pack_run(stream, &io, false), FX_OK);
        assert_int_equal(io.in_size, 0);
        done += size;
    }
    assert_int_equal(fx_bus_gzip_pack_run(stream, &io, true), FX_OK);
    fx_bus_gzip_pack_close(stream);
    return room - io.out_size;
}

/* @return true: the end was read, with *size_out bytes before it. */
static bool unpack(struct fixture *fixture, size_t packed_size, size_t *size_out)
{
    struct fx_bus_gzip_unpack *stream = fx_bus_gzip_unpack_open();
    size_t read = 0, written = 0;
    bool is_end = false, has_moved = true;
    fx_status status = FX_OK;
    assert_non_null(stream);
    while (status == FX_OK && !is_end && has_moved) {
        const size_t in = read == 0            ? (packed_size < HEADER ? packed_size : HEADER)
                          : read < packed_size ? piece(fixture, packed_size - read)
                                               : 0;
        const size_t left = TEXT_SIZE_MAX + 1 - written;
        const size_t out = left > 0 ? piece(fixture, left) : 0;
        struct fx_bus_gzip_io io = {
            fixture->packed + read, (uint32_t)in, fixture->back + written, (uint32_t)out};
        status = fx_bus_gzip_unpack_run(stream, &io, &is_end);
        has_moved = in > io.in_size || out > io.out_size || read + in < packed_size;
        read += in - io.in_size;
        written += out - io.out_size;
        if (in - io.in_size == 0 && out - io.out_size == 0 && left == 0) {
            break;
        }
    }
    fx_bus_gzip_unpack_close(stream);
    *size_out = written;
    return status == FX_OK && is_end;
}

static void assert_back(struct fixture *fixture, size_t packed_size)
{
    size_t size = 0;
    assert_true(unpack(fixture, packed_size, &size));
    assert_int_equal(size, fixture->size);
    assert_memory_equal(fixture->back, fixture->text, size);
}

static void gzip_is_what_zlib_reads(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        make_text(fixture, round % 3 == 0 ? TEXT_SIZE_MAX : SMALL);
        const size_t packed_size = pack(fixture);
        z_stream stream;
        memset(&stream, 0, sizeof stream);
        assert_int_equal(inflateInit2(&stream, GZIP_BITS), Z_OK);
        stream.next_in = fixture->packed;
        stream.avail_in = (uInt)packed_size;
        stream.next_out = fixture->back;
        stream.avail_out = TEXT_SIZE_MAX + 1;
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        assert_int_equal(stream.avail_in, 0);
        assert_int_equal(stream.total_out, fixture->size);
        assert_memory_equal(fixture->back, fixture->text, fixture->size);
        assert_int_equal(inflateEnd(&stream), Z_OK);
        assert_back(fixture, packed_size);
    }
}

/* Of each level, with and without names and other things in the header. */
/* @return how many bytes the fixture's text becomes in pieces of these sizes, in turns. */
static size_t pack_pieces(struct fixture *fixture, const uint32_t pieces[], uint32_t count)
{
    struct fx_bus_gzip_io io = {.out = fixture->packed,
                                .out_size = (uint32_t)fx_bus_gzip_bound(fixture->size)};
    struct fx_bus_gzip_pack *stream = fx_bus_gzip_pack_open();
    assert_non_null(stream);
    for (size_t done = 0, turn = 0; done < fixture->size; turn++) {
        const size_t left = fixture->size - done;
        const size_t next = pieces[turn % count] < left ? pieces[turn % count] : left;
        io.in = fixture->text + done;
        io.in_size = (uint32_t)next;
        assert_int_equal(fx_bus_gzip_pack_run(stream, &io, false), FX_OK);
        done += next;
    }
    assert_int_equal(fx_bus_gzip_pack_run(stream, &io, true), FX_OK);
    fx_bus_gzip_pack_close(stream);
    return (size_t)(io.out - fixture->packed);
}

/* librdkafka hands over a record's head byte by byte, then key and value: what repeats is found all
 * the same. */
static void gzip_of_small_pieces_is_as_small(void **state)
{
    static const uint32_t WHOLE[] = {TEXT_SIZE_MAX};
    static const uint32_t RECORDS[] = {1, 1, 1, 2, 1, 15, 2, 600, 1};
    struct fixture *fixture = *state;
    char row[600];
    fixture->size = 0;
    for (uint32_t number = 1; fixture->size < 30000; number++) {
        const uint32_t price = 59000 + (uint32_t)fx_rng_below(&fixture->rng, 2000);
        const int size =
            snprintf(row,
                     sizeof row,
                     "[{\"operationId\":\"%u\",\"shard\":\"main\",\"orders\":[{\"id\":%u,"
                     "\"accountId\":1,\"userId\":1,\"symbol\":\"BTCUSDT\",\"side\":\"BUY"
                     "\",\"type\":\"LIMIT\",\"price\":\"%u\",\"remaining\":\"0.%u\"}]}]",
                     number << 20,
                     number,
                     price,
                     number % 7);
        memcpy(fixture->text + fixture->size, row, (size_t)size);
        fixture->size += (size_t)size;
    }
    const size_t whole = pack_pieces(fixture, WHOLE, 1);
    const size_t packed = pack_pieces(fixture, RECORDS, sizeof RECORDS / sizeof RECORDS[0]);
    assert_true(whole < fixture->size / 5);
    assert_true(packed < whole + whole / 10);
    assert_back(fixture, packed);
}

static void gzip_of_zlib_is_read(void **state)
{
    struct fixture *fixture = *state;
    uint8_t extra[EXTRA_SIZE] = "any bytes";
    char name[] = "a name", comment[] = "a comment";
    for (uint32_t round = 0; round < ROUNDS; round++) {
        z_stream stream;
        gz_header header;
        memset(&stream, 0, sizeof stream);
        memset(&header, 0, sizeof header);
        make_text(fixture, round % 3 == 0 ? TEXT_SIZE_MAX : SMALL);
        const int level = (int)(round % 10);
        assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, GZIP_BITS, 8, Z_DEFAULT_STRATEGY),
                         Z_OK);
        if (round % 2 == 0) {
            header.extra = extra;
            header.extra_len = EXTRA_SIZE;
            header.name = (Bytef *)name;
            header.comment = (Bytef *)comment;
            header.hcrc = 1;
            assert_int_equal(deflateSetHeader(&stream, &header), Z_OK);
        }
        stream.next_in = fixture->text;
        stream.avail_in = (uInt)fixture->size;
        stream.next_out = fixture->packed;
        stream.avail_out = (uInt)fx_bus_gzip_bound(TEXT_SIZE_MAX);
        assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
        const size_t packed_size = stream.total_out;
        assert_int_equal(deflateEnd(&stream), Z_OK);
        assert_back(fixture, packed_size);
    }
}

/* A batch as a broker's Java (GZIPOutputStream) repacked it, and one by Node, as kafkajs packs. */
static const uint8_t JAVA[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0x4b, 0x62, 0x60, 0x60, 0x60,
    0x0c, 0xab, 0x56, 0xca, 0x2f, 0x48, 0x2d, 0x4a, 0x2c, 0xc9, 0xcc, 0xcf, 0xf3, 0x4c, 0x51,
    0xb2, 0x52, 0x32, 0x37, 0x36, 0x31, 0x30, 0x30, 0x50, 0xd2, 0x51, 0x2a, 0xae, 0xcc, 0x4d,
    0xca, 0xcf, 0x01, 0x8a, 0x38, 0x85, 0x38, 0x87, 0x06, 0xbb, 0x84, 0x28, 0xd5, 0x32, 0x24,
    0x31, 0x30, 0x30, 0xe1, 0xd0, 0x61, 0x88, 0x53, 0x07, 0x0b, 0x0e, 0x1d, 0x46, 0x38, 0x75,
    0xb0, 0xe1, 0xd0, 0x61, 0x8c, 0x53, 0x07, 0x07, 0x0e, 0x1d, 0x26, 0x38, 0x75, 0x70, 0xe1,
    0xd0, 0x61, 0x8a, 0x5d, 0x07, 0x00, 0x89, 0xbb, 0x08, 0x7f, 0x2c, 0x01, 0x00, 0x00};
static const uint8_t NODE[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xab, 0x56, 0xca, 0x2f,
    0x48, 0x2d, 0x4a, 0x2c, 0xc9, 0xcc, 0xcf, 0xf3, 0x4c, 0x51, 0xb2, 0x52, 0x32, 0x37,
    0x36, 0x31, 0x30, 0x30, 0x50, 0xd2, 0x51, 0x2a, 0xae, 0xcc, 0x4d, 0xca, 0xcf, 0x51,
    0xb2, 0x52, 0x72, 0x0a, 0x71, 0x0e, 0x0d, 0x76, 0x09, 0x51, 0xaa, 0xad, 0xc6, 0xa6,
    0xd4, 0x90, 0x78, 0xa5, 0x46, 0xc4, 0x2b, 0x35, 0x26, 0x5e, 0xa9, 0x09, 0xf1, 0x4a,
    0x4d, 0xb1, 0x2a, 0x05, 0x00, 0x09, 0x38, 0x32, 0x32, 0x02, 0x01, 0x00, 0x00};

static size_t read_by_zlib(struct fixture *fixture, size_t packed_size)
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    assert_int_equal(inflateInit2(&stream, GZIP_BITS), Z_OK);
    stream.next_in = fixture->packed;
    stream.avail_in = (uInt)packed_size;
    stream.next_out = fixture->text;
    stream.avail_out = TEXT_SIZE_MAX;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(inflateEnd(&stream), Z_OK);
    return stream.total_out;
}

/* … and two streams behind each other, where zlib ends with the first. */
static void gzip_of_other_producers_is_read(void **state)
{
    struct fixture *fixture = *state;
    size_t size = 0;
    memcpy(fixture->packed, JAVA, sizeof JAVA);
    fixture->size = read_by_zlib(fixture, sizeof JAVA);
    assert_int_equal(fixture->size, 6 * 50);
    assert_back(fixture, sizeof JAVA);
    memcpy(fixture->packed, NODE, sizeof NODE);
    fixture->size = read_by_zlib(fixture, sizeof NODE);
    assert_int_equal(fixture->size, 6 * 43);
    assert_back(fixture, sizeof NODE);
    memcpy(fixture->packed + sizeof NODE, JAVA, sizeof JAVA);
    assert_int_equal(read_by_zlib(fixture, sizeof NODE + sizeof JAVA), fixture->size);
    assert_true(unpack(fixture, sizeof NODE + sizeof JAVA, &size));
    assert_int_equal(size, fixture->size);
    assert_memory_equal(fixture->back, fixture->text, size);
}

/* A damaged stream never ends well with another text. */
static void gzip_damage_is_found(void **state)
{
    struct fixture *fixture = *state;
    uint32_t found = 0;
    for (uint32_t flip = 0; flip < FLIPS; flip++) {
        size_t size = 0;
        make_text(fixture, SMALL);
        const size_t packed_size = pack(fixture);
        const size_t at = (size_t)fx_rng_below(&fixture->rng, packed_size);
        fixture->packed[at] ^= (uint8_t)(1U << fx_rng_below(&fixture->rng, 8));
        if (unpack(fixture, packed_size, &size)) {
            assert_int_equal(size, fixture->size);
            assert_memory_equal(fixture->back, fixture->text, size);
        } else {
            found++;
        }
    }
    assert_true(found > FLIPS / 2);
}

static void gzip_without_its_end_has_none(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        size_t size = 0;
        make_text(fixture, SMALL);
        const size_t packed_size = pack(fixture);
        assert_false(unpack(fixture, (size_t)fx_rng_below(&fixture->rng, packed_size), &size));
        assert_true(size <= fixture->size);
        assert_memory_equal(fixture->back, fixture->text, size);
    }
}

/* Noise in less room than it needs; the stream that comes after it has the memory, and no trace. */
static void gzip_says_where_the_room_ends(void **state)
{
    struct fixture *fixture = *state;
    fixture->size = SMALL;
    for (size_t index = 0; index < fixture->size; index++) {
        fixture->text[index] = (uint8_t)fx_rng_next(&fixture->rng);
    }
    struct fx_bus_gzip_pack *stream = fx_bus_gzip_pack_open();
    struct fx_bus_gzip_io io = {fixture->text, SMALL, fixture->packed, SMALL / 2};
    assert_int_equal(fx_bus_gzip_pack_run(stream, &io, true), FX_CAPACITY);
    fx_bus_gzip_pack_close(stream);
    assert_back(fixture, pack(fixture));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_what_zlib_reads),
        cmocka_unit_test(gzip_of_small_pieces_is_as_small),
        cmocka_unit_test(gzip_of_zlib_is_read),
        cmocka_unit_test(gzip_of_other_producers_is_read),
        cmocka_unit_test(gzip_damage_is_found),
        cmocka_unit_test(gzip_without_its_end_has_none),
        cmocka_unit_test(gzip_says_where_the_room_ends),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
