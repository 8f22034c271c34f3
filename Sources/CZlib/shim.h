#include <zlib.h>
// inflateInit2 is a macro, which Swift cannot import. windowBits 47 accepts gzip and zlib headers alike.
static inline int bestofn_inflate_init(z_stream *stream) { return inflateInit2(stream, 47); }
// The same for deflateInit2; windowBits 31 writes gzip's header and trailer, 15 zlib's.
static inline int bestofn_deflate_init(z_stream *stream, int level, int windowBits) {
    return deflateInit2(stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
}
