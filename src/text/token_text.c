/* The readable text of single tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "text/byte_level.h"
#include "text/model.h"
#include "text/utf8.h"

static const char SPACE_MARK[] = "\xe2\x96\x81"; /* U+2581 */

static void append_escaped_byte(struct bytes *out, unsigned char byte)
{
    char escaped[8];

    snprintf(escaped, sizeof escaped, "\\x%02X", byte);
    bytes_append_text(out, escaped);
}

/* C0, C1 and what would move the cursor: line and paragraph separators. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

static void append_readable(struct bytes *out, const char *text, size_t n)
{
    uint32_t codepoint;

    for (size_t i = 0; i < n;) {
        size_t bad, length = utf8_check(text + i, n - i, &codepoint, &bad);
        if (length > 0 && !is_control(codepoint)) {
            bytes_append(out, text + i, length);
        } else {
            length = length ? length : bad;
            for (size_t k = 0; k < length; k++)
                append_escaped_byte(out, (unsigned char)text[i + k]);
        }
        i += length;
    }
}

/* "<0x41>" of byte fallback; -1: another token. */
static int fallback_byte(const struct tokenizer *tokenizer, const char *text, size_t n)
{
    bool falls_back = tokenizer->is_unigram ? tokenizer->unigram.byte_fallback : tokenizer->bpe.byte_fallback;
    unsigned byte;
    char name[7];

    if (!falls_back || n != 6 || memcmp(text, "<0x", 3) != 0)
        return -1;
    memcpy(name, text, 6);
    name[6] = '\0';
    return sscanf(name, "<0x%2X>", &byte) == 1 ? (int)byte : -1;
}

/* What the token stands for in the text: bytes of the byte alphabet, spaces of SentencePiece's mark. */
static void append_meaning(struct bytes *out, const struct tokenizer *tokenizer, const char *text, size_t n)
{
    size_t bad, length;
    uint32_t codepoint;

    for (size_t i = 0; i < n; i += length) {
        length = utf8_check(text + i, n - i, &codepoint, &bad);
        int byte = length && tokenizer->writes_bytes ? byte_level_byte(codepoint) : -1;
        length = length ? length : bad;
        if (byte >= 0)
            bytes_append_char(out, (char)byte);
        else if (!tokenizer->writes_bytes && length == 3 && memcmp(text + i, SPACE_MARK, 3) == 0)
            bytes_append_char(out, ' ');
        else
            bytes_append(out, text + i, length);
    }
}

char *tokenizer_token_text(const struct tokenizer *tokenizer, int32_t id)
{
    const struct added_token *added = added_tokens_of_id(&tokenizer->added, id);
    struct bytes meaning = {0}, out = {0};
    size_t n;
    const char *text = vocab_text(&tokenizer->vocab, id, &n);

    if (added) {
        append_readable(&out, added->content.data, added->content.n);
    } else if (!text) {
        return xasprintf("<id %d>", (int)id);
    } else {
        int byte = fallback_byte(tokenizer, text, n);
        if (byte >= 0)
            bytes_append_char(&meaning, (char)byte);
        else
            append_meaning(&meaning, tokenizer, text, n);
        append_readable(&out, meaning.data, meaning.n);
    }
    bytes_clear(&meaning);
    return bytes_take(&out);
}
