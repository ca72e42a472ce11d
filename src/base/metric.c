#include "base/metric.h"

static const struct {
    int64_t ns;
    const char *text; /* in seconds */
} BOUNDS[FX_METRIC_BOUNDS_COUNT] = {
    {1000, "0.000001"}, {2000, "0.000002"},  {5000, "0.000005"}, {10000, "0.00001"},
    {20000, "0.00002"}, {50000, "0.00005"},  {100000, "0.0001"}, {200000, "0.0002"},
    {500000, "0.0005"}, {1000000, "0.001"},  {2000000, "0.002"}, {5000000, "0.005"},
    {10000000, "0.01"}, {20000000, "0.02"},  {50000000, "0.05"}, {100000000, "0.1"},
    {200000000, "0.2"}, {500000000, "0.5"},  {1000000000, "1"},  {2000000000, "2"},
    {5000000000, "5"},  {10000000000, "10"},
};

static const int64_t UNITS_PER_US = 1000000000000; /* 1e-18 in 1e-6 */
static const int64_t UNITS_PER_NS = 1000000000;    /* … and in 1e-9 */

/* One writer: a load and a store are enough, and are not locked. */
static void add(atomic_uint_fast64_t *target, uint64_t amount)
{
    atomic_store_explicit(
        target, atomic_load_explicit(target, memory_order_relaxed) + amount, memory_order_relaxed);
}

void fx_metric_histogram_add_ns(struct fx_metric_histogram *histogram, int64_t duration_ns)
{
    const int64_t ns = duration_ns < 0 ? 0 : duration_ns;
    uint32_t index = 0;
    while (index < FX_METRIC_BOUNDS_COUNT && ns > BOUNDS[index].ns) {
        index++;
    }
    add(&histogram->counts[index], 1);
    add(&histogram->sum_ns, (uint64_t)ns);
}

void fx_metric_histogram_add(struct fx_metric_histogram *histogram, int64_t duration_us)
{
    fx_metric_histogram_add_ns(histogram, duration_us * 1000);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): in the order of the lines
void fx_metric_head(struct fx_buf *buf, const char *name, const char *type, const char *help)
{
    fx_buf_append(buf, FX_STR("# HELP "));
    fx_buf_append(buf, fx_str_of(name));
    fx_buf_append_byte(buf, ' ');
    fx_buf_append(buf, fx_str_of(help));
    fx_buf_append(buf, FX_STR("\n# TYPE "));
    fx_buf_append(buf, fx_str_of(name));
    fx_buf_append_byte(buf, ' ');
    fx_buf_append(buf, fx_str_of(type));
    fx_buf_append_byte(buf, '\n');
}

void fx_metric_label(struct fx_buf *labels, const char *name, fx_str value)
{
    if (labels->size > 0) {
        fx_buf_append_byte(labels, ',');
    }
    fx_buf_append(labels, fx_str_of(name));
    fx_buf_append(labels, FX_STR("=\""));
    for (size_t index = 0; index < value.size; index++) {
        const char byte = value.data[index];
        if (byte == '\\' || byte == '"') {
            fx_buf_append_byte(labels, '\\');
        }
        if (byte == '\n') {
            fx_buf_append(labels, FX_STR("\\n"));
        } else {
            fx_buf_append_byte(labels, byte);
        }
    }
    fx_buf_append_byte(labels, '"');
}

static void begin(struct fx_buf *buf, const char *name, fx_str labels)
{
    fx_buf_append(buf, fx_str_of(name));
    if (labels.size > 0) {
        fx_buf_append_byte(buf, '{');
        fx_buf_append(buf, labels);
        fx_buf_append_byte(buf, '}');
    }
    fx_buf_append_byte(buf, ' ');
}

void fx_metric_u64(struct fx_buf *buf, const char *name, fx_str labels, uint64_t value)
{
    begin(buf, name, labels);
    fx_buf_append_u64(buf, value);
    fx_buf_append_byte(buf, '\n');
}

void fx_metric_dec(struct fx_buf *buf, const char *name, fx_str labels, fx_i128 units)
{
    begin(buf, name, labels);
    fx_buf_append_dec(buf, units);
    fx_buf_append_byte(buf, '\n');
}

void fx_metric_us(struct fx_buf *buf, const char *name, fx_str labels, int64_t duration_us)
{
    fx_metric_dec(buf, name, labels, (fx_i128)duration_us * UNITS_PER_US);
}

void fx_metric_histogram(struct fx_buf *buf,
                         const char *name,
                         fx_str labels,
                         const struct fx_metric_histogram *histogram)
{
    uint64_t count = 0;
    for (uint32_t index = 0; index <= FX_METRIC_BOUNDS_COUNT; index++) {
        count += atomic_load_explicit(&histogram->counts[index], memory_order_relaxed);
        fx_buf_append(buf, fx_str_of(name));
        fx_buf_append(buf, FX_STR("_bucket{"));
        if (labels.size > 0) {
            fx_buf_append(buf, labels);
            fx_buf_append_byte(buf, ',');
        }
        fx_buf_append(buf, FX_STR("le=\""));
        fx_buf_append(buf, fx_str_of(index < FX_METRIC_BOUNDS_COUNT ? BOUNDS[index].text : "+Inf"));
        fx_buf_append(buf, FX_STR("\"} "));
        fx_buf_append_u64(buf, count);
        fx_buf_append_byte(buf, '\n');
    }
    fx_buf_append(buf, fx_str_of(name));
    begin(buf, "_sum", labels);
    const uint64_t sum_ns = atomic_load_explicit(&histogram->sum_ns, memory_order_relaxed);
    fx_buf_append_dec(buf, (fx_i128)sum_ns * UNITS_PER_NS);
    fx_buf_append_byte(buf, '\n');
    fx_buf_append(buf, fx_str_of(name));
    begin(buf, "_count", labels);
    fx_buf_append_u64(buf, count); /* of the same reading as the buckets */
    fx_buf_append_byte(buf, '\n');
}
