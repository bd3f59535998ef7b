/** Signals among the cipher suites of a ClientHello, for servers that fail on extensions (RFC 5746 §3.3, RFC 7507). */

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV: as an empty renegotiation_info. */
export const emptyRenegotiationInfo = 0x00ff

/** TLS_FALLBACK_SCSV: the client has tried a higher version before. */
export const fallback = 0x5600
