/* An end with raw public keys by the OpenSSL that Node was built with: loaded by `process.dlopen`, it runs and ends the process.
 * RAW_KEY_PEER is "role port own-key peer-key"; "-" leaves a key out. The functions are Node's own: no header says that they are there. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void *TLS_client_method(void), *TLS_server_method(void), *SSL_CTX_new(const void *), *SSL_new(void *);
int SSL_CTX_dane_enable(void *), SSL_dane_enable(void *, const char *), SSL_add_expected_rpk(void *, void *);
int SSL_set1_server_cert_type(void *, const unsigned char *, size_t);
int SSL_set1_client_cert_type(void *, const unsigned char *, size_t);
int SSL_get_negotiated_server_cert_type(void *), SSL_get_negotiated_client_cert_type(void *);
void SSL_set_verify(void *, int, void *);
long SSL_get_verify_result(void *);
void *BIO_new_file(const char *, const char *), *PEM_read_bio_PUBKEY(void *, void *, void *, void *);
void *PEM_read_bio_PrivateKey(void *, void *, void *, void *);
int SSL_use_PrivateKey(void *, void *), SSL_set_fd(void *, int), SSL_connect(void *), SSL_accept(void *);
int SSL_read(void *, void *, int), SSL_write(void *, const void *, int), SSL_shutdown(void *);

static int connected(const char *role, int port) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
  socklen_t length = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (strcmp(role, "client") == 0) return connect(fd, (void *)&at, sizeof at) ? -1 : fd;
  if (bind(fd, (void *)&at, sizeof at) || listen(fd, 1)) return -1;
  getsockname(fd, (void *)&at, &length);
  printf("port %d\n", ntohs(at.sin_port));
  fflush(stdout);
  return accept(fd, NULL, NULL);
}

__attribute__((constructor)) static void run(void) {
  static const unsigned char types[] = {2};
  char role[10], own[500], peer[500], line[100];
  int port, count;
  if (sscanf(getenv("RAW_KEY_PEER"), "%9s %d %499s %499s", role, &port, own, peer) != 4) _exit(2);
  int client = strcmp(role, "client") == 0;
  void *ctx = SSL_CTX_new(client ? TLS_client_method() : TLS_server_method());
  SSL_CTX_dane_enable(ctx);
  void *ssl = SSL_new(ctx);
  SSL_dane_enable(ssl, client ? "server.example" : NULL);
  SSL_set1_server_cert_type(ssl, types, 1);
  SSL_set1_client_cert_type(ssl, types, 1);
  if (own[0] != '-')
    SSL_use_PrivateKey(ssl, PEM_read_bio_PrivateKey(BIO_new_file(own, "r"), NULL, NULL, NULL));
  if (peer[0] != '-')
    SSL_add_expected_rpk(ssl, PEM_read_bio_PUBKEY(BIO_new_file(peer, "r"), NULL, NULL, NULL));
  /* PEER, and FAIL_IF_NO_PEER_CERT. */
  SSL_set_verify(ssl, 3, NULL);
  SSL_set_fd(ssl, connected(role, port));
  int done = client ? SSL_connect(ssl) : SSL_accept(ssl);
  printf("done %d types %d %d verified %ld\n", done, SSL_get_negotiated_server_cert_type(ssl),
         SSL_get_negotiated_client_cert_type(ssl), SSL_get_verify_result(ssl));
  fflush(stdout);
  if (done != 1) _exit(1);
  if (client) SSL_write(ssl, "from openssl\n", 13);
  count = SSL_read(ssl, line, sizeof line);
  if (count > 0) printf("read %.*s", count, line);
  if (!client && count > 0) SSL_write(ssl, line, count);
  SSL_shutdown(ssl);
  fflush(stdout);
  _exit(0);
}
