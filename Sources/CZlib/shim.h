#include <zlib.h>
// inflateInit2 is a macro, which Swift cannot import. windowBits 47 accepts gzip and zlib headers alike.
static inline int bestofn_inflate_init(z_stream *stream) { return inflateInit2(stream, 47); }
