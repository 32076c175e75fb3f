#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool append(rota_transfer *transfer, rota_buffer *buffer, const char *bytes, size_t count) {
    if (buffer->capacity - buffer->count < count) {
        size_t capacity = buffer->capacity ? buffer->capacity : 512;
        while (capacity - buffer->count < count) {
            if (capacity > SIZE_MAX / 2) return false;
            capacity *= 2;
        }
        uint8_t *grown = realloc(buffer->bytes, capacity);
        if (!grown) {
            transfer->out_of_memory = true;
            return false;
        }
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    if (count) memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
    return true;
}

/// Whether the block of header fields announces another one: a status from 100 to 199, but not 101.
static bool is_interim(const rota_buffer *head) {
    const uint8_t *space = head->count ? memchr(head->bytes, ' ', head->count) : NULL;
    if (!space) return false;
    size_t left = head->count - (size_t)(space - head->bytes);
    return left > 3 && space[1] == '1' && !(space[2] == '0' && space[3] == '1');
}

size_t rota_on_header(char *bytes, size_t size, size_t items, void *context) {
    rota_transfer *transfer = context;
    size_t count = size * items;
    transfer->header_bytes += count;
    transfer->header_lines += 1;
    if (transfer->header_bytes > HEADER_BYTES || transfer->header_lines > HEADER_LINES) {
        transfer->head_overflowed = true;
        return 0;
    }
    if (transfer->head_ended) return append(transfer, &transfer->trailers, bytes, count) ? count : 0;
    if (!transfer->in_block) {
        transfer->in_block = true;
        transfer->head.count = 0;
        transfer->is_coded = false;
        if (!transfer->starts) rota_note_tls(transfer);  // an older libcurl did not say that it began
    }
    bool is_blank = (count == 2 && bytes[0] == '\r' && bytes[1] == '\n') || (count == 1 && bytes[0] == '\n');
    if (!is_blank) {
        if (count > 17 && strncasecmp(bytes, "content-encoding:", 17) == 0) transfer->is_coded = true;
        return append(transfer, &transfer->head, bytes, count) ? count : 0;
    }
    transfer->in_block = false;
    if (is_interim(&transfer->head)) return count;
    transfer->head_ended = true;
    if (transfer->multi) rota_multi_note_head(transfer->multi, transfer);
    return count;
}

size_t rota_on_body(char *bytes, size_t size, size_t items, void *context) {
    rota_transfer *transfer = context;
    size_t count = size * items;
    size_t limit = transfer->is_coded ? transfer->coded_limit : transfer->body_limit;
    size_t room = limit > transfer->body.count ? limit - transfer->body.count : 0;
    if (count <= room) return append(transfer, &transfer->body, bytes, count) ? count : 0;
    transfer->body_overflowed = append(transfer, &transfer->body, bytes, room);
    return 0;
}
