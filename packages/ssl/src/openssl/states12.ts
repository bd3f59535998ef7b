/** OpenSSL 3.0's numbers (OSSL_HANDSHAKE_STATE) of states that SSL_get_state(3) answers in TLS 1.2 alone. */

export const TLS_ST_CR_CERT_STATUS = 5
export const TLS_ST_CR_KEY_EXCH = 6
export const TLS_ST_CR_SRVR_DONE = 8
export const TLS_ST_CR_SESSION_TICKET = 9
export const TLS_ST_CR_CHANGE = 10
export const TLS_ST_CR_FINISHED = 11
export const TLS_ST_CW_CERT = 13
export const TLS_ST_CW_KEY_EXCH = 14
export const TLS_ST_CW_CERT_VRFY = 15
export const TLS_ST_CW_CHANGE = 16
export const TLS_ST_CW_FINISHED = 18
export const TLS_ST_SR_CLNT_HELLO = 20
export const TLS_ST_SW_CERT = 23
export const TLS_ST_SW_KEY_EXCH = 24
export const TLS_ST_SW_CERT_REQ = 25
export const TLS_ST_SW_SRVR_DONE = 26
export const TLS_ST_SR_KEY_EXCH = 28
export const TLS_ST_SR_CERT_VRFY = 29
export const TLS_ST_SR_CHANGE = 31
export const TLS_ST_SR_FINISHED = 32
export const TLS_ST_SW_SESSION_TICKET = 33
export const TLS_ST_SW_CERT_STATUS = 34
export const TLS_ST_SW_CHANGE = 35
export const TLS_ST_SW_FINISHED = 36
export const TLS_ST_CR_HELLO_REQ = 41
