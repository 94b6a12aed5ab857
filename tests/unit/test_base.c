#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/human.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/random.h"
#include "base/sha256.h"
#include "base/utf8.h"

/* Examples of FIPS 180-4 and of NIST's test vectors. */
static void sha256_equals_the_published_digests(void **state)
{
    static const struct {
        const char *text, *hex;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    char hex[SHA256_HEX_SIZE];
    struct sha256 hash;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sha256_init(&hash);
        sha256_update(&hash, rows[i].text, strlen(rows[i].text));
        sha256_final_hex(&hash, hex);
        assert_string_equal(hex, rows[i].hex);
    }
}

/* A million letters "a", in pieces that straddle the blocks. */
static void sha256_takes_any_pieces(void **state)
{
    char piece[997], hex[SHA256_HEX_SIZE];
    struct sha256 hash;

    (void)state;
    memset(piece, 'a', sizeof piece);
    sha256_init(&hash);
    for (size_t left = 1000000; left > 0;) {
        size_t n = left < sizeof piece ? left : sizeof piece;
        sha256_update(&hash, piece, n);
        left -= n;
    }
    sha256_final_hex(&hash, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void an_error_keeps_its_prefix_and_its_size(void **state)
{
    struct error err;
    char path[2 * ERROR_TEXT_SIZE];

    (void)state;
    assert_int_equal(fail(&err, "line %d is bad", 7), -1);
    fail_prefix(&err, "%s", "file.cfg");
    assert_string_equal(err.text, "file.cfg: line 7 is bad");
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    fail(&err, "%s", path);
    assert_int_equal(strlen(err.text), ERROR_TEXT_SIZE - 1);
    assert_null(fail_null(NULL, "nobody listens"));
}

static void an_error_is_one_line(void **state)
{
    struct error err;

    (void)state;
    fail(&err, "tensor %s", "a\nb\x1b[31m");
    assert_string_equal(err.text, "tensor a?b?[31m");
    fail_prefix(&err, "%s", "x\ty");
    assert_string_equal(err.text, "x?y: tensor a?b?[31m");
}

static void json_members_are_typed(void **state)
{
    static const char text[] = "{\"a\": {\"b\": 3, \"s\": \"x\", \"none\": null}, \"f\": 2.5}";
    struct error err;
    json_t *root = json_read_text(text, sizeof text - 1, "text", &err);
    long integer = -1;
    double number = 0;

    (void)state;
    assert_non_null(root);
    assert_int_equal(json_get_long(root, "a.b", &integer, &err), 0);
    assert_int_equal(integer, 3);
    assert_int_equal(json_get_long(root, "a.none", &integer, &err), 0);
    assert_int_equal(integer, 3);
    assert_int_equal(json_get_double(root, "f", &number, &err), 0);
    assert_true(number == 2.5);
    assert_int_equal(json_get_long(root, "a.s", &integer, &err), -1);
    assert_string_equal(err.text, "\"a.s\" is not an integer");
    json_decref(root);
    assert_null(json_read_text("{", 1, "half.json", &err));
    assert_ptr_equal(strstr(err.text, "half.json:1:"), err.text);
}

static void sizes_that_overflow_are_seen(void **state)
{
    size_t result;

    (void)state;
    assert_true(size_mul(1u << 20, 1u << 20, &result));
    assert_false(size_mul(SIZE_MAX / 2, 3, &result));
    assert_false(size_add(SIZE_MAX, 1, &result));
}

/* Flags that the kernel keeps of the mapping that holds p, as in /proc/self/smaps; "": not known. */
static void mapping_flags(const void *p, char *flags, size_t size)
{
    FILE *in = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false;

    *flags = 0;
    while (in && fgets(line, sizeof line, in)) {
        unsigned long first, end;
        if (sscanf(line, "%lx-%lx ", &first, &end) == 2)
            inside = first <= (uintptr_t)p && (uintptr_t)p < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(flags, size, "%s", line);
    }
    if (in)
        fclose(in);
}

static void large_buffers_ask_for_huge_pages(void **state)
{
    enum { LARGE = 3 << 20, HUGE_PAGE = 2 << 20 }; /* 12 MiB */
    struct error err = {""};
    char flags[512];

    (void)state;
    float *small = float_alloc(1000, "small", &err), *large = float_alloc(LARGE, "large", &err);
    assert_true(small && large);
    assert_int_equal((uintptr_t)small % 64, 0);
    assert_int_equal((uintptr_t)large % HUGE_PAGE, 0);
    for (size_t i = 0; i < LARGE; i += 1023)
        assert_true(large[i] == 0.0f);
    mapping_flags(large, flags, sizeof flags);
    if (access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0 || !*flags)
        print_message("huge pages: not in this kernel\n");
    else
        assert_non_null(strstr(flags, " hg"));
    float_free(small);
    float_free(large);
    assert_null(float_alloc(SIZE_MAX / 2, "vast", &err));
    assert_string_equal(err.text, "vast: size overflows");
    assert_null(float_alloc(SIZE_MAX / 64, "vast", &err));
    assert_non_null(strstr(err.text, "vast: no memory for "));
}

/* Mean 0 and variance 1 within five standard errors of 1e5 draws; a draw is a function of its counter. */
static void random_numbers_have_their_moments(void **state)
{
    enum { N = 100000 };
    double sum = 0, square = 0, uniform = 0;

    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        double x = random_normal(1, 2, i);
        sum += x;
        square += x * x;
        uniform += random_uniform(1, 3, i);
        assert_true(random_below(1, 4, i, 7) < 7);
    }
    assert_true(sum / N < 0.016 && sum / N > -0.016);
    assert_true(square / N > 0.977 && square / N < 1.023);
    assert_true(uniform / N > 0.495 && uniform / N < 0.505);
    assert_true(random_u64(1, 2, 3) == random_u64(1, 2, 3));
    assert_true(random_u64(1, 2, 3) != random_u64(1, 3, 2));
}

/* Rows of table 3-7 of the Unicode standard, and what it excludes. */
static void ill_formed_utf8_is_found(void **state)
{
    static const struct {
        const char *text;
        size_t size, valid;
    } rows[] = {
        {"", 0, 0},
        {"plain\0text", 10, 10},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, 9},
        {"ab\x80", 3, 2},                 /* a lone continuation */
        {"a\xc3", 2, 1},                  /* cut */
        {"\xc0\xaf", 2, 0},               /* overlong */
        {"\xe0\x80\x80", 3, 0},           /* overlong */
        {"x\xed\xa0\x80", 4, 1},          /* surrogate */
        {"\xed\x9f\xbf", 3, 3},           /* the last before the surrogates */
        {"\xf4\x8f\xbf\xbf", 4, 4},       /* U+10FFFF */
        {"\xf4\x90\x80\x80", 4, 0},       /* one beyond */
        {"\xe2\x82\xff", 3, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(utf8_valid_length(rows[i].text, rows[i].size), rows[i].valid);
    assert_int_equal(text_line("a\nb\nc", 4), 3);
}

static void the_nearest_name_is_offered(void **state)
{
    static const char *const names[] = {"models", "prompt_sets", "pipeline", "seed"};

    (void)state;
    assert_int_equal(edit_distance("kitten", "sitting"), 3);
    assert_int_equal(edit_distance("sede", "seed"), 1);
    assert_int_equal(edit_distance("", "abc"), 3);
    assert_string_equal(nearest_name("model", names, 4), "models");
    assert_string_equal(nearest_name("promptsets", names, 4), "prompt_sets");
    assert_null(nearest_name("colour", names, 4));
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
    char path[] = "/tmp/sinkgrid-base-XXXXXX";
    struct error err;
    size_t size;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a\0b", 3), 3);
    close(fd);
    char *text = file_read(path, 3, &size, &err);
    assert_non_null(text);
    assert_int_equal(size, 3);
    assert_memory_equal(text, "a\0b", 4); /* with the zero after it */
    free(text);
    assert_null(file_read(path, 2, &size, &err));
    unlink(path);
    assert_null(file_read(path, 3, &size, &err));
    assert_non_null(strstr(err.text, "No such file"));
    assert_null(file_read("/tmp", 1000000, &size, &err));
    assert_string_equal(err.text, "/tmp: not a regular file");
}

static void numbers_are_readable(void **state)
{
    static const struct {
        char *(*write)(char *, double);
        double value;
        const char *text;
    } rows[] = {
        {human_bytes, 0, "0 B"},           {human_bytes, 999, "999 B"},        {human_bytes, 999.7, "1.00 kB"},
        {human_bytes, 1234567, "1.23 MB"}, {human_bytes, 137.9e9, "138 GB"},   {human_count, 42, "42"},
        {human_count, 134515008, "135 M"}, {human_count, 68976648192, "69.0 G"}, {human_seconds, 0.5, "0.50 s"},
        {human_seconds, 12.34, "12.3 s"},  {human_seconds, 59.99, "1:00"},     {human_seconds, 187, "3:07"},
        {human_seconds, 7500, "2:05:00"},  {human_seconds, 273600, "3 d 04:00"}, {human_seconds, -1, "?"},
    };
    char text[HUMAN_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(rows[i].write(text, rows[i].value), rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_equals_the_published_digests),
        cmocka_unit_test(sha256_takes_any_pieces),
        cmocka_unit_test(an_error_keeps_its_prefix_and_its_size),
        cmocka_unit_test(an_error_is_one_line),
        cmocka_unit_test(json_members_are_typed),
        cmocka_unit_test(sizes_that_overflow_are_seen),
        cmocka_unit_test(large_buffers_ask_for_huge_pages),
        cmocka_unit_test(random_numbers_have_their_moments),
        cmocka_unit_test(ill_formed_utf8_is_found),
        cmocka_unit_test(the_nearest_name_is_offered),
        cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
        cmocka_unit_test(numbers_are_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
