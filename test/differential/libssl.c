/*
 * Does what a schedule says with the installed libssl, and says what every call came to.
 *
 * stdin: one call a line, words parted by single blanks; `end` forgets everything and begins anew.
 * stdout: for each call one line of `name=value`: what it returned, the oldest error, then the state of
 * every object there is. support/face.ts does the same with our own calls; support/schedule.ts says which
 * calls there are.
 */
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS 16
#define SESSIONS 4
#define LONGEST (1 << 17)

/* Where a write begins moves on with what was taken, so that a repeated one has the very same bytes. */
#define TURN 4096

enum kind { NOTHING, HALF, MEMORY, CONNECTION };

struct object {
    char name[12];
    enum kind kind;
    BIO *bio;
    SSL *ssl;
    struct object *owner; /* the connection that a BIO was given to */
    long sent;
};

static struct object objects[OBJECTS];
static unsigned char pattern[LONGEST + TURN], copy[LONGEST + TURN], into[LONGEST];
static SSL_CTX *client_ctx, *server_ctx;
static int keep_queue, tickets, early;
static struct {
    char name[12];
    SSL_SESSION *session;
} sessions[SESSIONS];

static void die(const char *what)
{
    fprintf(stderr, "libssl: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(2);
}

static struct object *find(const char *name)
{
    for (int i = 0; name && i < OBJECTS; i++)
        if (objects[i].kind != NOTHING && !strcmp(objects[i].name, name))
            return &objects[i];
    return NULL;
}

static BIO *bio_named(const char *name)
{
    struct object *object = find(name);
    return object ? object->bio : NULL;
}

static void add(const char *name, enum kind kind, BIO *bio, SSL *ssl)
{
    for (int i = 0; i < OBJECTS; i++) {
        struct object *object = &objects[i];
        if (object->kind != NOTHING)
            continue;
        memset(object, 0, sizeof *object);
        snprintf(object->name, sizeof object->name, "%s", name);
        object->kind = kind;
        object->bio = bio;
        object->ssl = ssl;
        return;
    }
    die("too many objects");
}

/* Frees a connection, and forgets the BIOs that were its own. */
static void drop(struct object *object)
{
    if (object->ssl) {
        SSL_free(object->ssl);
        for (int i = 0; i < OBJECTS; i++)
            if (objects[i].kind != NOTHING && objects[i].owner == object)
                objects[i].kind = NOTHING;
    } else {
        BIO_free(object->bio);
    }
    object->kind = NOTHING;
}

static void drop_everything(void)
{
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind == CONNECTION)
            drop(&objects[i]);
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind != NOTHING)
            drop(&objects[i]);
    for (int i = 0; i < SESSIONS; i++) {
        SSL_SESSION_free(sessions[i].session);
        sessions[i].session = NULL;
    }
    keep_queue = tickets = early = 0;
}

/* ---- what a call came to ---- */

static void print_error(void)
{
    unsigned long code = ERR_peek_error();
    if (code == 0) {
        printf(" error=0");
        return;
    }
    char text[128];
    const char *reason = ERR_reason_error_string(code);
    snprintf(text, sizeof text, "%s", reason ? reason : "?");
    for (char *c = text; *c; c++)
        if (*c == ' ')
            *c = '_';
    printf(" error=%d.%d why=%s", ERR_GET_LIB(code), ERR_GET_REASON(code), text);
}

static void print_flags(const char *name, BIO *bio)
{
    printf(" %s.flags=%s%s%s%s", name, BIO_should_read(bio) ? "r" : "", BIO_should_write(bio) ? "w" : "",
           BIO_should_io_special(bio) ? "s" : "", BIO_should_retry(bio) ? "+" : "-");
}

/* Whether the client has shown a certificate. */
static int named(const SSL *ssl)
{
    X509 *peer = SSL_get1_peer_certificate(ssl);
    X509_free(peer);
    return peer != NULL;
}

static void print_state(const struct object *object)
{
    const char *name = object->name;
    BIO *bio = object->bio;
    if (object->ssl) {
        printf(" %s.shut=%d %s.pending=%d %s.has=%d %s.init=%d", name, SSL_get_shutdown(object->ssl), name,
               SSL_pending(object->ssl), name, SSL_has_pending(object->ssl), name, SSL_in_init(object->ssl));
        printf(" %s.reused=%d %s.early=%d", name, SSL_session_reused(object->ssl), name,
               SSL_get_early_data_status(object->ssl));
        if (SSL_is_server(object->ssl))
            printf(" %s.named=%d", name, named(object->ssl));
        return;
    }
    print_flags(name, bio);
    printf(" %s.pending=%zu %s.wpending=%zu %s.eof=%d %s.read=%llu %s.written=%llu", name, BIO_ctrl_pending(bio), name,
           BIO_ctrl_wpending(bio), name, BIO_eof(bio), name, (unsigned long long)BIO_number_read(bio), name,
           (unsigned long long)BIO_number_written(bio));
    if (object->kind == HALF)
        printf(" %s.guarantee=%zu %s.request=%zu %s.size=%ld", name, BIO_ctrl_get_write_guarantee(bio), name,
               BIO_ctrl_get_read_request(bio), name, (long)BIO_get_write_buf_size(bio, 0));
}

/* Ends the line of a call that returned `ret`. */
static void print_everything(void)
{
    for (int i = 0; i < OBJECTS; i++)
        if (objects[i].kind != NOTHING)
            print_state(&objects[i]);
    printf("\n");
}

static void print_sum(const void *bytes, long count)
{
    uint32_t sum = 2166136261u;
    for (long i = 0; i < count; i++)
        sum = (sum ^ ((const unsigned char *)bytes)[i]) * 16777619u;
    if (count > 0)
        printf(" sum=%x", sum);
}

static void result(long ret)
{
    printf("ret=%ld", ret);
    print_error();
}

/* A call on a connection: what it is worth has to be asked before anything else is done. */
static void ssl_result(struct object *object, long ret)
{
    int status = SSL_get_error(object->ssl, (int)ret);
    printf("ret=%ld status=%d want=%d", ret, status, SSL_want(object->ssl));
    print_error();
}

/* ---- calls on BIOs ---- */

static int bio_call(const char *call, struct object *object, const char *word)
{
    BIO *bio = object->bio;
    int number = word ? atoi(word) : 0;
    char *run = NULL;
    int count;
    if (!strcmp(call, "read")) {
        count = BIO_read(bio, into, number);
        result(count);
        print_sum(into, count);
    } else if (!strcmp(call, "gets")) {
        count = BIO_gets(bio, (char *)into, number);
        result(count);
        print_sum(into, count);
    } else if (!strcmp(call, "write")) {
        count = BIO_write(bio, pattern + object->sent % TURN, number);
        if (count > 0)
            object->sent += count;
        result(count);
    } else if (!strcmp(call, "nread0")) {
        count = BIO_nread0(bio, &run);
        result(count);
        print_sum(run, count);
    } else if (!strcmp(call, "nread")) {
        count = BIO_nread(bio, &run, number);
        result(count);
        print_sum(run, count);
    } else if (!strcmp(call, "nwrite0")) {
        result(BIO_nwrite0(bio, &run));
    } else if (!strcmp(call, "nwrite")) {
        count = BIO_nwrite(bio, &run, number);
        if (count > 0) {
            memcpy(run, pattern + object->sent % TURN, (size_t)count);
            object->sent += count;
        }
        result(count);
    } else if (!strcmp(call, "shutdown_wr")) {
        result(BIO_shutdown_wr(bio));
    } else if (!strcmp(call, "reset")) {
        result(BIO_reset(bio));
    } else if (!strcmp(call, "flush")) {
        result(BIO_flush(bio));
    } else if (!strcmp(call, "forget")) {
        result(BIO_ctrl_reset_read_request(bio));
    } else if (!strcmp(call, "size")) {
        result(BIO_set_write_buf_size(bio, number));
    } else if (!strcmp(call, "part")) {
        result(BIO_destroy_bio_pair(bio));
    } else if (!strcmp(call, "eof_return")) {
        result(BIO_set_mem_eof_return(bio, number));
    } else if (!strcmp(call, "free")) {
        if (object->owner)
            return 0;
        drop(object);
        result(1);
    } else {
        return 0;
    }
    return 1;
}

/* ---- calls on connections ---- */

static SSL *new_ssl(const char *role)
{
    SSL *ssl = SSL_new(!strcmp(role, "server") ? server_ctx : client_ctx);
    if (!ssl)
        die("SSL_new");
    if (!strcmp(role, "client") && (!SSL_set1_host(ssl, "server.example") ||
                                    !SSL_set_tlsext_host_name(ssl, "server.example")))
        die("a name");
    SSL_set_num_tickets(ssl, (size_t)tickets);
    SSL_set_max_early_data(ssl, (uint32_t)early);
    return ssl;
}

/* ---- sessions, and keys that were agreed on elsewhere ---- */

/* Keeps the session of a connection: whether it is resumable. */
static int keep_session(const char *name, SSL *ssl)
{
    int at = 0;
    while (at < SESSIONS && sessions[at].session && strcmp(sessions[at].name, name))
        at++;
    if (at == SESSIONS)
        die("too many sessions");
    SSL_SESSION_free(sessions[at].session);
    snprintf(sessions[at].name, sizeof sessions[at].name, "%s", name);
    sessions[at].session = SSL_get1_session(ssl);
    return sessions[at].session ? SSL_SESSION_is_resumable(sessions[at].session) : -1;
}

/* The session of a name; NULL for `none`. */
static SSL_SESSION *session_named(const char *name)
{
    for (int i = 0; name && i < SESSIONS; i++)
        if (sessions[i].session && !strcmp(sessions[i].name, name))
            return sessions[i].session;
    return NULL;
}

static SSL_SESSION *shared_key(SSL *ssl)
{
    static const unsigned char key[32] = { 1, 2, 3 }, aes_128_gcm[2] = { 0x13, 0x01 };
    SSL_SESSION *session = SSL_SESSION_new();
    if (!session || !SSL_SESSION_set1_master_key(session, key, sizeof key) ||
        !SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, aes_128_gcm)) ||
        !SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION))
        die("a key");
    return session;
}

/* The name of the key is what `psk` said; `no` fails. */
static const char *key_name(SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

static int use_session(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *length, SSL_SESSION **session)
{
    (void)md;
    if (!strcmp(key_name(ssl), "no"))
        return 0;
    *id = (const unsigned char *)key_name(ssl);
    *length = strlen(key_name(ssl));
    *session = shared_key(ssl);
    return 1;
}

static int find_session(SSL *ssl, const unsigned char *identity, size_t length, SSL_SESSION **session)
{
    const char *name = key_name(ssl);
    if (!strcmp(name, "no"))
        return 0;
    *session = strlen(name) == length && !memcmp(name, identity, length) ? shared_key(ssl) : NULL;
    return 1;
}

/* As use_session and find_session, of before TLS 1.3. */
static unsigned int client_key(SSL *ssl, const char *hint, char *identity, unsigned int most, unsigned char *psk,
                               unsigned int longest)
{
    (void)hint, (void)longest;
    if (!strcmp(key_name(ssl), "no"))
        return 0;
    snprintf(identity, most, "%s", key_name(ssl));
    memset(psk, 7, 32);
    return 32;
}

static unsigned int server_key(SSL *ssl, const char *identity, unsigned char *psk, unsigned int longest)
{
    (void)longest;
    if (strcmp(identity, key_name(ssl)))
        return 0;
    memset(psk, 7, 32);
    return 32;
}

/* Has a connection use the key of a name, by the callbacks of sessions or by those of before. */
static void set_key(SSL *ssl, const char *name, int before)
{
    static char names[OBJECTS][12];
    static int at;
    char *kept = names[at++ % OBJECTS];
    snprintf(kept, sizeof names[0], "%s", name);
    SSL_set_app_data(ssl, kept);
    if (before) {
        SSL_set_psk_client_callback(ssl, client_key);
        SSL_set_psk_server_callback(ssl, server_key);
    } else {
        SSL_set_psk_use_session_callback(ssl, use_session);
        SSL_set_psk_find_session_callback(ssl, find_session);
    }
}

static void set_role(SSL *ssl, const char *role)
{
    if (!strcmp(role, "server"))
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
}

/* The connection owns the BIO from here on. */
static void wire(struct object *connection, struct object *half)
{
    SSL_set_bio(connection->ssl, half->bio, half->bio);
    half->owner = connection;
}

static int ssl_call(const char *call, struct object *object, const char *word, const char *more)
{
    SSL *ssl = object->ssl;
    int number = word ? atoi(word) : 0;
    int count;
    if (!strcmp(call, "handshake")) {
        ssl_result(object, SSL_do_handshake(ssl));
    } else if (!strcmp(call, "connect")) {
        ssl_result(object, SSL_connect(ssl));
    } else if (!strcmp(call, "accept")) {
        ssl_result(object, SSL_accept(ssl));
    } else if (!strcmp(call, "sslread") || !strcmp(call, "sslpeek")) {
        count = call[3] == 'r' ? SSL_read(ssl, into, number) : SSL_peek(ssl, into, number);
        ssl_result(object, count);
        print_sum(into, count);
    } else if (!strcmp(call, "sslwrite")) {
        count = SSL_write(ssl, (more ? copy : pattern) + object->sent % TURN, number);
        if (count > 0)
            object->sent += count;
        ssl_result(object, count);
    } else if (!strcmp(call, "sslwrite_ex")) {
        size_t written = 0;
        int ret = SSL_write_ex(ssl, pattern + object->sent % TURN, (size_t)number, &written);
        object->sent += ret ? (long)written : 0;
        ssl_result(object, ret);
        if (ret)
            printf(" passed=%zu", written);
    } else if (!strcmp(call, "early_write")) {
        size_t written = 0;
        int ret = SSL_write_early_data(ssl, pattern + object->sent % TURN, (size_t)number, &written);
        object->sent += ret ? (long)written : 0;
        ssl_result(object, ret);
        if (ret)
            printf(" passed=%zu", written);
    } else if (!strcmp(call, "early_read")) {
        size_t got = 0;
        int ret = SSL_read_early_data(ssl, into, (size_t)number, &got);
        ssl_result(object, ret > 0 ? 1 : 0);
        printf(" early=%d", ret);
        print_sum(into, (long)got);
    } else if (!strcmp(call, "session")) {
        result(word ? keep_session(word, ssl) : -1);
    } else if (!strcmp(call, "resume")) {
        result(SSL_set_session(ssl, session_named(word)));
    } else if (!strcmp(call, "psk") || !strcmp(call, "psk_before")) {
        set_key(ssl, word ? word : "", call[3] != 0);
        result(1);
    } else if (!strcmp(call, "verify")) {
        SSL_set_verify(ssl, number, NULL);
        result(1);
    } else if (!strcmp(call, "pha")) {
        SSL_set_post_handshake_auth(ssl, number);
        result(1);
    } else if (!strcmp(call, "ask")) {
        result(SSL_verify_client_post_handshake(ssl));
    } else if (!strcmp(call, "shutdown")) {
        ssl_result(object, SSL_shutdown(ssl));
    } else if (!strcmp(call, "key_update")) {
        result(SSL_key_update(ssl, number));
    } else if (!strcmp(call, "ticket")) {
        result(SSL_new_session_ticket(ssl));
    } else if (!strcmp(call, "mode")) {
        result(SSL_set_mode(ssl, number) > 0);
    } else if (!strcmp(call, "set_shutdown")) {
        SSL_set_shutdown(ssl, number);
        result(1);
    } else if (!strcmp(call, "quiet")) {
        SSL_set_quiet_shutdown(ssl, number);
        result(1);
    } else if (!strcmp(call, "role")) {
        set_role(ssl, word);
        result(1);
    } else if (!strcmp(call, "expect")) {
        result(SSL_set1_host(ssl, word));
    } else if (!strcmp(call, "wire")) {
        struct object *half = find(word);
        if (!half || !half->bio || half->owner)
            return 0;
        wire(object, half);
        result(1);
    } else if (!strcmp(call, "sslfree")) {
        drop(object);
        result(1);
    } else {
        return 0;
    }
    return 1;
}

/* Handshake calls on both until both are done: 1, or 0 where nothing helps. */
static int shake(SSL *one, SSL *other)
{
    for (int round = 0; round < 30000; round++) {
        int done = 0;
        SSL *both[] = { one, other };
        for (int i = 0; i < 2; i++) {
            ERR_clear_error();
            int ret = SSL_do_handshake(both[i]);
            int status = SSL_get_error(both[i], ret);
            done += ret == 1;
            if (ret != 1 && status != SSL_ERROR_WANT_READ && status != SSL_ERROR_WANT_WRITE)
                return 0;
        }
        if (done == 2)
            return 1;
    }
    return 0;
}

/* Moves what one BIO has to another: `most` bytes, or all; the byte at `flip` with a bit changed. */
static long move(BIO *from, BIO *to, const char *most, const char *flip)
{
    long left = most && atol(most) >= 0 ? atol(most) : LONGEST;
    size_t there = BIO_ctrl_pending(from), room = BIO_ctrl_get_write_guarantee(to);
    if ((size_t)left > there)
        left = (long)there;
    if ((size_t)left > room)
        left = (long)room;
    if (left == 0)
        return 0;
    int count = BIO_read(from, into, (int)left);
    if (flip && atoi(flip) < count)
        into[atoi(flip)] ^= 1;
    return BIO_write(to, into, count);
}

/* Gives another BIO what can be read from one, and leaves it there. */
static long copy_over(BIO *from, BIO *to)
{
    char *run = NULL;
    int count = BIO_nread0(from, &run);
    return count > 0 ? BIO_write(to, run, count) : 0;
}

/* Writes bytes that are given in hexadecimal. */
static long say(BIO *to, const char *hex)
{
    int count = 0;
    unsigned byte;
    while (sscanf(hex + 2 * count, "%2x", &byte) == 1)
        into[count++] = (unsigned char)byte;
    return BIO_write(to, into, count);
}

/* Calls that make something, or are about two. 0: there is no such call. */
static int make_call(const char *call, char *words[])
{
    const char *a = words[0], *b = words[1], *c = words[2], *d = words[3];
    BIO *one = NULL, *other = NULL;
    if (!strcmp(call, "pair") && d) {
        int ret = BIO_new_bio_pair(&one, (size_t)atol(c), &other, (size_t)atol(d));
        if (ret == 1) {
            add(a, HALF, one, NULL);
            add(b, HALF, other, NULL);
        }
        result(ret);
    } else if (!strcmp(call, "half") && a) {
        add(a, HALF, BIO_new(BIO_s_bio()), NULL);
        result(1);
    } else if (!strcmp(call, "mem") && a) {
        add(a, MEMORY, BIO_new(BIO_s_mem()), NULL);
        result(1);
    } else if (!strcmp(call, "memro") && b) {
        add(a, MEMORY, BIO_new_mem_buf(pattern, atoi(b)), NULL);
        result(1);
    } else if (!strcmp(call, "ssl") && c) {
        struct object *half = find(c);
        if (!half || !half->bio || half->owner)
            return 0;
        SSL *ssl = new_ssl(b);
        set_role(ssl, b);
        add(a, CONNECTION, NULL, ssl);
        wire(find(a), half);
        result(1);
    } else if (!strcmp(call, "bare") && b) {
        add(a, CONNECTION, NULL, new_ssl(b));
        result(1);
    } else if (!strcmp(call, "tickets") && a) {
        tickets = atoi(a);
        result(1);
    } else if (!strcmp(call, "early") && a) {
        early = atoi(a);
        result(1);
    } else if (!strcmp(call, "queue") && a) {
        keep_queue = !strcmp(a, "keep");
        result(1);
    } else if (!strcmp(call, "join") && bio_named(a) && bio_named(b)) {
        result(BIO_make_bio_pair(bio_named(a), bio_named(b)));
    } else if (!strcmp(call, "move") && bio_named(a) && bio_named(b)) {
        result(move(bio_named(a), bio_named(b), c, d));
    } else if (!strcmp(call, "copy") && bio_named(a) && bio_named(b)) {
        result(copy_over(bio_named(a), bio_named(b)));
    } else if (!strcmp(call, "say") && bio_named(a) && b) {
        result(say(bio_named(a), b));
    } else if (!strcmp(call, "shake") && find(a) && find(b) && find(a)->ssl && find(b)->ssl) {
        result(shake(find(a)->ssl, find(b)->ssl));
    } else {
        return 0;
    }
    return 1;
}

static SSL_CTX *context(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) || !SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) ||
        !SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") || !SSL_CTX_set1_groups_list(ctx, "X25519"))
        die("a context");
    return ctx;
}

int main(int argc, char *argv[])
{
    static char line[1 << 16];
    if (argc != 4)
        die("usage: libssl CERTIFICATES KEY AUTHORITY");
    for (size_t i = 0; i < sizeof pattern; i++)
        copy[i] = pattern[i] = (unsigned char)(i * 31 + (i >> 8));
    client_ctx = context(TLS_client_method());
    server_ctx = context(TLS_server_method());
    SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX *both[] = { client_ctx, server_ctx };
    for (int i = 0; i < 2; i++)
        if (!SSL_CTX_load_verify_locations(both[i], argv[3], NULL) ||
            !SSL_CTX_use_certificate_chain_file(both[i], argv[1]) ||
            !SSL_CTX_use_PrivateKey_file(both[i], argv[2], SSL_FILETYPE_PEM))
            die("certificates");
    SSL_CTX_set_session_id_context(server_ctx, (const unsigned char *)"x", 1);
    printf("%lx %s\n", OpenSSL_version_num(), OpenSSL_version(OPENSSL_VERSION));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        char *words[6] = { NULL };
        int count = 0;
        line[strcspn(line, "\n")] = 0;
        for (char *word = strtok(line, " "); word && count < 5; word = strtok(NULL, " "))
            words[count++] = word;
        if (count == 0)
            continue;
        if (!strcmp(words[0], "end")) {
            drop_everything();
            ERR_clear_error();
            printf("end\n");
            fflush(stdout);
            continue;
        }
        if (!keep_queue)
            ERR_clear_error();
        struct object *object = find(words[1]);
        int known = object && object->ssl && ssl_call(words[0], object, words[2], words[3]);
        if (!known && object && object->bio)
            known = bio_call(words[0], object, words[2]);
        if (!known && !make_call(words[0], words + 1))
            printf("ret=none");
        print_everything();
    }
    drop_everything();
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    return 0;
}
