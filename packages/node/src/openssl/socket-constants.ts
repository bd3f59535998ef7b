/** The numbers of OpenSSL's bio.h about sockets: families, modes. */

export const BIO_FAMILY_IPV4 = 4
export const BIO_FAMILY_IPV6 = 6
export const BIO_FAMILY_IPANY = 256

/** Bits of BIO_set_conn_mode and BIO_set_bind_mode. */
export const BIO_SOCK_REUSEADDR = 0x01
export const BIO_SOCK_V6_ONLY = 0x02
export const BIO_SOCK_KEEPALIVE = 0x04
export const BIO_SOCK_NONBLOCK = 0x08
export const BIO_SOCK_NODELAY = 0x10

/** How BIO_s_accept binds: Node allows an address to be used again, whatever is said. */
export const BIO_BIND_NORMAL = 0
export const BIO_BIND_REUSEADDR = 0x01
export const BIO_BIND_REUSEADDR_IF_UNUSED = 0x01
