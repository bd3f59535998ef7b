/*
 * What libssl tells its information and message callbacks, as lines: `client loop TWCH`, `server > message 2`.
 *
 * callbacks CERT KEY CA SCENARIO, where SCENARIO is full, retried, resumed, authenticated, asked, updated, early or refused.
 * Both ends stand on a BIO pair and are called in turns; differential/callbacks.test.ts does the same with our own calls.
 */
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int silent;

static const char *side(const SSL *ssl)
{
    return SSL_is_server(ssl) ? "server" : "client";
}

static void info(const SSL *ssl, int where, int ret)
{
    const char *state = SSL_state_string(ssl);
    if (silent)
        return;
    printf("%s ", side(ssl));
    if (where & SSL_CB_HANDSHAKE_START)
        printf("start %s\n", state);
    else if (where & SSL_CB_HANDSHAKE_DONE)
        printf("done %s\n", state);
    else if (where & SSL_CB_ALERT)
        printf("alert %s %04x\n", where & SSL_CB_WRITE ? "write" : "read", ret);
    else if (where & SSL_CB_LOOP)
        printf("loop %s\n", state);
    else
        printf("exit %d\n", ret);
}

static void msg(int write, int version, int type, const void *bytes, size_t length, SSL *ssl, void *arg)
{
    const unsigned char *first = bytes;
    (void)version, (void)length, (void)arg;
    if (silent)
        return;
    printf("%s %c ", side(ssl), write ? '>' : '<');
    if (type == SSL3_RT_HANDSHAKE)
        printf("message %d\n", first[0]);
    else if (type == SSL3_RT_HEADER)
        printf("header\n");
    else if (type == SSL3_RT_INNER_CONTENT_TYPE)
        printf("inner %d\n", first[0]);
    else
        printf("%s\n", type == SSL3_RT_ALERT ? "alert" : "ccs");
}

static SSL_CTX *context(const SSL_METHOD *method, char **argv)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    if (SSL_CTX_use_certificate_chain_file(ctx, argv[1]) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, argv[2], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_locations(ctx, argv[3], NULL) != 1)
        exit(2);
    SSL_CTX_set_info_callback(ctx, info);
    SSL_CTX_set_msg_callback(ctx, msg);
    return ctx;
}

/* What a session permits goes first; the server reads it before it answers, unless the scenario is that it refuses. */
static void send_early(SSL *client, SSL *server, const char *scenario)
{
    char into[100];
    size_t count;
    SSL_write_early_data(client, "early", 5, &count);
    if (strcmp(scenario, "early"))
        return;
    SSL_read_early_data(server, into, sizeof into, &count);
    SSL_connect(client);
    SSL_read_early_data(server, into, sizeof into, &count);
}

/* Shakes hands, reads what follows, and says goodbye; the session is the caller's. */
static SSL_SESSION *converse(SSL_CTX *near, SSL_CTX *far, SSL_SESSION *session, const char *scenario)
{
    BIO *a, *b;
    SSL *client = SSL_new(near), *server = SSL_new(far);
    char into[100];
    int done = 0;
    BIO_new_bio_pair(&a, 17408, &b, 17408);
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    SSL_set1_host(client, "server.example");
    if (session)
        SSL_set_session(client, session);
    if (session && SSL_SESSION_get_max_early_data(session) > 0)
        send_early(client, server, scenario);
    for (int i = 0; i < 10 && done != 3; i++) {
        if (SSL_connect(client) == 1)
            done |= 1;
        if (SSL_accept(server) == 1)
            done |= 2;
    }
    if (done != 3)
        exit(3);
    SSL_read(client, into, sizeof into);
    if (!strcmp(scenario, "updated")) {
        SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED);
        SSL_write(client, "ask", 3);
        SSL_read(server, into, sizeof into);
        SSL_write(server, "yes", 3);
        SSL_read(client, into, sizeof into);
    }
    if (!strcmp(scenario, "asked")) {
        if (SSL_verify_client_post_handshake(server) != 1)
            exit(4);
        SSL_do_handshake(server);
        SSL_read(client, into, sizeof into);
        SSL_read(server, into, sizeof into);
        SSL_read(client, into, sizeof into);
    }
    session = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_read(server, into, sizeof into);
    SSL_shutdown(server);
    SSL_shutdown(client);
    SSL_free(client);
    SSL_free(server);
    return session;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 1;
    const char *scenario = argv[4];
    SSL_CTX *near = context(TLS_client_method(), argv), *far = context(TLS_server_method(), argv);
    SSL_SESSION *session = NULL;
    SSL_CTX_set_verify(near, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set1_groups_list(near, "X25519:P-256");
    SSL_CTX_set1_groups_list(far, strcmp(scenario, "retried") ? "X25519" : "P-256");
    if (!strcmp(scenario, "authenticated"))
        SSL_CTX_set_verify(far, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    if (!strcmp(scenario, "asked"))
        SSL_CTX_set_verify(far, SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE, NULL);
    SSL_CTX_set_post_handshake_auth(near, !strcmp(scenario, "asked"));
    SSL_CTX_set_session_id_context(far, (const unsigned char *)"x", 1);
    if (!strcmp(scenario, "early") || !strcmp(scenario, "refused"))
        SSL_CTX_set_max_early_data(far, 100);
    if (!strcmp(scenario, "resumed") || SSL_CTX_get_max_early_data(far) > 0) {
        silent = 1;
        session = converse(near, far, NULL, scenario);
        silent = 0;
    }
    converse(near, far, session, scenario);
    return 0;
}
